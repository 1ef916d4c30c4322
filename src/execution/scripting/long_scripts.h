// LongScripts: the scripts that run for longer than busy-reply-threshold allows. While there are any, other
// clients are told BUSY, and SCRIPT KILL or FUNCTION KILL may end them.
//
// Threads: thread-safe. Ownership: borrows the entries, which their scripts' threads remove.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace redstart {

class ClientRegistry;

struct LongScript {
  bool is_function = false;
  std::string name;                  // of the function
  std::vector<std::string> command;  // that started it
  uint64_t started_cycles = 0;
  std::atomic<bool> has_written{false};
  std::atomic<bool> killed{false};
};

class LongScripts {
 public:
  explicit LongScripts(ClientRegistry& clients) : clients_(clients) {}

  void add(LongScript& script);
  void remove(LongScript& script);
  // What other clients are told.
  std::string busy_text() const;
  // Ends the scripts of this kind that have not written. The error, or nothing when one was ended.
  std::optional<std::string> kill(bool functions);
  // Ends all, whatever they have done: the store goes.
  void kill_all();
  struct Shown {
    std::string name;
    std::vector<std::string> command;
    uint64_t duration_ms;
  };
  // A function that runs, for FUNCTION STATS.
  std::optional<Shown> running_function() const;

 private:
  ClientRegistry& clients_;
  mutable std::mutex mutex_;  // guards the list
  std::list<LongScript*> scripts_;
};

}  // namespace redstart
