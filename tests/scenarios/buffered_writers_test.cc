// AsyncBatchWriter and WriteBuffer over every store, and under faults: nothing is lost uncounted, nothing is turned
// round, and what they say of a write is true.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/reported.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Mode = FaultProxy::Mode;

class Buffering : public StoreTest {};
class BufferFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Buffering, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Servers, BufferFaults, kServers, name_of);

void expect_law(const WriteStats& stats) {
  EXPECT_EQ(stats.accepted,
            stats.acknowledged + stats.failed + stats.unknown + stats.pending + stats.in_flight);
  EXPECT_EQ(stats.offered, stats.accepted + stats.rejected);
}

void expect_at_rest(const WriteStats& stats) {
  expect_law(stats);
  EXPECT_EQ(stats.pending + stats.in_flight, 0u);
}

const RetryOptions kPatient{.attempts_max = 10'000, .delay_min = 5ms, .delay_max = 50ms, .give_up_after = 60s};

TEST_P(Buffering, refuses_ops_at_the_door_and_counts_them) {
  AsyncBatchWriter writer(client());
  EXPECT_EQ(writer.set("k", "v").error().code, ErrorCode::closed);
  writer.start();
  EXPECT_EQ(writer.write("NOSUCHCOMMAND", "k").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer.write("SET", "k").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer.write("BLPOP", "l", 0).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer.write("SELECT", 1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer.set("k", "v", 0ms).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(writer.zadd("z", std::nan(""), "m").error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(writer.stop().unwritten.empty());
  EXPECT_EQ(writer.set("k", "v").error().code, ErrorCode::closed);
  EXPECT_EQ(writer.stats().rejected, 8u);
  EXPECT_EQ(writer.stats().accepted, 0u);
  expect_at_rest(writer.stats());
  EXPECT_EQ(value_of(client().dbsize()), 0);
}

TEST_P(Buffering, a_full_buffer_refuses) {
  ManualWaitClock clock;
  AsyncBatchWriter writer(client(), {.queue_ops_max = 10, .clock = &clock});
  writer.start();
  for (int i = 0; i < 10; ++i) value_of(writer.write("RPUSH", "l", i));
  EXPECT_EQ(writer.write("RPUSH", "l", 10).error().code, ErrorCode::queue_full);
  EXPECT_EQ(writer.stats().pending, 10u);
  EXPECT_EQ(writer.stats().dropped, 1u);
  EXPECT_TRUE(writer.stop().in_time);
  EXPECT_EQ(value_of(client().llen("l")), 10);
  expect_at_rest(writer.stats());
}

TEST_P(Buffering, a_full_buffer_holds_up_its_callers_until_there_is_room_or_time_is_up) {
  ManualWaitClock clock;
  AsyncBatchWriter writer(client(), {.flush_interval = 1h, .queue_ops_max = 2, .when_full = WhenFull::block,
                                     .block_timeout = 1min, .clock = &clock});
  writer.start();
  for (int i = 0; i < 2; ++i) value_of(writer.write("RPUSH", "l", i));
  std::atomic<bool> refused{false};
  std::thread late([&] { refused = writer.write("RPUSH", "l", "too late").error().code == ErrorCode::queue_full; });
  EXPECT_TRUE(eventually([&] { return writer.stats().blocked == 1; }));
  EXPECT_EQ(writer.stats().offered, 2u);
  clock.advance(1min);
  late.join();
  EXPECT_TRUE(refused);
  std::thread waiting([&] { value_of(writer.write("RPUSH", "l", 2)); });
  EXPECT_TRUE(eventually([&] { return writer.stats().blocked == 1; }));
  EXPECT_TRUE(writer.flush(10s));
  waiting.join();
  EXPECT_TRUE(writer.stop().in_time);
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), (std::vector<std::string>{"0", "1", "2"}));
}

TEST_P(Buffering, a_full_buffer_gives_up_its_oldest_and_tells_which) {
  ManualWaitClock clock;
  Reported reported;
  AsyncBatchWriter writer(client(), {.queue_ops_max = 3, .when_full = WhenFull::drop_oldest,
                                     .on_unwritten = reported.function(), .clock = &clock});
  writer.start();
  for (int i = 0; i < 5; ++i) value_of(writer.write("RPUSH", "l", i));
  ASSERT_EQ(reported.size(), 2u);
  EXPECT_EQ(reported.ops[0].op, (WriteOp{"RPUSH", "l", "0"}));
  EXPECT_EQ(reported.ops[0].error.code, ErrorCode::queue_full);
  EXPECT_EQ(reported.ops[1].op[2], "1");
  EXPECT_TRUE(writer.stop().unwritten.empty());
  EXPECT_EQ(writer.stats().failed, 2u);
  EXPECT_EQ(writer.stats().dropped, 2u);
  expect_at_rest(writer.stats());
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), (std::vector<std::string>{"2", "3", "4"}));
}

