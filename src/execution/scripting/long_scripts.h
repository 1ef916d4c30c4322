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
class Session;

struct LongScript {
  const Session* session = nullptr;  // that runs it
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
  // While one exists, others are told BUSY although the long script may have ended: for a script that waits for what a
  // long one holds, and serves its thread's other sessions meanwhile. None of them may run a command under its locks.
  class Wait {
   public:
    explicit Wait(LongScripts& scripts) : scripts_(scripts) { scripts_.count_wait(1); }
    Wait(const Wait&) = delete;
    ~Wait() { scripts_.count_wait(-1); }

   private:
    LongScripts& scripts_;
  };
  // What other clients are told.
  std::string busy_text() const;
  // Ends the scripts of this kind that have not written. The error, or nothing when one was ended.
  std::optional<std::string> kill(bool functions);
  // Ends all, whatever they have done: the store goes.
  void kill_all();
  // Ends that of a session, whatever it has done: whoever called it goes.
  void kill_of(const Session& session);
  struct Shown {
    std::string name;
    std::vector<std::string> command;
    uint64_t duration_ms;
  };
  // A function that runs, for FUNCTION STATS.
  std::optional<Shown> running_function() const;

 private:
  void count_wait(int difference);
  // REQUIRES: mutex_ is held.
  void note_busy();

  ClientRegistry& clients_;
  mutable std::mutex mutex_;  // guards the following
  int waits_ = 0;
  std::list<LongScript*> scripts_;
};

}  // namespace redstart
