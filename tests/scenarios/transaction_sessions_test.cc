// The sessions of transactions with watched keys: how many there are, who waits for one, and what is left of a
// transaction to the next one.
#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

const Client::TransactionFunction kIncrement = [](Client&, Transaction& writes) {
  writes.incr("{t}n");
  return true;
};

int64_t connections_of(Client client) {
  const std::string stats = value_of(client.info("stats")), name = "total_connections_received:";
  const size_t at = stats.find(name);
  return at == std::string::npos ? -1 : std::stoll(stats.substr(at + name.size()));
}

// Connections, or sessions of an embedded store, that have been opened so far.
int64_t opened_so_far(Client client, StoreKind kind) {
  if (kind == StoreKind::memory || kind == StoreKind::file) {
    const auto session = client.dedicated();
    return session ? value_of(session->call({"CLIENT", "ID"})).as_integer() : -1;
  }
  if (kind != StoreKind::redis_cluster) return connections_of(client);
  int64_t sum = 0;
  for (size_t i = 0; i < RedisCluster::kNodes; ++i) sum += connections_of(shared_cluster().client_of(i));
  return sum;
}

// --- What a session is left with

TEST_P(Scenario, a_transactions_session_is_as_new_for_the_next) {
  const auto rename = [](Client& reader, Transaction&) {
    value_of(reader.call({"CLIENT", "SETNAME", "mine"}));
    return false;
  };
  std::string name = "?";
  const auto ask = [&](Client& reader, Transaction&) {
    const Reply reply = value_of(reader.call({"CLIENT", "GETNAME"}));
    name = reply.is_null() ? "" : reply.text();
    return false;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(value_of(client().transaction(Strings{"{t}n"}, rename)));
    EXPECT_FALSE(value_of(client().transaction(Strings{"{t}n"}, ask)));
    EXPECT_EQ(name, "");
  }
}

TEST_P(Scenario, a_transaction_that_selects_leaves_the_database_to_itself) {
  if (is_cluster()) GTEST_SKIP() << "a cluster has one database";
  const auto elsewhere = [](Client& reader, Transaction& writes) {
    value_of(reader.call({"SELECT", "1"}));
    writes.set("k", "in 1");
    return true;
  };
  EXPECT_TRUE(value_of(client().transaction(Strings{}, elsewhere)));
  std::optional<std::string> found = "?";
  const auto look = [&](Client& reader, Transaction& writes) {
    found = value_of(reader.get("k"));
    writes.set("k", "in 0");
    return true;
  };
  EXPECT_TRUE(value_of(client().transaction(Strings{"k"}, look)));
  EXPECT_EQ(found, std::nullopt);
  EXPECT_EQ(value_of(client().get("k")), "in 0");
}

TEST_P(Scenario, nothing_is_watched_after_a_transaction_whatever_became_of_it) {
  struct Mistake {};
  const Strings keys = {"{t}watched"};
  const auto change_it_and_go_on = [&] {
    value_of(client().incr("{t}watched"));
    int attempts = 0;
    EXPECT_TRUE(value_of(client().transaction(Strings{"{t}n"}, [&](Client& reader, Transaction& writes) {
      ++attempts;
      return kIncrement(reader, writes);
    })));
    EXPECT_EQ(attempts, 1);
  };
  EXPECT_THROW(static_cast<void>(client().transaction(keys, [](Client&, Transaction&) -> bool { throw Mistake(); })),
               Mistake);
  change_it_and_go_on();
  EXPECT_FALSE(value_of(client().transaction(keys, [](Client&, Transaction&) { return false; })));
  change_it_and_go_on();
  EXPECT_TRUE(value_of(client().transaction(keys, [](Client&, Transaction&) { return true; })));  // nothing to do
  change_it_and_go_on();
  const auto unfinished = [](Client& reader, Transaction&) {
    value_of(reader.call({"MULTI"}));
    value_of(reader.call({"INCR", "{t}never"}));
    return false;
  };
  static_cast<void>(client().transaction(keys, unfinished));
  change_it_and_go_on();
  EXPECT_EQ(value_of(client().get("{t}n")), "4");
  EXPECT_FALSE(value_of(client().exists("{t}never")));
}

TEST_P(Scenario, a_readers_copy_keeps_its_session_from_others) {
  Client few = another_client({.call_timeout = 200ms, .transaction_sessions_max = 1});
  std::optional<Client> kept;
  EXPECT_TRUE(value_of(few.transaction(Strings{"{t}n"}, [&](Client& reader, Transaction& writes) {
    kept = reader;
    return kIncrement(reader, writes);
  })));
  EXPECT_EQ(few.transaction(Strings{"{t}n"}, kIncrement).error().code, ErrorCode::queue_full);
  EXPECT_EQ(value_of(kept->get("{t}n")), "1");
  kept.reset();
  EXPECT_TRUE(value_of(few.transaction(Strings{"{t}n"}, kIncrement)));
}

// --- How many there are

