// MSETEX numkeys key value [key value ...] [NX | XX] [EX | PX | EXAT | PXAT time | KEEPTTL]:
// gives several keys strings and one deadline, if none, or all, of them exist.
#include <span>

#include "engine/commands/deadlines.h"
#include "types/commands/arguments.h"
#include "types/string/commands/options.h"
#include "types/string/commands/text.h"

namespace redstart {
namespace {

bool is_allowed(CommandContext& c, const StringOptions& options, std::span<const std::string_view> pairs) {
  if (!options.if_missing && !options.if_present) return true;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (c.edit(pairs[i], Type::none).exists() == options.if_missing) return false;
  }
  return true;
}

void run(CommandContext& c) {
  int64_t count;
  if (!parse_whole_number(c, 1, 1, count, "ERR invalid numkeys value")) return;
  if ((c.arg_count() - 2) / 2 < static_cast<size_t>(count)) return c.error("ERR wrong number of key-value pairs");
  const auto pairs = c.args().subspan(2, 2 * static_cast<size_t>(count));
  StringOptions options;
  int64_t deadline_ms;
  if (!parse_options(c, 2 + pairs.size(), OptionsOf::msetex, options)) return;
  if (!parse_deadline(c, options.expiration, deadline_ms)) return;
  if (!is_allowed(c, options, pairs)) return c.reply().integer(0);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    Edit edit = c.edit(pairs[i], Type::none);
    if (options.keep_deadline) {
      edit.set_text(pairs[i + 1]);
      edit.event("set");
    } else {
      set_until(c, edit, pairs[i], pairs[i + 1], deadline_ms);
    }
  }
  c.reply().integer(1);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate,
     .index = 1,
     .find = KeySpec::Find::keynum,
     .step = 2,
     .keynum_index = 0,
     .first = 1},
};

constexpr Argument kPairArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
};

constexpr Argument kArguments[] = {
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "data", .type = ArgumentType::block, .flags = kMultiple, .children = kPairArguments},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kConditionArguments},
    {.name = "expiration",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kExpiryOrKeepttlArguments},
};

constexpr std::string_view kTips[] = {"request_policy:multi_shard", "response_policy:all_succeeded"};

}  // namespace

REDSTART_COMMAND(msetex) = {
    .name = "msetex",
    .summary = "Gives several keys strings and one deadline, if none or all of the keys exist.",
    .complexity = "O(N) in the number of keys.",
    .since = "8.4.0",
    .group = CommandGroup::string,
    .arity = -4,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
