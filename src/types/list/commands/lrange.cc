// LRANGE key start stop: gives the elements between two indices, both included.
#include "execution/command_context.h"
#include "types/list/commands/indices.h"
#include "types/list/list.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  int64_t start, stop;
  if (!c.parse_integer(2, start) || !c.parse_integer(3, stop)) return;
  const Read read = c.read(c.arg(1), Type::list);
  if (read.wrong_type) return;
  if (!read) return c.reply().array(0);
  Object object = read.object();
  const List list(object);
  const ListSlice slice = list_slice(start, stop, list.size());
  ReplySink& reply = c.reply();
  reply.array(slice.count);
  list.for_each(slice.first, slice.count, false, [&reply](std::string_view element) {
    reply.bulk(element);
    return true;
  });
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "start", .type = ArgumentType::integer},
    {.name = "stop", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(lrange) = {
    .name = "lrange",
    .summary = "Gives the elements between two indices, both included.",
    .complexity = "O(S + N), S: nodes between the start and the nearer end, N: elements returned",
    .since = "1.0.0",
    .group = CommandGroup::list,
    .arity = 4,
    .flags = kReadonly,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
