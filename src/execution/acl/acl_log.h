// AclLog: the latest calls and logins that were denied (ACL LOG).
//
// Threads: thread-safe. Ownership: owns its entries, at most `acllog-max-len` of them; the oldest go.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

// Where the denied command came from.
enum class AclContext : uint8_t { toplevel, multi, script };

enum class AclReason : uint8_t { command, key, channel, auth };

class AclLog {
 public:
  struct Entry {
    uint64_t id = 0;  // counts entries since the start; given by add()
    uint64_t count = 1;
    AclReason reason;
    AclContext context;
    std::string object;  // the command, key or channel
    std::string user;
    int64_t unix_time_ms;              // of the latest denial
    int64_t created_unix_time_ms = 0;  // of the first; given by add()
    std::string client;  // as in CLIENT LIST
  };

  // Counts the denial. One that is like another of the last minute raises that entry's count.
  void add(Entry entry, size_t length_max);
  // The newest first.
  std::vector<Entry> newest(size_t count) const;
  void reset();
  // All denials for a reason since the start.
  uint64_t denied(AclReason reason) const {
    return denied_[static_cast<size_t>(reason)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, 4> denied_{};
  mutable std::mutex mutex_;  // guards what follows
  uint64_t next_id_ = 0;
  std::list<Entry> entries_;  // the newest in front
};

std::string_view name_of(AclReason reason);
std::string_view name_of(AclContext context);

}  // namespace redstart
