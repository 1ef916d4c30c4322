// A connection's own state: HELLO, AUTH, and CLIENT's view of the others.
#include "tests/server/test_server.h"

namespace redstart::server_tests {
namespace {

// --- HELLO and AUTH

TEST(Hello, refuses_protocols_that_there_are_not) {
  TestServer server;
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("HELLO 1", "-NOPROTO unsupported protocol version\r\n"));
  EXPECT_TRUE(client.answers("HELLO 4", "-NOPROTO unsupported protocol version\r\n"));
  EXPECT_TRUE(
      client.answers("HELLO three", "-ERR Protocol version is not an integer or out of range\r\n"));
  EXPECT_TRUE(client.answers("HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'\r\n"));
  EXPECT_TRUE(client.answers("HGETALL none", "*0\r\n"));  // it speaks RESP2 as before
}

TEST(Hello, does_nothing_by_halves) {
  TestServer server("requirepass secret");
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("HELLO 3", "-NOAUTH HELLO must be called with the client already "));
  client.line();
  EXPECT_TRUE(client.answers("HELLO 3 AUTH default wrong SETNAME me",
                             "-WRONGPASS invalid username-password pair or user is disabled.\r\n"));
  EXPECT_TRUE(client.answers("PING", "-NOAUTH Authentication required.\r\n"));
  EXPECT_TRUE(client.answers("AUTH secret", "+OK\r\n"));
  EXPECT_TRUE(client.answers("CLIENT GETNAME", "$-1\r\n"));  // a null of RESP2, and no name
}

TEST(Hello, authenticates_names_and_switches_in_one_go) {
  TestServer server("requirepass secret");
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("HELLO 3 AUTH default secret SETNAME me",
                             "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n"));
  while (client.line() != "modules") {
  }
  EXPECT_TRUE(client.gives("*0\r\n"));
  EXPECT_TRUE(client.answers("CLIENT GETNAME", "$2\r\nme\r\n"));
  EXPECT_TRUE(client.answers("GET none", "_\r\n"));
  EXPECT_TRUE(client.answers("HGETALL none", "%0\r\n"));
  EXPECT_TRUE(client.answers("SMEMBERS none", "~0\r\n"));
  EXPECT_TRUE(client.answers("HELLO 2", "*14\r\n$6\r\nserver\r\n"));
  while (client.line() != "modules") {
  }
  EXPECT_TRUE(client.gives("*0\r\n"));
  EXPECT_TRUE(client.answers("GET none", "$-1\r\n"));
}

TEST(Auth, is_asked_for_until_it_is_given_and_after_a_reset) {
  TestServer server("requirepass secret");
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("SET a b", "-NOAUTH Authentication required.\r\n"));
  EXPECT_TRUE(client.answers("AUTH wrong",
                             "-WRONGPASS invalid username-password pair or user is disabled.\r\n"));
  EXPECT_TRUE(client.answers("AUTH nobody secret",
                             "-WRONGPASS invalid username-password pair or user is disabled.\r\n"));
  EXPECT_TRUE(client.answers("AUTH default secret", "+OK\r\n"));
  EXPECT_TRUE(client.answers("SET a b", "+OK\r\n"));
  EXPECT_TRUE(client.answers("RESET", "+RESET\r\n"));
  EXPECT_TRUE(client.answers("GET a", "-NOAUTH Authentication required.\r\n"));
  EXPECT_TRUE(client.answers("QUIT", "+OK\r\n"));
  EXPECT_TRUE(client.is_closed());
}

TEST(Auth, without_a_password_says_that_there_is_none) {
  TestServer server;
  EXPECT_TRUE(server.connect().answers(
      "AUTH x",
      "-ERR AUTH <password> called without any password configured for the default user. Are you "
      "sure your configuration is correct?\r\n"));
}

// --- CLIENT

