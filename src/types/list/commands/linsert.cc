// LINSERT key BEFORE|AFTER pivot element:
// inserts an element next to the first one that equals the pivot.
#include "execution/command_context.h"
#include "types/list/list.h"

namespace redstart {
namespace {

// The first element that equals `wanted`; the list's size when there is none.
size_t index_of(const List& list, std::string_view wanted) {
  size_t index = 0;
  list.for_each(0, SIZE_MAX, false, [&](std::string_view element) {
    if (element == wanted) return false;
    ++index;
    return true;
  });
  return index;
}

void run(CommandContext& c) {
  const bool after = c.arg_is(2, "after");
  if (!after && !c.arg_is(2, "before")) return c.syntax_error();
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  List list(edit.object());
  const size_t size = list.size(), pivot = index_of(list, c.arg(3));
  if (pivot == size) {
    edit.unchanged();
    return c.reply().integer(-1);
  }
  list.insert(pivot + (after ? 1 : 0), c.arg(4), c.limits());
  c.reply().integer(static_cast<int64_t>(size + 1));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 1, .last = 0},
};

constexpr Argument kArgumentsWhere[] = {
    {.name = "before", .type = ArgumentType::pure_token, .token = "BEFORE"},
    {.name = "after", .type = ArgumentType::pure_token, .token = "AFTER"},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "where", .type = ArgumentType::one_of, .children = kArgumentsWhere},
    {.name = "pivot", .type = ArgumentType::string},
    {.name = "element", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(linsert) = {
    .name = "linsert",
    .summary = "Inserts an element next to the first one that equals the pivot.",
    .complexity = "O(N), N: elements from the head to the pivot",
    .since = "2.2.0",
    .group = CommandGroup::list,
    .arity = 5,
    .flags = kWrite | kDenyOom,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
