// SilentConnections: connections to servers that were given up because nothing came over them any more. What was sent
// there may still arrive, and would then be executed behind what was sent later; so whoever connects anew ends them on
// the server first.
//
// Threads: thread-safe. Ownership: shared by all connections of a client.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "client/remote/socket.h"

namespace redstart::remote {

struct SilentConnection {
  std::string server;      // its endpoint's text
  uint64_t server_id = 0;  // the server's name for it (CLIENT ID); 0: it has told none
  // Between these the server has accepted it.
  SteadyClock::time_point began_at, introduced_at;
  SteadyClock::time_point lost_at;
  bool operator==(const SilentConnection&) const = default;
};

class SilentConnections {
 public:
  // Longer than networks keep packets. The socket is closed at once, so that nothing is sent again from here.
  static constexpr std::chrono::seconds kDangerousFor{120};
  // More than are ever lost at a time: beyond them, the oldest is forgotten.
  static constexpr size_t kCountMax = 1024;

  void add(SilentConnection lost) {
    const std::lock_guard lock(mutex_);
    if (all_.size() == kCountMax) all_.erase(all_.begin());
    all_.push_back(std::move(lost));
  }
  std::vector<SilentConnection> at(const std::string& server) {
    const std::lock_guard lock(mutex_);
    const auto now = SteadyClock::now();
    std::erase_if(all_, [&](const auto& one) { return now - one.lost_at > kDangerousFor; });
    std::vector<SilentConnection> found;
    std::ranges::copy_if(all_, std::back_inserter(found), [&](const auto& one) { return one.server == server; });
    return found;
  }
  // They have ended on the server.
  void remove(std::span<const SilentConnection> ended) {
    const std::lock_guard lock(mutex_);
    std::erase_if(all_, [&](const auto& one) { return std::ranges::find(ended, one) != ended.end(); });
  }

 private:
  std::mutex mutex_;
  std::vector<SilentConnection> all_;  // the oldest first
};

}  // namespace redstart::remote
