// Peers that do not read what they have asked for: they are closed, and nobody else notices.
#include "execution/tracking.h"
#include "tests/server/test_server.h"

namespace redstart::server_tests {
namespace {

constexpr int kReceiveBytes = 4096;  // what the system takes in for a client that does not read
constexpr size_t kMessageBytes = 64 * 1024;
constexpr int kMessages = 300;  // far more than limits and sockets take together

class SlowPeers : public testing::Test {
 protected:
  ClientRegistry& clients() { return server_.executor().clients(); }
  void set(std::string_view directive, std::string_view value) {
    RawClient client = server_.connect();
    client.send(resp({"CONFIG", "SET", directive, value}));
    ASSERT_TRUE(client.gives("+OK\r\n"));
  }
  RawClient connect_slowly() { return RawClient(server_.port(), "127.0.0.1", kReceiveBytes); }
  TestServer server_;
};

TEST_F(SlowPeers, lose_their_subscriptions_while_others_get_every_message) {
  set("client-output-buffer-limit", "pubsub 1mb 0 0");
  RawClient slow = connect_slowly(), quick = server_.connect(), publisher = server_.connect();
  for (RawClient* subscriber : {&slow, &quick}) {
    EXPECT_TRUE(subscriber->answers("SUBSCRIBE news", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"));
  }
  const std::string text(kMessageBytes, 'x');
  const std::string message = "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n" + bulk(text);
  for (int i = 0; i < kMessages; ++i) {
    publisher.send(resp({"PUBLISH", "news", text}));
    EXPECT_EQ(publisher.line()[0], ':');
    EXPECT_TRUE(quick.gives(message));
  }
  EXPECT_TRUE(comes_true([&] { return clients().output_buffer_limit_disconnections == 1; }));
  EXPECT_TRUE(publisher.answers("PUBSUB NUMSUB news", "*2\r\n$4\r\nnews\r\n:1\r\n"));
  EXPECT_LT(slow.read_to_end().size(), kMessages * kMessageBytes);
}

TEST_F(SlowPeers, lose_their_tracking_while_writers_go_on) {
  set("client-output-buffer-limit", "normal 1mb 0 0");
  RawClient slow = connect_slowly(), quick = server_.connect(), writer = server_.connect();
  for (RawClient* tracker : {&slow, &quick}) {
    tracker->send("HELLO 3\r\nCLIENT TRACKING ON BCAST PREFIX x\r\nECHO ready\r\n");
    while (tracker->line() != "ready") {
    }
  }
  const std::string key(kMessageBytes, 'x');
  for (int i = 0; i < kMessages; ++i) {
    writer.send(resp({"SET", key, "v"}));
    EXPECT_TRUE(writer.gives("+OK\r\n"));
    EXPECT_TRUE(quick.gives(">2\r\n$10\r\ninvalidate\r\n*1\r\n" + bulk(key)));
  }
  EXPECT_TRUE(comes_true([&] { return server_.executor().tracking().client_count() == 1; }));
  EXPECT_EQ(clients().output_buffer_limit_disconnections, 1u);
  EXPECT_LT(slow.read_to_end().size(), kMessages * kMessageBytes);
}

TEST_F(SlowPeers, that_hold_the_most_are_evicted_first) {
  RawClient big = server_.connect(), spared = server_.connect(), small = server_.connect();
  EXPECT_TRUE(spared.answers("CLIENT NO-EVICT on", "+OK\r\n"));
  EXPECT_TRUE(small.answers("PING", "+PONG\r\n"));
  const auto send_unfinished = [](RawClient& client, size_t bytes) {
    client.send("*2\r\n$4\r\nECHO\r\n$" + std::to_string(bytes + 1) + "\r\n");
    client.send(std::string(bytes, 'x'));
  };
  send_unfinished(spared, 6 << 20);
  send_unfinished(big, 5 << 20);
  send_unfinished(small, 100 << 10);
  EXPECT_TRUE(comes_true([&] { return clients().total_bytes() > (11 << 20); }));
  set("maxmemory-clients", "8mb");
  EXPECT_TRUE(big.is_closed());
  EXPECT_EQ(clients().evicted_clients, 1u);
  EXPECT_TRUE(comes_true([&] { return clients().total_bytes() < (8 << 20); }));
  spared.close();
  EXPECT_TRUE(comes_true([&] { return clients().total_bytes() < (2 << 20); }));
}

TEST_F(SlowPeers, that_queue_without_end_are_evicted_too) {
  set("maxmemory-clients", "1mb");
  RawClient client = server_.connect();
  EXPECT_TRUE(client.answers("MULTI", "+OK\r\n"));
  const std::string command = resp({"SET", "k", std::string(10'000, 'x')});
  for (int i = 0; i < 200 && client.send(command); ++i) {
  }
  const std::string replies = client.read_to_end();
  EXPECT_TRUE(replies.starts_with("+QUEUED\r\n"));
  EXPECT_EQ(clients().evicted_clients, 1u);
  EXPECT_TRUE(server_.connect().answers("GET k", "$-1\r\n"));
}

TEST_F(SlowPeers, are_counted_no_more_once_they_have_caught_up) {
  RawClient client = server_.connect();
  client.send(resp({"SET", "big", std::string(1 << 20, 'x')}));
  EXPECT_TRUE(client.gives("+OK\r\n"));
  EXPECT_TRUE(client.answers("MULTI", "+OK\r\n"));
  client.send(resp({"SET", "k", std::string(1 << 20, 'x')}));
  EXPECT_TRUE(client.gives("+QUEUED\r\n"));
  EXPECT_GT(clients().total_bytes(), size_t{1} << 20);
  EXPECT_TRUE(client.answers("DISCARD", "+OK\r\n"));
  EXPECT_TRUE(comes_true([&] { return clients().total_bytes() < (256 << 10); }));
}

}  // namespace
}  // namespace redstart::server_tests
