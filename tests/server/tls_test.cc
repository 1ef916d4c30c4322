#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <thread>

#include "redstart/client.h"
#include "tests/server/certificates.h"
#include "tests/server/test_server.h"

namespace redstart {
namespace {

using namespace server_tests;

const Certificates& certificates() {
  static const Certificates certificates;
  return certificates;
}

// A server with a port for TLS beside its plain one.
struct TlsServer {
  explicit TlsServer(const std::string& directives = certificates().directives())
      : port(scenarios::free_port()),
        server("tls-port " + std::to_string(port) + "\n" + directives) {}

  std::string url(const std::string& parameters = "", const std::string& host = "127.0.0.1") const {
    return "rediss://" + host + ":" + std::to_string(port) + "?connect_timeout_ms=30000" + parameters;
  }
  // Of a client that trusts the authority and shows its own certificate.
  std::string good_url() const { return url("&tls_ca_file=" + certificates().certificate("ca") + shown()); }
  static std::string shown(const std::string& name = "client") {
    return "&tls_certificate_file=" + certificates().certificate(name) +
           "&tls_key_file=" + certificates().key(name);
  }
  uint64_t failed_handshakes() { return server.executor().clients().tls_handshakes_failed; }

  const uint16_t port;
  TestServer server;
};

std::string message_of_failure(const std::string& url) {
  const auto client = open(url);
  return client ? "" : client.error().message;
}

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> room;
  while (const size_t count = std::fread(room.data(), 1, room.size(), pipe)) {
    text.append(room.data(), count);
  }
  ::pclose(pipe);
  return text;
}

std::string redis_cli(const TlsServer& tls, const std::string& options) {
  return output_of("redis-cli -p " + std::to_string(tls.port) + " --tls " + options);
}

TEST(Tls, does_not_start_with_what_cannot_work) {
  const auto problem = [](const std::string& directives) {
    Store store(Executor::Options{});
    store.executor().config().load("port 0\nbind 127.0.0.1\ntls-port " +
                                   std::to_string(scenarios::free_port()) + "\n" + directives);
    return Server(store).start().value_or("");
  };
  const auto& files = certificates();
  EXPECT_EQ(problem(""), "tls-cert-file is not set");
  EXPECT_EQ(problem("tls-cert-file " + files.certificate("server")), "tls-key-file is not set");
  EXPECT_TRUE(problem("tls-cert-file " + files.certificate("server") + "\ntls-key-file " +
                      files.key("server"))
                  .contains("neither tls-ca-cert-file nor tls-ca-cert-dir"));
  EXPECT_TRUE(problem(files.directives() + "tls-key-file " + files.key("client"))
                  .contains("key values mismatch"));
  EXPECT_TRUE(problem(files.directives() + "tls-key-file " + files.key("locked"))
                  .contains("cannot be loaded"));
  EXPECT_TRUE(problem(files.directives() + "tls-cert-file /no/such/file")
                  .contains("/no/such/file cannot be loaded"));
  EXPECT_TRUE(problem(files.directives() + "tls-protocols TLSv9").contains("'TLSv9' is unknown"));
  EXPECT_TRUE(problem(files.directives() + "tls-ciphers nonsense").contains("tls-ciphers"));
  EXPECT_TRUE(problem(files.directives() + "tls-ciphersuites nonsense").contains("tls-ciphersuites"));
  EXPECT_TRUE(problem(files.directives() + "tls-dh-params-file " + files.key("server"))
                  .contains("Diffie-Hellman"));
  EXPECT_EQ(problem(files.directives() + "tls-key-file " + files.key("locked") +
                    "\ntls-key-file-pass secret\ntls-protocols \"TLSv1.2 TLSv1.3\""),
            "");
}

TEST(Tls, turns_away_who_does_not_speak_it) {
  TlsServer tls;
  RawClient plain(tls.port);
  plain.send("PING\r\nPING\r\n");
  EXPECT_EQ(plain.read_to_end().find("PONG"), std::string::npos);
  EXPECT_EQ(tls.failed_handshakes(), 1);
  const auto on_plain_port = open("rediss://127.0.0.1:" + std::to_string(tls.server.port()));
  EXPECT_FALSE(on_plain_port);
  const auto client = open(tls.good_url());
  EXPECT_TRUE(client) << client.error().message;
}

TEST(Tls, leaves_others_alone_while_a_handshake_stands_still) {
  TlsServer tls("io-threads 1\n" + certificates().directives());
  RawClient silent(tls.port);
  silent.send("\x16\x03\x01");  // the beginning of a record
  auto client = open(tls.good_url());
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_TRUE(client->set("key", "value"));
}

TEST(Tls, asks_clients_for_certificates) {
  TlsServer tls;
  const std::string trust = "&tls_ca_file=" + certificates().certificate("ca");
  EXPECT_TRUE(message_of_failure(tls.url(trust)).contains("certificate required"));
  EXPECT_FALSE(message_of_failure(tls.url(trust + TlsServer::shown("stranger"))).empty());
  EXPECT_FALSE(message_of_failure(tls.url(trust + TlsServer::shown("expired"))).empty());
  EXPECT_EQ(message_of_failure(tls.url(trust + TlsServer::shown())), "");
  EXPECT_TRUE(comes_true([&] { return tls.failed_handshakes() >= 3; }));
}

TEST(Tls, may_take_clients_with_and_without_certificates) {
  TlsServer tls(certificates().directives() + "tls-auth-clients optional\n");
  const std::string trust = "&tls_ca_file=" + certificates().certificate("ca");
  EXPECT_EQ(message_of_failure(tls.url(trust)), "");
  EXPECT_FALSE(message_of_failure(tls.url(trust + TlsServer::shown("stranger"))).empty());
  ASSERT_TRUE(tls.server.connect().answers("CONFIG SET tls-auth-clients no", "+OK\r\n"));
  EXPECT_EQ(message_of_failure(tls.url(trust + TlsServer::shown("stranger"))), "");
}

TEST(TlsClient, does_not_trust_whom_it_does_not_know) {
  for (const char* name : {"stranger", "expired", "elsewhere"}) {
    TlsServer tls(certificates().directives(name) + "tls-auth-clients no\n");
    const std::string trust = "&tls_ca_file=" + certificates().certificate("ca");
    const std::string message = message_of_failure(tls.url(trust));
    EXPECT_TRUE(message.contains("certificate is not accepted")) << name << ": " << message;
    EXPECT_EQ(message_of_failure(tls.url("&tls_verify=no")), "") << name;
  }
  TlsServer tls(certificates().directives() + "tls-auth-clients no\n");
  EXPECT_TRUE(message_of_failure(tls.url()).contains("certificate is not accepted"));
  EXPECT_TRUE(message_of_failure(tls.url("&tls_ca_file=" + certificates().certificate("other_ca")))
                  .contains("certificate is not accepted"));
}

TEST(TlsClient, checks_the_name_that_it_was_told) {
  TlsServer tls(certificates().directives("elsewhere") + "tls-auth-clients no\n");
  const std::string trust = "&tls_ca_file=" + certificates().certificate("ca");
  EXPECT_EQ(message_of_failure(tls.url(trust + "&tls_server_name=elsewhere.example")), "");
  TlsServer local(certificates().directives() + "tls-auth-clients no\n");
  EXPECT_EQ(message_of_failure(local.url(trust, "localhost")), "");
  EXPECT_EQ(message_of_failure(local.url(trust)), "");
}

TEST(TlsClient, names_files_that_are_no_use) {
  TlsServer tls;
  const auto client = open(tls.url("&tls_ca_file=/no/such/file"));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(client.error().message.contains("/no/such/file"));
}

TEST(Tls, carries_large_values_both_ways) {
  TlsServer tls("io-threads 2\n" + certificates().directives());
  auto client = open(tls.good_url());
  ASSERT_TRUE(client) << client.error().message;
  for (const size_t bytes : {size_t{1}, size_t{16'383}, size_t{16'384}, size_t{16'385}, size_t{65'536},
                             size_t{300'000}, size_t{30'000'000}}) {
    std::string value(bytes, 'x');
    for (size_t i = 0; i < bytes; i += 1021) value[i] = static_cast<char>(i);
    ASSERT_TRUE(client->set("key", value)) << bytes;
    EXPECT_TRUE(client->get("key").value() == value) << bytes;
  }
}

TEST(Tls, carries_pipelines_of_many_clients) {
  TlsServer tls("io-threads 2\n" + certificates().directives());
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      auto client = open(tls.good_url());
      ASSERT_TRUE(client) << client.error().message;
      for (int round = 0; round < 20; ++round) {
        auto pipeline = client->pipeline();
        for (int i = 0; i < 500; ++i) {
          pipeline.set("key:" + std::to_string(number) + ":" + std::to_string(i), std::string(100, 'v'));
        }
        ASSERT_TRUE(pipeline.run());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(tls.server.connect().answers("DBSIZE", ":2000\r\n"));
}

TEST(Tls, wakes_blocked_clients_and_delivers_messages) {
  TlsServer tls;
  auto client = open(tls.good_url());
  auto other = open(tls.good_url());
  ASSERT_TRUE(client && other);
  std::thread waiting([&] {
    const auto popped = client->call({"BLPOP", "list", "0"});
    ASSERT_TRUE(popped);
    EXPECT_EQ(to_string(*popped), "1) \"list\"\n2) \"x\"");
  });
  EXPECT_TRUE(comes_true([&] { return tls.server.blocked_count() == 1; }));
  EXPECT_TRUE(other->call({"RPUSH", "list", "x"}));
  waiting.join();
}

TEST(Tls, changes_certificates_while_it_runs) {
  TlsServer tls(certificates().directives("expired") + "tls-auth-clients no\n");
  const auto& files = certificates();
  const std::string trust = "&tls_ca_file=" + files.certificate("ca");
  EXPECT_FALSE(message_of_failure(tls.url(trust)).empty());
  auto earlier = open(tls.url("&tls_verify=no"));
  ASSERT_TRUE(earlier);
  RawClient admin = tls.server.connect();
  EXPECT_TRUE(admin.text_of("CONFIG SET tls-cert-file " + files.certificate("server"))
                  .contains("key values mismatch"));
  EXPECT_FALSE(message_of_failure(tls.url(trust)).empty());
  EXPECT_TRUE(admin.answers("CONFIG SET tls-cert-file " + files.certificate("server") +
                                " tls-key-file " + files.key("server"),
                            "+OK\r\n"));
  EXPECT_EQ(message_of_failure(tls.url(trust)), "");
  EXPECT_TRUE(earlier->ping());
}

TEST(Tls, port_can_be_opened_and_closed_while_it_runs) {
  TlsServer tls;
  RawClient admin = tls.server.connect();
  EXPECT_TRUE(admin.answers("CONFIG SET tls-port 0", "+OK\r\n"));
  EXPECT_TRUE(comes_true([&] { return !RawClient(tls.port).is_connected(); }));
  EXPECT_TRUE(admin.answers("CONFIG SET tls-port " + std::to_string(tls.port), "+OK\r\n"));
  EXPECT_TRUE(comes_true([&] { return open(tls.good_url()).has_value(); }));
}

TEST(Tls, keeps_to_the_protocols_and_ciphers_that_it_was_told) {
  TlsServer tls(certificates().directives() + "tls-protocols TLSv1.2\ntls-auth-clients no\n");
  const std::string connect =
      "openssl s_client -connect 127.0.0.1:" + std::to_string(tls.port) + " </dev/null ";
  EXPECT_TRUE(output_of(connect + "-tls1_2").contains("New, TLSv1.2"));
  EXPECT_FALSE(output_of(connect + "-tls1_3").contains("New, TLSv1.3"));
  ASSERT_TRUE(tls.server.connect().answers(
      "CONFIG SET tls-protocols TLSv1.3 tls-ciphersuites TLS_CHACHA20_POLY1305_SHA256", "+OK\r\n"));
  EXPECT_TRUE(output_of(connect).contains("Cipher is TLS_CHACHA20_POLY1305_SHA256"));
}

TEST(Tls, serves_redis_cli) {
  TlsServer tls;
  const auto& files = certificates();
  const std::string shown = " --cert " + files.certificate("client") + " --key " + files.key("client");
  EXPECT_EQ(redis_cli(tls, "--cacert " + files.certificate("ca") + shown + " -h localhost SET a 1"),
            "OK\n");
  EXPECT_EQ(redis_cli(tls, "--insecure" + shown + " -h localhost GET a"), "1\n");
  EXPECT_FALSE(redis_cli(tls, "--cacert " + files.certificate("other_ca") + shown + " -h localhost GET a")
                   .contains("1\n"));
  EXPECT_FALSE(
      redis_cli(tls, "--cacert " + files.certificate("ca") + " -h localhost GET a").contains("1\n"));
}

TEST(TlsClient, speaks_to_a_redis_server) {
  if (scenarios::path_of(scenarios::Program::redis).empty()) {
    GTEST_SKIP() << scenarios::missing_text(scenarios::Program::redis);
  }
  const auto& files = certificates();
  const uint16_t port = scenarios::free_port();
  scenarios::ServerProcess server(
      scenarios::Program::redis,
      {"--tls-port", std::to_string(port), "--tls-cert-file", files.certificate("server"),
       "--tls-key-file", files.key("server"), "--tls-ca-cert-file", files.certificate("ca")});
  const std::string url = "rediss://localhost:" + std::to_string(port) +
                          "?tls_ca_file=" + files.certificate("ca") + TlsServer::shown();
  auto client = open(url);
  ASSERT_TRUE(client) << client.error().message;
  const std::string value(1'000'000, 'v');
  ASSERT_TRUE(client->set("key", value));
  EXPECT_TRUE(client->get("key").value() == value);
}

}  // namespace
}  // namespace redstart