TEST_P(Buffering, one_refused_op_fails_alone) {
  value_of(client().set("text", "x"));
  Reported reported;
  AsyncBatchWriter writer(client(), {.on_unwritten = reported.function()});
  writer.start();
  for (int i = 0; i < 10; ++i) value_of(writer.write("INCR", "n"));
  value_of(writer.lpush("text", "y", "z"));
  for (int i = 0; i < 10; ++i) value_of(writer.write("INCR", "n"));
  EXPECT_TRUE(writer.flush(10s));
  ASSERT_EQ(reported.size(), 1u);
  EXPECT_EQ(reported.ops[0].op, (WriteOp{"LPUSH", "text", "y", "z"}));
  EXPECT_EQ(reported.ops[0].error.code, ErrorCode::wrong_type);
  EXPECT_EQ(reported.ops[0].attempts, 1);
  EXPECT_TRUE(writer.stop().unwritten.empty());
  EXPECT_EQ(writer.stats().acknowledged, 20u);
  EXPECT_EQ(writer.stats().failed, 1u);
  EXPECT_EQ(value_of(client().get("n")), "20");
}

TEST_P(Buffering, a_callback_that_throws_stops_nobody) {
  value_of(client().set("text", "x"));
  AsyncBatchWriter writer(client(), {.on_unwritten = [](const UnwrittenOp&) { throw std::runtime_error("mine"); }});
  writer.start();
  value_of(writer.lpush("text", "y"));
  EXPECT_TRUE(writer.flush(10s));
  value_of(writer.set("later", "v"));
  writer.stop();
  EXPECT_EQ(value_of(client().get("later")), "v");
}

