// KEYS pattern: the keys that match a pattern.
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const std::string_view pattern = c.arg(1);
  const bool all = pattern == "*";
  std::vector<std::string_view> keys;
  for (Shard& shard : c.access().keyspace().shards()) {
    const DatabaseShard* database = shard.find_database(c.db());
    if (!database) continue;
    database->entries.for_each([&](const Entry* entry) {
      if (entry->is_expired(c.now_ms())) return;
      if (all || glob_match(pattern, entry->key())) keys.push_back(entry->key());
    });
  }
  c.reply().array(keys.size());
  for (const std::string_view key : keys) c.reply().bulk(key);
}

constexpr Argument kArguments[] = {
    {.name = "pattern", .type = ArgumentType::pattern},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "nondeterministic_output_order"};

}  // namespace

REDSTART_COMMAND(keys) = {
    .name = "keys",
    .summary = "Lists all keys that match a pattern.",
    .complexity = "O(N), N: keys of the database",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "dangerous keyspace",
    .lock_scope = LockScope::keyspace,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
