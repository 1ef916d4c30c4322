#include "redstart/patterns/persistence_status.h"

#include "patterns/info_text.h"

namespace redstart {

std::vector<std::string> PersistenceStatus::warnings(std::chrono::seconds aof_rewrite_time_max) const {
  std::vector<std::string> all;
  if (rdb_last_bgsave_status != "ok") all.push_back("the last snapshot failed (rdb_last_bgsave_status)");
  if (aof_last_bgrewrite_status != "ok") {
    all.push_back("the last rewrite of the log failed (aof_last_bgrewrite_status)");
  }
  if (aof_last_write_status != "ok") all.push_back("the log cannot be written (aof_last_write_status)");
  const int64_t limit = aof_rewrite_time_max.count();
  if (aof_current_rewrite_time_sec > limit) {
    all.push_back("a rewrite of the log has been running for more than " + std::to_string(limit) + " s");
  } else if (aof_last_rewrite_time_sec > limit) {
    all.push_back("the last rewrite of the log took more than " + std::to_string(limit) + " s");
  }
  return all;
}

PersistenceStatus persistence_status_of(std::string_view text) {
  const InfoText info(text);
  return {.loading = info.flag("loading"),
          .rdb_bgsave_in_progress = info.flag("rdb_bgsave_in_progress"),
          .rdb_last_bgsave_status = std::string(info.text("rdb_last_bgsave_status", "ok")),
          .rdb_changes_since_last_save = info.number("rdb_changes_since_last_save"),
          .rdb_last_save_time = info.number("rdb_last_save_time"),
          .aof_enabled = info.flag("aof_enabled"),
          .aof_rewrite_in_progress = info.flag("aof_rewrite_in_progress"),
          .aof_current_rewrite_time_sec = info.number("aof_current_rewrite_time_sec", -1),
          .aof_last_rewrite_time_sec = info.number("aof_last_rewrite_time_sec", -1),
          .aof_last_bgrewrite_status = std::string(info.text("aof_last_bgrewrite_status", "ok")),
          .aof_last_write_status = std::string(info.text("aof_last_write_status", "ok")),
          .aof_current_size = info.number("aof_current_size"),
          .aof_base_size = info.number("aof_base_size"),
          .aof_pending_bio_fsync = info.number("aof_pending_bio_fsync"),
          .aof_delayed_fsync = info.number("aof_delayed_fsync")};
}

result<PersistenceStatus> persistence_status(const Client& client) {
  const auto info = Client(client).info("persistence");
  if (!info) return std::unexpected(info.error());
  return persistence_status_of(*info);
}

}  // namespace redstart
