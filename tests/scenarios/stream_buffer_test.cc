// StreamBuffer over every store, and under faults: each op takes effect once, in the order of its key.
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <random>
#include <set>

#include "tests/scenarios/child_process.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/reported.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Mode = FaultProxy::Mode;

class Streaming : public StoreTest {};
class StreamFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Streaming, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Servers, StreamFaults, kServers, name_of);

TEST_P(Streaming, refuses_what_no_script_can_execute) {
  StreamBuffer buffer(client());
  for (const WriteOp& op : {WriteOp{}, WriteOp{"NOSUCH", "k"}, WriteOp{"SET", "k"}, WriteOp{"BLPOP", "k", "0"},
                            WriteOp{"SUBSCRIBE", "c"}, WriteOp(3901, "RPUSH")}) {
    EXPECT_EQ(buffer.write(op).error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(buffer.stats().buffered.rejected, 6u);
  EXPECT_EQ(value_of(buffer.depth()), 0u);
}

TEST_P(Streaming, a_full_stream_refuses_and_drops_nothing) {
  StreamBuffer buffer(client(), {.length_max = 3});
  for (int i = 0; i < 3; ++i) value_of(buffer.write({"RPUSH", "l", std::to_string(i)}));
  EXPECT_EQ(buffer.write({"RPUSH", "l", "3"}).error().code, ErrorCode::queue_full);
  EXPECT_EQ(value_of(buffer.process()), 3u);
  value_of(buffer.write({"RPUSH", "l", "4"}));
  EXPECT_EQ(value_of(buffer.process()), 1u);
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), (std::vector<std::string>{"0", "1", "2", "4"}));
  const WriteStats stats = buffer.stats().buffered;
  EXPECT_EQ(stats.offered, 5u);
  EXPECT_EQ(stats.rejected, 1u);
  EXPECT_EQ(stats.acknowledged, 4u);
}

TEST_P(Streaming, a_full_stream_holds_up_its_writers_until_there_is_room) {
  StreamBuffer buffer(client(), {.length_max = 1, .when_full = WhenFull::block, .block_timeout = 30s});
  value_of(buffer.write({"INCR", "n"}));
  std::thread waiting([&] { value_of(buffer.write({"INCR", "n"})); });
  // One pass applies both when the second is written while it is under way.
  size_t applied = 0;
  EXPECT_TRUE(eventually([&] { return (applied += value_of(buffer.process())) == 2; }));
  waiting.join();
  EXPECT_EQ(value_of(client().get("n")), "2");
  ManualWaitClock clock;
  StreamBuffer impatient(client(), {.length_max = 1, .when_full = WhenFull::block, .block_timeout = 0ms,
                                    .clock = &clock});
  value_of(impatient.write({"INCR", "n"}));
  EXPECT_EQ(impatient.write({"INCR", "n"}).error().code, ErrorCode::queue_full);
}

TEST_P(Streaming, a_full_stream_gives_up_its_oldest_and_tells_which) {
  Reported reported;
  StreamBuffer buffer(client(), {.length_max = 2, .when_full = WhenFull::drop_oldest,
                                 .on_unwritten = reported.function()});
  for (int i = 0; i < 4; ++i) value_of(buffer.write({"RPUSH", "l", std::to_string(i)}));
  ASSERT_EQ(reported.ops.size(), 2u);
  EXPECT_EQ(reported.ops[0].op, (WriteOp{"RPUSH", "l", "0"}));
  EXPECT_EQ(reported.ops[1].op, (WriteOp{"RPUSH", "l", "1"}));
  EXPECT_EQ(buffer.stats().buffered.dropped, 2u);
  EXPECT_EQ(value_of(buffer.process()), 2u);
}

