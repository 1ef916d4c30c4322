// The configurations that are shipped, and the ways to keep data that they stand for: a server starts with each, has
// every value of it, and keeps what it promises to keep when it is killed. Those ways can be changed while it runs.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/scenarios/stores.h"

namespace redstart {
namespace {

using scenarios::eventually;
using scenarios::Program;
using scenarios::ServerProcess;
using scenarios::value_of;
using Values = std::map<std::string, std::string>;

const std::string kProfiles = REDSTART_SHARE "/profiles/";

class Profiles : public testing::Test {
 protected:
  void SetUp() override {
    if (scenarios::path_of(Program::redstart).empty()) GTEST_SKIP() << scenarios::missing_text(Program::redstart);
  }
  static std::vector<std::string> with(const std::string& profile, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--include", kProfiles + profile + ".conf"});
    return more;
  }
  static Client client_of(const ServerProcess& server) { return open(server.url()).value(); }
  static Values values(Client& client, const Values& expected) {
    Values found;
    for (const auto& [name, value] : expected) {
      const auto got = value_of(client.config_get(name));
      for (const auto& [its_name, its_value] : got) found[its_name] = its_value;
    }
    return found;
  }
  // What a server with this profile has after it was killed, of a thousand writes that it acknowledged.
  static int64_t kept_after_kill(const std::string& profile) {
    ServerProcess server(Program::redstart, with(profile));
    {
      Client client = client_of(server);
      for (int i = 0; i < 1000; ++i) value_of(client.set("key:" + std::to_string(i), "v"));
    }
    server.kill();
    EXPECT_TRUE(server.start());
    Client client = client_of(server);
    return value_of(client.dbsize());
  }
};

TEST_F(Profiles, say_what_they_are_in_comments_on_lines_of_their_own) {
  for (const auto* const name : {"high-throughput", "balanced", "durable", "write-heavy-cache"}) {
    std::ifstream file(kProfiles + name + ".conf");
    std::string line;
    ASSERT_TRUE(std::getline(file, line)) << name;
    EXPECT_TRUE(line.starts_with("# ")) << name;
    while (std::getline(file, line)) EXPECT_TRUE(line.starts_with('#') || !line.contains('#')) << name << ": " << line;
  }
}

TEST_F(Profiles, of_high_throughput_saves_snapshots_only_and_goes_on_without_them) {
  ServerProcess server(Program::redstart, with("high-throughput"));
  Client client = client_of(server);
  const Values expected = {{"appendonly", "no"},     {"save", "900 1 300 10"}, {"stop-writes-on-bgsave-error", "no"},
                           {"rdbcompression", "yes"}, {"rdbchecksum", "no"}};
  EXPECT_EQ(values(client, expected), expected);
  value_of(client.set("k", "v"));
  // A directory in the place of the snapshot's file.
  const auto directory = std::filesystem::path(server.socket_path()).parent_path();
  std::filesystem::create_directories(directory / "dump.rdb" / "in the way");
  (void)client.call({"BGSAVE"});
  EXPECT_TRUE(eventually([&] { return value_of(client.info("persistence")).contains("last_bgsave_status:err"); }));
  EXPECT_TRUE(client.set("k", "w").has_value());
  std::filesystem::remove_all(directory / "dump.rdb");
  value_of(client.call({"SAVE"}));
  server.kill();
  ASSERT_TRUE(server.start());
  EXPECT_EQ(value_of(client_of(server).get("k")), "w");
}

TEST_F(Profiles, of_balance_lose_nothing_when_the_process_is_killed) {
  {
    ServerProcess server(Program::redstart, with("balanced"));
    Client client = client_of(server);
    const Values expected = {{"appendonly", "yes"},
                             {"appendfsync", "everysec"},
                             {"auto-aof-rewrite-percentage", "100"},
                             {"auto-aof-rewrite-min-size", "67108864"},
                             {"save", "900 1 300 10"}};
    EXPECT_EQ(values(client, expected), expected);
  }
  EXPECT_EQ(kept_after_kill("balanced"), 1000);
}

TEST_F(Profiles, of_durability_lose_nothing) {
  {
    ServerProcess server(Program::redstart, with("durable"));
    Client client = client_of(server);
    const Values expected = {
        {"appendonly", "yes"}, {"appendfsync", "always"}, {"save", "900 1 300 10 60 10000"}};
    EXPECT_EQ(values(client, expected), expected);
  }
  EXPECT_EQ(kept_after_kill("durable"), 1000);
}

TEST_F(Profiles, of_a_cache_that_is_written_to_all_the_time_have_every_value) {
  ServerProcess server(Program::redstart, with("write-heavy-cache"));
  Client client = client_of(server);
  const Values expected = {{"tcp-backlog", "511"},
                           {"timeout", "0"},
                           {"tcp-keepalive", "300"},
                           {"maxmemory", "8589934592"},
                           {"maxmemory-policy", "allkeys-lru"},
                           {"save", ""},
                           {"appendonly", "no"},
                           {"lazyfree-lazy-eviction", "yes"},
                           {"lazyfree-lazy-expire", "yes"},
                           {"lazyfree-lazy-server-del", "yes"},
                           {"replica-lazy-flush", "yes"},
                           {"slowlog-log-slower-than", "10000"},
                           {"client-output-buffer-limit",
                            "normal 0 0 0 slave 536870912 268435456 60 pubsub 33554432 8388608 60"},
                           {"hash-max-ziplist-entries", "512"},
                           {"hash-max-ziplist-value", "64"},
                           {"list-max-ziplist-size", "-2"},
                           {"list-compress-depth", "0"},
                           {"set-max-intset-entries", "512"},
                           {"zset-max-ziplist-entries", "128"},
                           {"zset-max-ziplist-value", "64"}};
  EXPECT_EQ(values(client, expected), expected);
}

TEST_F(Profiles, can_be_changed_into_each_other_while_the_server_runs) {
  const auto survives = [](ServerProcess& server, const std::string& key) {
    value_of(client_of(server).set(key, "v"));
    server.kill();
    EXPECT_TRUE(server.start());
    return value_of(client_of(server).exists(key));
  };
  ServerProcess plain(Program::redstart);
  EXPECT_FALSE(survives(plain, "in memory"));
  value_of(client_of(plain).config_set("save", "3600 1"));
  value_of(client_of(plain).set("saved", "v"));
  value_of(client_of(plain).call({"SAVE"}));
  EXPECT_FALSE(survives(plain, "not saved"));
  EXPECT_TRUE(value_of(client_of(plain).exists("saved")));
  value_of(client_of(plain).config_set("appendonly", "yes"));
  EXPECT_TRUE(eventually([&] {
    const std::string info = value_of(client_of(plain).info("persistence"));
    return info.contains("aof_enabled:1") && info.contains("aof_rewrite_in_progress:0");
  }));
  ServerProcess logging(Program::redstart, {"--appendonly", "yes"});
  for (const auto* const policy : {"everysec", "always", "no"}) {
    value_of(client_of(logging).config_set("appendfsync", policy));
    EXPECT_TRUE(survives(logging, policy));
  }
  value_of(client_of(logging).config_set("appendonly", "no"));
  EXPECT_TRUE(eventually([&] { return value_of(client_of(logging).info("persistence")).contains("aof_enabled:0"); }));
  EXPECT_FALSE(survives(logging, "not logged"));
}

TEST_F(Profiles, that_ask_for_what_there_is_not_are_told_so) {
  ServerProcess server(Program::redstart, {"--activedefrag", "yes", "--active-defrag-ignore-bytes", "100mb",
                                           "--active-defrag-threshold-lower", "10",
                                           "--active-defrag-threshold-upper", "25"});
  EXPECT_TRUE(eventually([&] { return server.log().contains("activedefrag does nothing here"); })) << server.log();
  ServerProcess other(Program::redstart);
  Client client = client_of(other);
  EXPECT_FALSE(other.log().contains("does nothing here"));
  value_of(client.config_set("activedefrag", "yes"));
  EXPECT_TRUE(eventually([&] { return other.log().contains("activedefrag does nothing here"); })) << other.log();
}

TEST_F(Profiles, of_replicas_and_cluster_nodes_are_told_that_they_are_masters) {
  ServerProcess server(Program::redstart, {"--replicaof", "127.0.0.1", "1", "--cluster-enabled", "yes"});
  for (const char* directive : {"replicaof", "cluster-enabled"}) {
    const std::string line = directive + std::string(" does nothing here");
    EXPECT_TRUE(eventually([&] { return server.log().contains(line); })) << server.log();
  }
}

TEST_F(Profiles, with_a_comment_behind_a_value_are_refused_with_line_and_reason) {
  const std::string path = testing::TempDir() + "redstart_inline_comment.conf";
  std::ofstream(path) << "timeout 0\nrdbchecksum no  # Faster without checksum\n";
  const std::string program = scenarios::path_of(Program::redstart);
  std::FILE* const pipe = ::popen((program + " serve " + path + " --port 1 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  char buffer[1024];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) said.append(buffer, count);
  EXPECT_NE(::pclose(pipe), 0);
  EXPECT_TRUE(said.contains("at line 2\n>>> 'rdbchecksum no  # Faster without checksum'\nwrong number of arguments"))
      << said;
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace redstart
