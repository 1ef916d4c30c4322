// MOVE key db: takes a key to another database.
#include "engine/commands/transfer.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const std::string_view key = c.arg(1);
  int db;
  if (!parse_database(c, 2, db)) return;
  if (db == c.db()) return c.error("ERR source and destination objects are the same");
  Edit source = c.edit(key, Type::none);
  if (!source.exists() || is_taken(c, db, key)) return c.reply().integer(0);
  Entry* entry = source.take_entry();
  c.access().touch(entry, c.access().hash_of(key));
  source.event("move_from");
  source.count_changes(0);
  Edit destination = c.edit_in(db, key, Type::none);
  destination.put_entry(entry);
  destination.event("move_to");
  source.commit();  // what left is told before what arrived
  c.reply().integer(1);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "db", .type = ArgumentType::integer},
};

}  // namespace

REDSTART_COMMAND(move) = {
    .name = "move",
    .summary = "Takes a key to another database unless one is there already.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
