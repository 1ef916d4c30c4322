// TestServer: a store and its server inside the test's process, on a free port.
//
// Threads: thread-compatible. Ownership: owns both; clients may outlive it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/clock.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "server/server.h"
#include "store/store.h"
#include "tests/scenarios/server_process.h"
#include "tests/server/raw_client.h"

namespace redstart::server_tests {

// Waits for what other threads bring about. False: it has not come in a time that is far too long.
inline bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 30'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

class TestServer {
 public:
  // `directives` are lines of redis.conf. Time is the system's unless there is a clock.
  explicit TestServer(const std::string& directives = "", const Clock* clock = nullptr)
      : store_(options(clock)) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      port_ = scenarios::free_port();
      if (!start(directives)) return;
    }
    throw std::runtime_error("no port is free");
  }

  uint16_t port() const { return port_; }
  RawClient connect() const { return RawClient(port_); }
  Executor& executor() { return store_.executor(); }
  Config& config() { return executor().config(); }
  Server& server() { return *server_; }
  void stop() { server_->stop(); }

  // The sessions that are blocked.
  int blocked_count() {
    int count = 0;
    executor().clients().for_each([&](Session& session) { count += session.shown_blocked; });
    return count;
  }

 private:
  static Executor::Options options(const Clock* clock) {
    Executor::Options result;
    result.clock = clock;
    return result;
  }
  std::optional<std::string> start(const std::string& directives) {
    const std::string lines = "port " + std::to_string(port_) + "\n" + directives;
    if (const auto error = config().load(lines)) throw std::runtime_error(error->report());
    executor().apply_config();
    server_.emplace(store_);
    return server_->start();
  }

  Store store_;
  std::optional<Server> server_;
  uint16_t port_ = 0;
};

}  // namespace redstart::server_tests
