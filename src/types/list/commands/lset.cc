// LSET key index element: replaces the element at an index.
#include "execution/command_context.h"
#include "types/list/commands/indices.h"
#include "types/list/list.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::list);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.error("ERR no such key");
  int64_t index;
  if (!c.parse_integer(2, index)) return;
  const auto position = list_index(index, element_count(edit.entry()->object()));
  if (!position) return c.error("ERR index out of range");
  List(edit.object()).replace(*position, c.arg(3), c.limits());
  c.reply().ok();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "index", .type = ArgumentType::integer},
    {.name = "element", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(lset) = {
    .name = "lset",
    .summary = "Replaces the element at an index.",
    .complexity = "O(N), N: nodes between the element and the nearer end",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
