// OBJECT ENCODING | FREQ | IDLETIME | REFCOUNT key: how a value is kept.
#include <optional>

#include "engine/commands/lookup.h"
#include "execution/command_context.h"
#include "execution/commands/replies.h"

namespace redstart {
namespace {

constexpr int64_t kSharedReferences = INT32_MAX;  // what Redis counts for an integer that it shares
constexpr int64_t kSharedIntegersEnd = 10000;

// The names of Redis 7.0, which knows no listpacks of lists and of sets.
std::string_view reported_encoding(const Entry& entry) {
  if (entry.encoding() == Encoding::listpack) {
    if (entry.type() == Type::list) return name_of(Encoding::quicklist);
    if (entry.type() == Type::set) return name_of(Encoding::hashtable);
  }
  return name_of(entry.encoding());
}

// Null: the reply has been said.
const Entry* look_at_argument(CommandContext& c) {
  const Entry* entry = look_at_quietly(c, c.arg(2));
  if (!entry) c.reply().null();
  return entry;
}

void run_encoding(CommandContext& c) {
  if (const Entry* entry = look_at_argument(c)) c.reply().bulk(reported_encoding(*entry));
}

void run_freq(CommandContext& c) {
  const Entry* entry = look_at_argument(c);
  if (!entry) return;
  const AccessPolicy& policy = c.access().settings().policy;
  if (!policy.lfu) {
    return c.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that "
        "when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  }
  c.reply().integer(lfu_frequency(policy, entry->access(), c.now_ms()));
}

void run_help(CommandContext& c) { reply_help(c); }

void run_idletime(CommandContext& c) {
  const Entry* entry = look_at_argument(c);
  if (!entry) return;
  if (c.access().settings().policy.lfu) {
    return c.error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  c.reply().integer(static_cast<int64_t>(idle_seconds(entry->access(), c.now_ms())));
}

void run_refcount(CommandContext& c) {
  const Entry* entry = look_at_argument(c);
  if (!entry) return;
  const auto integer = entry->is_string() ? entry->integer() : std::nullopt;
  const bool is_shared = integer && *integer >= 0 && *integer < kSharedIntegersEnd;
  c.reply().integer(is_shared ? kSharedReferences : 1);
}

// Of all subcommands that look at a key.
constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "encoding",
     .summary = "Tells how the value at a key is encoded in memory.",
     .complexity = "O(1)",
     .since = "2.2.3",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kKeys,
     .arguments = kArguments,
     .tips = kTips,
     .run = run_encoding},
    {.name = "freq",
     .summary = "Tells how often a key is accessed, on the logarithmic scale of LFU eviction.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kKeys,
     .arguments = kArguments,
     .tips = kTips,
     .run = run_freq},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::generic,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "keyspace",
     .run = run_help},
    {.name = "idletime",
     .summary = "Tells how many seconds ago a key was last accessed.",
     .complexity = "O(1)",
     .since = "2.2.3",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kKeys,
     .arguments = kArguments,
     .tips = kTips,
     .run = run_idletime},
    {.name = "refcount",
     .summary = "Tells how many references the value at a key has.",
     .complexity = "O(1)",
     .since = "2.2.3",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kKeys,
     .arguments = kArguments,
     .tips = kTips,
     .run = run_refcount},
};

}  // namespace

REDSTART_COMMAND(object) = {
    .name = "object",
    .summary = "Tells how the value at a key is kept.",
    .complexity = "See the subcommands",
    .since = "2.2.3",
    .group = CommandGroup::generic,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
