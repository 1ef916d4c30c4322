// PFCOUNT key [key ...]: estimates how many different elements HyperLogLogs have seen, of one or of
// several together. Of one, the estimate is kept in its value.
#include "types/string/commands/hyperloglog_value.h"

namespace redstart {
namespace {

void count_one(CommandContext& c) {
  const ReadSketch sketch = read_sketch(c, c.arg(1));
  if (sketch.failed) return;
  if (!sketch.exists) return c.reply().integer(0);
  if (const auto kept = hyperloglog::kept_estimate(sketch.value)) {
    return c.reply().integer(static_cast<int64_t>(*kept));
  }
  const auto estimate = hyperloglog::estimate(sketch.value);
  if (!estimate) return reply_corrupt_sketch(c);
  Edit edit = c.edit_quietly(c.arg(1), Type::string);
  hyperloglog::keep_estimate(edit.resize_text(sketch.value.size()), *estimate);
  c.reply().integer(static_cast<int64_t>(*estimate));
}

void count_union(CommandContext& c) {
  hyperloglog::Registers registers{};
  for (const std::string_view key : c.args().subspan(1)) {
    const ReadSketch sketch = read_sketch(c, key);
    if (sketch.failed) return;
    if (sketch.exists && !hyperloglog::merge(sketch.value, registers)) {
      return reply_corrupt_sketch(c);
    }
  }
  c.reply().integer(static_cast<int64_t>(hyperloglog::estimate(registers)));
}

void run(CommandContext& c) { c.arg_count() == 2 ? count_one(c) : count_union(c); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess, .index = 1, .last = -1,
     .notes = "Written, since the estimate is kept in the value."},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(pfcount) = {
    .name = "pfcount",
    .summary = "Estimates how many different elements the HyperLogLogs at keys have seen together.",
    .complexity =
        "O(1) for one key whose estimate is up to date, otherwise O(N), N: keys, each of thousands of registers",
    .since = "2.8.9",
    .group = CommandGroup::hyperloglog,
    .arity = -2,
    .flags = kReadonly | kMayReplicate,
    .acl_categories = "hyperloglog",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
