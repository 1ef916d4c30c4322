// What goes over the wire: broken requests, requests in pieces, large ones, and their limits.
#include "tests/server/test_server.h"

namespace redstart::server_tests {
namespace {

struct Broken {
  std::string request;
  const char* error;
};

// The texts are those of Redis.
const Broken kBroken[] = {
    {"*abc\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
    {"*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
    {"*1\r\n+PING\r\n", "-ERR Protocol error: expected '$', got '+'\r\n"},
    {"*1\r\n$abc\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
    {"*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
    {"*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
    {"SET a \"b\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
    {"SET a 'b'c\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
    {std::string(70'000, 'a'), "-ERR Protocol error: too big inline request\r\n"},
    {"*" + std::string(70'000, '1'), "-ERR Protocol error: too big mbulk count string\r\n"},
    {"*1\r\n$" + std::string(70'000, '1'), "-ERR Protocol error: too big bulk count string\r\n"},
};

TEST(Wire, tells_what_is_broken_and_closes) {
  TestServer server;
  for (const Broken& broken : kBroken) {
    SCOPED_TRACE(broken.error);
    RawClient client = server.connect();
    client.send(broken.request);
    EXPECT_TRUE(client.gives(broken.error));
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_TRUE(server.connect().answers("PING", "+PONG\r\n"));
}

// A broken request right behind a good one is looked at twice: when the batch is collected, and
// when the good one is done. A parser that had moved on by then once read beyond its buffer.
TEST(Wire, answers_what_came_before_the_broken_request_and_nothing_behind_it) {
  TestServer server;
  for (const Broken& broken : kBroken) {
    SCOPED_TRACE(broken.error);
    RawClient client = server.connect();
    client.send(resp({"SET", "a", "1"}) + "GET a\r\n" + broken.request);
    EXPECT_TRUE(client.gives("+OK\r\n$1\r\n1\r\n"));
    EXPECT_TRUE(client.gives(broken.error));
    EXPECT_TRUE(client.is_closed());
  }
  RawClient client = server.connect();
  client.send(resp({"SET", "a", "2"}) + "*abc\r\n" + resp({"SET", "a", "3"}) + "SET a 4\r\n");
  EXPECT_TRUE(client.gives("+OK\r\n-ERR Protocol error: invalid multibulk length\r\n"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(server.connect().answers("GET a", "$1\r\n2\r\n"));
}

// A web page may make a browser send what its author likes to a server on the same machine.
TEST(Wire, closes_a_connection_that_speaks_http) {
  TestServer server;
  for (const char* request : {"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET a 1\r\n", "Host: x\r\nSET a 1\r\n",
                              "MULTI\r\nhost: x\r\nSET a 1\r\nEXEC\r\n", "PING\r\n*1\r\n$4\r\npOsT\r\nSET a 1\r\n"}) {
    SCOPED_TRACE(request);
    RawClient client = server.connect();
    client.send(request);
    const std::string replies = client.read_to_end();
    EXPECT_NE(replies.find("-ERR unknown command"), std::string::npos) << replies;
    EXPECT_EQ(replies.find("QUEUED"), std::string::npos) << replies;
    EXPECT_TRUE(server.connect().answers("EXISTS a", ":0\r\n"));
  }
  EXPECT_TRUE(server.connect().answers("GET post", "$-1\r\n"));
}

TEST(Wire, takes_only_small_requests_before_the_password) {
  TestServer server("requirepass secret");
  RawClient many = server.connect();
  many.send("*11\r\n");
  EXPECT_TRUE(many.gives("-ERR Protocol error: unauthenticated multibulk length\r\n"));
  EXPECT_TRUE(many.is_closed());
  RawClient large = server.connect();
  large.send("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
  EXPECT_TRUE(large.gives("-ERR Protocol error: unauthenticated bulk length\r\n"));
  EXPECT_TRUE(large.is_closed());
  // The command behind AUTH in the same packet is judged by what AUTH has brought about.
  RawClient client = server.connect();
  const std::string value(20'000, 'x');
  client.send(resp({"AUTH", "secret"}) + resp({"SET", "a", value}) + resp({"GET", "a"}));
  EXPECT_TRUE(client.gives("+OK\r\n+OK\r\n" + bulk(value)));
}

TEST(Wire, refuses_a_bulk_above_proto_max_bulk_len) {
  TestServer server("proto-max-bulk-len 1mb");
  RawClient client = server.connect();
  const std::string most(1 << 20, 'x');
  client.send(resp({"SET", "a", most}));
  EXPECT_TRUE(client.gives("+OK\r\n"));
  client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1048577\r\n");
  EXPECT_TRUE(client.gives("-ERR Protocol error: invalid bulk length\r\n"));
  EXPECT_TRUE(client.is_closed());
  RawClient other = server.connect();
  EXPECT_TRUE(other.answers("CONFIG SET proto-max-bulk-len 2mb", "+OK\r\n"));
  other.send(resp({"SET", "a", most + "x"}));
  EXPECT_TRUE(other.gives("+OK\r\n"));
}

TEST(Wire, closes_a_connection_whose_request_outgrows_the_query_buffer) {
  TestServer server("client-query-buffer-limit 1mb");
  RawClient client = server.connect();
  client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3000000\r\n");
  client.send(std::string(3'000'000, 'x'));
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server.executor().clients().query_buffer_limit_disconnections.load(), 1u);
  EXPECT_TRUE(server.connect().answers("EXISTS a", ":0\r\n"));
}

TEST(Wire, ignores_empty_lines_and_arrays) {
  TestServer server;
  RawClient client = server.connect();
  client.send("\r\n\n*0\r\n*-1\r\n   \r\nPING\r\n\r\n" + resp({"PING"}) + "*0\r\n" +
              resp({"PING"}));
  EXPECT_TRUE(client.gives("+PONG\r\n+PONG\r\n+PONG\r\n"));
}

TEST(Wire, understands_lines_with_quotes_and_escapes) {
  TestServer server;
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers(R"(SET "two words" "\x00\r\n\"\\end")", "+OK\r\n"));
  EXPECT_TRUE(client.answers("get 'two words'", bulk(std::string("\0\r\n\"\\end", 8))));
  EXPECT_TRUE(client.answers(R"(ECHO 'it\'s')", bulk("it's")));
  EXPECT_TRUE(client.answers(R"(ECHO 'a\n')", bulk("a\\n")));
  EXPECT_TRUE(client.answers("  ECHO\t\"\"  ", bulk("")));
  client.send("ECHO no-carriage-return\n");
  EXPECT_TRUE(client.gives(bulk("no-carriage-return")));
}

TEST(Wire, puts_requests_together_byte_by_byte) {
  TestServer server;
  RawClient client = server.connect();
  const std::string request = resp({"SET", "key", "a\r\nb"}) + "GET key\r\n\r\n" +
                              resp({"MGET", "key", "", "key"}) + resp({"ECHO", ""});
  for (const char byte : request) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_TRUE(client.gives("+OK\r\n" + bulk("a\r\nb") + "*3\r\n" + bulk("a\r\nb") + "$-1\r\n" +
                           bulk("a\r\nb") + bulk("")));
}

TEST(Wire, puts_requests_together_wherever_they_are_cut) {
  TestServer server;
  RawClient client = server.connect();
  const std::string request = resp({"SET", "key", "value"}) + "INCR n\r\n" + resp({"GET", "key"});
  for (size_t cut = 1; cut < request.size(); ++cut) {
    SCOPED_TRACE(cut);
    client.send(request.substr(0, cut));
    // Another client's round trip lets the server read the first part alone, mostly.
    ASSERT_TRUE(server.connect().answers("PING", "+PONG\r\n"));
    client.send(request.substr(cut));
    ASSERT_TRUE(client.gives("+OK\r\n:" + std::to_string(cut) + "\r\n" + bulk("value")));
  }
}

TEST(Wire, answers_a_long_pipeline_in_order) {
  constexpr int kCommands = 20'000;
  TestServer server("io-threads 2");
  RawClient client = server.connect();
  std::string requests, replies;
  for (int i = 1; i <= kCommands; ++i) {
    requests += i % 3 ? resp({"INCR", "n"}) : "INCR n\r\n";
    replies += ":" + std::to_string(i) + "\r\n";
  }
  std::thread sender([&] { client.send(requests); });
  EXPECT_TRUE(client.gives(replies));
  sender.join();
}

// From when this returns the server is busy for a while, so that it finds all that is sent at once.
void keep_busy(RawClient& client) {
  client.send("DEBUG SLEEP 0.3\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

TEST(Wire, closes_a_connection_whose_end_comes_with_its_last_request) {
  TestServer server("io-threads 1\nenable-debug-command yes");
  RawClient busy = server.connect(), client = server.connect();
  ASSERT_TRUE(client.answers("PING", "+PONG\r\n"));
  keep_busy(busy);
  client.send("PING\r\n");
  client.end_sending();
  EXPECT_TRUE(client.gives("+PONG\r\n"));
  EXPECT_TRUE(client.is_closed());
}

TEST(Wire, reads_on_when_there_is_more_than_it_takes_at_once) {
  TestServer server("io-threads 1\nenable-debug-command yes");
  RawClient busy = server.connect(), client = server.connect();
  ASSERT_TRUE(client.answers("PING", "+PONG\r\n"));
  std::string requests, replies;
  while (requests.size() < 128 * 1024) {
    requests += "PING\r\n\r\n";
    replies += "+PONG\r\n";
  }
  for (const std::string_view behind : {"", "PING\r\n"}) {
    keep_busy(busy);
    client.send(requests + std::string(behind));
    EXPECT_TRUE(client.gives(replies + (behind.empty() ? "" : "+PONG\r\n")));
  }
}

TEST(Wire, answers_what_came_while_the_connection_ran_a_long_script) {
  TestServer server("io-threads 1\nbusy-reply-threshold 1");
  RawClient client = server.connect(), other = server.connect();
  client.send(resp({"EVAL",
                    "local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end "
                    "local start = now() repeat until now() - start > 300 return 'over'",
                    "0"}));
  EXPECT_TRUE(comes_true([&] {
    other.send("GET key\r\n");
    return other.line().starts_with("-BUSY ");
  }));
  client.send("PING\r\n");
  EXPECT_TRUE(client.gives(bulk("over") + "+PONG\r\n"));
}

TEST(Wire, carries_a_hundred_megabytes_in_and_out) {
#if defined(__SANITIZE_THREAD__)
  constexpr size_t kBytes = 10 << 20;  // the thread sanitizer takes many times the memory
#else
  constexpr size_t kBytes = 100 << 20;
#endif
  TestServer server;
  RawClient client = server.connect();
  std::string value(kBytes, '\0');
  for (size_t i = 0; i < kBytes; i += 4096) value[i] = static_cast<char>(i >> 12);
  client.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + std::to_string(kBytes) + "\r\n");
  client.send(value);
  client.send("\r\nSTRLEN big\r\n");
  EXPECT_TRUE(client.gives("+OK\r\n:" + std::to_string(kBytes) + "\r\n"));
  EXPECT_TRUE(client.answers("GET big", bulk(value)));
  EXPECT_TRUE(client.answers("PING", "+PONG\r\n"));
}

}  // namespace
}  // namespace redstart::server_tests