TEST_P(Buffering, stop_writes_everything_and_the_writer_can_be_started_again) {
  AsyncBatchWriter writer(client(), {.batch_size = 500, .flush_interval = 50ms});
  for (int round = 1; round <= 2; ++round) {
    writer.start();
    writer.start();
    for (int i = 0; i < 10'000; ++i) value_of(writer.set("key:" + std::to_string(i), std::to_string(round)));
    const StopReport left = writer.stop();
    EXPECT_TRUE(left.in_time);
    EXPECT_TRUE(left.unwritten.empty());
    EXPECT_EQ(writer.stats().acknowledged, static_cast<uint64_t>(round) * 10'000);
    expect_at_rest(writer.stats());
  }
  EXPECT_GE(writer.stats().total_batches, 40u);
  EXPECT_EQ(value_of(client().dbsize()), 10'000);
  EXPECT_EQ(value_of(client().get("key:9999")), "2");
  EXPECT_GT(writer.stats().batch_p99_ms, 0);
  EXPECT_GE(writer.stats().batch_p99_ms, writer.stats().batch_p50_ms);
}

TEST_P(Buffering, the_destructor_writes_what_waits) {
  ManualWaitClock clock;
  {
    AsyncBatchWriter writer(client(), {.clock = &clock});
    writer.start();
    value_of(writer.hset("h", "f", "v"));
    value_of(writer.zadd("z", 1.5, "m"));
  }
  EXPECT_EQ(value_of(client().hget("h", "f")), "v");
  EXPECT_EQ(value_of(client().zscore("z", "m")), 1.5);
}

TEST_P(Buffering, a_batch_leaves_when_it_is_full_or_its_oldest_op_has_waited) {
  ManualWaitClock clock;
  AsyncBatchWriter writer(client(), {.batch_size = 3, .flush_interval = 1h, .clock = &clock});
  writer.start();
  value_of(writer.set("a", "1", 1h));
  value_of(writer.set("b", "2"));
  EXPECT_EQ(writer.stats().pending, 2u);
  value_of(writer.set("c", "3"));
  EXPECT_TRUE(eventually([&] { return writer.stats().acknowledged == 3; }));
  EXPECT_EQ(writer.stats().total_batches, 1u);
  value_of(writer.set("d", "4"));
  clock.advance(59min);
  EXPECT_EQ(value_of(client().get("d")), std::nullopt);
  clock.advance(1min);
  EXPECT_TRUE(eventually([&] { return writer.stats().acknowledged == 4; }));
  EXPECT_GT(value_of(client().pttl("a")), 3'000'000);
}

TEST_P(Buffering, names_its_workers_and_starts_each_once) {
  WriteBuffer buffer(client(), {.workers = 3});
  buffer.start();
  buffer.start();
  std::multiset<std::string> names;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    std::getline(file, name);
    if (name.starts_with("WriteWorker")) names.insert(name);
  }
  EXPECT_EQ(names, (std::multiset<std::string>{"WriteWorker-0", "WriteWorker-1", "WriteWorker-2"}));
}

TEST_P(Buffering, several_workers_keep_the_order_of_each_key) {
  WriteBuffer buffer(client(), {.workers = 4, .queue_ops_max = 200, .batch_size = 7, .flush_interval = 1ms,
                                .when_full = WhenFull::block, .block_timeout = 30s});
  buffer.start();
  constexpr int kRounds = 60, kKeys = 8;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kKeys * 5; ++i) {
      value_of(buffer.write("RPUSH", "{k}list:" + std::to_string(i % kKeys), round * 1000 + i));
    }
    // Keys of two workers, most likely: all of the round must be there, and nothing of the next.
    const std::string key = "{k}list:" + std::to_string(round % kKeys);
    value_of(buffer.write("RENAME", key, "{k}round:" + std::to_string(round)));
  }
  const StopReport left = buffer.stop(30s);
  EXPECT_TRUE(left.unwritten.empty()) << (left.unwritten.empty() ? "" : left.unwritten[0].error.message);
  const auto expect_ascending = [&](const std::string& key, int highest_max) {
    const auto values = value_of(client().lrange(key, 0, -1));
    int before = -1;
    for (const auto& value : values) {
      EXPECT_GT(std::stoi(value), before) << key;
      before = std::stoi(value);
    }
    EXPECT_LE(before, highest_max) << key;
    return values.size();
  };
  size_t total = 0;
  for (int round = 0; round < kRounds; ++round) {
    total += expect_ascending("{k}round:" + std::to_string(round), round * 1000 + kKeys * 5);
  }
  for (int i = 0; i < kKeys; ++i) total += expect_ascending("{k}list:" + std::to_string(i), kRounds * 1000);
  EXPECT_EQ(total, static_cast<size_t>(kRounds * kKeys * 5));
  expect_at_rest(buffer.stats());
}

TEST_P(Buffering, an_op_without_keys_comes_after_all_before_it_and_before_all_after_it) {
  WriteBuffer buffer(client(), {.workers = 4, .batch_size = 10, .flush_interval = 1ms});
  buffer.start();
  for (int i = 0; i < 100; ++i) value_of(buffer.set("before:" + std::to_string(i), "x"));
  value_of(buffer.write(WriteOp{"FLUSHALL"}));
  for (int i = 0; i < 100; ++i) value_of(buffer.set("after:" + std::to_string(i), "x"));
  EXPECT_TRUE(buffer.stop().unwritten.empty());
  EXPECT_EQ(value_of(client().dbsize()), 100);
  EXPECT_EQ(value_of(client().get("after:0")), "x");
}

