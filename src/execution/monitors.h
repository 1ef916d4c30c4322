// Monitors: the sessions that see every command (MONITOR).
//
// Threads: thread-safe. Ownership: borrows the sessions, which are removed before they go.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

class Session;
struct CommandSpec;

class Monitors {
 public:
  bool any() const { return count_.load(std::memory_order_relaxed) != 0; }
  void add(Session& session);
  void remove(Session& session);
  // Shows a command of `session`, which has just run, to all of them: a call of `full_name` ("config|set").
  // Those that are secret or the administrators' are not shown.
  void feed(const Session& session, const CommandSpec& spec, std::string_view full_name,
            std::span<const std::string_view> words, int64_t unix_time_us);
  // A call of a script or a function, which shows itself before what it calls.
  void feed_script(const Session& session, std::string_view full_name, std::span<const std::string_view> words,
                   int64_t unix_time_us);
  // The same for a command that a script of the session calls.
  void feed_from_script(const Session& session, std::string_view full_name,
                        std::span<const std::string_view> words, int64_t unix_time_us);

 private:
  void show(std::string line);

  std::atomic<size_t> count_{0};
  std::mutex mutex_;  // guards the list, and keeps the order of the feed the same for all
  std::vector<Session*> sessions_;
};

}  // namespace redstart
