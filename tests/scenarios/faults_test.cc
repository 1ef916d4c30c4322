// What a user may rely on when servers die, stall or refuse, and when networks cut and delay: our
// server and a real Redis alike.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Mode = FaultProxy::Mode;

class Faults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Servers, Faults, kServers, name_of);

double milliseconds_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// --- Servers that die or stall

TEST_P(Faults, a_call_to_a_stalled_server_times_out_and_its_late_reply_is_nobodys) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  value_of(client.set("k", "v"));
  server.freeze();
  const std::string_view words[] = {"ECHO", "late"};
  result<Reply> late;
  const double took_ms = milliseconds_of([&] { late = client.call(words, {.timeout = 100ms}); });
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::timed_out);
  EXPECT_EQ(late.error().outcome, Outcome::unknown);
  EXPECT_NE(late.error().message.find("100 ms"), std::string::npos);
  EXPECT_GE(took_ms, 95);
  EXPECT_LT(took_ms, 4500);  // the client's own timeout is five seconds
  server.thaw();
  EXPECT_EQ(value_of(client.echo("mine")), "mine");
  EXPECT_EQ(value_of(client.get("k")), "v");
}

TEST_P(Faults, many_threads_time_out_together_and_get_only_their_own_replies_after) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?call_timeout_ms=150");
  std::atomic<int> answered{0}, timed_out{0}, wrong{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const std::string mine = std::to_string(t) + ":" + std::to_string(i);
        const auto echoed = client.echo(mine);
        if (!echoed && echoed.error().code == ErrorCode::timed_out) ++timed_out;
        if (echoed) ++(*echoed == mine ? answered : wrong);
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    const int answered_before = answered, timed_out_before = timed_out;
    EXPECT_TRUE(eventually([&] { return answered > answered_before + 8; }));
    server.freeze();
    EXPECT_TRUE(eventually([&] { return timed_out > timed_out_before; }));
    server.thaw();
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(eventually([&] { return client.echo("x").has_value(); }));
}

TEST_P(Faults, a_batch_to_a_stalled_server_times_out) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  server.freeze();
  auto pipeline = client.pipeline();
  const auto first = pipeline.incr("n");
  pipeline.incr("n");
  const auto ran = pipeline.run({.timeout = 100ms});
  ASSERT_FALSE(ran.has_value());
  EXPECT_EQ(ran.error().code, ErrorCode::timed_out);
  EXPECT_EQ((*first).error().outcome, Outcome::unknown);
  server.thaw();
  EXPECT_EQ(value_of(client.echo("x")), "x");
}

TEST_P(Faults, calls_fail_while_the_server_is_down_and_go_on_when_it_is_back) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=100");
  value_of(client.set("k", "v"));
  server.kill();
  ASSERT_TRUE(eventually([&] { return !client.get("k").has_value(); }));
  result<std::optional<std::string>> down;
  EXPECT_LT(milliseconds_of([&] { down = client.get("k"); }), 4500);  // it waits for no timeout
  ASSERT_FALSE(down.has_value());
  EXPECT_EQ(down.error().code, ErrorCode::connection_refused);
  EXPECT_EQ(down.error().outcome, Outcome::not_done);
  EXPECT_EQ(client.incr("n").error().outcome, Outcome::not_done);
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return client.set("k", "new").has_value(); }));
  EXPECT_EQ(value_of(client.get("k")), "new");
}

TEST_P(Faults, an_idle_connection_that_the_server_closed_costs_no_call) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  value_of(client.set("n", "1"));
  server.kill();
  ASSERT_TRUE(server.start());
  std::this_thread::sleep_for(50ms);
  // INCR may not be sent twice, so it must not be sent on the dead connection.
  EXPECT_EQ(value_of(client.incr("n")), 1);
}