TEST_P(Buffering, counts_add_up_at_every_moment_with_sixteen_threads) {
  for (const WhenFull when_full : {WhenFull::reject, WhenFull::block, WhenFull::drop_oldest}) {
    value_of(client().flushall());
    value_of(client().set("text", "x"));
    Reported reported;
    WriteBuffer buffer(client(), {.workers = 3, .queue_ops_max = 200, .batch_size = 20, .flush_interval = 1ms,
                                  .when_full = when_full, .block_timeout = 5ms,
                                  .on_unwritten = reported.function()});
    buffer.start();
    std::atomic<bool> stop{false};
    std::thread observer([&] {
      WriteStats before;
      while (!stop) {
        const WriteStats now = buffer.stats();
        expect_law(now);
        EXPECT_GE(now.acknowledged, before.acknowledged);
        EXPECT_GE(now.failed, before.failed);
        EXPECT_GE(now.rejected, before.rejected);
        before = now;
      }
    });
    std::vector<std::thread> threads;
    std::atomic<uint64_t> refused{0};
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 300; ++i) {
          const auto written =
              i % 50 == 0 ? buffer.lpush("text", "y") : buffer.write("INCR", "n:" + std::to_string(t));
          if (!written) ++refused;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    const StopReport left = buffer.stop(30s);
    stop = true;
    observer.join();
    const WriteStats stats = buffer.stats();
    expect_at_rest(stats);
    EXPECT_EQ(stats.blocked, 0u);
    EXPECT_EQ(stats.offered, 4800u);
    EXPECT_EQ(stats.rejected, refused);
    EXPECT_EQ(stats.failed, reported.size() + left.unwritten.size());
    int64_t counted = 0;
    for (int t = 0; t < 16; ++t) {
      counted += std::stoll(value_of(client().get("n:" + std::to_string(t))).value_or("0"));
    }
    EXPECT_EQ(static_cast<uint64_t>(counted), stats.acknowledged);
  }
}

// --- Faults

TEST_P(BufferFaults, what_may_be_done_twice_survives_a_cut_and_what_may_not_is_unknown) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5");
  value_of(client.ping());
  Reported reported;
  AsyncBatchWriter writer(client, {.flush_interval = 1h, .retry = kPatient, .on_unwritten = reported.function()});
  writer.start();
  for (int i = 0; i < 50; ++i) {
    value_of(writer.write("SADD", "s", i));
    value_of(writer.write("INCR", "n"));
  }
  proxy.set(Mode::cut_reply, 20);
  EXPECT_TRUE(writer.flush(20s));
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(stats.failed, 0u);
  EXPECT_GT(stats.unknown, 0u);
  EXPECT_EQ(stats.unknown, reported.size());
  EXPECT_GT(stats.repeated, 0u);
  for (const UnwrittenOp& one : reported.ops) {
    EXPECT_EQ(one.op[0], "INCR");
    EXPECT_EQ(one.error.outcome, Outcome::unknown);
  }
  EXPECT_EQ(value_of(client.scard("s")), 50);
  EXPECT_EQ(value_of(client.get("n")), "50");
}

TEST_P(BufferFaults, at_least_once_repeats_and_counts_it) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5");
  value_of(client.ping());
  RetryOptions retry = kPatient;
  retry.at_least_once = true;
  AsyncBatchWriter writer(client, {.flush_interval = 1h, .retry = retry});
  writer.start();
  for (int i = 0; i < 20; ++i) value_of(writer.write("INCR", "n"));
  proxy.set(Mode::cut_reply, 0);
  EXPECT_TRUE(writer.flush(20s));
  expect_at_rest(writer.stats());
  EXPECT_EQ(writer.stats().acknowledged, 20u);
  const uint64_t repeated = writer.stats().repeated;
  EXPECT_GT(repeated, 0u);
  EXPECT_EQ(std::stoull(*value_of(client.get("n"))), 20 + repeated);
}

