// PushDispatcher: calls a handler with messages out of turn (pub/sub) on a thread of its own, so that a
// handler may do what it likes, publishing included, and no publisher waits for it.
//
// Threads: thread-safe. Ownership: owns the thread, which starts with the first handler.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "redstart/client.h"

namespace redstart {

class PushDispatcher {
 public:
  // Messages that wait for a slow handler; beyond it the oldest are dropped.
  static constexpr size_t kPendingMax = 1'000'000;

  PushDispatcher() : state_(std::make_shared<State>()) {}
  // Messages that wait are dropped; a call of the handler that is under way ends first, unless it is what
  // destroys the dispatcher.
  ~PushDispatcher();
  PushDispatcher(const PushDispatcher&) = delete;

  // An empty handler ignores what comes.
  void set_handler(PushHandler handler);
  void push(std::shared_ptr<const Reply> message);

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::shared_ptr<const Reply>> pending;
    std::shared_ptr<const PushHandler> handler;
    bool stopping = false;
  };
  static void run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
  std::thread thread_;  // guarded by state_->mutex
};

}  // namespace redstart
