// SMOVE source destination member: moves a member from one set to another.
#include "execution/command_context.h"
#include "types/set/set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Edit source = c.edit(c.arg(1), Type::set);
  // A missing source is told before a destination of the wrong type, yet even then the destination
  // has been looked at.
  if (source.wrong_type() || !source.exists()) {
    static_cast<void>(c.edit_quietly(c.arg(2), Type::none));
    if (!source.wrong_type()) c.reply().integer(0);
    return;
  }
  if (c.arg(1) == c.arg(2)) {
    Object object = source.entry()->object();
    return c.reply().integer(Set(object).contains(c.arg(3)));
  }
  Edit destination = c.edit(c.arg(2), Type::set);
  if (destination.wrong_type()) return;
  const bool moved = Set(source.object()).remove(c.arg(3));
  c.reply().integer(moved);
  if (!moved) return source.unchanged();
  source.event("srem");
  source.commit();
  if (!Set(destination.object()).add(c.arg(3), c.limits())) return destination.unchanged();
  destination.event("sadd");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 1, .last = 0},
    {.flags = kKeyRW | kKeyInsert, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "member", .type = ArgumentType::string},
};

}  // namespace

REDSTART_COMMAND(smove) = {
    .name = "smove",
    .summary = "Moves a member from one set to another.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::set,
    .arity = 4,
    .flags = kWrite | kFast,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