TEST_P(BufferFaults, writes_of_a_dead_time_arrive_in_order_when_the_server_is_back) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=20");
  value_of(client.ping());
  AsyncBatchWriter writer(client, {.batch_size = 10, .flush_interval = 1ms, .retry = kPatient});
  writer.start();
  server.kill();
  for (int i = 0; i < 100; ++i) value_of(writer.write("RPUSH", "l", i));
  EXPECT_TRUE(eventually([&] { return writer.stats().retried > 0; }));
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(writer.flush(30s));
  expect_at_rest(writer.stats());
  const auto values = value_of(client.lrange("l", 0, -1));
  EXPECT_EQ(values.size(), writer.stats().acknowledged);
  EXPECT_TRUE(std::ranges::is_sorted(values, {}, [](const auto& text) { return std::stoi(text); }));
  EXPECT_GE(values.size(), 90u) << "at most the batch that was on its way when the server died";
}

// Packets that are lost and sent again arrive when the write has been tried again, and a newer one is done.
TEST_P(BufferFaults, a_write_that_arrives_late_does_not_replace_a_newer_one) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url());
  Reported reported;
  WriteBuffer buffer(open_or_fail(proxy.url() + "?call_timeout_ms=200"),
                     {.retry = kPatient, .on_unwritten = reported.function()});
  buffer.start();
  value_of(buffer.write("SET", "k", "0"));
  ASSERT_TRUE(buffer.flush(10s));
  for (int round = 1; round <= 3; ++round) {
    proxy.set(FaultProxy::Mode::hold_request);
    value_of(buffer.write("SET", "k", "old"));
    ASSERT_TRUE(buffer.flush(10s));
    ASSERT_EQ(proxy.held(), 1);
    EXPECT_EQ(value_of(direct.get("k")), "old");
    value_of(buffer.write("SET", "k", "new"));
    ASSERT_TRUE(buffer.flush(10s));
    proxy.deliver();
    EXPECT_EQ(value_of(direct.get("k")), "new");
  }
  EXPECT_EQ(reported.size(), 0u);
  EXPECT_GE(buffer.stats().repeated, 3u);
}

// Others' connections have other ids, or another age.
TEST_P(BufferFaults, only_the_silent_connection_is_ended) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client other = open_or_fail(server.url());
  const auto other_id = value_of(other.client_id());
  WriteBuffer buffer(open_or_fail(proxy.url() + "?call_timeout_ms=200"), {.retry = kPatient});
  buffer.start();
  proxy.set(FaultProxy::Mode::hold_request);
  value_of(buffer.write("SET", "k", "v"));
  ASSERT_TRUE(buffer.flush(10s));
  ASSERT_EQ(proxy.held(), 1);
  EXPECT_EQ(value_of(other.client_id()), other_id);
  EXPECT_EQ(value_of(other.get("k")), "v");
}

// Where CLIENT KILL is forbidden, nobody can say that it will not arrive.
TEST_P(BufferFaults, what_may_still_arrive_is_not_repeated) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url());
  const std::string_view words[] = {"ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-client|kill"};
  ASSERT_TRUE(direct.call(words).has_value());
  Reported reported;
  const std::string address = "app:secret@127.0.0.1:" + std::to_string(proxy.port());
  WriteBuffer buffer(open_or_fail("redis://" + address + "?call_timeout_ms=200"),
                     {.retry = kPatient, .on_unwritten = reported.function()});
  buffer.start();
  value_of(buffer.write("SET", "k", "0"));
  ASSERT_TRUE(buffer.flush(10s));
  proxy.set(FaultProxy::Mode::hold_request);
  value_of(buffer.write("SET", "k", "old"));
  ASSERT_TRUE(buffer.flush(10s));
  ASSERT_EQ(reported.size(), 1u);
  EXPECT_EQ(reported.ops[0].error.outcome, Outcome::unknown);
  EXPECT_EQ(reported.ops[0].error.code, ErrorCode::not_repeated);
  EXPECT_EQ(value_of(direct.get("k")), "0");
  // What is not a repetition goes on.
  value_of(buffer.write("SET", "other", "v"));
  ASSERT_TRUE(buffer.flush(10s));
  EXPECT_EQ(value_of(direct.get("other")), "v");
  EXPECT_EQ(reported.size(), 1u);
}