TEST_P(Streaming, applies_the_oldest_first_and_leaves_the_rest) {
  StreamBuffer buffer(client());
  for (int i = 0; i < 1000; ++i) value_of(buffer.write({"SET", "key:" + std::to_string(i), std::to_string(i)}));
  EXPECT_EQ(value_of(buffer.process(100)), 100u);
  EXPECT_EQ(value_of(buffer.depth()), 900u);
  EXPECT_EQ(value_of(client().get("key:99")), "99");
  EXPECT_EQ(value_of(client().get("key:100")), std::nullopt);
  EXPECT_EQ(value_of(buffer.process(10'000)), 900u);
  EXPECT_EQ(value_of(buffer.depth()), 0u);
  EXPECT_EQ(buffer.stats().applied, 1000u);
}

TEST_P(Streaming, keeps_every_byte_of_an_op) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  StreamBuffer buffer(client());
  value_of(buffer.write({"HSET", bytes, bytes + "f", "", "n", "1.50"}));
  value_of(buffer.write({"ZADD", "z", "0.1", bytes}));
  EXPECT_EQ(value_of(buffer.process()), 2u);
  EXPECT_EQ(value_of(client().hget(bytes, bytes + "f")), "");
  EXPECT_EQ(value_of(client().hget(bytes, "n")), "1.50");
  EXPECT_EQ(value_of(client().zscore("z", bytes)), 0.1);
}

class StreamingApply : public Streaming {};
INSTANTIATE_TEST_SUITE_P(Stores, StreamingApply, kAllStores, name_of);

TEST_P(StreamingApply, a_refused_op_holds_up_its_key_alone_and_becomes_a_dead_letter) {
  if (is_cluster()) GTEST_SKIP() << "applying and acknowledging as one takes keys in the slot of the stream";
  for (const StreamApply apply : {StreamApply::together, StreamApply::apart}) {
    if (is_cluster() && apply == StreamApply::together) continue;  // the keys are in several slots
    value_of(client().flushall());
    value_of(client().set("text", "x"));
    Reported reported;
    StreamBuffer buffer(client(), {.attempts_max = 3, .apply = apply, .on_unwritten = reported.function()});
    value_of(buffer.write({"RPUSH", "text", "poison"}));
    value_of(buffer.write({"RPUSH", "other", "1"}));
    value_of(buffer.write({"APPEND", "text", "y"}));
    value_of(buffer.write({"RPUSH", "other", "2"}));
    EXPECT_EQ(value_of(buffer.process()), 2u);
    EXPECT_EQ(value_of(client().get("text")), "x") << "an op has overtaken another of its key";
    EXPECT_EQ(value_of(buffer.depth()), 2u);
    EXPECT_EQ(value_of(buffer.process()), 0u);
    EXPECT_TRUE(reported.ops.empty());
    EXPECT_EQ(value_of(buffer.process()), 1u);
    EXPECT_EQ(value_of(client().get("text")), "xy");
    ASSERT_EQ(reported.ops.size(), 1u);
    EXPECT_EQ(reported.ops[0].op, (WriteOp{"RPUSH", "text", "poison"}));
    EXPECT_EQ(reported.ops[0].error.code, ErrorCode::wrong_type);
    auto letters = value_of(buffer.dead_letters());
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].op, (WriteOp{"RPUSH", "text", "poison"}));
    EXPECT_EQ(letters[0].attempts, 3);
    EXPECT_NE(letters[0].reason.find("WRONGTYPE"), std::string::npos);
    EXPECT_EQ(value_of(buffer.depth()), 0u);
    // Its cause is mended: it may live again, once.
    value_of(client().del("text"));
    EXPECT_TRUE(value_of(buffer.revive(letters[0].id)));
    EXPECT_FALSE(value_of(buffer.revive(letters[0].id)));
    EXPECT_EQ(value_of(buffer.process()), 1u);
    EXPECT_EQ(value_of(client().lrange("text", 0, -1)), (std::vector<std::string>{"poison"}));
    EXPECT_EQ(value_of(client().exists("{write_buffer}:attempts")), false);
  }
}

