#include "execution/memory_report.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/heap.h"
#include "engine/access.h"
#include "execution/client_registry.h"
#include "execution/eviction.h"
#include "execution/executor.h"
#include "execution/store_state.h"
#include "execution/tracking.h"

namespace redstart {
namespace {

uint64_t page_bytes() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t total_pages = 0, resident_pages = 0;
  file >> total_pages >> resident_pages;
  return resident_pages * page_bytes();
}

void add_shard(Shard& shard, MemoryReport& report) {
  report.overhead_bytes += shard.ghosts.memory_bytes();
  for (MemoryReport::Database& database : report.databases) {
    const DatabaseShard* part = shard.find_database(database.db);
    if (!part) continue;
    database.keys += part->entries.size();
    database.table_bytes += part->entries.memory_bytes();
    database.expiry_bytes += part->expiries.memory_bytes();
  }
}

}  // namespace

MemoryReport memory_report(Executor& executor, Access& access) {
  Keyspace& keyspace = executor.keyspace();
  MemoryReport report;
  for (int db = 0; db < keyspace.database_count(); ++db) {
    if (keyspace.key_count(db) != 0) report.databases.push_back({.db = db});
  }
  for (size_t index = 0; index < Keyspace::kShards; ++index) {
    ShardLocks lock;
    if (!access.locks().holds(index)) lock.lock_one(keyspace, index);
    add_shard(keyspace.shard(index), report);
  }
  executor.clients().for_each([&](Session& session) {
    const Session::TransportInfo transport = session.transport();
    report.client_bytes += sizeof(Session) + transport.query_buffer_bytes +
                           transport.query_buffer_free_bytes + transport.output_buffer_bytes +
                           transport.output_list_bytes;
  });
  report.startup_bytes = Keyspace::kShards * sizeof(Shard);
  report.tracking_bytes = executor.tracking().memory_bytes();
  report.overhead_bytes += report.startup_bytes + report.client_bytes + report.tracking_bytes +
                           executor.eviction().overhead_bytes();
  for (const MemoryReport::Database& database : report.databases) {
    report.keys += database.keys;
    report.overhead_bytes += database.table_bytes + database.expiry_bytes;
  }
  // The account knows the data; shards, clients and what is known of their caches are kept outside of it.
  report.used_bytes =
      executor.used_memory_bytes() + report.startup_bytes + report.client_bytes + report.tracking_bytes;
  executor.state().note_memory(report.used_bytes);
  report.peak_bytes = executor.state().peak_memory_bytes();
  report.resident_bytes = resident_bytes();
  const heap::Stats heap = heap::process_stats();
  report.allocator_bytes = heap.chunk_bytes + heap.large_bytes;
  report.allocator_used_bytes = report.allocator_bytes - heap.free_span_bytes;
  report.system_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes();
  return report;
}

std::string human_bytes(uint64_t bytes) {
  constexpr char kUnits[] = {'K', 'M', 'G', 'T', 'P'};
  if (bytes < 1024) return std::to_string(bytes) + "B";
  auto amount = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
  char text[64];
  std::snprintf(text, sizeof text, "%.2f%c", amount, kUnits[unit]);
  return text;
}

}  // namespace redstart