TEST_P(Faults, a_server_killed_under_load_is_lost_or_refuses_and_nothing_else) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=50");
  std::atomic<bool> stop{false};
  std::atomic<int> done{0};
  std::mutex mutex;
  std::set<std::string> surprises;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto counted = client.incr("n");
        if (counted) {
          ++done;
          continue;
        }
        const ErrorCode code = counted.error().code;
        if (code != ErrorCode::connection_lost && code != ErrorCode::connection_refused) {
          const std::lock_guard lock(mutex);
          surprises.insert(counted.error().message);
        }
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(100ms);
    server.kill();
    std::this_thread::sleep_for(50ms);
    ASSERT_TRUE(server.start());
    const int before = done;
    EXPECT_TRUE(eventually([&] { return done > before + 10; }));
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(surprises, std::set<std::string>());
}

TEST_P(Faults, a_session_ends_with_its_connection_and_says_so) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  auto session = client.dedicated();
  ASSERT_TRUE(session.has_value());
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Reply> pushes;
  session->on_push([&](const Reply& push) {
    const std::lock_guard lock(mutex);
    pushes.push_back(push);
    arrived.notify_one();
  });
  value_of(session->call({"SUBSCRIBE", "news"}));
  server.kill();
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(arrived.wait_for(lock, 5s, [&] { return !pushes.empty(); }));
    EXPECT_EQ(pushes[0][0].text(), "connection_lost");
  }
  ASSERT_TRUE(server.start());
  const auto dead = session->ping();
  ASSERT_FALSE(dead.has_value());
  EXPECT_EQ(dead.error().code, ErrorCode::connection_lost);
  EXPECT_EQ(dead.error().outcome, Outcome::not_done);
  EXPECT_NE(dead.error().message.find("dedicated()"), std::string::npos);
}

TEST_P(Faults, close_fails_what_is_pending) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  server.freeze();
  std::vector<std::thread> threads;
  std::atomic<int> closed{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      if (client.incr("n").error().code == ErrorCode::closed) ++closed;
    });
  }
  threads.emplace_back([&] {
    if (client.blpop(Strings{"queue"}, 0ms).error().code == ErrorCode::closed) ++closed;
  });
  std::atomic<int> batches{0};
  for (int i = 0; i < 10; ++i) {
    Batch batch;
    batch.commands = {{"INCR", "n"}, {"INCR", "n"}};
    client.submit(std::move(batch), [&](BatchResult outcome) {
      if (outcome.size() == 2 && outcome[1].error().code == ErrorCode::closed) ++batches;
    });
  }
  std::this_thread::sleep_for(100ms);
  client.close();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(closed, 5);
  EXPECT_TRUE(eventually([&] { return batches == 10; }));
  EXPECT_EQ(client.ping().error().code, ErrorCode::closed);
  server.thaw();
}

TEST_P(Faults, a_full_queue_refuses_and_takes_again_later) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?queue_commands_max=100");
  server.freeze();
  std::atomic<int> full{0}, done{0};
  for (int i = 0; i < 30; ++i) {
    Batch batch;
    batch.commands.assign(5, {"INCR", "n"});
    client.submit(std::move(batch), [&](BatchResult outcome) {
      if (outcome[0]) {
        done += 5;
      } else if (outcome[0].error().code == ErrorCode::queue_full) {
        full += 5;
      }
    });
  }
  EXPECT_EQ(full, 50);
  EXPECT_EQ(client.incr("n").error().code, ErrorCode::queue_full);
  server.thaw();
  EXPECT_TRUE(eventually([&] { return done == 100; }));
  EXPECT_EQ(value_of(client.incr("n")), 101);
}

TEST_P(Faults, blocking_connections_are_limited) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?blocking_connections_max=2");
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] { value_of(client.blpop(Strings{"queue"}, 5s)); });
  }
  EXPECT_TRUE(eventually([&] {
    return value_of(client.info("clients")).find("blocked_clients:2") != std::string::npos;
  }));
  EXPECT_EQ(client.blpop(Strings{"queue"}, 1s).error().code, ErrorCode::queue_full);
  value_of(client.rpush_all("queue", Strings{"a", "b"}));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(value_of(client.blpop(Strings{"queue"}, 10ms)), std::nullopt);
}

// --- Networks that cut, delay and stall

