// LINDEX key index: gives the element at an index, which counts from the end when negative.
#include "execution/command_context.h"
#include "types/list/commands/indices.h"
#include "types/list/list.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::list);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  int64_t index;
  if (!c.parse_integer(2, index)) return;
  Object object = read.object();
  const List list(object);
  const auto position = list_index(index, list.size());
  if (!position) return c.reply().null();
  char buffer[24];
  c.reply().bulk(list.at(*position, buffer));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "index", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(lindex) = {
    .name = "lindex",
    .summary = "Gives the element at an index, which counts from the end when negative.",
    .complexity = "O(N), N: nodes between the element and the nearer end",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 3,
    .flags = kReadonly,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