TEST_P(Scenario, a_thousand_transactions_take_one_session) {
  value_of(client().transaction(Strings{"{t}n"}, kIncrement));
  const int64_t before = opened_so_far(client(), GetParam());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(value_of(client().transaction(Strings{"{t}n"}, kIncrement)));
    // Of each kind, over another copy.
    if (i % 100 == 0) {
      EXPECT_FALSE(value_of(Client(client()).transaction(
          Strings{"{t}n"}, [](Client& reader, Transaction&) { return value_of(reader.exists("{t}none")); })));
    }
    if (i % 100 == 50) value_of(Client(client()).transaction(Strings{}, kIncrement));
  }
  // Asking takes one, too; and nodes and sentinels may have turned to each other.
  EXPECT_LE(opened_so_far(client(), GetParam()) - before, has_replicas() ? 50 : 2);
  EXPECT_EQ(value_of(client().get("{t}n")), "1011");
}

TEST_P(Scenario, many_threads_transactions_share_a_few_sessions) {
  constexpr int kThreads = 24, kRounds = 40;
  Client few = another_client({.transaction_sessions_max = 4});
  const int64_t before = opened_so_far(client(), GetParam());
  std::atomic<int> running{0}, running_max{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const Strings keys = {"{t}" + std::to_string(t)};
      for (int i = 0; i < kRounds; ++i) {
        EXPECT_TRUE(value_of(few.transaction(keys, [&](Client& reader, Transaction& writes) {
          const int now = ++running;
          for (int most = running_max; now > most && !running_max.compare_exchange_weak(most, now);) {
          }
          const auto had = value_of(reader.get(keys[0]));
          writes.set(keys[0], std::to_string(std::stoi(had.value_or("0")) + 1));
          --running;
          return true;
        })));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) {
    EXPECT_EQ(value_of(client().get("{t}" + std::to_string(t))), std::to_string(kRounds));
  }
  EXPECT_LE(running_max, 4);
  EXPECT_LE(opened_so_far(client(), GetParam()) - before, has_replicas() ? 60 : 5);
}

TEST_P(Scenario, one_transaction_too_many_waits_and_is_told_at_last) {
  Client one = another_client({.call_timeout = 300ms, .transaction_sessions_max = 1});
  const auto nested = [&](Client& reader, Transaction& writes) {
    const auto refused = one.transaction(Strings{"{t}n"}, kIncrement);
    EXPECT_EQ(refused.error().code, ErrorCode::queue_full);
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
    EXPECT_EQ(refused.error().message,
              "1 transactions run already, and none ended within 300 ms (transaction_sessions_max)");
    const auto sooner = one.with({.timeout = 20ms}).transaction(Strings{"{t}n"}, kIncrement);
    EXPECT_TRUE(sooner.error().message.contains("within 20 ms")) << sooner.error().message;
    return kIncrement(reader, writes);
  };
  EXPECT_TRUE(value_of(one.transaction(Strings{"{t}other"}, nested)));
  EXPECT_EQ(value_of(client().get("{t}n")), "1");
  // Who gets it in time hears nothing of the wait.
  std::latch begun(1);
  std::thread first([&] {
    value_of(one.transaction(Strings{"{t}other"}, [&](Client& reader, Transaction& writes) {
      begun.count_down();
      std::this_thread::sleep_for(50ms);
      return kIncrement(reader, writes);
    }));
  });
  begun.wait();
  EXPECT_TRUE(value_of(one.with({.timeout = 10s}).transaction(Strings{"{t}n"}, kIncrement)));
  first.join();
  EXPECT_EQ(value_of(client().get("{t}n")), "3");
}

TEST_P(Scenario, a_closed_client_ends_the_transactions_that_run_and_wait) {
  Client one = another_client({.transaction_sessions_max = 1});
  value_of(one.transaction(Strings{"{t}n"}, kIncrement));
  std::latch begun(1);
  std::atomic<bool> is_closed{false};
  std::thread waiting([&] {
    begun.wait();
    const auto refused = one.with({.timeout = 60s}).transaction(Strings{"{t}n"}, kIncrement);
    EXPECT_EQ(refused.error().code, ErrorCode::closed);
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
  });
  const auto ended = one.transaction(Strings{"{t}n"}, [&](Client& reader, Transaction& writes) {
    begun.count_down();
    std::this_thread::sleep_for(50ms);  // so that the other waits, most of the time
    one.close();
    is_closed = true;
    EXPECT_EQ(reader.get("{t}n").error().code, ErrorCode::closed);
    return kIncrement(reader, writes);
  });
  waiting.join();
  EXPECT_TRUE(is_closed);
  EXPECT_EQ(ended.error().code, ErrorCode::closed);
  EXPECT_EQ(ended.error().outcome, Outcome::not_done);
  EXPECT_EQ(one.transaction(Strings{"{t}n"}, kIncrement).error().code, ErrorCode::closed);
  EXPECT_EQ(value_of(client().get("{t}n")), "1");
}

// --- Sessions that are lost while nobody uses them

class IdleSessions : public ServerTest {
 protected:
  // So many sessions that nobody uses.
  static void leave_idle(const Client& client, int sessions) {
    std::latch all(sessions);
    std::vector<std::thread> threads;
    for (int t = 0; t < sessions; ++t) {
      threads.emplace_back([&] {
        value_of(client.transaction(Strings{"none"}, [&](Client&, Transaction&) {
          all.arrive_and_wait();
          return false;
        }));
      });
    }
    for (auto& thread : threads) thread.join();
  }
  static int64_t connections(Client& observer) {
    const std::string list = value_of(observer.command("CLIENT", "LIST", "TYPE", "normal")).text();
    return std::ranges::count(list, '\n');
  }
  // In one attempt, so that a loss that counts would be seen.
  static void expect_increment(const Client& client, const Strings& keys = {"{t}n"}) {
    const auto done = client.transaction(keys, kIncrement, 1);
    EXPECT_TRUE(done.has_value()) << done.error().message;
  }
};
INSTANTIATE_TEST_SUITE_P(Servers, IdleSessions, kServers, name_of);

TEST_P(IdleSessions, are_kept_and_go_with_the_last_client) {
  ServerProcess server(program());
  Client observer = open_or_fail(server.url());
  {
    Client client = open_or_fail(server.url());
    leave_idle(client, 6);
    EXPECT_EQ(connections(observer), 1 + 1 + 6);
    leave_idle(client, 6);
    EXPECT_EQ(connections(observer), 1 + 1 + 6);
  }
  EXPECT_TRUE(eventually([&] { return connections(observer) == 1; }));
  Client client = open_or_fail(server.url());
  leave_idle(client, 6);
  client.close();
  EXPECT_TRUE(eventually([&] { return connections(observer) == 1; }));
}

TEST_P(IdleSessions, of_a_server_that_was_started_anew_cost_nothing) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  for (const Strings& keys : {Strings{"{t}n"}, Strings{}}) {
    leave_idle(client, 12);
    server.kill();
    ASSERT_TRUE(server.start());
    int calls = 0;
    const auto done = client.transaction(
        keys,
        [&](Client& reader, Transaction& writes) {
          ++calls;
          return kIncrement(reader, writes);
        },
        1);
    EXPECT_TRUE(value_of(done));
    EXPECT_EQ(calls, 1);
    Client observer = open_or_fail(server.url());
    EXPECT_EQ(value_of(observer.get("{t}n")), "1");
    EXPECT_LE(connections(observer), 3);  // the observer's, the client's, and the one session
  }
}

