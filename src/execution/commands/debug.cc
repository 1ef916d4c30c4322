// DEBUG subcommand ...: looks behind the scenes, for tests. All shards are locked meanwhile.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "base/glob.h"
#include "base/numbers.h"
#include "command/syntax.h"
#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/commands/flush.h"
#include "execution/commands/replies.h"
#include "execution/config.h"
#include "execution/config_values.h"
#include "execution/dataset_digest.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/run.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "execution/store_state.h"
#include "types/listpack.h"

namespace redstart {
namespace {

bool parse_positive(CommandContext& c, size_t index, int64_t& value) {
  const auto parsed = parse_int64(c.arg(index));
  if (!parsed || *parsed < 0) {
    c.error("ERR value is out of range, must be positive");
    return false;
  }
  value = *parsed;
  return true;
}

void debug_sleep(CommandContext& c) {
  const double seconds = std::clamp(parse_double(c.arg(2)).value_or(0), 0.0, 1e6);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  c.reply().ok();
}

void debug_object(CommandContext& c) {
  const Entry* entry = c.peek(c.arg(2));
  if (!entry) return c.error("ERR no such key");
  const size_t bytes = entry->is_string() ? entry->text_size() : entry->memory_bytes(0);
  char text[256];
  std::snprintf(
      text, sizeof text,
      "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%llu",
      static_cast<const void*>(entry), std::string(name_of(entry->encoding())).c_str(), bytes,
      entry->access(), static_cast<unsigned long long>(idle_seconds(entry->access(), c.now_ms())));
  c.reply().simple(text);
}

void debug_listpack(CommandContext& c) {
  const Entry* entry = c.peek(c.arg(2));
  if (!entry) return c.error("ERR no such key");
  if (entry->is_string() || entry->encoding() != Encoding::listpack) {
    return c.error("ERR Not a listpack encoded object.");
  }
  const auto blob = static_cast<listpack::Blob>(entry->object().data);
  c.reply().simple("elements:" + std::to_string(listpack::count(blob)) +
                   " bytes:" + std::to_string(listpack::bytes(blob)));
}

// The table of keys of a database, over all shards.
void debug_table_statistics(CommandContext& c) {
  int db;
  if (!parse_int(c, 2, db)) return;
  Keyspace& keyspace = c.access().keyspace();
  if (db < 0 || db >= keyspace.database_count()) return c.error("ERR Out of range database");
  size_t keys = 0, table_bytes = 0, expiry_bytes = 0, fullest = 0;
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    const DatabaseShard* part = keyspace.shard(index).find_database(db);
    if (!part) continue;
    keys += part->entries.size();
    fullest = std::max(fullest, part->entries.size());
    table_bytes += part->entries.memory_bytes();
    expiry_bytes += part->expiries.memory_bytes();
  }
  char text[512];
  std::snprintf(text, sizeof text,
                "[Keys]\n shards: %zu\n keys: %zu\n keys of the fullest shard: %zu\n bytes of the tables: %zu\n"
                "[Deadlines]\n keys: %zu\n bytes of the index: %zu\n",
                Keyspace::kShards, keys, fullest, table_bytes, keyspace.volatile_count(db), expiry_bytes);
  reply_text(c, text);
}

void debug_key_table_statistics(CommandContext& c) {
  const Entry* entry = c.peek(c.arg(2));
  if (!entry) return c.error("ERR no such key");
  if (entry->is_string() ||
      (entry->encoding() != Encoding::hashtable && entry->encoding() != Encoding::skiplist)) {
    return c.error(
        "ERR The value stored at the specified key is not represented using an hash table");
  }
  reply_text(c, " elements: " + std::to_string(element_count(entry->object())) +
                    "\n bytes: " + std::to_string(entry->memory_bytes(0)) + "\n");
}

// Key and value share an allocation mostly. What room a long string keeps for growing is not told.
void debug_text_length(CommandContext& c) {
  const Entry* entry = c.peek(c.arg(2));
  if (!entry) return c.error("ERR no such key");
  if (!entry->is_string() || entry->encoding() == Encoding::int_) {
    return c.error("ERR Not an sds encoded string.");
  }
  char text[256];
  std::snprintf(text, sizeof text,
                "key_sds_len:%zu, key_sds_avail:0, key_zmalloc: %zu, val_sds_len:%zu, val_sds_avail:0, "
                "val_zmalloc: %zu",
                entry->key().size(), entry->memory_bytes(0) - entry->text_size(), entry->text_size(),
                entry->text_size());
  c.reply().simple(text);
}

void debug_quicklist(CommandContext& c) {
  const Entry* entry = c.peek(c.arg(2));
  if (!entry) return c.error("ERR no such key");
  if (entry->is_string() || entry->type() != Type::list) {
    return c.error("ERR Not a quicklist encoded object.");
  }
  c.reply().simple("elements:" + std::to_string(element_count(entry->object())) +
                   " bytes:" + std::to_string(entry->memory_bytes(0)));
}

void debug_set_active_expire(CommandContext& c) {
  c.executor().config().set_active_expiry(parse_int64(c.arg(2)).value_or(0) != 0);
  c.reply().ok();
}

void debug_pause_cron(CommandContext& c) {
  c.executor().config().set_periodic_work(parse_int64(c.arg(2)).value_or(0) == 0);
  c.reply().ok();
}

// The words of Redis's tests are taken; there is no buffer here that shrinks by a peak.
void debug_reply_buffer(CommandContext& c) {
  const bool is_peak = c.arg_is(2, "PEAK-RESET-TIME");
  if (!is_peak && !c.arg_is(2, "RESIZING")) return reply_subcommand_syntax_error(c);
  int64_t milliseconds;
  const bool is_time = is_peak && !c.arg_is(3, "NEVER") && !c.arg_is(3, "RESET");
  if (is_time && !c.parse_integer(3, milliseconds, "ERR value is not an integer or out of range")) return;
  c.reply().ok();
}

// Who would be the first to go under maxmemory-clients.
void debug_client_eviction(CommandContext& c) {
  const uint64_t bytes_max = c.executor().config().client_bytes_max();
  if (bytes_max == 0) return c.error("ERR maxmemory-clients is disabled.");
  uint64_t largest_bytes = 0, largest_id = 0;
  c.executor().clients().for_each([&](Session& session) {
    if (session.no_evict || ClientRegistry::bytes_of(session) <= largest_bytes) return;
    largest_bytes = ClientRegistry::bytes_of(session);
    largest_id = session.id;
  });
  reply_text(c, "limit: " + std::to_string(bytes_max) + "\nclients: " +
                    std::to_string(c.executor().clients().total_bytes()) + "\nlargest: id=" +
                    std::to_string(largest_id) + " bytes=" + std::to_string(largest_bytes) + "\n");
}

void debug_packed_threshold(CommandContext& c) {
  const auto bytes = parse_memory(c.arg(2));
  if (!bytes || *bytes > std::numeric_limits<uint32_t>::max()) {
    return c.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  c.reply().ok();  // elements of any size are kept alike: there is no threshold
}

void debug_stringmatch_len(CommandContext& c) {
  constexpr int64_t kBytesMax = 64 << 20;
  int64_t length;
  if (!parse_positive(c, 2, length)) return;
  if (length > kBytesMax) return c.error("ERR value is out of range");
  const std::string text(static_cast<size_t>(length), 'a');
  c.reply().integer(glob_match(c.arg(3), text));
}

void debug_populate(CommandContext& c) {
  int64_t count, size = 0;
  if (!parse_positive(c, 2, count)) return;
  if (c.arg_count() == 5 && !parse_positive(c, 4, size)) return;
  const std::string prefix = c.arg_count() > 3 ? std::string(c.arg(3)) : "key";
  // DEBUG never stands in a log: what it makes does, many keys at a time.
  constexpr size_t kEffectWords = 1 + 2 * 256;
  std::vector<std::string> effect{"MSET"};
  const auto log_made = [&] {
    if (effect.size() > 1) c.effect(std::vector<std::string_view>(effect.begin(), effect.end()));
    effect.resize(1);
  };
  for (int64_t i = 0; i < count; ++i) {
    const std::string key = prefix + ":" + std::to_string(i);
    c.access().forget_hash();  // the buffer of `key` is the same each time
    if (c.peek(key)) continue;
    std::string value = "value:" + std::to_string(i);
    if (size != 0) value.resize(static_cast<size_t>(size));
    c.edit(key, Type::none).set_text(value);
    effect.insert(effect.end(), {key, std::move(value)});
    if (effect.size() >= kEffectWords) log_made();
  }
  log_made();
  c.reply().ok();
}

void debug_digest(CommandContext& c) {
  c.reply().simple(hex_of(digest_of_keyspace(c.access().keyspace(), c.now_ms())));
}

void debug_digest_value(CommandContext& c) {
  c.reply().array(c.arg_count() - 2);
  for (const std::string_view key : c.args().subspan(2)) {
    const Entry* entry = c.peek(key);
    c.reply().simple(hex_of(entry ? digest_of_value(*entry) : Sha1Digest{}));
  }
}

void debug_error(CommandContext& c) {
  std::string text(c.arg(2));
  std::ranges::replace_if(
      text, [](char byte) { return byte == '\n' || byte == '\r'; }, ' ');
  c.error(text);
}

void debug_log(CommandContext& c) {
  c.executor().state().log("DEBUG LOG: " + std::string(c.arg(2)));
  c.reply().ok();
}

void debug_rewrite_config(CommandContext& c) {
  const Config& config = c.executor().config();
  std::optional<std::string> problem = "there is no configuration file";
  if (!config.file_path().empty()) problem = config.rewrite_file(Config::Rewrite::all);
  if (problem) return c.error("ERR CONFIG-REWRITE-FORCE-ALL failed: " + *problem);
  c.reply().ok();
}

void debug_change_replication_id(CommandContext& c) {
  c.executor().state().change_replication_id();
  c.reply().ok();
}

// Without replicas there is nobody to tell.
void debug_replicate(CommandContext& c) { c.reply().ok(); }

// RELOAD [MERGE] [NOFLUSH] [NOSAVE]: what a restart would make of the data.
void debug_reload(CommandContext& c) {
  bool saves = true, flushes = true, merges = false;
  for (size_t i = 2; i < c.arg_count(); ++i) {
    if (c.arg_is(i, "NOSAVE")) {
      saves = false;
    } else if (c.arg_is(i, "NOFLUSH")) {
      flushes = false;
    } else if (c.arg_is(i, "MERGE")) {
      merges = true;
    } else {
      return c.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
  }
  Persistence& persistence = c.executor().persistence();
  if (!persistence.has_disk()) return c.error(Persistence::kMemoryOnly);
  if (persistence.is_loading()) return c.error(Persistence::kStillLoading);
  if (saves) {
    if (const auto error = persistence.save_locked()) return c.error(*error);
  }
  if (flushes) {
    flush_all(c, false);
    c.executor().scripting().functions().clear();
  }
  const auto replace = [&](int db, std::string_view key) {
    c.access().forget_hash();
    c.edit_in(db, key, Type::none).remove();
  };
  const auto error = merges ? persistence.load_locked(replace) : persistence.load_locked(nullptr);
  if (!saves || !flushes) persistence.schedule_rewrite();
  error ? c.error(*error) : c.reply().ok();
}

// LOADAOF: what a restart would make of the log.
void debug_load_log(CommandContext& c) {
  // What a transaction has done goes to the log as one, when it is over.
  if (c.run().is_in_unit()) return c.error("ERR DEBUG LOADAOF is not allowed in a transaction");
  const auto drop = [&c] {
    flush_all(c, false);
    c.executor().scripting().functions().clear();
  };
  if (const auto error = c.executor().persistence().reload_log_locked(drop)) return c.error(*error);
  c.access().tell_of_all_keys();
  c.reply().ok();
}

void reply_numbers(ReplySink& reply) {
  for (int i = 0; i < 3; ++i) reply.integer(i);
}

void debug_protocol(CommandContext& c) {
  ReplySink& reply = c.reply();
  if (c.arg_is(2, "string")) return reply.bulk("Hello World");
  if (c.arg_is(2, "integer")) return reply.integer(12345);
  if (c.arg_is(2, "double")) return reply.number(3.141);
  if (c.arg_is(2, "bignum")) return reply.big_number("1234567999999999999999999999999999999");
  if (c.arg_is(2, "null")) return reply.null();
  if (c.arg_is(2, "array")) return reply.array(3), reply_numbers(reply);
  if (c.arg_is(2, "set")) return reply.set(3), reply_numbers(reply);
  if (c.arg_is(2, "map")) {
    reply.map(3);
    for (int i = 0; i < 3; ++i) {
      reply.integer(i);
      reply.boolean(i == 1);
    }
    return;
  }
  if (c.arg_is(2, "push")) {
    if (c.protocol() < 3) return c.error("ERR RESP2 is not supported by this command");
    reply.push(2);
    reply.bulk("server-cpu-usage");
    reply.integer(42);
    return reply.bulk("Some real reply following the push reply");
  }
  if (c.arg_is(2, "attrib")) {
    if (reply.attribute(1)) {
      reply.bulk("key-popularity");
      reply.array(2);
      reply.bulk("key:123");
      reply.integer(90);
    }
    return reply.bulk("Some real reply following the attribute");
  }
  if (c.arg_is(2, "verbatim")) return reply.verbatim("txt", "This is a verbatim\nstring");
  if (c.arg_is(2, "true")) return reply.boolean(true);
  if (c.arg_is(2, "false")) return reply.boolean(false);
  c.error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

void debug_help(CommandContext& c);

struct Subcommand {
  std::string_view name;
  int words_min, words_max;
  void (*run)(CommandContext&);
  std::string_view arguments;
  std::string_view summary;
};
constexpr int kAnyCount = std::numeric_limits<int>::max();
constexpr Subcommand kSubcommands[] = {
    {"CHANGE-REPL-ID", 2, 2, debug_change_replication_id, "", "Takes a new replication id."},
    {"CLIENT-EVICTION", 2, 2, debug_client_eviction, "", "Names the client that takes most."},
    {"CONFIG-REWRITE-FORCE-ALL", 2, 2, debug_rewrite_config, "",
     "Writes all directives into the configuration file."},
    {"DIGEST", 2, 2, debug_digest, "", "Fingerprints all data."},
    {"DIGEST-VALUE", 2, kAnyCount, debug_digest_value, " <key> [<key> ...]",
     "Fingerprints values."},
    {"ERROR", 3, 3, debug_error, " <text>", "Replies an error with this text."},
    {"HELP", 2, 2, debug_help, "", "Shows the subcommands."},
    {"HTSTATS", 3, 3, debug_table_statistics, " <db>", "Measures the table of a database's keys."},
    {"HTSTATS-KEY", 3, 3, debug_key_table_statistics, " <key>", "Measures the hash table of a value."},
    {"LISTPACK", 3, 3, debug_listpack, " <key>", "Measures a listpack."},
    {"LOADAOF", 2, 2, debug_load_log, "", "Drops the data and loads the log."},
    {"LOG", 3, 3, debug_log, " <text>", "Writes a line to the server's log."},
    {"OBJECT", 3, 3, debug_object, " <key>", "Describes how a value is kept."},
    {"POPULATE", 3, 5, debug_populate, " <count> [<prefix> [<bytes>]]", "Makes string keys."},
    {"PAUSE-CRON", 3, 3, debug_pause_cron, " <0|1>", "Stops all work that the clock starts."},
    {"PROTOCOL", 3, 3, debug_protocol, " <type>", "Replies a sample of a protocol type."},
    {"QUICKLIST", 3, 4, debug_quicklist, " <key> [<0|1>]", "Measures a list."},
    {"QUICKLIST-PACKED-THRESHOLD", 3, 3, debug_packed_threshold, " <bytes>",
     "Accepted for Redis's tests."},
    {"RELOAD", 2, kAnyCount, debug_reload, " [MERGE] [NOFLUSH] [NOSAVE]",
     "Saves the data, drops it and loads it again."},
    {"REPLYBUFFER", 4, 4, debug_reply_buffer, " PEAK-RESET-TIME <NEVER|RESET|ms> | RESIZING <0|1>",
     "Accepted for Redis's tests."},
    {"REPLICATE", 3, kAnyCount, debug_replicate, " <word> [<word> ...]",
     "Sends words to replicas."},
    {"SDSLEN", 3, 3, debug_text_length, " <key>", "Measures a key and its string."},
    {"SET-ACTIVE-EXPIRE", 3, 3, debug_set_active_expire, " <0|1>",
     "Switches the removal of expired keys that nobody reads."},
    {"SLEEP", 3, 3, debug_sleep, " <seconds>", "Holds all data for a while."},
    {"STRINGMATCH-LEN", 4, 4, debug_stringmatch_len, " <bytes> <pattern>",
     "Matches a pattern against a long run of the letter a."},
};

void debug_help(CommandContext& c) {
  std::vector<std::string> usages;
  for (const Subcommand& subcommand : kSubcommands) {
    usages.push_back(std::string(subcommand.name) + std::string(subcommand.arguments));
  }
  std::vector<HelpEntry> entries;
  for (size_t i = 0; i < usages.size(); ++i)
    entries.push_back({usages[i], kSubcommands[i].summary});
  const auto lines = help_lines("debug", entries);
  c.reply().array(lines.size());
  for (const std::string& line : lines) c.reply().simple(line);
}

void run(CommandContext& c) {
  const int count = static_cast<int>(c.arg_count());
  for (const Subcommand& subcommand : kSubcommands) {
    if (!c.arg_is(1, subcommand.name)) continue;
    if (count < subcommand.words_min || count > subcommand.words_max) break;
    return subcommand.run(c);
  }
  reply_subcommand_syntax_error(c);
}

}  // namespace

REDSTART_COMMAND(debug) = {
    .name = "debug",
    .summary = "Looks behind the scenes, for tests.",
    .complexity = "See the subcommands",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .flags = kAdmin | kNoScript | kLoading | kStale,
    .lock_scope = LockScope::keyspace,
    .run = run,
};

}  // namespace redstart
