// What reaches a connection out of turn: messages, MONITOR's lines, what blocked commands waited
// for. Each over one I/O thread and several, since it crosses from thread to thread.
#include "tests/server/test_server.h"

namespace redstart::server_tests {
namespace {

class Delivery : public testing::TestWithParam<int> {
 protected:
  std::string directives() const { return "io-threads " + std::to_string(GetParam()); }
  // Sends a command that blocks, and waits until it does.
  void block(RawClient& client, std::string_view line) {
    const int before = server.blocked_count();
    client.send(std::string(line) + "\r\n");
    ASSERT_TRUE(comes_true([&] { return server.blocked_count() == before + 1; }));
  }
  std::vector<RawClient> connect_many(size_t count) {
    std::vector<RawClient> clients;
    for (size_t i = 0; i < count; ++i) clients.push_back(server.connect());
    return clients;
  }

  TestServer server{directives()};
};
INSTANTIATE_TEST_SUITE_P(IoThreads, Delivery, testing::Values(1, 2, 4));

std::string popped(std::string_view key, std::string_view value) {
  return "*2\r\n" + bulk(key) + bulk(value);
}

// --- Blocking commands

TEST_P(Delivery, does_not_serve_a_client_that_went_away) {
  RawClient gone = server.connect(), waiter = server.connect(), pusher = server.connect();
  block(gone, "BLPOP queue 0");
  block(waiter, "BLPOP queue 0");
  gone.close();
  ASSERT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
  EXPECT_TRUE(pusher.answers("RPUSH queue a b", ":2\r\n"));
  EXPECT_TRUE(waiter.gives(popped("queue", "a")));
  EXPECT_TRUE(pusher.answers("LRANGE queue 0 -1", "*1\r\n" + bulk("b")));
}

TEST_P(Delivery, does_not_wake_for_a_value_of_another_type) {
  RawClient waiter = server.connect(), pusher = server.connect();
  block(waiter, "BLPOP queue 0");
  EXPECT_TRUE(pusher.answers("SET queue text", "+OK\r\n"));
  EXPECT_TRUE(pusher.answers("DEL queue", ":1\r\n"));
  EXPECT_TRUE(pusher.answers("ZADD queue 1 m", ":1\r\n"));
  EXPECT_TRUE(pusher.answers("DEL queue", ":1\r\n"));
  EXPECT_TRUE(pusher.answers("RPUSH queue x", ":1\r\n"));
  EXPECT_TRUE(waiter.gives(popped("queue", "x")));
}

TEST_P(Delivery, serves_who_waited_longest_first) {
  constexpr size_t kWaiters = 9;
  auto waiters = connect_many(kWaiters);
  RawClient pusher = server.connect();
  for (RawClient& waiter : waiters) block(waiter, "BLPOP queue 0");
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(pusher.answers("RPUSH queue " + std::to_string(i), ":1\r\n"));
    EXPECT_TRUE(waiters[i].gives(popped("queue", std::to_string(i))));
  }
  EXPECT_TRUE(pusher.answers("RPUSH queue 3 4 5", ":3\r\n"));
  EXPECT_TRUE(pusher.answers("MULTI", "+OK\r\n"));
  EXPECT_TRUE(pusher.answers("RPUSH queue 6 7", "+QUEUED\r\n"));
  EXPECT_TRUE(pusher.answers("RPUSH queue 8 9", "+QUEUED\r\n"));
  EXPECT_TRUE(pusher.answers("EXEC", "*2\r\n:2\r\n:4\r\n"));
  for (size_t i = 3; i < kWaiters; ++i) {
    EXPECT_TRUE(waiters[i].gives(popped("queue", std::to_string(i)))) << i;
  }
  EXPECT_TRUE(pusher.answers("LRANGE queue 0 -1", "*1\r\n" + bulk("9")));
}

TEST_P(Delivery, hands_an_element_on_through_a_chain_of_moves) {
  constexpr size_t kMoves = 8;
  auto movers = connect_many(kMoves);
  for (size_t i = 0; i < kMoves; ++i) {
    block(movers[i],
          "BLMOVE l" + std::to_string(i) + " l" + std::to_string(i + 1) + " LEFT RIGHT 0");
  }
  RawClient pusher = server.connect();
  EXPECT_TRUE(pusher.answers("RPUSH l0 x", ":1\r\n"));
  for (RawClient& mover : movers) EXPECT_TRUE(mover.gives(bulk("x")));
  EXPECT_TRUE(pusher.answers("LRANGE l8 0 -1", "*1\r\n" + bulk("x")));
}

TEST_P(Delivery, goes_on_with_the_pipeline_behind_a_blocked_command) {
  RawClient waiter = server.connect(), pusher = server.connect();
  block(waiter, "SET a 1\r\nBZPOPMIN scores 0\r\nGET a\r\nBLPOP queue 0\r\nPING");
  EXPECT_TRUE(pusher.answers("SET a 2", "+OK\r\n"));
  EXPECT_TRUE(pusher.answers("ZADD scores 1.5 m", ":1\r\n"));
  EXPECT_TRUE(waiter.gives("+OK\r\n*3\r\n" + bulk("scores") + bulk("m") + bulk("1.5") + bulk("2")));
  ASSERT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
  EXPECT_TRUE(pusher.answers("RPUSH queue x", ":1\r\n"));
  EXPECT_TRUE(waiter.gives(popped("queue", "x") + "+PONG\r\n"));
}

TEST_P(Delivery, gives_every_element_to_exactly_one_of_many_waiters) {
  constexpr int kElements = 3000;
  auto waiters = connect_many(6);
  std::vector<std::vector<int>> taken(waiters.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < waiters.size(); ++i) {
    threads.emplace_back([&, i] {
      while (true) {
        waiters[i].send("BLPOP queue 0\r\n");
        for (int skipped = 0; skipped < 4; ++skipped) waiters[i].line();  // the header and the key
        const std::string value = waiters[i].line();
        if (value.empty() || value == "end") return;
        taken[i].push_back(std::stoi(value));
      }
    });
  }
  auto pushers = connect_many(2);
  for (int i = 0; i < kElements; ++i) {
    pushers[static_cast<size_t>(i % 2)].send("RPUSH queue " + std::to_string(i) + "\r\n");
  }
  for (RawClient& pusher : pushers) {
    for (int i = 0; i < kElements / 2; ++i) pusher.line();
  }
  pushers[0].send("RPUSH queue end end end end end end\r\n");
  for (std::thread& thread : threads) thread.join();
  std::vector<int> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::ranges::sort(all);
  ASSERT_EQ(all.size(), static_cast<size_t>(kElements));
  for (int i = 0; i < kElements; ++i) ASSERT_EQ(all[static_cast<size_t>(i)], i);
}

// --- Messages

TEST_P(Delivery, lets_a_resp2_subscriber_do_nothing_else) {
  RawClient subscriber = server.connect();
  EXPECT_TRUE(subscriber.answers("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  EXPECT_TRUE(subscriber.answers("GET a", "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / "));
  subscriber.line();
  EXPECT_TRUE(subscriber.answers("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n"));
  EXPECT_TRUE(subscriber.answers("UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n"));
  EXPECT_TRUE(subscriber.answers("GET a", "$-1\r\n"));
}

TEST_P(Delivery, brings_all_messages_to_all_subscribers_in_order) {
  constexpr int kMessages = 500;
  auto subscribers = connect_many(5);
  RawClient publisher = server.connect();
  for (RawClient& subscriber : subscribers) {
    ASSERT_TRUE(
        subscriber.answers("PSUBSCRIBE n*", "*3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:1\r\n"));
  }
  std::string requests, replies, messages;
  for (int i = 0; i < kMessages; ++i) {
    const std::string text = std::to_string(i);
    requests += resp({"PUBLISH", "news", text}) + resp({"PUBLISH", "other", text});
    replies += ":5\r\n:0\r\n";
    messages += resp({"pmessage", "n*", "news", text});
  }
  publisher.send(requests);
  EXPECT_TRUE(publisher.gives(replies));
  for (RawClient& subscriber : subscribers) EXPECT_TRUE(subscriber.gives(messages));
}

TEST_P(Delivery, pushes_messages_between_the_replies_of_resp3) {
  RawClient subscriber = server.connect(), publisher = server.connect();
  subscriber.send("HELLO 3\r\n");
  while (subscriber.line() != "modules") {
  }
  EXPECT_TRUE(subscriber.gives("*0\r\n"));
  EXPECT_TRUE(subscriber.answers("SUBSCRIBE c", ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  EXPECT_TRUE(subscriber.answers("SET a 1", "+OK\r\n"));
  EXPECT_TRUE(publisher.answers("PUBLISH c x", ":1\r\n"));
  EXPECT_TRUE(subscriber.gives(">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"));
  EXPECT_TRUE(subscriber.answers("GET a", "$1\r\n1\r\n"));
}

TEST_P(Delivery, reaches_a_publisher_that_listens_to_itself) {
  RawClient client = server.connect();
  client.send("HELLO 3\r\n");
  while (client.line() != "modules") {
  }
  client.line();
  EXPECT_TRUE(client.answers("SUBSCRIBE c", ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  client.send("PUBLISH c x\r\n");
  EXPECT_TRUE(client.gives(":1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"));
}

// --- MONITOR

TEST_P(Delivery, shows_a_monitor_what_each_client_does_in_its_order) {
  RawClient monitor = server.connect(), client = server.connect();
  EXPECT_TRUE(monitor.answers("MONITOR", "+OK\r\n"));
  EXPECT_TRUE(client.answers("SELECT 2", "+OK\r\n"));
  EXPECT_TRUE(client.answers("SET a \"b c\\n\"", "+OK\r\n"));
  EXPECT_TRUE(client.answers("AUTH secret x", "-WRONGPASS"));
  client.line();
  EXPECT_TRUE(client.answers("GET a", bulk("b c\n")));
  EXPECT_TRUE(client.answers("EVAL \"return redis.call('get', KEYS[1])\" 1 a", bulk("b c\n")));
  EXPECT_TRUE(client.answers("FCALL none 0", "-ERR Function not found\r\n"));
  const auto next = [&] {
    const std::string line = monitor.line();
    const size_t at = line.find('[');
    return line.substr(at, 2) + line.substr(std::min(line.size(), line.find(']')));
  };
  EXPECT_EQ(next(), "[2] \"SELECT\" \"2\"");
  EXPECT_EQ(next(), "[2] \"SET\" \"a\" \"b c\\n\"");
  EXPECT_EQ(next(), "[2] \"AUTH\" \"(redacted)\" \"(redacted)\"");
  EXPECT_EQ(next(), "[2] \"GET\" \"a\"");
  EXPECT_EQ(next(), "[2] \"EVAL\" \"return redis.call('get', KEYS[1])\" \"1\" \"a\"");
  EXPECT_EQ(next(), "[2] \"get\" \"a\"");
  EXPECT_EQ(next(), "[2] \"FCALL\" \"none\" \"0\"");
}

// --- The end

TEST_P(Delivery, closes_everything_when_the_server_stops) {
  auto clients = connect_many(4);
  for (RawClient& client : clients) EXPECT_TRUE(client.answers("PING", "+PONG\r\n"));
  block(clients[0], "BLPOP queue 0");
  EXPECT_TRUE(clients[1].answers("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  server.stop();
  for (RawClient& client : clients) EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server.executor().clients().count(), 0u);
  EXPECT_EQ(server.blocked_count(), 0);
}

}  // namespace
}  // namespace redstart::server_tests
