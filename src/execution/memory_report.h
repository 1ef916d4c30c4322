// MemoryReport: where a store's memory is, for INFO memory and MEMORY STATS.
//
// Threads: thread-safe. Cost: a short hold of every shard's lock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace redstart {

class Access;
class Executor;

struct MemoryReport {
  struct Database {
    int db = 0;
    uint64_t keys = 0;
    uint64_t table_bytes = 0;  // of the table of keys
    uint64_t expiry_bytes = 0;
  };
  uint64_t used_bytes = 0;
  uint64_t peak_bytes = 0;
  uint64_t overhead_bytes = 0;  // what is not keys and values
  uint64_t startup_bytes = 0;
  uint64_t client_bytes = 0;
  uint64_t tracking_bytes = 0;  // of the table of who caches what
  uint64_t resident_bytes = 0;        // of the process
  uint64_t allocator_bytes = 0;       // taken from the system for chunks, and large blocks
  uint64_t allocator_used_bytes = 0;  // of them not in free spans
  uint64_t system_bytes = 0;          // of the machine
  uint64_t keys = 0;
  std::vector<Database> databases;  // those with keys

  uint64_t dataset_bytes() const {
    return used_bytes > overhead_bytes ? used_bytes - overhead_bytes : 0;
  }
};

// `access` is the running command's: shards that it holds are not locked again.
MemoryReport memory_report(Executor& executor, Access& access);

// "967.12K".
std::string human_bytes(uint64_t bytes);

}  // namespace redstart
