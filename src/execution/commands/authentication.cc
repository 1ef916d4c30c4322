#include "execution/commands/authentication.h"

#include "execution/config.h"
#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {

bool authenticate(CommandContext& c, std::string_view user, std::string_view password) {
  const Config& config = c.executor().config();
  // Without a password every one is right.
  const bool matches = !config.requires_password() || config.password_matches(password);
  if (user != "default" || !matches) {
    c.error("WRONGPASS invalid username-password pair or user is disabled.");
    return false;
  }
  c.session().authenticated = true;
  const std::lock_guard lock(c.session().mutex);
  c.session().user = user;
  return true;
}

}  // namespace redstart
