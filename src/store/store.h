// Store: an executor together with the thread that does its periodic work (expiry, timeouts of
// blocked commands, deferred freeing). What `memory:` and `file:` open and what a server serves.
//
// Threads: thread-safe. Ownership: owns the executor; sessions must be detached before it goes.
#pragma once

#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "execution/executor.h"

namespace redstart {

class Store {
 public:
  // An embedded store.
  Store() : Store({.embedded = true}) {}
  explicit Store(const Executor::Options& options);
  // An embedded store whose data is in `directory`, in the files of a log with a base as a server's `appendonly`
  // makes them. One process at a time has it open. Error: what is in the way.
  static std::expected<std::unique_ptr<Store>, std::string> open(const std::string& directory);
  ~Store();
  Store(const Store&) = delete;

  Executor& executor() { return executor_; }

 private:
  void maintain();

  Executor executor_;
  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;  // guarded by mutex_
  std::thread maintenance_;
};

}  // namespace redstart
