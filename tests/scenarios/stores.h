// The stores that the scenarios run over: an engine in this process, our server, and a real Redis.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "redstart/redstart.hpp"
#include "tests/scenarios/server_process.h"

namespace redstart::scenarios {

enum class StoreKind : unsigned char { memory, redstart_server, redis_server };

inline std::string name_of(const testing::TestParamInfo<StoreKind>& info) {
  switch (info.param) {
    case StoreKind::memory:
      return "memory";
    case StoreKind::redstart_server:
      return "redstart_server";
    case StoreKind::redis_server:
      return "redis_server";
  }
  return "";
}

inline Program program_of(StoreKind kind) {
  return kind == StoreKind::redis_server ? Program::redis : Program::redstart;
}

// A server for all tests that do it no harm; it ends with the process.
inline ServerProcess& shared_server(StoreKind kind) {
  static std::map<StoreKind, std::unique_ptr<ServerProcess>> servers;
  auto& server = servers[kind];
  if (!server) server = std::make_unique<ServerProcess>(program_of(kind));
  return *server;
}

template <class T>
T value_of(result<T> outcome) {
  if (!outcome) {
    ADD_FAILURE() << name_of(outcome.error().code) << ": " << outcome.error().message;
    return T();
  }
  return std::move(*outcome);
}

inline void value_of(const result<void>& outcome) {
  if (!outcome) ADD_FAILURE() << name_of(outcome.error().code) << ": " << outcome.error().message;
}

class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (!is_remote()) {
      url_ = "memory:scenario";
    } else {
      if (path_of(program()).empty()) GTEST_SKIP() << missing_text(program());
      url_ = shared_server(GetParam()).url();
    }
    auto opened = open(url_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    client_ = std::make_unique<Client>(*opened);
    value_of(client_->flushall());
  }

  bool is_remote() const { return GetParam() != StoreKind::memory; }
  Program program() const { return program_of(GetParam()); }
  Client& client() { return *client_; }
  Client another_client(OpenOptions options = {}) {
    auto opened = open(url_, options);
    EXPECT_TRUE(opened.has_value());
    return *opened;
  }

  std::string url_;
  std::unique_ptr<Client> client_;
};

// Servers only, one for each test: for what does them harm.
class ServerTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (path_of(program()).empty()) GTEST_SKIP() << missing_text(program());
  }
  Program program() const { return program_of(GetParam()); }
  static Client open_or_fail(const std::string& url, const OpenOptions& options = {}) {
    auto opened = open(url, options);
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *opened : open("memory:").value();
  }
};

// Calls `condition` until it holds, ten seconds at most.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

inline const auto kAllStores =
    testing::Values(StoreKind::memory, StoreKind::redstart_server, StoreKind::redis_server);
inline const auto kServers = testing::Values(StoreKind::redstart_server, StoreKind::redis_server);

}  // namespace redstart::scenarios