TEST_P(Streaming, an_entry_that_is_no_op_becomes_a_dead_letter_at_once) {
  StreamBuffer buffer(client());
  value_of(client().xadd("write_buffer", {{"target_key", "k"}, {"data", "{not json"}}));
  value_of(client().xadd("write_buffer", {{"command", "FLUSHEVERYTHING"}, {"argument", "k"}}));
  value_of(buffer.write({"INCR", "n"}));
  EXPECT_EQ(value_of(buffer.process()), 1u);
  const auto letters = value_of(buffer.dead_letters());
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_TRUE(letters[0].op.empty());
  EXPECT_EQ(letters[0].reason, "the entry is no op");
  EXPECT_EQ(letters[1].op[0], "FLUSHEVERYTHING");
  EXPECT_EQ(value_of(client().get("n")), "1");
}

TEST_P(Streaming, the_longest_op_is_applied_and_buried_as_any_other) {
  value_of(client().set("{write_buffer}:text", "x"));
  StreamBuffer buffer(client(), {.attempts_max = 1});
  WriteOp op(3900, "element");
  op[0] = "RPUSH";
  op[1] = "{write_buffer}:list";
  value_of(buffer.write(op));
  op[1] = "{write_buffer}:text";
  value_of(buffer.write(op));
  EXPECT_EQ(value_of(buffer.process()), 1u);
  EXPECT_EQ(value_of(client().llen("{write_buffer}:list")), 3898);
  const auto letters = value_of(buffer.dead_letters());
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].op, op);
}

TEST_P(Streaming, ops_without_keys_keep_their_place) {
  if (is_cluster()) GTEST_SKIP() << "FLUSHALL by itself takes the lease along, and the rest waits for another";
  if (is_cluster()) GTEST_SKIP() << "applying and acknowledging as one takes keys in the slot of the stream";
  value_of(client().set("text", "x"));
  StreamBuffer buffer(client(), {.attempts_max = 1});
  value_of(buffer.write({"SET", "a", "1"}));
  value_of(buffer.write({"LPUSH", "text", "poison"}));
  value_of(buffer.write({"FLUSHALL"}));
  value_of(buffer.write({"SET", "b", "2"}));
  // FLUSHALL takes the stream along, and what is behind it.
  EXPECT_GE(value_of(buffer.process()), 2u);
  EXPECT_EQ(value_of(client().get("a")), std::nullopt);
  value_of(buffer.write({"SET", "c", "3"}));
  EXPECT_TRUE(eventually([&] { return buffer.process().value_or(0) == 1; }));
  EXPECT_EQ(value_of(client().get("c")), "3");
}

TEST_P(Streaming, what_another_consumer_has_read_and_left_is_taken_over_in_order) {
  StreamBuffer buffer(client());
  for (int i = 0; i < 20; ++i) value_of(buffer.write({"RPUSH", "l", std::to_string(i)}));
  value_of(client().call({"XGROUP", "CREATE", "write_buffer", "writers", "0"}));
  const std::pair<std::string, std::string> source[] = {{"write_buffer", ">"}};
  value_of(client().xreadgroup("writers", "the dead", source, {.count = 10}));
  EXPECT_EQ(value_of(buffer.process()), 20u);
  EXPECT_EQ(buffer.stats().taken_over, 10u);
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), expected);
  EXPECT_EQ(value_of(client().xpending("write_buffer", "writers")).count, 0);
}

// The store, but for one reply: that to the first script which gives out the lease.
class LosesLeaseReply final : public Backend {
 public:
  explicit LosesLeaseReply(Client store) : store_(std::move(store)) {}
  result<Reply> call(WordSpan words, const CallOptions& options) override {
    auto reply = store_.backend()->call(words, options);
    const bool gives_lease = words.size() == 6 && words[2] == "1" && words[3].ends_with(":owner");
    if (is_lost_ || !gives_lease || !reply || reply->is_error()) return reply;
    is_lost_ = true;
    return std::unexpected(Error{ErrorCode::connection_lost, Outcome::unknown, "lost on the way"});
  }
  void submit(Batch batch, BatchDone done) override { store_.submit(std::move(batch), std::move(done)); }
  result<std::unique_ptr<Backend>> dedicated() override { return store_.backend()->dedicated(); }
  void set_push_handler(PushHandler) override {}
  void close() override {}
  bool has_lost() const { return is_lost_; }

