// IoThread: the one thread of a client that does for its connections what no caller is there to do:
// connecting, watching for lost connections, reading for those who do not wait, deadlines, and the
// calls of the user's handlers.
//
// Threads: thread-safe. Ownership: the thread keeps its IoThread alive until stop(); it knows
// connections weakly.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <unordered_map>
#include <vector>

#include "client/remote/socket.h"

namespace redstart::remote {

// What the thread watches: a connection.
class Watched {
 public:
  virtual ~Watched() = default;
  // `generation` is the one that the descriptor was watched with.
  virtual void on_events(uint32_t events, uint16_t generation) = 0;
  virtual void on_timer() = 0;
};

class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  // Errors: connection_refused, when the system has no descriptor or thread left.
  static result<std::shared_ptr<IoThread>> start();
  ~IoThread();

  // Runs what is posted and ends the thread. From the thread itself it only asks for the end.
  void stop();
  bool is_current() const { return std::this_thread::get_id() == thread_id_; }

  // Runs `task` on the thread, in the order of posts, outside of all locks.
  void post(std::function<void()> task);
  // The same at `when` or a little later; when the thread is stopped before that, then.
  void post_at(SteadyClock::time_point when, std::function<void()> task);
  // Calls watched->on_timer() at `when` or a little later.
  void wake_at(SteadyClock::time_point when, std::weak_ptr<Watched> watched);

  uint64_t add(std::weak_ptr<Watched> watched);
  void remove(uint64_t id);
  // Sets the events of a descriptor; `is_new`: it was not watched before. One event disarms it.
  void watch(int fd, uint64_t id, uint16_t generation, uint32_t events, bool is_new);

 private:
  IoThread() = default;
  void run();
  int run_timers();  // the time to sleep in ms, -1 for ever
  bool run_tasks();  // false: there was none
  void take_delayed_tasks();
  void wake();

  // A timer of a connection, or a task.
  struct Timer {
    SteadyClock::time_point when;
    std::weak_ptr<Watched> watched;
    std::shared_ptr<std::function<void()>> task;
    bool operator<(const Timer& other) const { return when > other.when; }
  };

  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::thread thread_;
  std::thread::id thread_id_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::function<void()>> tasks_;
  std::priority_queue<Timer> timers_;
  std::unordered_map<uint64_t, std::weak_ptr<Watched>> watched_;
  uint64_t last_id_ = 0;
  SteadyClock::time_point sleeps_until_ = SteadyClock::time_point::min();
  bool wake_written_ = false;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace redstart::remote
