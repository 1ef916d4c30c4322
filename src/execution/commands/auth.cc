// AUTH [username] password: tells who the session is.
#include "execution/acl/acl.h"
#include "execution/command_context.h"
#include "execution/commands/authentication.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() > 3) return c.syntax_error();
  if (c.arg_count() == 2 && c.executor().acl().default_user_has_no_password()) {
    return c.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  const std::string_view user = c.arg_count() == 3 ? c.arg(1) : kDefaultUser;
  if (authenticate(c, user, c.arg(c.arg_count() - 1))) c.reply().ok();
}

constexpr Argument kArguments[] = {
    {.name = "username", .type = ArgumentType::string, .flags = kOptional, .since = "6.0.0"},
    {.name = "password", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(auth) = {
    .name = "auth",
    .summary = "Authenticates the session with a password.",
    .complexity = "O(N), N: passwords of the user",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = -2,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
