// PersistenceStatus: what a store says of its snapshots and its log, and what of it should worry somebody.
//
//   auto status = redstart::persistence_status(client).value();
//   if (status.is_busy()) ...                       // a snapshot or a rewrite of the log runs: writes cost more
//   for (auto& warning : status.warnings()) ...     // "the last snapshot failed: ..."
//
// Threads: values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

// INFO persistence, field by field under its own names; what a server does not tell has the value written here.
struct PersistenceStatus {
  bool loading = false;
  bool rdb_bgsave_in_progress = false;
  std::string rdb_last_bgsave_status = "ok";
  int64_t rdb_changes_since_last_save = 0;
  int64_t rdb_last_save_time = 0;  // seconds since 1970
  bool aof_enabled = false;
  bool aof_rewrite_in_progress = false;
  int64_t aof_current_rewrite_time_sec = -1;  // -1: none runs
  int64_t aof_last_rewrite_time_sec = -1;     // -1: there was none
  std::string aof_last_bgrewrite_status = "ok";
  std::string aof_last_write_status = "ok";
  int64_t aof_current_size = 0;
  int64_t aof_base_size = 0;
  int64_t aof_pending_bio_fsync = 0;
  int64_t aof_delayed_fsync = 0;

  bool is_busy() const { return rdb_bgsave_in_progress || aof_rewrite_in_progress; }
  // A failed snapshot, rewrite or write of the log, and a rewrite that runs, or ran, longer than given. Writes may be
  // going on all the same (stop-writes-on-bgsave-error no): nobody else tells.
  std::vector<std::string> warnings(std::chrono::seconds aof_rewrite_time_max = std::chrono::seconds(60)) const;
};

// Out of INFO's text.
PersistenceStatus persistence_status_of(std::string_view info);
// One round trip. Errors: the store's.
result<PersistenceStatus> persistence_status(const Client& client);

}  // namespace redstart
