#include "redstart/recipes/health.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <string_view>

namespace redstart {
namespace {

class Fields {
 public:
  explicit Fields(std::string_view info) {
    while (!info.empty()) {
      const size_t end = info.find("\r\n");
      const std::string_view line = info.substr(0, end);
      if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
        values_.emplace(line.substr(0, colon), line.substr(colon + 1));
      }
      info.remove_prefix(end == std::string_view::npos ? info.size() : end + 2);
    }
  }
  std::string text(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : std::string(found->second);
  }
  int64_t number(std::string_view name) const { return std::strtoll(text(name).c_str(), nullptr, 10); }
  double fraction(std::string_view name) const { return std::strtod(text(name).c_str(), nullptr); }
  bool is_error(std::string_view name) const { return text(name) == "err"; }

 private:
  std::map<std::string_view, std::string_view> values_;
};

void find_alerts(StoreHealth& health, const HealthLimits& limits) {
  const auto alert = [&](HealthAlertKind kind, const char* pattern, auto... values) {
    char text[160];
    std::snprintf(text, sizeof text, pattern, values...);
    health.alerts.push_back({kind, text});
  };
  if (health.fragmentation > limits.fragmentation_max &&
      health.used_memory_bytes >= limits.fragmentation_from_bytes) {
    alert(HealthAlertKind::fragmentation, "the process has %.2f times the memory that its data use",
          health.fragmentation);
  }
  if (health.hit_ratio_percent && health.hits + health.misses >= limits.hit_ratio_from_requests &&
      *health.hit_ratio_percent < limits.hit_ratio_min_percent) {
    alert(HealthAlertKind::hit_ratio, "only %.2f %% of the look-ups find something", *health.hit_ratio_percent);
  }
  if (health.clients > limits.clients_max) {
    alert(HealthAlertKind::clients, "%lld clients are connected", static_cast<long long>(health.clients));
  }
  if (health.last_save_failed) alert(HealthAlertKind::persistence, "the last snapshot failed");
  if (health.last_append_failed) alert(HealthAlertKind::persistence, "the last write to the append-only file failed");
  if (health.last_rewrite_failed) alert(HealthAlertKind::persistence, "the append-only file could not be rewritten");
  if (limits.is_cache && health.limit_bytes == 0) {
    alert(HealthAlertKind::memory_limit, "a cache without a memory limit (maxmemory) grows for ever");
  } else if (limits.is_cache && health.eviction_policy == "noeviction") {
    alert(HealthAlertKind::memory_limit, "a cache with the policy noeviction refuses writes when it is full");
  }
}

}  // namespace

result<StoreHealth> check_health(Client& client, const HealthLimits& limits) {
  const auto info = client.info();
  if (!info) return std::unexpected(info.error());
  const Fields fields(*info);
  StoreHealth health{
      .used_memory_bytes = fields.number("used_memory"),
      .peak_memory_bytes = fields.number("used_memory_peak"),
      .limit_bytes = fields.number("maxmemory"),
      .fragmentation = fields.fraction("mem_fragmentation_ratio"),
      .eviction_policy = fields.text("maxmemory_policy"),
      .operations_per_second = fields.number("instantaneous_ops_per_sec"),
      .commands_processed = fields.number("total_commands_processed"),
      .hits = fields.number("keyspace_hits"),
      .misses = fields.number("keyspace_misses"),
      .expired_keys = fields.number("expired_keys"),
      .evicted_keys = fields.number("evicted_keys"),
      .hit_ratio_percent = std::nullopt,
      .clients = fields.number("connected_clients"),
      .blocked_clients = fields.number("blocked_clients"),
      .connections_received = fields.number("total_connections_received"),
      .connections_rejected = fields.number("rejected_connections"),
      .changes_since_save = fields.number("rdb_changes_since_last_save"),
      .last_save_unix_s = fields.number("rdb_last_save_time"),
      .has_append_only_file = fields.number("aof_enabled") == 1,
      .last_save_failed = fields.is_error("rdb_last_bgsave_status"),
      .last_append_failed = fields.is_error("aof_last_write_status"),
      .last_rewrite_failed = fields.is_error("aof_last_bgrewrite_status"),
      .alerts = {},
  };
  if (const int64_t requests = health.hits + health.misses; requests > 0) {
    const double part = static_cast<double>(health.hits) / static_cast<double>(requests);
    health.hit_ratio_percent = std::round(part * 10'000) / 100;
  }
  find_alerts(health, limits);
  return health;
}

}  // namespace redstart
