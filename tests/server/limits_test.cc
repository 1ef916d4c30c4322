// What a server does not take: too many clients, slow ones, idle ones, strangers, a port in use.
#include <ifaddrs.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/server/test_server.h"

namespace redstart::server_tests {
namespace {

// An IPv4 address of this machine that is not the loopback's; empty: there is none.
std::string outer_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return "";
  std::string found;
  for (const ifaddrs* at = list; at; at = at->ifa_next) {
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
    char text[INET_ADDRSTRLEN];
    ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    if (std::string_view(text).substr(0, 4) != "127.") found = text;
  }
  ::freeifaddrs(list);
  return found;
}

constexpr char kDenied[] =
    "-DENIED Redis is running in protected mode because protected mode is enabled";

TEST(ProtectedMode, turns_strangers_away_wherever_it_listens) {
  const std::string address = outer_address();
  if (address.empty()) GTEST_SKIP() << "this machine has no address but the loopback's";
  TestServer server("bind 0.0.0.0");
  RawClient stranger(server.port(), address.c_str());
  EXPECT_TRUE(stranger.gives(kDenied));
  stranger.line();
  EXPECT_TRUE(stranger.is_closed());
  RawClient local = server.connect();
  EXPECT_TRUE(local.answers("PING", "+PONG\r\n"));
  EXPECT_TRUE(local.answers("CONFIG SET requirepass secret", "+OK\r\n"));
  RawClient asked(server.port(), address.c_str());
  EXPECT_TRUE(asked.answers("PING", "-NOAUTH Authentication required.\r\n"));
  EXPECT_TRUE(asked.answers("AUTH secret", "+OK\r\n"));
  EXPECT_TRUE(asked.answers("PING", "+PONG\r\n"));
}

TEST(ProtectedMode, can_be_turned_off) {
  const std::string address = outer_address();
  if (address.empty()) GTEST_SKIP() << "this machine has no address but the loopback's";
  TestServer server("bind 0.0.0.0\nprotected-mode no");
  EXPECT_TRUE(RawClient(server.port(), address.c_str()).answers("PING", "+PONG\r\n"));
}

TEST(Limits, refuses_a_port_in_use_and_says_so) {
  TestServer server;
  Store store(Executor::Options{});
  ASSERT_FALSE(store.executor().config().load("port " + std::to_string(server.port())));
  Server second(store);
  const auto problem = second.start();
  ASSERT_TRUE(problem);
  EXPECT_EQ(*problem, "cannot listen on 127.0.0.1:" + std::to_string(server.port()) +
                          ": Address already in use (is another server running? choose another "
                          "port with --port)");
  EXPECT_TRUE(server.connect().answers("PING", "+PONG\r\n"));
}

TEST(Limits, take_no_more_clients_than_there_can_be_open_files) {
  TestServer server("maxclients 4294967295");
  const auto clients_max = server.config().clients_max();
  EXPECT_LT(clients_max, 4294967295u);
  RawClient client = server.connect();
  EXPECT_TRUE(client.answers("CONFIG SET maxclients 4294967295",
                             "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating "
                             "system is not able to handle the specified number of clients, try with " +
                                 std::to_string(clients_max) + "\r\n"));
  EXPECT_EQ(server.config().clients_max(), clients_max);
  EXPECT_TRUE(client.answers("CONFIG SET maxclients 100", "+OK\r\n"));
}

TEST(Limits, keep_the_old_port_when_the_new_one_is_in_use) {
  TestServer server, other;
  RawClient client = server.connect();
  EXPECT_TRUE(
      client.answers("CONFIG SET port " + std::to_string(other.port()),
                     "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable "
                     "to listen on this port. Check server logs.\r\n"));
  EXPECT_TRUE(client.answers("CONFIG SET bind 203.0.113.1",
                             "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to "
                             "specified addresses.\r\n"));
  EXPECT_TRUE(server.connect().answers("PING", "+PONG\r\n"));
  const uint16_t free = scenarios::free_port();
  EXPECT_TRUE(client.answers("CONFIG SET port " + std::to_string(free), "+OK\r\n"));
  EXPECT_TRUE(RawClient(free).answers("PING", "+PONG\r\n"));
  EXPECT_TRUE(comes_true([&] { return !RawClient(server.port()).is_connected(); }));
  EXPECT_TRUE(client.answers("PING", "+PONG\r\n"));
}

TEST(Limits, refuse_one_client_too_many) {
  TestServer server("maxclients 2");
  RawClient first = server.connect(), second = server.connect();
  EXPECT_TRUE(first.answers("PING", "+PONG\r\n"));
  EXPECT_TRUE(second.answers("PING", "+PONG\r\n"));
  RawClient third = server.connect();
  EXPECT_TRUE(third.gives("-ERR max number of clients reached\r\n"));
  EXPECT_TRUE(third.is_closed());
  EXPECT_EQ(server.executor().clients().connections_rejected.load(), 1u);
  second.close();
  EXPECT_TRUE(comes_true([&] { return server.executor().clients().count() == 1; }));
  EXPECT_TRUE(server.connect().answers("PING", "+PONG\r\n"));
}

// Asks for far more than the system's buffers take, and reads nothing of it.
void ask_for_much(RawClient& client) {
  client.send(resp({"SET", "big", std::string(1 << 20, 'x')}));
  EXPECT_TRUE(client.gives("+OK\r\n"));
  for (int i = 0; i < 64; ++i) client.send("GET big\r\n");
}

TEST(Limits, close_a_client_that_does_not_read) {
  TestServer server("client-output-buffer-limit normal 4mb 0 0");
  RawClient slow(server.port(), "127.0.0.1", 4096);
  ask_for_much(slow);
  auto& clients = server.executor().clients();
  EXPECT_TRUE(comes_true([&] { return clients.count() == 0; }));
  EXPECT_EQ(clients.output_buffer_limit_disconnections.load(), 1u);
  EXPECT_LT(slow.read_to_end().size(), size_t{64} << 20);
}

TEST(Limits, close_a_client_that_is_slow_for_too_long) {
  ManualClock clock;
  TestServer server("client-output-buffer-limit normal 0 4mb 10", &clock);
  RawClient slow(server.port(), "127.0.0.1", 4096);
  ask_for_much(slow);
  auto& clients = server.executor().clients();
  // The time counts from the first look at the buffer, of which this one cannot tell when it was.
  EXPECT_TRUE(comes_true([&] {
    clock.advance_ms(500);
    return clients.count() == 0;
  }));
  EXPECT_EQ(clients.output_buffer_limit_disconnections.load(), 1u);
}

TEST(Limits, close_a_subscriber_that_does_not_read) {
  TestServer server("client-output-buffer-limit pubsub 1mb 0 0");
  RawClient slow(server.port(), "127.0.0.1", 4096);
  EXPECT_TRUE(slow.answers("SUBSCRIBE news", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"));
  RawClient publisher = server.connect();
  const std::string message = resp({"PUBLISH", "news", std::string(100'000, 'x')});
  EXPECT_TRUE(comes_true([&] {
    publisher.send(message);
    return publisher.line() == ":0";
  }));
  EXPECT_EQ(server.executor().clients().output_buffer_limit_disconnections.load(), 1u);
}

TEST(Limits, let_a_slow_reader_have_everything_when_there_is_none) {
  TestServer server;
  RawClient slow(server.port(), "127.0.0.1", 4096);
  ask_for_much(slow);
  const std::string reply = bulk(std::string(1 << 20, 'x'));
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(slow.gives(reply));
  EXPECT_TRUE(slow.answers("PING", "+PONG\r\n"));
}

// A connection that once sent a request of very many words once kept room for them for as long as it lived.
TEST(Limits, leave_nothing_of_large_requests_in_idle_connections) {
  TestServer server;
  const std::string request = "*200001\r\n$3\r\nDEL\r\n" + [] {
    std::string keys;
    for (int i = 0; i < 200'000; ++i) keys += "$1\r\nk\r\n";
    return keys;
  }();
  const auto allocated = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  std::vector<RawClient> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(server.connect());
  const auto send_and_wait = [&](RawClient& client) {
    client.send(request);
    EXPECT_TRUE(client.gives(":0\r\n"));
    EXPECT_TRUE(client.answers("PING", "+PONG\r\n"));  // what follows the reply is done by then
  };
  send_and_wait(clients.front());
  const size_t before = allocated();
  for (RawClient& client : clients) send_and_wait(client);
  EXPECT_LT(allocated(), before + (8 << 20));
}

TEST(Limits, close_idle_clients_but_not_those_that_wait) {
  ManualClock clock;
  TestServer server("timeout 10", &clock);
  RawClient idle = server.connect(), blocked = server.connect(), subscriber = server.connect();
  EXPECT_TRUE(idle.answers("PING", "+PONG\r\n"));
  blocked.send("BLPOP queue 0\r\n");
  EXPECT_TRUE(comes_true([&] { return server.blocked_count() == 1; }));
  EXPECT_TRUE(subscriber.answers("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  clock.advance_ms(10'000);
  EXPECT_TRUE(idle.answers("PING", "+PONG\r\n"));  // ten seconds are not more than ten seconds
  clock.advance_ms(10'001);
  EXPECT_TRUE(idle.is_closed());
  RawClient fresh = server.connect();
  EXPECT_TRUE(fresh.answers("RPUSH queue x", ":1\r\n"));
  EXPECT_TRUE(blocked.gives("*2\r\n$5\r\nqueue\r\n$1\r\nx\r\n"));
  EXPECT_TRUE(fresh.answers("PUBLISH c x", ":1\r\n"));
  EXPECT_TRUE(subscriber.gives("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"));
}

// --- The program

// Runs the program until it ends; what it printed, and its exit code.
std::pair<std::string, int> run_program(const std::string& arguments) {
  const std::string command =
      "'" + scenarios::path_of(scenarios::Program::redstart) + "' " + arguments + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t bytes = ::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, bytes);
  return {output, WEXITSTATUS(::pclose(pipe))};
}

class ServeProgram : public testing::Test {
 protected:
  void SetUp() override {
    if (scenarios::path_of(scenarios::Program::redstart).empty()) {
      GTEST_SKIP() << scenarios::missing_text(scenarios::Program::redstart);
    }
  }
};

TEST_F(ServeProgram, does_not_start_on_a_port_in_use) {
  TestServer server;
  const auto [output, code] = run_program("serve --port " + std::to_string(server.port()));
  EXPECT_EQ(code, 1);
  EXPECT_TRUE(output.starts_with("redstart serve: cannot listen on 127.0.0.1:" +
                                 std::to_string(server.port()) + ": Address already in use"))
      << output;
}

TEST_F(ServeProgram, does_not_start_with_a_directive_that_it_does_not_know) {
  const auto [output, code] = run_program("serve --no-such-directive 1");
  EXPECT_EQ(code, 1);
  EXPECT_NE(output.find("no-such-directive"), std::string::npos) << output;
}

TEST_F(ServeProgram, stops_cleanly_on_sigterm_whatever_its_clients_do) {
  scenarios::ServerProcess process(scenarios::Program::redstart, {"--io-threads", "2"});
  RawClient idle(process.port()), blocked(process.port()), slow(process.port(), "127.0.0.1", 4096);
  EXPECT_TRUE(idle.answers("PING", "+PONG\r\n"));
  const std::string id = blocked.id();
  blocked.send("BLPOP queue 0\r\n");
  EXPECT_TRUE(comes_true(
      [&] { return idle.text_of("CLIENT LIST ID " + id).find("flags=b") != std::string::npos; }));
  ask_for_much(slow);
  EXPECT_EQ(process.terminate(), 0);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(blocked.is_closed());
  EXPECT_FALSE(std::filesystem::exists(process.socket_path()));
  EXPECT_FALSE(RawClient(process.port()).is_connected());
  EXPECT_TRUE(process.log().ends_with("redstart stopped\n")) << process.log();
  EXPECT_TRUE(process.start());  // the port is free again at once
}

// A listener stays readable while nobody can be accepted: without a way out, the thread would try for ever.
TEST_F(ServeProgram, turns_clients_away_when_there_are_no_files_left) {
  scenarios::ServerProcess process(scenarios::Program::redstart);
  constexpr rlimit kFew = {.rlim_cur = 64, .rlim_max = 64};
  RawClient first(process.port());
  EXPECT_TRUE(first.answers("PING", "+PONG\r\n"));
  ASSERT_EQ(::prlimit(process.pid(), RLIMIT_NOFILE, &kFew, nullptr), 0);
  std::vector<RawClient> clients;
  int served = 0, refused = 0;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(process.port());
    clients.back().send("PING\r\n");
    const std::string reply = clients.back().line();
    served += reply == "+PONG";
    refused += reply == "-ERR max number of clients reached";
  }
  EXPECT_EQ(served + refused, 100);
  EXPECT_GT(served, 10);
  EXPECT_GT(refused, 30);
  EXPECT_TRUE(first.answers("CONFIG SET maxclients 4294967295",
                            "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system "
                            "is not able to handle the specified number of clients, try with 32\r\n"));
  clients.clear();
  EXPECT_TRUE(comes_true([&] {
    RawClient late(process.port());
    late.send("PING\r\n");
    return late.line() == "+PONG";
  }));
}

TEST_F(ServeProgram, stops_when_a_client_says_shutdown) {
  scenarios::ServerProcess process(scenarios::Program::redstart);
  RawClient client(process.port());
  client.send("SHUTDOWN NOSAVE\r\n");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(process.exit_code(), 0);
}

}  // namespace
}  // namespace redstart::server_tests
