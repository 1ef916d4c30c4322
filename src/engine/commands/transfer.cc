#include "engine/commands/transfer.h"

#include "execution/commands/replies.h"

namespace redstart {

bool is_taken(CommandContext& c, int db, std::string_view key) {
  return c.edit_in(db, key, Type::none).exists();
}

void rename_key(CommandContext& c, bool only_if_new) {
  const std::string_view from = c.arg(1), to = c.arg(2);
  const auto reply_done = [&](bool done) {
    only_if_new ? c.reply().integer(done) : c.reply().ok();
  };
  Edit source = c.edit(from, Type::none);
  if (!source.exists()) return c.error("ERR no such key");
  if (from == to) return reply_done(false);
  if (only_if_new && is_taken(c, c.db(), to)) return reply_done(false);
  Entry* entry = source.take_entry();
  c.access().touch(entry, c.access().hash_of(from));
  source.event("rename_from");
  source.count_changes(0);
  Edit destination = c.edit(to, Type::none);
  destination.put_entry(entry);
  destination.event("rename_to");
  source.commit();  // what left is told before what arrived
  reply_done(true);
}

bool parse_database(CommandContext& c, size_t index, int& db) {
  if (!parse_int(c, index, db)) return false;
  if (db >= 0 && db < c.access().keyspace().database_count()) return true;
  c.error("ERR DB index is out of range");
  return false;
}

}  // namespace redstart
