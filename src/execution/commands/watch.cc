// WATCH key [key ...]: EXEC will run only if none of them changes
#include "execution/command_context.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.session().in_multi) return c.error("ERR WATCH inside MULTI is not allowed");
  for (size_t i = 1; i < c.arg_count(); ++i) watch_key(c, c.arg(i));
  c.reply().ok();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 1, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(watch) = {
    .name = "watch",
    .summary = "Lets EXEC run only if none of the keys has changed by then",
    .complexity = "O(N), N: keys",
    .since = "2.2.0",
    .group = CommandGroup::transactions,
    .arity = -2,
    .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
    .acl_categories = "transaction",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