TEST_P(BufferFaults, a_frozen_server_does_not_hold_up_stop_beyond_its_deadline) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  value_of(client.ping());
  AsyncBatchWriter writer(client, {.batch_size = 10, .flush_interval = 1ms});
  writer.start();
  server.freeze();
  for (int i = 0; i < 100; ++i) value_of(writer.write("RPUSH", "l", i));
  EXPECT_TRUE(eventually([&] { return writer.stats().in_flight > 0; }));
  const StopReport left = writer.stop(200ms);
  EXPECT_FALSE(left.in_time);
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(left.unwritten.size(), 100u);
  EXPECT_EQ(stats.unknown + stats.failed, 100u);
  EXPECT_GE(stats.unknown, 1u);
  for (size_t i = 0; i < left.unwritten.size(); ++i) {
    EXPECT_EQ(left.unwritten[i].op[2], std::to_string(i));
    EXPECT_EQ(left.unwritten[i].error.outcome == Outcome::unknown, i < stats.unknown);
  }
  server.thaw();
  // The late replies disturb nobody, and what was not sent is not executed.
  EXPECT_TRUE(eventually([&] { return client.llen("l").value_or(0) == static_cast<int64_t>(stats.unknown); }));
}

TEST_P(BufferFaults, a_full_memory_is_reported_op_by_op) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  value_of(client.set("data", std::string(1000, 'x')));
  value_of(client.config_set("maxmemory", "1"));
  Reported reported;
  AsyncBatchWriter writer(client, {.on_unwritten = reported.function()});
  writer.start();
  value_of(writer.set("a", "1"));
  value_of(writer.write("DEL", "b"));
  EXPECT_TRUE(writer.flush(10s));
  ASSERT_EQ(reported.size(), 1u);
  EXPECT_EQ(reported.ops[0].error.code, ErrorCode::out_of_memory);
  EXPECT_EQ(reported.ops[0].attempts, 1);
  EXPECT_EQ(writer.stats().acknowledged, 1u);
}

TEST_P(BufferFaults, what_was_acknowledged_is_there_after_a_kill_in_mid_batch) {
  ServerProcess server(program(), {"--appendonly", "yes", "--appendfsync", "always"});
  Client client = open_or_fail(server.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=20");
  Reported reported;
  WriteBuffer buffer(client, {.workers = 2, .queue_ops_max = 5000, .batch_size = 100, .flush_interval = 1ms,
                              .when_full = WhenFull::block, .block_timeout = 60s, .retry = kPatient,
                              .on_unwritten = reported.function()});
  buffer.start();
  std::atomic<bool> stop{false};
  std::thread producer([&] {
    for (int i = 0; !stop; ++i) {
      value_of(buffer.write("RPUSH", "l:" + std::to_string(i % 5), i));
      value_of(buffer.write("SADD", "s", i));
    }
  });
  EXPECT_TRUE(eventually([&] { return buffer.stats().acknowledged > 2000; }));
  server.kill();
  ASSERT_TRUE(server.start());
  const uint64_t by_then = buffer.stats().acknowledged;
  EXPECT_TRUE(eventually([&] { return buffer.stats().acknowledged > by_then + 1000; }));
  stop = true;
  producer.join();
  const StopReport left = buffer.stop(60s);
  const WriteStats stats = buffer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(stats.failed, 0u);
  EXPECT_EQ(stats.unknown, reported.size() + left.unwritten.size());
  // Of the pushes, which are done once at most: at least the acknowledged ones, at most the unknown ones besides.
  std::set<int> pushed, unknown;
  for (const auto& one : reported.ops) unknown.insert(std::stoi(one.op[2]));
  for (const auto& one : left.unwritten) unknown.insert(std::stoi(one.op[2]));
  size_t pushes = 0;
  for (int key = 0; key < 5; ++key) {
    int before = -1;
    for (const auto& value : value_of(client.lrange("l:" + std::to_string(key), 0, -1))) {
      EXPECT_GT(std::stoi(value), before) << "turned round or doubled";
      before = std::stoi(value);
      pushed.insert(before);
      ++pushes;
    }
  }
  EXPECT_EQ(pushed.size(), pushes);
  const int offered = static_cast<int>(stats.accepted / 2);
  for (int i = 0; i < offered; ++i) EXPECT_TRUE(pushed.contains(i) || unknown.contains(i)) << i << " is lost";
  EXPECT_EQ(value_of(client.scard("s")), offered);
}

// --- What only a redis-server with its persistence and replication can show

class RedisFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (path_of(Program::redis).empty()) GTEST_SKIP() << missing_text(Program::redis);
  }
};