// The server has executed the command, and the client does not know.
TEST_P(Faults, a_cut_reply_leaves_an_increment_unknown_and_never_repeats_it) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.set("n", "0"));
  proxy.set(Mode::cut_reply);
  const auto counted = client.incr("n");
  ASSERT_FALSE(counted.has_value());
  EXPECT_EQ(counted.error().code, ErrorCode::connection_lost);
  EXPECT_EQ(counted.error().outcome, Outcome::unknown);
  EXPECT_EQ(value_of(client.get("n")), "1");
}

TEST_P(Faults, a_cut_reply_to_a_read_or_an_idempotent_write_is_not_noticed) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.set("k", "v"));
  proxy.set(Mode::cut_reply);
  EXPECT_EQ(value_of(client.get("k")), "v");
  proxy.set(Mode::cut_reply);
  const std::string_view words[] = {"SET", "k", "w"};
  EXPECT_TRUE(client.call(words, {.idempotent = true}).has_value());
  proxy.set(Mode::cut_reply, 3);
  EXPECT_EQ(value_of(client.get("k")), "w");
  EXPECT_EQ(proxy.accepted(), 4);
}

TEST_P(Faults, a_cut_request_is_not_executed_twice) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.set("n", "0"));
  proxy.set(Mode::cut_request, 8);
  const auto counted = client.incr("n");
  EXPECT_EQ(counted.error().outcome, Outcome::unknown);
  EXPECT_EQ(value_of(client.get("n")), "0");
}

TEST_P(Faults, a_cut_batch_says_of_every_command_what_is_known) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.ping());
  proxy.set(Mode::cut_reply, 12);  // three replies of ":N\r\n"
  auto pipeline = client.pipeline();
  std::vector<Pending<int64_t>> counts;
  for (int i = 0; i < 6; ++i) counts.push_back(pipeline.incr("n"));
  const auto ran = pipeline.run();
  ASSERT_FALSE(ran.has_value());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*counts[static_cast<size_t>(i)].get(), i + 1);
  for (size_t i = 3; i < 6; ++i) {
    ASSERT_FALSE((*counts[i]).has_value());
    EXPECT_EQ((*counts[i]).error().outcome, Outcome::unknown);
  }
  EXPECT_EQ(value_of(client.get("n")), "6");
}

TEST_P(Faults, a_cut_read_only_batch_is_completed_on_the_next_connection) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.mset(StringPairs{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  proxy.set(Mode::cut_reply, 7);  // one reply of "$1\r\n1\r\n"
  auto pipeline = client.pipeline();
  const auto a = pipeline.get("a"), b = pipeline.get("b"), c = pipeline.get("c");
  value_of(pipeline.run());
  EXPECT_EQ(**a, "1");
  EXPECT_EQ(**b, "2");
  EXPECT_EQ(**c, "3");
}

TEST_P(Faults, a_cut_transaction_is_unknown_as_a_whole) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.set("n", "0"));
  proxy.set(Mode::cut_reply, 10);
  auto transaction = client.transaction();
  const auto first = transaction.incr("n"), second = transaction.incr("n");
  EXPECT_FALSE(static_cast<Pipeline&>(transaction).run().has_value());
  EXPECT_EQ((*first).error().outcome, Outcome::unknown);
  EXPECT_EQ((*second).error().outcome, Outcome::unknown);
  EXPECT_EQ(value_of(client.get("n")), "2");
}

TEST_P(Faults, a_watching_transaction_begins_anew_when_its_session_was_lost_before_it_was_sent) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_max_ms=50");
  value_of(client.set("n", "1"));
  int attempts = 0;
  const auto done = client.transaction(Strings{"n"}, [&](Client& reader, Transaction& writes) {
    if (++attempts == 1) {
      proxy.set(Mode::refuse);
      EXPECT_TRUE(eventually([&] { return !reader.ping(); }));
      proxy.set(Mode::pass);
    }
    writes.incr("n");
    return true;
  });
  EXPECT_TRUE(value_of(done));
  EXPECT_GE(attempts, 2);
  EXPECT_EQ(value_of(client.get("n")), "2");
}

