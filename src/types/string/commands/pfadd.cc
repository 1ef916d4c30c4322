// PFADD key [element ...]: lets a HyperLogLog see elements.
#include <string>

#include "execution/config.h"
#include "execution/executor.h"
#include "types/string/commands/hyperloglog_value.h"

namespace redstart {
namespace {

using hyperloglog::Raised;

// What PFADD has done to a value.
struct Outcome {
  uint32_t raised = 0;
  bool corrupt = false;
};

Outcome add_to_dense(CommandContext& c, Edit& edit) {
  char* value = edit.resize_text(hyperloglog::kDenseBytes);
  Outcome outcome;
  for (const std::string_view element : c.args().subspan(2)) {
    outcome.raised += hyperloglog::raise_dense(value, hyperloglog::observe(element));
  }
  if (outcome.raised > 0) hyperloglog::outdate_estimate(value);
  return outcome;
}

Outcome add_to_sparse(CommandContext& c, Edit& edit) {
  NumberBuffer unused;
  const bool is_new = !edit.exists();
  std::string value = is_new ? hyperloglog::make() : std::string(edit.entry()->text(unused));
  const size_t sparse_bytes_max = c.executor().config().hll_sparse_bytes_max();
  Outcome outcome{.raised = is_new};
  for (const std::string_view element : c.args().subspan(2)) {
    const Raised raised =
        hyperloglog::raise(value, hyperloglog::observe(element), sparse_bytes_max);
    outcome.raised += raised == Raised::yes;
    if (raised == Raised::corrupt) {
      outcome.corrupt = true;
      break;
    }
  }
  if (outcome.raised > 0) {
    hyperloglog::outdate_estimate(value.data());
    store_sketch(edit, value);
  } else {
    edit.resize_text(value.size());  // the raw encoding, as Redis leaves it
  }
  return outcome;
}

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::string);
  if (!holds_sketch(c, edit)) return;
  NumberBuffer unused;
  const bool dense = edit.exists() && hyperloglog::is_dense(edit.entry()->text(unused));
  const Outcome outcome = dense ? add_to_dense(c, edit) : add_to_sparse(c, edit);
  if (outcome.raised == 0) edit.unchanged();
  edit.count_changes(outcome.raised);
  if (outcome.corrupt) return reply_corrupt_sketch(c);
  c.reply().integer(outcome.raised > 0);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "element", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

}  // namespace

REDSTART_COMMAND(pfadd) = {
    .name = "pfadd",
    .summary = "Lets the HyperLogLog at a key see elements.",
    .complexity = "O(N), N: elements given",
    .since = "2.8.9",
    .group = CommandGroup::hyperloglog,
    .arity = -2,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hyperloglog",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
