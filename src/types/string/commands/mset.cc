// MSET key value [key value ...]: gives several keys strings.
#include "execution/command_context.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() % 2 == 0) return c.arity_error();
  for (size_t i = 1; i < c.arg_count(); i += 2) set_string(c, c.arg(i), c.arg(i + 1));
  c.reply().ok();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = -1, .step = 2},
};

constexpr Argument kArgumentsKeyValue[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kArguments[] = {
    {.name = "key_value",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kArgumentsKeyValue},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard",
                                      "response_policy:all_succeeded"};

}  // namespace

REDSTART_COMMAND(mset) = {
    .name = "mset",
    .summary = "Gives several keys strings, all at once.",
    .complexity = "O(N), N: keys",
    .since = "1.0.1",
    .group = CommandGroup::string,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
