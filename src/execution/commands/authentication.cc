#include "execution/commands/authentication.h"

#include "execution/acl/acl.h"
#include "execution/executor.h"

namespace redstart {

bool authenticate(CommandContext& c, std::string_view user, std::string_view password) {
  if (c.executor().acl().authenticate(c.session(), c.arg(0), user, password)) return true;
  c.error("WRONGPASS invalid username-password pair or user is disabled.");
  return false;
}

}  // namespace redstart