TEST_P(IdleSessions, that_the_server_has_closed_cost_nothing) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url()), observer = open_or_fail(server.url());
  for (int i = 0; i < 10; ++i) {
    leave_idle(client, 10);
    value_of(observer.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}));
    expect_increment(client);
  }
  EXPECT_EQ(value_of(observer.get("{t}n")), "10");
}

// The reset arrives only as the answer to the first command.
TEST_P(IdleSessions, whose_loss_nobody_has_told_cost_nothing) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url());
  for (const Strings& keys : {Strings{"{t}n"}, Strings{}}) {
    leave_idle(client, 5);
    proxy.set(FaultProxy::Mode::cut_request, 0);  // at the first byte
    expect_increment(client, keys);
  }
  EXPECT_EQ(value_of(client.get("{t}n")), "2");
}

TEST_P(IdleSessions, that_have_gone_silent_are_asked_before_they_are_used) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?health_check_interval_ms=50&connect_timeout_ms=300");
  leave_idle(client, 5);
  std::this_thread::sleep_for(100ms);
  proxy.set(FaultProxy::Mode::hold_request);  // one connection: the one that is used next
  expect_increment(client);
  EXPECT_EQ(proxy.held(), 1);
  proxy.deliver();
  EXPECT_EQ(value_of(client.get("{t}n")), "1");
}

TEST_P(IdleSessions, of_a_server_that_takes_no_writes_any_more_are_given_up) {
  if (program() != Program::redis) GTEST_SKIP() << "the server must be able to follow another";
  ServerProcess master(program()), server(program());
  Client client = open_or_fail(server.url()), observer = open_or_fail(server.url());
  leave_idle(client, 4);
  value_of(observer.call({"REPLICAOF", "127.0.0.1", std::to_string(master.port())}));
  ASSERT_TRUE(eventually([&] { return value_of(observer.info("replication")).contains("master_link_status:up"); }));
  const auto refused = client.transaction(Strings{"{t}n"}, kIncrement, 1);
  EXPECT_FALSE(refused.has_value());
  // The observer's and the client's; none of those that were idle.
  EXPECT_TRUE(eventually([&] { return connections(observer) == 2; }));
  value_of(observer.call({"REPLICAOF", "NO", "ONE"}));
  EXPECT_TRUE(eventually([&] { return client.transaction(Strings{"{t}n"}, kIncrement).has_value(); }));
}

}  // namespace
}  // namespace redstart::scenarios
