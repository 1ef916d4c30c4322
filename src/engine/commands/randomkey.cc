// RANDOMKEY: some key.
#include <string>

#include "engine/commands/shard_hold.h"
#include "execution/command_context.h"
#include "execution/executor.h"

namespace redstart {
namespace {

constexpr int kAttempts = 100;  // to meet a key that has not expired, before all are looked through

// A shard, as likely as its share of the keys; kShards: there are none.
size_t random_shard(CommandContext& c) {
  Keyspace& keyspace = c.access().keyspace();
  const size_t total = keyspace.key_count(c.db());
  if (total == 0) return Keyspace::kShards;
  uint64_t skip = c.random().below(total);
  size_t last = Keyspace::kShards;
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    const uint64_t keys = keyspace.shard(index).counts[c.db()].keys.get();
    if (keys > skip) return index;
    if (keys != 0) last = index;
    skip -= keys;
  }
  return last;  // others have deleted keys meanwhile
}

// False: it has met one that has expired, or none.
bool reply_key_of(CommandContext& c, size_t index) {
  const ShardHold hold(c.access(), index);
  const DatabaseShard* database = c.access().keyspace().shard(index).find_database(c.db());
  if (!database || database->entries.size() == 0) return false;
  const Entry* entry = database->entries.random(c.random());
  if (entry->is_expired(c.now_ms())) {
    const std::string key(entry->key());
    c.access().lookup(c.db(), key, Keyspace::hash(key));
    return false;
  }
  c.reply().bulk(entry->key());
  return true;
}

// The first key that has not expired; false: there is none.
bool reply_any_key_of(CommandContext& c, size_t index) {
  const ShardHold hold(c.access(), index);
  const DatabaseShard* database = c.access().keyspace().shard(index).find_database(c.db());
  const Entry* found = nullptr;
  if (database) {
    database->entries.for_each_while([&](const Entry* entry) {
      if (!entry->is_expired(c.now_ms())) found = entry;
      return !found;
    });
  }
  if (found) c.reply().bulk(found->key());
  return found;
}

void run(CommandContext& c) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const size_t shard = random_shard(c);
    if (shard == Keyspace::kShards) return c.reply().null();
    if (reply_key_of(c, shard)) return;
  }
  const uint64_t first = c.random().below(Keyspace::kShards);
  for (size_t i = 0; i < Keyspace::kShards; ++i) {
    if (reply_any_key_of(c, (first + i) % Keyspace::kShards)) return;
  }
  c.reply().null();
}

constexpr std::string_view kTips[] = {"request_policy:all_shards", "nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(randomkey) = {
    .name = "randomkey",
    .summary = "Tells a key, each as likely as any other.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 1,
    .flags = kReadonly,
    .acl_categories = "keyspace",
    .lock_scope = LockScope::self,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