TEST_P(Faults, a_watching_transaction_whose_reply_is_cut_is_not_tried_again) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.set("n", "1"));
  int attempts = 0;
  const auto done = client.transaction(Strings{"n"}, [&](Client&, Transaction& writes) {
    ++attempts;
    proxy.set(Mode::cut_reply);
    writes.incr("n");
    return true;
  });
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().outcome, Outcome::unknown);
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(value_of(client.get("n")), "2");
}

TEST_P(Faults, writes_to_a_replica_are_refused_and_taken_when_it_is_promoted) {
  if (program() != Program::redis) GTEST_SKIP() << "the server must be able to follow another";
  ServerProcess master(program()), server(program());
  Client client = open_or_fail(server.url());
  value_of(client.call({"REPLICAOF", "127.0.0.1", std::to_string(master.port())}));
  const auto refused = client.set("k", "v");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::read_only);
  EXPECT_EQ(refused.error().outcome, Outcome::not_done);
  value_of(client.call({"REPLICAOF", "NO", "ONE"}));
  EXPECT_TRUE(value_of(client.set("k", "v")));
}

TEST_P(Faults, every_increment_is_counted_once_or_reported_over_a_cutting_network) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_max_ms=20");
  value_of(client.set("n", "0"));
  std::atomic<bool> stop{false};
  std::atomic<int64_t> acknowledged{0}, unknown{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto counted = client.incr("n");
        if (counted) {
          ++acknowledged;
        } else if (counted.error().outcome == Outcome::unknown) {
          ++unknown;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    proxy.set(i % 2 == 0 ? Mode::cut_reply : Mode::cut_request, i * 7);
    EXPECT_TRUE(eventually([&] { return proxy.mode() == Mode::pass; }));  // until it has cut
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  const int64_t counted = std::stoll(*value_of(client.get("n")));
  EXPECT_GE(counted, acknowledged);
  EXPECT_LE(counted, acknowledged + unknown);
  EXPECT_GT(unknown, 0);
}

TEST_P(Faults, dribbled_bytes_make_the_same_replies) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  proxy.set(Mode::dribble);
  value_of(client.rpush_all("l", Strings{"a", "bb", "ccc"}));
  EXPECT_EQ(value_of(client.lrange("l", 0, -1)), (Strings{"a", "bb", "ccc"}));
  EXPECT_EQ(value_of(client.echo(std::string(500, 'x'))), std::string(500, 'x'));
}

TEST_P(Faults, a_delay_is_not_paid_by_every_thread_in_turn) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  value_of(client.ping());
  constexpr int kThreads = 16, kDelayMs = 200;
  proxy.set(Mode::delay, kDelayMs);
  const double took_ms = milliseconds_of([&] {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) threads.emplace_back([&] { value_of(client.incr("n")); });
    for (auto& thread : threads) thread.join();
  });
  EXPECT_LT(took_ms, kThreads * kDelayMs * 0.75);
  EXPECT_EQ(value_of(client.get("n")), std::to_string(kThreads));
}

TEST_P(Faults, a_connection_that_has_gone_silent_is_given_up) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?call_timeout_ms=200");
  value_of(client.ping());
  const int before = proxy.accepted();
  proxy.set(Mode::freeze);
  EXPECT_EQ(client.incr("n").error().code, ErrorCode::timed_out);
  proxy.set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return client.ping().has_value(); }));
  EXPECT_GT(proxy.accepted(), before);
}

// One call gives the connection up; the other, which may be done twice, is sent again over the next.
TEST_P(Faults, what_a_silent_connection_still_holds_is_not_executed_behind_its_repetition) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url());
  Client client = open_or_fail(proxy.url() + "?call_timeout_ms=200");
  value_of(client.set("k", "0"));
  proxy.set(Mode::hold_request);
  std::promise<BatchResult> first, second;
  CallOptions options{.timeout = 200ms, .idempotent = true};
  const auto submit = [&](std::vector<std::string> words, std::promise<BatchResult>& told) {
    client.submit({.commands = {std::move(words)}, .options = options},
                  [&](BatchResult outcome) { told.set_value(std::move(outcome)); });
  };
  submit({"SET", "k", "old"}, first);
  options.timeout = 10s;
  submit({"SET", "n", "1"}, second);
  EXPECT_EQ(first.get_future().get()[0].error().outcome, Outcome::unknown);
  EXPECT_TRUE(second.get_future().get()[0].has_value());
  ASSERT_EQ(proxy.held(), 1);
  value_of(client.set("k", "new"));
  proxy.deliver();
  EXPECT_EQ(value_of(direct.get("k")), "new");
}

