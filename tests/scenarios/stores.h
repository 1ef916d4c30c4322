// The stores that the scenarios run over: an engine in this process, one on a disk, our server, a real Redis, a Redis
// Cluster, and a Redis that sentinels guard.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "redstart/redstart.hpp"
#include "tests/scenarios/redis_groups.h"
#include "tests/scenarios/server_process.h"

namespace redstart::scenarios {

enum class StoreKind : unsigned char { memory, file, redstart_server, redis_server, redis_cluster, redis_sentinel };

inline std::string name_of(const testing::TestParamInfo<StoreKind>& info) {
  switch (info.param) {
    case StoreKind::memory:
      return "memory";
    case StoreKind::file:
      return "file";
    case StoreKind::redstart_server:
      return "redstart_server";
    case StoreKind::redis_server:
      return "redis_server";
    case StoreKind::redis_cluster:
      return "redis_cluster";
    case StoreKind::redis_sentinel:
      return "redis_sentinel";
  }
  return "";
}

inline Program program_of(StoreKind kind) {
  return kind == StoreKind::redstart_server ? Program::redstart : Program::redis;
}

// A server for all tests that do it no harm; it ends with the process.
inline ServerProcess& shared_server(StoreKind kind) {
  static std::map<StoreKind, std::unique_ptr<ServerProcess>> servers;
  auto& server = servers[kind];
  if (!server) server = std::make_unique<ServerProcess>(program_of(kind));
  return *server;
}

// They start when they are first needed and end with the process.
inline RedisCluster& shared_cluster() {
  static RedisCluster cluster;
  return cluster;
}
inline RedisWithSentinels& shared_sentinels() {
  static RedisWithSentinels sentinels;
  return sentinels;
}

// A directory that goes with the process.
inline const std::string& shared_directory() {
  static const struct Directory {
    Directory() { std::filesystem::remove_all(path); }
    ~Directory() { std::filesystem::remove_all(path); }
    const std::string path = testing::TempDir() + "redstart_scenario_" + std::to_string(::getpid());
  } directory;
  return directory.path;
}

inline std::string url_of(StoreKind kind) {
  if (kind == StoreKind::memory) return "memory:scenario";
  if (kind == StoreKind::file) return "file:" + shared_directory();
  if (kind == StoreKind::redis_cluster) return shared_cluster().url();
  if (kind == StoreKind::redis_sentinel) return shared_sentinels().url();
  return shared_server(kind).url();
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

inline Client open_or_fail(const std::string& url, const OpenOptions& options = {}) {
  auto opened = open(url, options);
  if (!opened) ADD_FAILURE() << opened.error().message;
  return opened ? *opened : open("memory:").value();
}

class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (is_remote() && path_of(program()).empty()) GTEST_SKIP() << missing_text(program());
    // Or each test would load what all before it have written.
    if (GetParam() == StoreKind::file) std::filesystem::remove_all(shared_directory());
    url_ = url_of(GetParam());
    auto opened = open(url_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    client_ = std::make_unique<Client>(*opened);
    value_of(client_->flushall());
  }

  bool is_remote() const { return GetParam() != StoreKind::memory && GetParam() != StoreKind::file; }
  bool is_cluster() const { return GetParam() == StoreKind::redis_cluster; }
  bool has_replicas() const { return is_cluster() || GetParam() == StoreKind::redis_sentinel; }
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
    testing::Values(StoreKind::memory, StoreKind::file, StoreKind::redstart_server, StoreKind::redis_server,
                    StoreKind::redis_cluster, StoreKind::redis_sentinel);
inline const auto kServers = testing::Values(StoreKind::redstart_server, StoreKind::redis_server);

}  // namespace redstart::scenarios
