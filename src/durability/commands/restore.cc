// RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]: a key of what DUMP told.
#include <optional>

#include "durability/rdb/payload.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

struct Options {
  bool replace = false;
  bool absolute_ttl = false;
  std::optional<int64_t> idle_s, frequency;
};

bool refuse(CommandContext& c, std::string_view error) {
  c.error(error);
  return false;
}

bool parse_options(CommandContext& c, Options& options) {
  for (size_t i = 4; i < c.arg_count(); ++i) {
    const bool has_next = i + 1 < c.arg_count();
    int64_t value;
    if (c.arg_is(i, "REPLACE")) {
      options.replace = true;
    } else if (c.arg_is(i, "ABSTTL")) {
      options.absolute_ttl = true;
    } else if (c.arg_is(i, "IDLETIME") && has_next && !options.frequency) {
      if (!c.parse_integer(++i, value)) return false;
      if (value < 0) return refuse(c, "ERR Invalid IDLETIME value, must be >= 0");
      options.idle_s = value;
    } else if (c.arg_is(i, "FREQ") && has_next && !options.idle_s) {
      if (!c.parse_integer(++i, value)) return false;
      if (value < 0 || value > 255) {
        return refuse(c, "ERR Invalid FREQ value, must be >= 0 and <= 255");
      }
      options.frequency = value;
    } else {
      return refuse(c, "ERR syntax error");
    }
  }
  return true;
}

// The access that the new entry is to show. What the policy in force does not keep is ignored.
uint32_t wanted_access(CommandContext& c, const Options& options) {
  const AccessPolicy& policy = c.access().settings().policy;
  if (policy.lfu && options.frequency) {
    return access_of_frequency(static_cast<uint8_t>(*options.frequency), c.access().wall_time_ms());
  }
  if (!policy.lfu && options.idle_s) return access_of_idle_time(*options.idle_s, c.access().wall_time_ms());
  return initial_access(policy, c.access().wall_time_ms());
}

void run(CommandContext& c) {
  Options options;
  if (!parse_options(c, options)) return;
  const std::string_view key = c.arg(1), payload = c.arg(3);
  Edit edit = c.edit(key, Type::none);
  if (edit.exists() && !options.replace) {
    return c.error("BUSYKEY Target key name already exists.");
  }
  int64_t ttl_ms;
  if (!c.parse_integer(2, ttl_ms)) return;
  if (ttl_ms < 0) return c.error("ERR Invalid TTL value, must be >= 0");
  if (!rdb::is_intact(payload)) return c.error("ERR DUMP payload version or checksum are wrong");
  int64_t deadline_ms = kNoDeadline;
  if (ttl_ms != 0) deadline_ms = options.absolute_ttl ? ttl_ms : c.access().wall_time_ms() + ttl_ms;
  Entry* entry = rdb::restore(payload, key, {deadline_ms, wanted_access(c, options)}, c.limits());
  if (!entry) return c.error("ERR Bad data format");
  if (deadline_ms != kNoDeadline && deadline_ms <= c.now_ms()) {
    Entry::destroy(entry);
    if (edit.exists()) {
      edit.remove();
      edit.event("del");
    }
    return c.reply().simple("OK");
  }
  edit.put_entry(entry);
  edit.event("restore");
  if (deadline_ms != kNoDeadline && !options.absolute_ttl) {
    std::vector<std::string_view> words(c.args().begin(), c.args().end());
    const std::string deadline_text = std::to_string(deadline_ms);
    words[2] = deadline_text;
    words.push_back("ABSTTL");
    c.effect(words);
  }
  c.reply().simple("OK");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyOW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "ttl", .type = ArgumentType::integer},
    {.name = "serialized-value", .type = ArgumentType::string},
    {.name = "replace",
     .type = ArgumentType::pure_token,
     .token = "REPLACE",
     .flags = kOptional,
     .since = "3.0.0"},
    {.name = "absttl",
     .type = ArgumentType::pure_token,
     .token = "ABSTTL",
     .flags = kOptional,
     .since = "5.0.0"},
    {.name = "seconds",
     .type = ArgumentType::integer,
     .token = "IDLETIME",
     .flags = kOptional,
     .since = "5.0.0"},
    {.name = "frequency",
     .type = ArgumentType::integer,
     .token = "FREQ",
     .flags = kOptional,
     .since = "5.0.0"},
};

}  // namespace

REDSTART_COMMAND(restore) = {
    .name = "restore",
    .summary = "Makes a key of the bytes that DUMP told.",
    .complexity = "O(N), N: bytes of the payload; O(N*log(N)) for a large sorted set",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = -4,
    .flags = kWrite | kDenyOom,
    .acl_categories = "keyspace dangerous",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

// What MIGRATE sends to a node of a cluster.
REDSTART_COMMAND(restore_asking) = {
    .name = "restore-asking",
    .summary = "RESTORE for a key that moves between nodes of a cluster.",
    .complexity = "O(N), N: bytes of the payload; O(N*log(N)) for a large sorted set",
    .since = "3.0.0",
    .group = CommandGroup::server,
    .arity = -4,
    .flags = kWrite | kDenyOom | kAsking,
    .acl_categories = "keyspace dangerous",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