TEST_P(Faults, an_idle_connection_is_checked_before_it_is_used) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?health_check_interval_ms=50&connect_timeout_ms=200");
  value_of(client.set("n", "0"));
  proxy.set(Mode::freeze);
  std::this_thread::sleep_for(100ms);
  std::thread healer([&] {
    std::this_thread::sleep_for(230ms);
    proxy.set(Mode::pass);
  });
  // Had it been sent on the silent connection, it would be unknown.
  const auto counted = client.incr("n");
  healer.join();
  EXPECT_TRUE(counted.has_value() || counted.error().outcome == Outcome::not_done);
  EXPECT_TRUE(eventually([&] { return client.ping().has_value(); }));
}

TEST_P(Faults, a_peer_that_accepts_and_says_nothing_is_given_up_in_time) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  proxy.set(Mode::freeze);
  result<Client> opened = std::unexpected(Error());
  const double took_ms =
      milliseconds_of([&] { opened = open(proxy.url() + "?connect_timeout_ms=200"); });
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::timed_out);
  EXPECT_GE(took_ms, 190);
  EXPECT_LT(took_ms, 4500);  // without the option, it would be five seconds
}

TEST_P(Faults, a_peer_that_cuts_at_once_is_an_error_and_not_a_loop) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  proxy.set(Mode::refuse);
  const auto opened = open(proxy.url());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::connection_lost);
  EXPECT_EQ(opened.error().outcome, Outcome::not_done);
  EXPECT_LE(proxy.accepted(), 2);
}

TEST(FaultsOfPeers, a_peer_that_does_not_speak_resp_is_told_apart) {
  uint16_t port = 0;
  const int listener = listen_on(port);
  std::thread peer([&] {
    const int fd = ::accept(listener, nullptr, nullptr);
    const std::string_view page = "HTTP/1.1 400 Bad Request\r\n\r\n";
    EXPECT_EQ(::send(fd, page.data(), page.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(page.size()));
    char bytes[256];
    while (::recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    ::close(fd);
  });
  const auto opened = open("redis://127.0.0.1:" + std::to_string(port));
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::protocol);
  EXPECT_NE(opened.error().message.find("no reply begins with \"H\""), std::string::npos);
  peer.join();
  ::close(listener);
}

// --- Introductions

TEST_P(Faults, a_password_is_asked_for_checked_and_accepted) {
  ServerProcess server(program(), {"--requirepass", "p@ss word"});
  const auto without = open(server.url());
  ASSERT_FALSE(without.has_value());
  EXPECT_EQ(without.error().code, ErrorCode::no_auth);
  const std::string at = "@127.0.0.1:" + std::to_string(server.port());
  const auto wrong = open("redis://:nonsense" + at);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, ErrorCode::no_auth);
  Client client = open_or_fail("redis://:p%40ss%20word" + at + "/2?client_name=shop");
  EXPECT_EQ(value_of(client.ping()), "PONG");
  const std::string info = value_of(client.command("CLIENT", "LIST")).text();
  EXPECT_NE(info.find("name=shop"), std::string::npos);
  EXPECT_NE(info.find("db=2"), std::string::npos);
  EXPECT_EQ(value_of(open_or_fail("redis://default:p%40ss%20word" + at).ping()), "PONG");
}

TEST_P(Faults, a_database_out_of_range_is_refused) {
  ServerProcess server(program());
  const auto opened = open(server.url() + "/9999");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(opened.error().message, "ERR DB index is out of range");
}

