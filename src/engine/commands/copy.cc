// COPY source destination [DB destination-db] [REPLACE]: a second key with the same value.
#include "engine/commands/transfer.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

struct Target {
  int db;
  bool replace = false;
};

bool parse_target(CommandContext& c, Target& target) {
  for (size_t i = 3; i < c.arg_count(); ++i) {
    if (c.arg_is(i, "REPLACE")) {
      target.replace = true;
    } else if (c.arg_is(i, "DB") && i + 1 < c.arg_count()) {
      if (!parse_database(c, ++i, target.db)) return false;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

void run(CommandContext& c) {
  Target target{.db = c.db()};
  if (!parse_target(c, target)) return;
  const std::string_view from = c.arg(1), to = c.arg(2);
  if (target.db == c.db() && from == to) {
    return c.error("ERR source and destination objects are the same");
  }
  const Entry* source = c.find(from);
  if (!source) return c.reply().integer(0);
  Edit destination = c.edit_in(target.db, to, Type::none);
  if (destination.exists() && !target.replace) return c.reply().integer(0);
  destination.put_entry(Entry::clone(*source, to));
  destination.event("copy_to");
  c.reply().integer(1);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
    {.flags = kKeyOW | kKeyUpdate, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "source", .type = ArgumentType::key, .key_spec = 0},
    {.name = "destination", .type = ArgumentType::key, .key_spec = 1},
    {.name = "destination-db", .type = ArgumentType::integer, .token = "DB", .flags = kOptional},
    {.name = "replace", .type = ArgumentType::pure_token, .token = "REPLACE", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(copy) = {
    .name = "copy",
    .summary = "Copies a value and its deadline to another key.",
    .complexity = "O(N), N: bytes of a string, elements of a collection",
    .since = "6.2.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kDenyOom,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
