// LREM key count element:
// removes elements that equal the given one: the first ones, the last ones (negative count), or all
// (0).
#include "execution/command_context.h"
#include "types/list/list.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t count;
  if (!c.parse_integer(2, count)) return;
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  // The negation wraps for the smallest integer, to more than any list has.
  const uint64_t wanted = count == 0  ? SIZE_MAX
                          : count > 0 ? static_cast<uint64_t>(count)
                                      : -static_cast<uint64_t>(count);
  const size_t removed = List(edit.object()).remove(c.arg(3), wanted, count < 0);
  if (removed == 0) edit.unchanged();
  edit.count_changes(static_cast<uint32_t>(removed));
  c.reply().integer(static_cast<int64_t>(removed));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer},
    {.name = "element", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(lrem) = {
    .name = "lrem",
    .summary =
        "Removes elements that equal the given one: the first ones, the last ones (negative "
        "count), or all (0).",
    .complexity = "O(N), N: elements of the list",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kWrite,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