 private:
  const Client store_;
  bool is_lost_ = false;
};

// It has the lease and does not know of it: the next time it is told that the lease was its own already.
TEST_P(Streaming, what_another_has_read_is_taken_over_although_the_reply_with_the_lease_was_lost) {
  const auto lossy = std::make_shared<LosesLeaseReply>(client());
  StreamBuffer buffer{Client(lossy)};
  for (int i = 0; i < 4; ++i) value_of(buffer.write({"RPUSH", "l", std::to_string(i)}));
  value_of(client().call({"XGROUP", "CREATE", "write_buffer", "writers", "0"}));
  const std::pair<std::string, std::string> source[] = {{"write_buffer", ">"}};
  value_of(client().xreadgroup("writers", "the dead", source, {.count = 2}));
  EXPECT_FALSE(buffer.process().has_value());
  ASSERT_TRUE(lossy->has_lost());
  EXPECT_EQ(value_of(buffer.process()), 4u);
  EXPECT_EQ(value_of(client().lrange("l", 0, -1)), (std::vector<std::string>{"0", "1", "2", "3"}));
}

TEST_P(Streaming, one_processor_has_the_lease_and_another_follows_when_it_lets_go) {
  StreamBuffer first(client()), second(client());
  EXPECT_EQ(value_of(first.process()), 0u);
  value_of(first.write({"INCR", "n"}));
  EXPECT_EQ(value_of(second.process()), 0u);
  EXPECT_FALSE(second.stats().has_lease);
  EXPECT_TRUE(first.stats().has_lease);
  first.start();
  EXPECT_TRUE(eventually([&] { return first.stats().applied == 1; }));
  EXPECT_TRUE(first.stop());
  value_of(first.write({"INCR", "n"}));
  EXPECT_EQ(value_of(second.process()), 1u);
  EXPECT_EQ(value_of(client().get("n")), "2");
}

TEST_P(Streaming, a_processor_that_lost_its_lease_applies_nothing) {
  StreamBuffer stale(client()), fresh(client());
  value_of(stale.write({"INCR", "n"}));
  EXPECT_EQ(value_of(stale.process()), 1u);
  // As if it had been silent for longer than its lease.
  value_of(client().del("{write_buffer}:owner"));
  EXPECT_EQ(value_of(fresh.process()), 0u);
  value_of(fresh.write({"INCR", "n"}));
  EXPECT_EQ(value_of(stale.process()), 0u);
  EXPECT_EQ(value_of(client().get("n")), "1");
  EXPECT_EQ(value_of(fresh.process()), 1u);
}

