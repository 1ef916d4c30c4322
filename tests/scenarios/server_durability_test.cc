// Calls that return when a server has what they wrote on its disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "redstart/async.h"
#include "redstart/patterns/write_buffer.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/reported.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr CallOptions kSynced{.durability = Durability::synced};
const OpenOptions kAlwaysSynced{.durability = Durability::synced};

result<Reply> call(Client& client, std::initializer_list<std::string_view> words,
                   const CallOptions& options = kSynced) {
  return client.call(WordSpan(words.begin(), words.size()), options);
}

void expect_executed_without_a_promise(const result<Reply>& outcome, ErrorCode code) {
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, code);
  EXPECT_EQ(outcome.error().outcome, Outcome::unknown);
  EXPECT_TRUE(outcome.error().message.starts_with("the write was executed, but is not known to be on disk: "))
      << outcome.error().message;
}

// --- Servers that cannot tell

class NoWaitForDisk : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, NoWaitForDisk,
                         testing::Values(StoreKind::redstart_server, StoreKind::redis_server, StoreKind::redis_cluster,
                                         StoreKind::redis_sentinel),
                         name_of);

TEST_P(NoWaitForDisk, fails_and_says_that_the_write_was_executed) {
  expect_executed_without_a_promise(call(client(), {"SET", "key", "value"}), ErrorCode::misconfigured);
  EXPECT_EQ(value_of(client().get("key")), "value");
  // Over all nodes of a cluster.
  expect_executed_without_a_promise(call(client(), {"MSET", "a", "1", "b", "2", "c", "3"}), ErrorCode::misconfigured);
  EXPECT_EQ(value_of(client().get("c")), "3");
  const BatchResult outcome =
      client().run_batch({.commands = {{"SET", "d", "1"}, {"SET", "e", "2"}}, .options = kSynced});
  for (const auto& one : outcome) expect_executed_without_a_promise(one, ErrorCode::misconfigured);
}

TEST_P(NoWaitForDisk, is_no_matter_for_what_only_reads) {
  value_of(client().set("key", "value"));
  EXPECT_EQ(value_of(call(client(), {"GET", "key"})).text(), "value");
  EXPECT_EQ(value_of(call(client(), {"PING"})).text(), "PONG");
  const BatchResult outcome = client().run_batch({.commands = {{"GET", "key"}, {"STRLEN", "key"}}, .options = kSynced});
  EXPECT_EQ(outcome[1]->as_integer(), 5);
}

TEST_P(NoWaitForDisk, leaves_a_retried_write_alone) {
  Reported reported;
  WriteBuffer buffer(another_client(kAlwaysSynced),
                     {.retry = {.attempts_max = 5, .delay_min = 1ms}, .on_unwritten = reported.function()});
  buffer.start();
  value_of(buffer.write("INCR", "counter"));
  EXPECT_TRUE(buffer.flush(10s));
  ASSERT_EQ(reported.size(), 1u);
  EXPECT_EQ(reported.ops[0].error.outcome, Outcome::unknown);
  EXPECT_EQ(value_of(client().get("counter")), "1");
}

// --- Servers that can

class ServerDurability : public testing::Test {
 protected:
  // `fsync`: "no", so that nothing is synced that nobody asked for.
  void start(const std::string& fsync = "no", const OpenOptions& options = {}) {
    if (path_of(Program::redstart).empty()) GTEST_SKIP() << missing_text(Program::redstart);
    server_.emplace(Program::redstart, std::vector<std::string>{"--appendonly", "yes", "--appendfsync", fsync});
    client_.emplace(open(server_->url(), options).value());
    observer_.emplace(open(server_->url()).value().dedicated().value());
  }
  Client& client() { return *client_; }
  void write_earlier() {
    value_of(observer_->incr("earlier"));
    EXPECT_FALSE(is_observed_synced());
  }
  // Whether the observer's last write is on the server's disk now.
  bool is_observed_synced() {
    value_of(observer_->call({"MULTI"}));
    value_of(observer_->call({"WAITAOF", "1", "0", "0"}));
    return value_of(observer_->call({"EXEC"}))[0][0].as_integer() == 1;
  }
  // The server's address of the connection on which WAITAOF was called.
  std::string waiting_connection() {
    const std::string list = value_of(observer_->call({"CLIENT", "LIST"})).text();
    const size_t end = list.find(" cmd=waitaof"), begin = list.rfind("id=", end) + 3;
    return list.substr(begin, list.find(' ', begin) - begin);
  }

