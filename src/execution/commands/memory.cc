// MEMORY USAGE | STATS | DOCTOR | PURGE | MALLOC-STATS: where the memory is.
#include <algorithm>
#include <string>
#include <vector>

#include "base/heap.h"
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/memory_report.h"
#include "execution/scripting/scripting.h"

namespace redstart {
namespace {

// The map of MEMORY STATS.
class StatsReply {
 public:
  StatsReply(ReplySink& reply, size_t pairs) : reply_(reply) { reply.map(pairs); }
  void add(std::string_view name, uint64_t value) {
    reply_.bulk(name);
    reply_.integer(static_cast<int64_t>(value));
  }
  void add_ratio(std::string_view name, uint64_t part, uint64_t whole) {
    reply_.bulk(name);
    reply_.number(whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole));
  }
  void add_database(const MemoryReport::Database& database) {
    reply_.bulk("db." + std::to_string(database.db));
    reply_.map(3);
    add("overhead.hashtable.main", database.table_bytes);
    add("overhead.hashtable.expires", database.expiry_bytes);
    add("overhead.hashtable.slot-to-keys", 0);
  }

 private:
  ReplySink& reply_;
};

std::string diagnosis(const MemoryReport& report) {
  constexpr uint64_t kTooLittleBytes = 5 << 20;
  if (report.used_bytes < kTooLittleBytes) {
    return "There is too little data here for a diagnosis: less than 5 MB are in use.\n";
  }
  std::string text;
  if (report.peak_bytes > report.used_bytes + report.used_bytes / 2) {
    text +=
        "* The peak of memory was more than 1.5 times what is in use now: some of the resident "
        "memory may be left over from it. MEMORY PURGE gives it back.\n";
  }
  if (report.resident_bytes > report.used_bytes + report.used_bytes / 2 + (10 << 20)) {
    text +=
        "* The process holds more than 1.5 times the memory that the data takes: the heap is "
        "fragmented, or the program keeps other things beside the store.\n";
  }
  if (report.client_bytes > report.used_bytes / 4) {
    text +=
        "* The clients' buffers are more than a quarter of the memory: look for slow readers and "
        "large pipelines with CLIENT LIST.\n";
  }
  return text.empty() ? "No problem with memory was found.\n" : "Found:\n" + text;
}

void run_doctor(CommandContext& c) {
  reply_text(c, diagnosis(memory_report(c.executor(), c.access())));
}

void run_help(CommandContext& c) { reply_help(c); }

void run_malloc_stats(CommandContext& c) {
  const heap::Stats stats = heap::process_stats();
  reply_text(c, "chunks: " + std::to_string(stats.chunk_bytes) +
                    " bytes\nfree spans: " + std::to_string(stats.free_span_bytes) +
                    " bytes\nlarge blocks: " + std::to_string(stats.large_bytes) + " bytes\n");
}

void run_purge(CommandContext& c) {
  heap::release_unused();
  c.reply().ok();
}

void run_stats(CommandContext& c) {
  const MemoryReport report = memory_report(c.executor(), c.access());
  StatsReply stats(c.reply(), 27 + report.databases.size());
  stats.add("peak.allocated", report.peak_bytes);
  stats.add("total.allocated", report.used_bytes);
  stats.add("startup.allocated", report.startup_bytes);
  stats.add("replication.backlog", 0);
  stats.add("clients.slaves", 0);
  stats.add("clients.normal", report.client_bytes);
  stats.add("cluster.links", 0);
  stats.add("aof.buffer", 0);
  stats.add("lua.caches", c.executor().scripting().cached_bytes());
  stats.add("functions.caches", c.executor().scripting().functions().code_bytes());
  for (const MemoryReport::Database& database : report.databases) stats.add_database(database);
  const uint64_t dataset_bytes = report.dataset_bytes();
  const uint64_t net_bytes = report.used_bytes - report.startup_bytes;
  stats.add("overhead.total", report.overhead_bytes);
  stats.add("keys.count", report.keys);
  stats.add("keys.bytes-per-key", report.keys == 0 ? 0 : net_bytes / report.keys);
  stats.add("dataset.bytes", dataset_bytes);
  stats.add_ratio("dataset.percentage", dataset_bytes * 100, net_bytes);
  stats.add_ratio("peak.percentage", report.used_bytes * 100, report.peak_bytes);
  stats.add("allocator.allocated", report.used_bytes);
  stats.add("allocator.active", report.allocator_used_bytes);
  stats.add("allocator.resident", report.allocator_bytes);
  stats.add_ratio("allocator-fragmentation.ratio", report.allocator_used_bytes, report.used_bytes);
  stats.add("allocator-fragmentation.bytes", report.allocator_used_bytes - report.used_bytes);
  stats.add_ratio("allocator-rss.ratio", report.allocator_bytes, report.allocator_used_bytes);
  stats.add("allocator-rss.bytes", report.allocator_bytes - report.allocator_used_bytes);
  stats.add_ratio("rss-overhead.ratio", report.resident_bytes, report.allocator_bytes);
  stats.add("rss-overhead.bytes", report.resident_bytes - report.allocator_bytes);
  stats.add_ratio("fragmentation", report.resident_bytes, report.used_bytes);
  stats.add("fragmentation.bytes", report.resident_bytes - report.used_bytes);
}

// A key's part of its shard's tables of keys and of deadlines.
size_t table_share_bytes(CommandContext& c, const Entry& entry) {
  const uint64_t hash = c.access().hash_of(c.arg(2));
  Shard& shard = c.access().keyspace().shard(Keyspace::shard_index(hash));
  const DatabaseShard& database = shard.database(c.db());
  size_t bytes = database.entries.memory_bytes() / database.entries.size();
  if (entry.has_deadline()) {
    const uint64_t volatile_keys = shard.counts[c.db()].volatile_keys.get();
    bytes += database.expiries.memory_bytes() / std::max<uint64_t>(volatile_keys, 1);
  }
  return bytes;
}

void run_usage(CommandContext& c) {
  int64_t samples = 5;
  for (size_t i = 3; i < c.arg_count(); ++i) {
    if (!c.arg_is(i, "SAMPLES") || i + 1 == c.arg_count()) return c.syntax_error();
    if (!c.parse_integer(++i, samples)) return;
    if (samples < 0) return c.syntax_error();
  }
  const Entry* entry = c.peek(c.arg(2));
  if (!entry) return c.reply().null();
  const size_t bytes = entry->memory_bytes(static_cast<size_t>(samples));
  c.reply().integer(static_cast<int64_t>(bytes + table_share_bytes(c, *entry)));
}

constexpr std::string_view kMemoryDoctorTips[] = {
    "nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

constexpr std::string_view kMemoryMallocStatsTips[] = {
    "nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

constexpr std::string_view kMemoryPurgeTips[] = {"request_policy:all_shards",
                                                 "response_policy:all_succeeded"};

constexpr std::string_view kMemoryStatsTips[] = {
    "nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

constexpr KeySpec kMemoryUsageKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kMemoryUsageArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer, .token = "SAMPLES", .flags = kOptional},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "doctor",
     .summary = "Looks for problems with memory and says what may help.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .lock_scope = LockScope::self,
     .tips = kMemoryDoctorTips,
     .run = run_doctor},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "malloc-stats",
     .summary = "Tells how much the allocator has taken and keeps free.",
     .complexity = "O(N), N: chunks of memory in use",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .tips = kMemoryMallocStatsTips,
     .run = run_malloc_stats},
    {.name = "purge",
     .summary = "Gives free memory back to the system.",
     .complexity = "O(N), N: chunks of memory in use",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .tips = kMemoryPurgeTips,
     .run = run_purge},
    {.name = "stats",
     .summary = "Tells what the memory is used for.",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .lock_scope = LockScope::self,
     .tips = kMemoryStatsTips,
     .run = run_stats},
    {.name = "usage",
     .summary = "Tells how many bytes a key takes with its value.",
     .complexity = "O(N), N: elements sampled",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kReadonly,
     .keys = kMemoryUsageKeys,
     .arguments = kMemoryUsageArguments,
     .run = run_usage},
};

}  // namespace

REDSTART_COMMAND(memory) = {
    .name = "memory",
    .summary = "Tells where the memory is.",
    .complexity = "See the subcommands",
    .since = "4.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
