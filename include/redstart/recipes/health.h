// Health: how a store does, in numbers, and what of it should worry somebody.
//
//   redstart::StoreHealth health = redstart::check_health(client).value();
//   for (const redstart::HealthAlert& alert : health.alerts) std::fprintf(stderr, "%s\n", alert.text.c_str());
//
// One INFO. On a cluster it is that of one server. A fresh or small server raises no alarm: ratios count only when
// there is enough to make them of.
//
// Threads: thread-safe. Redis 7.0 or newer, Redstart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct HealthLimits {
  double fragmentation_max = 1.5;
  int64_t fragmentation_from_bytes = 64 << 20;  // of used memory
  double hit_ratio_min_percent = 80;
  int64_t hit_ratio_from_requests = 1000;
  int64_t clients_max = 100;
  bool is_cache = false;  // then memory without a limit, or a policy that evicts nothing, is an alert too
};

enum class HealthAlertKind : unsigned char { fragmentation, hit_ratio, clients, persistence, memory_limit };

struct HealthAlert {
  HealthAlertKind kind;
  std::string text;
};

struct StoreHealth {
  // --- Memory
  int64_t used_memory_bytes = 0, peak_memory_bytes = 0, limit_bytes = 0;  // no limit: 0
  double fragmentation = 0;                                              // resident / used
  std::string eviction_policy;
  // --- Performance
  int64_t operations_per_second = 0, commands_processed = 0, hits = 0, misses = 0, expired_keys = 0, evicted_keys = 0;
  std::optional<double> hit_ratio_percent;  // with two places; nothing before the first look-up
  // --- Connections
  int64_t clients = 0, blocked_clients = 0, connections_received = 0, connections_rejected = 0;
  // --- Persistence
  int64_t changes_since_save = 0, last_save_unix_s = 0;
  bool has_append_only_file = false, last_save_failed = false, last_append_failed = false, last_rewrite_failed = false;

  std::vector<HealthAlert> alerts;
};

result<StoreHealth> check_health(Client& client, const HealthLimits& limits = {});

}  // namespace redstart