TEST_P(Streaming, several_writers_and_processors_do_each_op_once_and_in_order) {
  constexpr int kThreads = 4, kOps = 100;
  std::vector<std::unique_ptr<StreamBuffer>> buffers;
  for (int i = 0; i < 3; ++i) {
    buffers.push_back(std::make_unique<StreamBuffer>(
        client(), StreamBufferOptions{.batch_size = 7, .interval = 1ms, .lease = 200ms}));
    buffers.back()->start();
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kOps; ++i) {
        value_of(buffers[0]->write({"RPUSH", "l:" + std::to_string(t), std::to_string(i)}));
        value_of(buffers[0]->write({"INCR", "n"}));
      }
    });
  }
  // The one that works is stopped in between, and another goes on.
  for (auto& buffer : buffers) {
    EXPECT_TRUE(eventually([&] { return buffer->stats().applied > 0 || value_of(buffer->depth()) == 0; }));
    if (buffer != buffers.back()) {
      EXPECT_TRUE(buffer->stop());
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] { return value_of(buffers[0]->depth()) == 0; }));
  EXPECT_EQ(value_of(client().get("n")), std::to_string(kThreads * kOps));
  for (int t = 0; t < kThreads; ++t) {
    std::vector<std::string> expected;
    for (int i = 0; i < kOps; ++i) expected.push_back(std::to_string(i));
    EXPECT_EQ(value_of(client().lrange("l:" + std::to_string(t), 0, -1)), expected);
  }
  // The store has applied an op a moment before its processor counts it.
  const auto applied = [&] {
    uint64_t sum = 0;
    for (auto& buffer : buffers) sum += buffer->stats().applied;
    return sum;
  };
  const uint64_t written = 2 * kThreads * kOps;
  eventually([&] { return applied() == written; });
  EXPECT_EQ(applied(), written);
}

TEST_P(Streaming, what_may_have_been_executed_by_itself_is_not_executed_again) {
  Reported reported;
  StreamBuffer buffer(client(), {.apply = StreamApply::apart, .on_unwritten = reported.function()});
  const std::string counted = value_of(buffer.write({"INCR", "n"}));
  const std::string set = value_of(buffer.write({"SET", "k", "v"}));
  // A processor has begun both and died before it could tell.
  value_of(client().hset("{write_buffer}:attempts", counted + ":begun", "1"));
  EXPECT_EQ(value_of(buffer.process()), 1u);
  EXPECT_EQ(value_of(client().get("n")), std::nullopt);
  EXPECT_EQ(value_of(client().get("k")), "v");
  ASSERT_EQ(reported.ops.size(), 1u);
  EXPECT_EQ(reported.ops[0].error.outcome, Outcome::unknown);
  EXPECT_EQ(value_of(buffer.dead_letters()).size(), 1u);
}

TEST_P(Streaming, tells_when_the_store_may_evict_the_buffer) {
  if (is_remote()) GTEST_SKIP() << "the servers are shared with other tests";
  Client own = open("memory:").value();
  StreamBuffer buffer(own);
  EXPECT_EQ(value_of(buffer.check()), "");
  value_of(own.config_set("maxmemory", "100mb"));
  EXPECT_EQ(value_of(buffer.check()), "");
  value_of(own.config_set("maxmemory-policy", "allkeys-lru"));
  EXPECT_NE(value_of(buffer.check()).find("allkeys-lru"), std::string::npos);
}

// --- Faults

TEST_P(StreamFaults, a_cut_between_effect_and_reply_repeats_nothing) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5");
  StreamBuffer buffer(client, {.retry = {.attempts_max = 50, .delay_min = 1ms, .delay_max = 10ms}});
  value_of(buffer.write({"INCR", "n"}));
  proxy.set(Mode::cut_reply, 0);
  value_of(buffer.write({"INCR", "n"}));
  EXPECT_EQ(buffer.stats().buffered.retried, 1u);
  EXPECT_EQ(value_of(buffer.depth()), 2u) << "stored twice";
  EXPECT_EQ(value_of(buffer.process()), 2u);
  for (int i = 0; i < 50; ++i) value_of(buffer.write({"INCR", "n"}));
  // The lease is answered in four bytes, the entries in some thousand; somewhere in between and behind.
  for (const int bytes : {0, 4, 100, 3000, 6000}) {
    proxy.set(Mode::cut_reply, bytes);
    (void)buffer.process(10);
  }
  proxy.set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return buffer.process().has_value() && buffer.depth().value_or(1) == 0; }));
  EXPECT_EQ(value_of(client.get("n")), "52");
  EXPECT_EQ(value_of(buffer.dead_letters()).size(), 0u);
}

