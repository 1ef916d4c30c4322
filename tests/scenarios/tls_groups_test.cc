// A cluster and sentinels of redis-servers, of which the client sees the TLS ports only.
#include <gtest/gtest.h>

#include "redstart/redstart.hpp"
#include "tests/scenarios/redis_groups.h"
#include "tests/scenarios/server_process.h"
#include "tests/server/certificates.h"

namespace redstart::scenarios {
namespace {

class TlsGroups : public testing::Test {
 protected:
  using Words = std::vector<std::string>;

  static void SetUpTestSuite() { certificates_ = new server_tests::Certificates; }
  static void TearDownTestSuite() { delete std::exchange(certificates_, nullptr); }
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
  }

  // What makes a server listen at `tls_port` too, and speak TLS to its like.
  static Words tls(uint16_t tls_port, Words more) {
    Words words = {"--tls-port", std::to_string(tls_port),
                   "--tls-cert-file", certificates_->certificate("server"),
                   "--tls-key-file", certificates_->key("server"),
                   "--tls-ca-cert-file", certificates_->certificate("ca"),
                   "--tls-auth-clients", "no",
                   "--tls-replication", "yes"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // The same as lines of a file.
  static Words lines(const Words& words) {
    Words lines;
    for (size_t i = 0; i + 1 < words.size(); i += 2) lines.push_back(words[i].substr(2) + " " + words[i + 1]);
    return lines;
  }
  static std::string url(const std::string& scheme, const std::vector<uint16_t>& ports, const std::string& path = "") {
    std::string url = scheme + "://";
    for (size_t i = 0; i < ports.size(); ++i) url += (i ? ",127.0.0.1:" : "127.0.0.1:") + std::to_string(ports[i]);
    return url + path + "?tls_ca_file=" + certificates_->certificate("ca");
  }
  static std::vector<uint16_t> free_ports(size_t count) {
    std::vector<uint16_t> ports;
    while (ports.size() < count) ports.push_back(free_port());
    return ports;
  }

  static inline const server_tests::Certificates* certificates_ = nullptr;
};

TEST_F(TlsGroups, a_cluster_is_found_and_followed_over_tls) {
  constexpr size_t kNodes = 3;
  const auto ports = free_ports(2 * kNodes);
  std::vector<std::unique_ptr<ServerProcess>> nodes;
  std::vector<std::string> ids;
  for (size_t i = 0; i < kNodes; ++i) {
    nodes.push_back(std::make_unique<ServerProcess>(
        Program::redis, tls(ports[i], {"--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-port",
                                       std::to_string(ports[kNodes + i])})));
    Client node = open(nodes[i]->url()).value();
    node.call({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}).value();
    node.command("CLUSTER", "ADDSLOTSRANGE", 16384 * i / kNodes, 16384 * (i + 1) / kNodes - 1).value();
    if (i > 0) node.command("CLUSTER", "MEET", "127.0.0.1", uint64_t{ports[0]}, uint64_t{ports[kNodes]}).value();
    ids.push_back(node.call({"CLUSTER", "MYID"}).value().text());
  }
  const auto is_joined = [&] {
    return std::ranges::all_of(nodes, [](const auto& node) {
      const std::string info = open(node->url()).value().call({"CLUSTER", "INFO"}).value().text();
      return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3");
    });
  };
  ASSERT_TRUE(becomes_true(is_joined));

  EXPECT_FALSE(open("redis-cluster://127.0.0.1:" + std::to_string(ports[0]) + "?connect_timeout_ms=1000"));
  auto client = open(url("rediss-cluster", {ports[0]}));
  ASSERT_TRUE(client) << client.error().message;
  Words keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back("key:" + std::to_string(i));
    ASSERT_TRUE(client->set(keys.back(), std::to_string(i)));
  }
  const auto values = client->mget(keys).value();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[i], std::to_string(i));
  for (const auto& node : nodes) EXPECT_GT(open(node->url()).value().dbsize().value(), 0);

  // A slot goes to another node: what the redirection names is a TLS port too.
  const auto slot = open(nodes[0]->url()).value().call({"CLUSTER", "KEYSLOT", "moved"}).value().as_integer();
  const size_t owner = static_cast<size_t>(slot) * kNodes / 16384, next = (owner + 1) % kNodes;
  ASSERT_FALSE(client->get("moved").value());
  for (const size_t i : {next, owner}) {
    open(nodes[i]->url()).value().command("CLUSTER", "SETSLOT", slot, "NODE", ids[next]).value();
  }
  ASSERT_TRUE(client->set("moved", "there"));
  EXPECT_EQ(open(nodes[next]->url()).value().get("moved").value(), "there");
}

TEST_F(TlsGroups, a_master_is_found_through_sentinels_and_followed_over_tls) {
  const auto ports = free_ports(3);
  std::vector<std::unique_ptr<ServerProcess>> servers;
  for (size_t i = 0; i < 2; ++i) {
    Words more = {"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"};
    if (i > 0) more.insert(more.end(), {"--replicaof", "127.0.0.1 " + std::to_string(ports[0])});
    servers.push_back(std::make_unique<ServerProcess>(Program::redis, tls(ports[i], more)));
  }
  // The sentinel cuts its connections when it makes it a master.
  Client replica = open(servers[1]->url()).value();
  const auto says = [&](std::string_view what) { return replica.info("replication").value_or("").contains(what); };
  // Before the sentinel asks, which it does every ten seconds only.
  ASSERT_TRUE(becomes_true([&] { return says("master_link_status:up"); })) << servers[1]->log();
  Words directives = lines(tls(ports[2], {}));
  for (const std::string& line : {"sentinel monitor main 127.0.0.1 " + std::to_string(ports[0]) + " 1",
                                 std::string("sentinel down-after-milliseconds main 1000"),
                                 std::string("sentinel failover-timeout main 4000")}) {
    directives.push_back(line);
  }
  ServerProcess sentinel(Program::sentinel, directives);
  Client observer = open(sentinel.url()).value();
  ASSERT_TRUE(becomes_true([&] {
    const std::string replicas = to_string(observer.call({"SENTINEL", "REPLICAS", "main"}).value());
    return replicas.contains("\"master-link-status\"") && replicas.contains("\"ok\"");
  })) << sentinel.log();

  auto client = open(url("rediss-sentinel", {ports[2]}, "/main"));
  ASSERT_TRUE(client) << client.error().message;
  ASSERT_TRUE(client->set("key", "before"));
  EXPECT_EQ(open(servers[0]->url()).value().get("key").value(), "before");

  ASSERT_TRUE(becomes_true([&] { return replica.get("key").value_or(std::nullopt) == "before"; }));
  ASSERT_TRUE(becomes_true([&] { return observer.call({"SENTINEL", "FAILOVER", "main"}).has_value(); }));
  ASSERT_TRUE(becomes_true([&] { return says("role:master"); }));
  ASSERT_TRUE(becomes_true([&] {
    return client->set("key", "after") && replica.get("key").value_or(std::nullopt) == "after";
  }));
}

}  // namespace
}  // namespace redstart::scenarios