  std::optional<ServerProcess> server_;
  std::optional<Client> client_, observer_;
};

#define START_OR_SKIP(...) \
  start(__VA_ARGS__);      \
  if (IsSkipped()) return

TEST_F(ServerDurability, waits_neither_for_what_only_reads_nor_for_what_was_refused) {
  START_OR_SKIP();
  write_earlier();
  EXPECT_TRUE(call(client(), {"GET", "key"})->is_null());
  EXPECT_EQ(value_of(call(client(), {"PING"})).text(), "PONG");
  EXPECT_EQ(value_of(call(client(), {"EVAL_RO", "return 5", "0"})).as_integer(), 5);
  value_of(call(client(), {"SET", "key", "value"}, {}));
  EXPECT_FALSE(is_observed_synced());
  EXPECT_EQ(call(client(), {"RPUSH", "key", "x"}).error().code, ErrorCode::wrong_type);
}

// A log has one order: when a later write is on disk, so is an earlier one.
TEST_F(ServerDurability, has_the_write_on_the_servers_disk_when_the_call_returns) {
  START_OR_SKIP();
  for (int i = 0; i < 10; ++i) {
    write_earlier();
    value_of(client().set("ordinary", "value"));
    EXPECT_FALSE(is_observed_synced());
    EXPECT_EQ(value_of(call(client(), {"SET", "key", "value"})).text(), "OK");
    EXPECT_TRUE(is_observed_synced());
  }
}

TEST_F(ServerDurability, can_be_the_clients_own) {
  START_OR_SKIP("no", kAlwaysSynced);
  write_earlier();
  value_of(call(client(), {"SET", "key", "value"}, {.durability = Durability::written}));
  EXPECT_FALSE(is_observed_synced());
  value_of(client().set("key", "value"));
  EXPECT_TRUE(is_observed_synced());
}

TEST_F(ServerDurability, is_that_of_a_client_with_options) {
  START_OR_SKIP();
  Client careful = client().with({.durability = Durability::synced});
  const auto expect_synced = [&](auto&& write) {
    write_earlier();
    write();
    EXPECT_TRUE(is_observed_synced());
  };
  expect_synced([&] { value_of(careful.set("key", "value")); });
  expect_synced([&] { value_of(careful.async().incr("n").future().get()); });
  expect_synced([&] {
    auto pipeline = careful.pipeline();
    pipeline.incr("n");
    value_of(pipeline.run());
  });
  const std::vector<std::string> keys = {"n"};
  expect_synced([&] {
    value_of(careful.transaction(keys, [](Client&, Transaction& writes) {
      writes.incr("n");
      return true;
    }));
  });
  write_earlier();
  value_of(call(careful, {"SET", "key", "value"}, {.durability = Durability::written}));
  value_of(client().set("key", "value"));
  EXPECT_FALSE(is_observed_synced());
}

TEST_F(ServerDurability, is_that_of_batches_pipelines_and_transactions) {
  START_OR_SKIP("no", kAlwaysSynced);
  write_earlier();
  const BatchResult outcome =
      client().run_batch({.commands = {{"SET", "a", "1"}, {"INCR", "a"}, {"GET", "a"}}, .options = {}});
  ASSERT_EQ(outcome.size(), 3u);
  EXPECT_EQ(outcome[2]->text(), "2");
  EXPECT_TRUE(is_observed_synced());
  write_earlier();
  auto pipeline = client().pipeline();
  const auto first = pipeline.incr("a");
  value_of(pipeline.run());
  EXPECT_EQ(value_of(*first), 3);
  EXPECT_TRUE(is_observed_synced());
  write_earlier();
  auto transaction = client().transaction();
  const auto second = transaction.incr("a");
  value_of(static_cast<Pipeline&>(transaction).run());
  EXPECT_EQ(value_of(*second), 4);
  EXPECT_TRUE(is_observed_synced());
  write_earlier();
  const std::vector<std::string> keys = {"a"};
  EXPECT_TRUE(value_of(client().transaction(keys, [](Client& reader, Transaction& queued) {
    queued.set("b", *value_of(reader.get("a")));
    return true;
  })));
  EXPECT_EQ(value_of(client().get("b")), "4");
  EXPECT_TRUE(is_observed_synced());
}

