// PFMERGE destkey [sourcekey ...]: makes a HyperLogLog of all that it and others have seen. It is
// dense as soon as one of them is.
#include <string>

#include "execution/config.h"
#include "execution/executor.h"
#include "types/string/commands/hyperloglog_value.h"

namespace redstart {
namespace {

struct Union {
  hyperloglog::Registers registers{};
  bool dense = false;
};

// False: the error has been replied.
bool read_union(CommandContext& c, Union& all) {
  for (const std::string_view key : c.args().subspan(1)) {
    const ReadSketch sketch = read_sketch(c, key);
    if (sketch.failed) return false;
    if (!sketch.exists) continue;
    all.dense |= hyperloglog::is_dense(sketch.value);
    if (!hyperloglog::merge(sketch.value, all.registers)) {
      reply_corrupt_sketch(c);
      return false;
    }
  }
  return true;
}

// Register by register, as long as it stays sparse: the runs then are those that Redis makes.
void raise_all(std::string& value, const Union& all, size_t sparse_bytes_max) {
  for (uint32_t i = 0; i < hyperloglog::kRegisterCount; ++i) {
    if (all.registers[i] == 0) continue;
    if (hyperloglog::is_dense(value)) {
      value = hyperloglog::make_dense(value, all.registers);
      return;
    }
    hyperloglog::raise(value, {.index = i, .rank = all.registers[i]}, sparse_bytes_max);
  }
}

void run(CommandContext& c) {
  Union all;
  if (!read_union(c, all)) return;
  Edit edit = c.edit_quietly(c.arg(1), Type::string);
  NumberBuffer unused;
  std::string value = edit.exists() ? std::string(edit.entry()->text(unused)) : hyperloglog::make();
  if (all.dense) {
    value = hyperloglog::make_dense(value, all.registers);
  } else {
    raise_all(value, all, c.executor().config().hll_sparse_bytes_max());
  }
  hyperloglog::outdate_estimate(value.data());
  store_sketch(edit, value);
  edit.event("pfadd");
  c.reply().ok();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyInsert, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = -1},
};

constexpr Argument kArguments[] = {
    {.name = "destkey", .type = ArgumentType::key, .key_spec = 0},
    {.name = "sourcekey", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(pfmerge) = {
    .name = "pfmerge",
    .summary = "Lets a HyperLogLog see all that others have seen.",
    .complexity = "O(N), N: keys, each of thousands of registers",
    .since = "2.8.9",
    .group = CommandGroup::hyperloglog,
    .arity = -2,
    .flags = kWrite | kDenyOom,
    .acl_categories = "hyperloglog",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