TEST_P(Faults, unix_sockets_do_all_that_ports_do) {
  ServerProcess server(program());
  ASSERT_TRUE(eventually([&] { return ::access(server.socket_path().c_str(), F_OK) == 0; }));
  Client client = open_or_fail("unix:" + server.socket_path() + "?db=1");
  EXPECT_EQ(value_of(client.incr("n")), 1);
  EXPECT_EQ(value_of(open_or_fail(server.url() + "/1").get("n")), "1");
  server.kill();
  ASSERT_TRUE(eventually([&] { return !client.ping().has_value(); }));
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return client.ping().has_value(); }));
}

// Servers before Redis 6 do not know HELLO: this one has been made to forget it.
TEST(OldServers, are_spoken_to_in_resp2) {
  if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
  ServerProcess server(Program::redis, {"--rename-command", "HELLO", "", "--requirepass", "pw"});
  const std::string url =
      "redis://:pw@127.0.0.1:" + std::to_string(server.port()) + "/1?client_name=old";
  auto opened = open(url);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  Client client = *opened;
  EXPECT_NE(value_of(client.command("CLIENT", "LIST")).text().find("name=old"), std::string::npos);
  value_of(client.hset("h", "f", "v"));
  EXPECT_EQ(value_of(client.hgetall("h")), (StringPairs{{"f", "v"}}));
  value_of(client.zadd("z", 1.5, "m"));
  EXPECT_EQ(value_of(client.zscore("z", "m")), 1.5);
  EXPECT_EQ(value_of(client.zrange_with_scores("z", 0, -1)),
            (std::vector<ScoredMember>{{"m", 1.5}}));
  EXPECT_EQ(value_of(client.blpop(Strings{"none"}, 10ms)), std::nullopt);

  auto session = client.dedicated();
  ASSERT_TRUE(session.has_value());
  std::atomic<int> messages{0};
  session->on_push([&](const Reply& push) { messages += push[0].text() == "message"; });
  value_of(session->call({"SUBSCRIBE", "a", "b"}));
  EXPECT_EQ(value_of(client.publish("a", "x")), 1);
  EXPECT_TRUE(eventually([&] { return messages == 1; }));
  value_of(session->call({"UNSUBSCRIBE"}));
  EXPECT_EQ(value_of(session->echo("back")), "back");
  session->close();
}

TEST_P(Faults, no_connection_outlives_its_client) {
  ServerProcess server(program());
  Client observer = open_or_fail(server.url());
  const auto connections = [&] {
    const std::string list = value_of(observer.command("CLIENT", "LIST")).text();
    return std::ranges::count(list, '\n');
  };
  {
    Client client = open_or_fail(server.url() + "?connections=3");
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&] {
        value_of(client.ping());
        value_of(client.blpop(Strings{"none"}, 10ms));
      });
    }
    for (auto& thread : threads) thread.join();
    auto session = client.dedicated();
    ASSERT_TRUE(session.has_value());
    EXPECT_GT(connections(), 4);
  }
  EXPECT_TRUE(eventually([&] { return connections() == 1; }));
}

TEST_P(Faults, a_handler_that_waits_for_a_reply_is_told_off_instead_of_hanging) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  std::atomic<int> told{0};
  Batch batch;
  batch.commands = {{"PING"}};
  client.submit(std::move(batch), [&](BatchResult) {
    if (client.call({"PING"}).error().code == ErrorCode::invalid_argument) ++told;
  });
  EXPECT_TRUE(eventually([&] { return told == 1; }));
}

TEST_P(Faults, the_last_client_may_go_inside_a_handler) {
  ServerProcess server(program());
  std::atomic<bool> gone{false};
  {
    auto client = std::make_shared<Client>(open_or_fail(server.url()));
    Batch batch;
    batch.commands = {{"PING"}};
    auto* const raw = client.get();
    raw->submit(std::move(batch), [&gone, client = std::move(client)](BatchResult) mutable {
      std::this_thread::sleep_for(50ms);
      client.reset();
      gone = true;
    });
  }
  EXPECT_TRUE(eventually([&] { return gone.load(); }));
}

}  // namespace
}  // namespace redstart::scenarios