TEST_F(RedisFaults, writes_wait_until_a_failed_snapshot_is_mended) {
  ServerProcess server(Program::redis);
  Client client = open(server.url()).value();
  const auto directory = std::filesystem::path(server.socket_path()).parent_path();
  // A directory in the place of the file: the snapshot cannot be renamed to it.
  std::filesystem::create_directories(directory / "dump.rdb" / "in the way");
  value_of(client.config_set("save", "3600 1"));
  value_of(client.set("k", "v"));
  value_of(client.call({"BGSAVE"}));
  EXPECT_TRUE(eventually([&] { return client.info("persistence")->contains("rdb_last_bgsave_status:err"); }));
  AsyncBatchWriter writer(client, {.batch_size = 10, .flush_interval = 1ms, .retry = kPatient});
  writer.start();
  for (int i = 0; i < 100; ++i) value_of(writer.write("RPUSH", "l", i));
  EXPECT_TRUE(eventually([&] { return writer.stats().retried > 0; }));
  EXPECT_EQ(writer.stats().acknowledged, 0u);
  std::filesystem::remove_all(directory / "dump.rdb");
  value_of(client.call({"BGSAVE"}));
  EXPECT_TRUE(writer.flush(30s));
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(stats.unknown, 0u);
  EXPECT_EQ(stats.repeated, 0u);
  const auto values = value_of(client.lrange("l", 0, -1));
  EXPECT_EQ(values.size(), stats.acknowledged);
  EXPECT_EQ(stats.acknowledged + stats.overtaken, 100u);
  EXPECT_TRUE(std::ranges::is_sorted(values, {}, [](const auto& text) { return std::stoi(text); }));
}

TEST_F(RedisFaults, writes_wait_until_a_replica_is_promoted) {
  ServerProcess server(Program::redis);
  Client client = open(server.url()).value();
  value_of(client.call({"REPLICAOF", "127.0.0.1", std::to_string(free_port())}));
  AsyncBatchWriter writer(client, {.flush_interval = 1ms, .retry = kPatient});
  writer.start();
  for (int i = 0; i < 50; ++i) value_of(writer.write("INCR", "n"));
  EXPECT_TRUE(eventually([&] { return writer.stats().retried > 0; }));
  value_of(client.call({"REPLICAOF", "NO", "ONE"}));
  EXPECT_TRUE(writer.flush(30s));
  expect_at_rest(writer.stats());
  EXPECT_EQ(std::stoull(*value_of(client.get("n"))), writer.stats().acknowledged);
  EXPECT_EQ(writer.stats().acknowledged + writer.stats().overtaken, 50u);
}

}  // namespace
}  // namespace redstart::scenarios