TEST_F(ServerDurability, of_sessions_begins_behind_their_exec) {
  START_OR_SKIP("no", kAlwaysSynced);
  Client session = client().dedicated().value();
  write_earlier();
  value_of(session.call({"MULTI"}));
  EXPECT_EQ(value_of(session.call({"SET", "key", "value"})).text(), "QUEUED");
  EXPECT_EQ(value_of(session.call({"EXEC"})).size(), 1u);
  EXPECT_TRUE(is_observed_synced());
  write_earlier();
  value_of(session.set("key", "value"));
  EXPECT_TRUE(is_observed_synced());
}

TEST_F(ServerDurability, holds_for_commands_that_block) {
  START_OR_SKIP();
  auto moved = std::async(std::launch::async,
                          [&] { return call(client(), {"BLMOVE", "from", "to", "LEFT", "LEFT", "0"}); });
  EXPECT_TRUE(eventually([&] { return value_of(observer_->info("clients")).contains("blocked_clients:1"); }));
  value_of(observer_->rpush("from", "element"));
  EXPECT_EQ(value_of(moved.get()).text(), "element");
  EXPECT_TRUE(is_observed_synced());
}

TEST_F(ServerDurability, is_found_out_anew_where_an_idle_connection_was_lost) {
  START_OR_SKIP();
  value_of(call(client(), {"SET", "key", "value"}));
  for (int i = 0; i < 10; ++i) {
    value_of(observer_->call({"CLIENT", "KILL", "ID", waiting_connection()}));
    // The client may have sent it before it heard of the loss.
    const auto next = call(client(), {"INCR", "n"});
    if (!next) {
      EXPECT_EQ(next.error().code, ErrorCode::connection_lost);
      EXPECT_EQ(next.error().outcome, Outcome::unknown);
    }
    value_of(observer_->call({"SET", "key", "value"}));
    const CallOptions repeatable{.idempotent = true, .durability = Durability::synced};
    EXPECT_EQ(value_of(call(client(), {"SET", "key", "value"}, repeatable)).text(), "OK");
    EXPECT_TRUE(is_observed_synced());
  }
}

TEST_F(ServerDurability, is_unknown_when_the_connection_is_lost_behind_the_write) {
  START_OR_SKIP();
  FaultProxy proxy(server_->port());
  Client client = open(proxy.url()).value();
  value_of(call(client, {"SET", "warm", "up"}));
  proxy.set(FaultProxy::Mode::cut_reply, static_cast<int64_t>(std::string_view("+PONG\r\n:1\r\n").size()));
  expect_executed_without_a_promise(call(client, {"INCR", "n"}), ErrorCode::connection_lost);
  EXPECT_EQ(value_of(this->client().get("n")), "1");
  EXPECT_TRUE(eventually([&] { return client.ping().has_value(); }));
  EXPECT_EQ(value_of(call(client, {"INCR", "n"})).as_integer(), 2);
}

TEST_F(ServerDurability, keeps_the_order_of_each_thread) {
  START_OR_SKIP("everysec");
  constexpr int kThreads = 4, kWrites = 400;
  std::atomic<int> failures{0}, answered{0};
  const auto write = [&](int thread) {
    const std::string key = "list:" + std::to_string(thread);
    for (int i = 0; i < kWrites; ++i) {
      const CallOptions options = i * 5 % 7 < 3 ? kSynced : CallOptions();
      const std::string value = std::to_string(i);
      if (i % 11 == 0) {
        if (!call(client(), {"RPUSH", key, value}, options)) ++failures;
        ++answered;
        continue;
      }
      client().submit({.commands = {{"RPUSH", key, value}}, .atomic = i % 13 == 0, .options = options},
                      [&](BatchResult outcome) {
                        if (!outcome[0]) ++failures;
                        ++answered;
                      });
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(write, i);
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] { return answered == kThreads * kWrites; }));
  EXPECT_EQ(failures, 0);
  for (int i = 0; i < kThreads; ++i) {
    const auto values = value_of(client().lrange("list:" + std::to_string(i), 0, -1));
    ASSERT_EQ(values.size(), size_t{kWrites});
    for (int k = 0; k < kWrites; ++k) EXPECT_EQ(values[static_cast<size_t>(k)], std::to_string(k));
  }
}