TEST(ClientKill, closes_others_whatever_they_are_doing) {
  TestServer server("io-threads 2");
  RawClient killer = server.connect();
  EXPECT_TRUE(killer.answers("CLIENT KILL ID 999999", ":0\r\n"));
  EXPECT_TRUE(killer.answers("CLIENT KILL 1.2.3.4:5", "-ERR No such client\r\n"));
  RawClient idle = server.connect(), blocked = server.connect(), listener = server.connect();
  const std::string ids[] = {idle.id(), blocked.id(), listener.id()};
  blocked.send("BLPOP queue 0\r\n");
  EXPECT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
  EXPECT_TRUE(listener.answers("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  for (const std::string& id : ids) EXPECT_TRUE(killer.answers("CLIENT KILL ID " + id, ":1\r\n"));
  for (RawClient* client : {&idle, &blocked, &listener}) EXPECT_TRUE(client->is_closed());
  EXPECT_TRUE(comes_true([&] { return server.executor().clients().count() == 1; }));
  // What was blocked takes nothing any more, and nobody listens.
  EXPECT_TRUE(killer.answers("RPUSH queue x", ":1\r\n"));
  EXPECT_TRUE(killer.answers("LLEN queue", ":1\r\n"));
  EXPECT_TRUE(killer.answers("PUBLISH c x", ":0\r\n"));
}

// The replies that such a client does not take once kept it alive.
TEST(ClientKill, closes_a_client_that_does_not_read) {
  TestServer server;
  RawClient slow(server.port(), "127.0.0.1", 4096);
  const std::string id = slow.id();
  slow.send(resp({"SET", "big", std::string(1 << 20, 'x')}));
  EXPECT_TRUE(slow.gives("+OK\r\n"));
  for (int i = 0; i < 64; ++i) slow.send("GET big\r\n");
  EXPECT_TRUE(server.connect().answers("CLIENT KILL ID " + id, ":1\r\n"));
  EXPECT_TRUE(comes_true([&] { return server.executor().clients().count() == 0; }));
}

TEST(ClientKill, answers_before_it_closes_its_own_connection) {
  TestServer server;
  RawClient client = server.connect();
  client.send("CLIENT KILL ID " + client.id() + " SKIPME no\r\nPING\r\n");
  EXPECT_TRUE(client.gives(":1\r\n"));
  EXPECT_TRUE(client.is_closed());
}

TEST(ClientKill, finds_clients_by_address_and_type) {
  TestServer server;
  RawClient killer = server.connect(), other = server.connect(), listener = server.connect();
  const std::string info = other.text_of("CLIENT INFO");
  const size_t at = info.find(" addr=") + 6;
  const std::string address = info.substr(at, info.find(' ', at) - at);
  EXPECT_TRUE(listener.answers("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  EXPECT_TRUE(killer.answers("CLIENT KILL TYPE pubsub ADDR " + address, ":0\r\n"));
  EXPECT_TRUE(killer.answers("CLIENT KILL TYPE pubsub", ":1\r\n"));
  EXPECT_TRUE(listener.is_closed());
  EXPECT_TRUE(killer.answers("CLIENT KILL " + address, "+OK\r\n"));
  EXPECT_TRUE(other.is_closed());
  EXPECT_TRUE(killer.answers("PING", "+PONG\r\n"));
}

TEST(ClientList, shows_what_each_connection_is) {
  TestServer server;
  RawClient client = server.connect(), other = server.connect();
  EXPECT_TRUE(other.answers("CLIENT SETNAME worker", "+OK\r\n"));
  EXPECT_TRUE(other.answers("SELECT 3", "+OK\r\n"));
  EXPECT_TRUE(other.answers("MULTI", "+OK\r\n"));
  EXPECT_TRUE(other.answers("GET a", "+QUEUED\r\n"));
  const std::string lines = client.text_of("CLIENT LIST");
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_NE(lines.find("name=worker age=0 idle=0 flags=x db=3 sub=0 psub=0 ssub=0 multi=1 "),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find(" laddr=127.0.0.1:" + std::to_string(server.port())), std::string::npos);
  EXPECT_NE(lines.find(" cmd=client|list user=default "), std::string::npos) << lines;
}

TEST(ClientPause, holds_commands_back_and_answers_them_later_in_order) {
  ManualClock clock;
  TestServer server("io-threads 2", &clock);
  RawClient client = server.connect(), writer = server.connect(), reader = server.connect();
  EXPECT_TRUE(client.answers("CLIENT PAUSE 1000 WRITE", "+OK\r\n"));
  writer.send("GET a\r\nSET a 1\r\nGET a\r\n");
  EXPECT_TRUE(writer.gives("$-1\r\n"));
  EXPECT_TRUE(reader.answers("GET a", "$-1\r\n"));
  clock.advance_ms(1001);
  EXPECT_TRUE(writer.gives("+OK\r\n$1\r\n1\r\n"));
  EXPECT_TRUE(client.answers("CLIENT PAUSE 1000 WRITE", "+OK\r\n"));
  writer.send("SET a 2\r\n");
  EXPECT_TRUE(client.answers("CLIENT UNPAUSE", "+OK\r\n"));
  EXPECT_TRUE(writer.gives("+OK\r\n"));
  EXPECT_TRUE(client.answers("CLIENT PAUSE 1000 ALL", "+OK\r\n"));
  reader.send("GET a\r\nPING\r\n");
  client.send("CLIENT UNPAUSE\r\n");  // is held back itself, as in Redis
  clock.advance_ms(1001);
  EXPECT_TRUE(reader.gives("$1\r\n2\r\n+PONG\r\n"));
  EXPECT_TRUE(client.gives("+OK\r\n"));
}

TEST(ClientUnblock, ends_a_wait_as_a_timeout_or_with_an_error) {
  TestServer server("io-threads 2");
  RawClient client = server.connect(), waiter = server.connect();
  const std::string id = waiter.id();
  EXPECT_TRUE(client.answers("CLIENT UNBLOCK " + id, ":0\r\n"));
  const auto block = [&](std::string_view command) {
    waiter.send(command);
    EXPECT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
  };
  block("BLPOP queue 0\r\nPING\r\n");
  EXPECT_TRUE(client.answers("CLIENT UNBLOCK " + id, ":1\r\n"));
  EXPECT_TRUE(waiter.gives("*-1\r\n+PONG\r\n"));
  block("BLMOVE queue other LEFT LEFT 0\r\n");
  EXPECT_TRUE(client.answers("CLIENT UNBLOCK " + id + " TIMEOUT", ":1\r\n"));
  EXPECT_TRUE(waiter.gives("*-1\r\n"));
  block("BZPOPMIN queue 0\r\n");
  EXPECT_TRUE(client.answers("CLIENT UNBLOCK " + id + " ERROR", ":1\r\n"));
  EXPECT_TRUE(waiter.gives("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"));
}

TEST(ClientReply, is_silent_when_it_is_told_to_be) {
  TestServer server;
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("CLIENT REPLY nonsense", "-ERR syntax error\r\n"));
  client.send("CLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\n");
  EXPECT_TRUE(client.gives("$1\r\n1\r\n"));
  client.send("CLIENT REPLY OFF\r\nSET a 2\r\nNOPE\r\nCLIENT REPLY SKIP\r\nGET a\r\n");
  client.send("CLIENT REPLY ON\r\nGET a\r\n");
  EXPECT_TRUE(client.gives("+OK\r\n$1\r\n2\r\n"));
}

TEST(ClientReply, skips_the_reply_of_a_command_that_had_to_wait) {
  TestServer server;
  RawClient waiter = server.connect(), client = server.connect();
  for (const char* queue : {"a", "b"}) {
    waiter.send("CLIENT REPLY SKIP\r\nBLPOP " + std::string(queue) + " 0\r\nGET s\r\n");
    EXPECT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
    EXPECT_TRUE(client.answers("RPUSH " + std::string(queue) + " x", ":1\r\n"));
    EXPECT_TRUE(waiter.gives("$-1\r\n"));
  }
  waiter.send("BLPOP c 0\r\n");
  EXPECT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
  EXPECT_TRUE(client.answers("RPUSH c x", ":1\r\n"));
  EXPECT_TRUE(waiter.gives("*2\r\n$1\r\nc\r\n$1\r\nx\r\n"));
}

TEST(ClientNoEvict, can_be_switched) {
  TestServer server;
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("CLIENT NO-EVICT maybe", "-ERR syntax error\r\n"));
  EXPECT_TRUE(client.answers("CLIENT NO-EVICT on", "+OK\r\n"));
  EXPECT_NE(client.text_of("CLIENT INFO").find(" flags=e "), std::string::npos);
  EXPECT_TRUE(client.answers("CLIENT NO-EVICT off", "+OK\r\n"));
  EXPECT_NE(client.text_of("CLIENT INFO").find(" flags=N "), std::string::npos);
}

TEST(Quit, answers_everything_before_it_and_nothing_behind) {
  TestServer server;
  RawClient client = server.connect();
  client.send("SET a 1\r\nGET a\r\nQUIT\r\nSET a 2\r\n");
  EXPECT_TRUE(client.gives("+OK\r\n$1\r\n1\r\n+OK\r\n"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(server.connect().answers("GET a", "$1\r\n1\r\n"));
}

TEST(Transaction, of_a_client_that_goes_is_not_executed) {
  TestServer server;
  RawClient client = server.connect(), other = server.connect();
  EXPECT_TRUE(client.answers("MULTI", "+OK\r\n"));
  EXPECT_TRUE(client.answers("SET a 1", "+QUEUED\r\n"));
  client.close();
  EXPECT_TRUE(comes_true([&] { return server.executor().clients().count() == 1; }));
  EXPECT_TRUE(other.answers("EXISTS a", ":0\r\n"));
}

}  // namespace
}  // namespace redstart::server_tests