TEST_P(StreamFaults, a_full_memory_is_waited_for_and_what_frees_memory_goes_on) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  value_of(client.set("large", std::string(100'000, 'x')));
  // In a script the store looks at its memory only before the first write.
  StreamBuffer buffer(client, {.attempts_max = 2, .apply = StreamApply::apart});
  for (int i = 0; i < 5; ++i) value_of(buffer.write({"RPUSH", "l", std::to_string(i)}));
  value_of(buffer.write({"DEL", "large"}));
  EXPECT_EQ(value_of(buffer.process(1)), 1u);  // the lease needs memory the first time
  value_of(client.config_set("maxmemory", "1"));
  EXPECT_EQ(buffer.write({"SET", "k", "v"}).error().code, ErrorCode::out_of_memory);
  EXPECT_EQ(value_of(buffer.process()), 1u);
  EXPECT_EQ(value_of(client.exists("large")), false);
  EXPECT_EQ(buffer.stats().put_off, 1u);
  EXPECT_EQ(value_of(buffer.process()), 0u);
  EXPECT_EQ(value_of(buffer.process()), 0u);
  value_of(client.config_set("maxmemory", "0"));
  EXPECT_EQ(value_of(buffer.process()), 4u);
  EXPECT_EQ(value_of(client.lrange("l", 0, -1)), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(buffer.stats().dead_letters, 0u);
}

TEST_P(StreamFaults, the_processor_survives_a_dead_time_of_the_store) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=20");
  std::atomic<int> errors{0};
  StreamBuffer buffer(client, {.interval = 1ms, .on_error = [&](const Error&) { ++errors; }});
  buffer.start();
  value_of(buffer.write({"INCR", "n"}));
  EXPECT_TRUE(eventually([&] { return buffer.stats().applied == 1; }));
  server.kill();
  EXPECT_TRUE(eventually([&] { return errors > 0; }));
  ASSERT_TRUE(server.start());  // empty: it keeps nothing
  EXPECT_TRUE(eventually([&] { return buffer.write({"INCR", "n"}).has_value(); }));
  EXPECT_TRUE(eventually([&] { return client.get("n").value_or(std::nullopt) == "1"; }));
  EXPECT_TRUE(buffer.stop());
}

// Runs in a process of its own, until it is killed.
TEST(DISABLED_Child, applies_a_stream_until_it_is_killed) {
  Client client = open(std::getenv("CHILD_URL")).value();
  StreamBuffer buffer(client, {.batch_size = 5, .interval = 1ms, .lease = 100ms});
  buffer.start();
  while (true) ::pause();
}

TEST_P(StreamFaults, processors_that_are_killed_lose_and_repeat_nothing) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  StreamBuffer buffer(client);
  constexpr int kOps = 4000, kKills = 4;
  std::thread writer([&] {
    for (int i = 0; i < kOps; ++i) value_of(buffer.write({"RPUSH", "l:" + std::to_string(i % 7), std::to_string(i)}));
  });
  std::mt19937 random(7);
  for (int kill = 0; kill <= kKills; ++kill) {
    ChildProcess child("DISABLED_Child.applies_a_stream_until_it_is_killed", {{"CHILD_URL", server.url()}});
    const auto length = [&] {
      int64_t total = 0;
      for (int key = 0; key < 7; ++key) total += value_of(client.llen("l:" + std::to_string(key)));
      return total;
    };
    const int64_t wanted = kill == kKills ? kOps : std::min<int64_t>(kOps, length() + 1 + random() % 300);
    EXPECT_TRUE(becomes_true([&] { return length() >= wanted; })) << "nobody goes on after kill " << kill;
  }
  writer.join();
  for (int key = 0; key < 7; ++key) {
    std::vector<std::string> expected;
    for (int i = key; i < kOps; i += 7) expected.push_back(std::to_string(i));
    EXPECT_EQ(value_of(client.lrange("l:" + std::to_string(key), 0, -1)), expected);
  }
  EXPECT_EQ(value_of(buffer.depth()), 0u);
}

}  // namespace
}  // namespace redstart::scenarios