// What is put off while the server loads is tried again behind others, so here it is not.
TEST_F(ServerDurability, keeps_the_order_of_each_thread_when_the_server_is_killed_in_between) {
  START_OR_SKIP("everysec", {.reconnect_delay_min = 1ms, .reconnect_delay_max = 10ms, .retries_max = 0});
  constexpr int kThreads = 3;
  std::atomic<bool> stop{false};
  std::atomic<int> total{0};
  struct Written {
    std::mutex mutex;
    std::condition_variable answered;
    int under_way = 0;
    std::set<int> acknowledged;
  };
  std::vector<Written> written(kThreads);
  const auto write = [&](int thread) {
    Written& mine = written[static_cast<size_t>(thread)];
    for (int i = 0; !stop; ++i) {
      {
        std::unique_lock lock(mine.mutex);
        mine.answered.wait(lock, [&] { return mine.under_way < 50; });
        ++mine.under_way;
      }
      client().submit({.commands = {{"RPUSH", "list:" + std::to_string(thread), std::to_string(i)}},
                       .options = i * 5 % 7 < 3 ? kSynced : CallOptions()},
                      [&, i](BatchResult outcome) {
                        const std::lock_guard lock(mine.mutex);
                        if (outcome[0]) mine.acknowledged.insert(i);
                        if (outcome[0]) ++total;
                        --mine.under_way;
                        mine.answered.notify_one();
                      });
    }
    std::unique_lock lock(mine.mutex);
    mine.answered.wait(lock, [&] { return mine.under_way == 0; });
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(write, i);
  EXPECT_TRUE(eventually([&] { return total > 1000; }));
  server_->kill();
  EXPECT_TRUE(server_->start());
  const int by_then = total;
  EXPECT_TRUE(eventually([&] { return total > by_then + 1000; }));
  stop = true;
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    std::set<int> kept;
    for (const auto& text : value_of(client().lrange("list:" + std::to_string(i), 0, -1))) {
      const int value = std::stoi(text);
      EXPECT_TRUE(kept.empty() || value > *kept.rbegin()) << value << " was turned round or doubled";
      kept.insert(value);
    }
    EXPECT_TRUE(std::ranges::includes(kept, written[static_cast<size_t>(i)].acknowledged));
  }
}

TEST_F(ServerDurability, loses_nothing_that_a_buffer_calls_acknowledged) {
  START_OR_SKIP("everysec", kAlwaysSynced);
  Reported reported;
  WriteBuffer buffer(client(), {.workers = 2, .queue_ops_max = 1000, .batch_size = 50, .flush_interval = 1ms,
                                .when_full = WhenFull::block, .block_timeout = 60s,
                                .retry = {.attempts_max = 1}, .on_unwritten = reported.function()});
  buffer.start();
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread producer([&] {
    for (; !stop; ++written) value_of(buffer.write("RPUSH", "l:" + std::to_string(written % 5), written.load()));
  });
  EXPECT_TRUE(eventually([&] { return buffer.stats().acknowledged > 1000; }));
  server_->kill();
  stop = true;
  producer.join();
  for (const auto& op : buffer.stop(60s).unwritten) reported.function()(op);
  ASSERT_TRUE(server_->start());
  std::set<std::string> kept;
  Client after = open(server_->url()).value();
  for (int key = 0; key < 5; ++key) {
    for (auto& value : value_of(after.lrange("l:" + std::to_string(key), 0, -1))) kept.insert(std::move(value));
  }
  std::set<std::string> doubtful;
  for (const auto& op : reported.ops) doubtful.insert(op.op[2]);
  EXPECT_EQ(buffer.stats().acknowledged + doubtful.size(), static_cast<uint64_t>(written));
  for (int i = 0; i < written; ++i) {
    const std::string value = std::to_string(i);
    EXPECT_TRUE(doubtful.contains(value) || kept.contains(value)) << value << " was acknowledged and is lost";
  }
}

}  // namespace
}  // namespace redstart::scenarios
