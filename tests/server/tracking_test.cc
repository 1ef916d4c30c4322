// Client-side caching over sockets: what has been drained by a PING leaves no reader with a stale value,
// whatever threads serve readers and writers.
#include <map>
#include <thread>
#include <vector>

#include "execution/tracking.h"
#include "tests/server/test_server.h"

namespace redstart::server_tests {
namespace {

// A RESP3 client with a cache of what it has read.
class CachingClient {
 public:
  CachingClient(TestServer& server, const std::string& mode) : client_(server.connect()) {
    client_.send("HELLO 3\r\nCLIENT TRACKING ON" + mode + "\r\nECHO ready\r\n");
    while (client_.line() != "ready") {
    }
  }
  // From the cache, or read now.
  std::string get(const std::string& key) {
    if (!cache_.contains(key)) {
      client_.send("GET " + key + "\r\n");
      const std::string value = next_reply();
      cache_[key] = value;
    }
    return cache_[key];
  }
  // Takes in all invalidations that were sent before now.
  void drain() {
    client_.send("PING\r\n");
    EXPECT_EQ(next_reply(), "+PONG");
  }
  const std::map<std::string, std::string>& cache() const { return cache_; }

 private:
  // The reply to the last command. What is pushed before it is taken in.
  std::string next_reply() {
    std::string line = client_.line();
    while (line == ">2") {
      take_invalidation();
      line = client_.line();
    }
    return line.starts_with('$') ? client_.line() : line;
  }
  void take_invalidation() {
    client_.line();  // $10
    EXPECT_EQ(client_.line(), "invalidate");
    const std::string keys = client_.line();
    if (keys == "_") return cache_.clear();
    for (int left = std::stoi(keys.substr(1)); left > 0; --left) {
      client_.line();
      cache_.erase(client_.line());
    }
  }

  RawClient client_;
  std::map<std::string, std::string> cache_;
};

class TrackingOverSockets : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Modes, TrackingOverSockets,
                         testing::Values("", " NOLOOP", " BCAST", " BCAST PREFIX key:"));

TEST_P(TrackingOverSockets, leaves_nothing_stale_once_a_ping_was_answered) {
  constexpr int kKeys = 6, kRounds = 200, kReaders = 3;
  TestServer server("io-threads 4");
  std::vector<CachingClient> readers;
  for (int i = 0; i < kReaders; ++i) readers.emplace_back(server, GetParam());
  RawClient writer = server.connect();
  std::map<std::string, std::string> written;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::thread> reading;
    for (CachingClient& reader : readers) {
      reading.emplace_back([&reader] {
        for (int i = 0; i < kKeys * 2; ++i) reader.get("key:" + std::to_string(i % kKeys));
      });
    }
    for (int i = 0; i < kKeys; ++i) {
      const std::string key = "key:" + std::to_string((i * 5 + round) % kKeys);
      written[key] = std::to_string(round);
      EXPECT_TRUE(writer.answers("SET " + key + " " + written[key], "+OK\r\n"));
    }
    for (std::thread& thread : reading) thread.join();
    for (CachingClient& reader : readers) {
      reader.drain();
      for (const auto& [key, value] : reader.cache()) ASSERT_EQ(value, written[key]) << key;
    }
  }
}

TEST(TrackingInvalidations, puts_own_invalidations_behind_the_reply_that_caused_them) {
  TestServer server;
  RawClient client = server.connect();
  client.send("HELLO 3\r\nCLIENT TRACKING ON\r\nECHO ready\r\n");
  while (client.line() != "ready") {
  }
  client.send("GET k\r\nSET k 1\r\nGET k\r\n");
  EXPECT_TRUE(client.gives("_\r\n+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n$1\r\n1\r\n"));
  client.send("MULTI\r\nGET k\r\nSET k 2\r\nGET j\r\nEXEC\r\n");
  EXPECT_TRUE(client.gives("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$1\r\n1\r\n+OK\r\n_\r\n"
                           ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"));
  client.send("CLIENT REPLY OFF\r\nSET j 1\r\nCLIENT REPLY ON\r\n");
  const std::string push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nj\r\n";
  const std::string both = client.read(push.size() + 5);
  EXPECT_TRUE(both == push + "+OK\r\n" || both == "+OK\r\n" + push) << both;
}

}  // namespace
}  // namespace redstart::server_tests
