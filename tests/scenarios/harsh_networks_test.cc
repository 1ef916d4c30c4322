// Networks that reset connections, and such that swallow everything without a word: what clients, writers, caches and
// queues still guarantee over them.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "redstart/patterns/async_batch_writer.h"
#include "redstart/patterns/cache.h"
#include "redstart/patterns/stream_buffer.h"
#include "redstart/patterns/write_buffer.h"
#include "redstart/recipes/task_queue.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/reported.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Mode = FaultProxy::Mode;

constexpr const char* kQuick = "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5";
constexpr const char* kImpatient = "?reconnect_delay_min_ms=1&reconnect_delay_max_ms=5&call_timeout_ms=200&"
                                   "connect_timeout_ms=200";
const RetryOptions kPatient{.attempts_max = 10'000, .delay_min = 5ms, .delay_max = 50ms, .give_up_after = 60s};

class HarshNetworks : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    if (IsSkipped()) return;
    server_.emplace(program());
    proxy_.emplace(server_->port());
    direct_.emplace(open_or_fail(server_->url()));
  }
  FaultProxy& proxy() { return *proxy_; }
  Client& direct() { return *direct_; }
  Client through_proxy(const char* parameters) { return open_or_fail(proxy().url() + parameters); }

  // Resets what there is, at once and in the middle of replies, until `work` is done.
  void reset_while(const std::function<void()>& work) {
    std::atomic<bool> done{false};
    std::thread network([&] {
      for (int i = 0; !done; ++i) {
        proxy().set(i % 3 == 0 ? Mode::reset : Mode::reset_reply, i % 50 * 7);
        std::this_thread::sleep_for(10ms);
        proxy().set(Mode::pass);
        std::this_thread::sleep_for(10ms);
      }
      proxy().set(Mode::pass);
    });
    work();
    done = true;
    network.join();
  }

  std::optional<ServerProcess> server_;
  std::optional<FaultProxy> proxy_;
  std::optional<Client> direct_;
};
INSTANTIATE_TEST_SUITE_P(Servers, HarshNetworks, kServers, name_of);

void expect_at_rest(const WriteStats& stats) {
  EXPECT_EQ(stats.accepted, stats.acknowledged + stats.failed + stats.unknown);
  EXPECT_EQ(stats.offered, stats.accepted + stats.rejected);
  EXPECT_EQ(stats.pending + stats.in_flight, 0u);
}

// How often each element is in a list.
std::map<std::string, int> counts_in(Client client, std::string_view key) {
  std::map<std::string, int> counts;
  for (const auto& element : value_of(client.lrange(key, 0, -1))) ++counts[element];
  return counts;
}

// --- Clients

TEST_P(HarshNetworks, every_increment_over_resets_is_counted_once_or_reported) {
  Client client = through_proxy(kQuick);
  std::atomic<int64_t> acknowledged{0}, unknown{0}, not_done{0};
  reset_while([&] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&] {
        const auto end = std::chrono::steady_clock::now() + 1s;
        while (std::chrono::steady_clock::now() < end) {
          const auto counted = client.incr("n");
          ++(counted ? acknowledged : counted.error().outcome == Outcome::unknown ? unknown : not_done);
        }
      });
    }
    for (auto& thread : threads) thread.join();
  });
  const int64_t counted = std::stoll(value_of(direct().get("n")).value_or("0"));
  EXPECT_GT(acknowledged, 0);
  EXPECT_GT(unknown, 0);
  EXPECT_GT(not_done, 0);
  EXPECT_GE(counted, acknowledged);
  EXPECT_LE(counted, acknowledged + unknown);
}

TEST_P(HarshNetworks, a_reset_while_nothing_is_sent_costs_no_call) {
  Client client = through_proxy(kQuick);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(value_of(client.incr("n")), i);
    EXPECT_EQ(value_of(client.transaction(Strings{"n"}, [](Client&, Transaction&) { return false; })), false);
    proxy().set(Mode::reset);
    EXPECT_TRUE(eventually([&] {
      return std::ranges::count(value_of(direct().command("CLIENT", "LIST")).text(), '\n') == 1;
    }));
    std::this_thread::sleep_for(10ms);
    proxy().set(Mode::pass);
  }
  EXPECT_EQ(value_of(client.incr("n")), 6);
}

TEST_P(HarshNetworks, a_transaction_that_is_reset_is_executed_as_a_whole_or_not_at_all) {
  Client client = through_proxy(kQuick);
  int64_t acknowledged = 0, unknown = 0;
  for (int i = 0; i < 60; ++i) {
    proxy().set(Mode::reset_reply, i);
    const auto done = client.transaction(Strings{"a"}, [](Client&, Transaction& writes) {
      writes.incr("a");
      writes.incr("b");
      return true;
    });
    if (done) ++acknowledged;
    if (!done && done.error().outcome == Outcome::unknown) ++unknown;
  }
  const auto a = value_of(direct().get("a")), b = value_of(direct().get("b"));
  EXPECT_EQ(a, b);
  EXPECT_GT(unknown, 0);
  EXPECT_GE(std::stoll(a.value_or("0")), acknowledged);
  EXPECT_LE(std::stoll(a.value_or("0")), acknowledged + unknown);
}

TEST_P(HarshNetworks, what_a_black_hole_has_taken_is_unknown_and_never_done) {
  Client client = through_proxy(kImpatient);
  EXPECT_EQ(value_of(client.incr("n")), 1);
  proxy().set(Mode::black_hole);
  const auto began = std::chrono::steady_clock::now();
  const auto lost = client.incr("n");
  EXPECT_EQ(lost.error().code, ErrorCode::timed_out);
  EXPECT_EQ(lost.error().outcome, Outcome::unknown);
  // The next ones find that no connection comes about.
  for (int i = 0; i < 5; ++i) {
    const auto none = client.incr("n");
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().outcome, Outcome::not_done) << none.error().message;
  }
  const auto opened = open(proxy().url() + kImpatient);
  EXPECT_EQ(opened.error().code, ErrorCode::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  proxy().set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return client.incr("n").has_value(); }));
  EXPECT_EQ(value_of(direct().get("n")), "2");
}

// --- Writers

// Writes while the network resets, and compares what the store has with what the writer says of each op.
template <class Writer, class Options>
void expect_account(FaultProxy& proxy, Client direct, Client client, Options options,
                    const std::function<void(const std::function<void()>&)>& reset_while) {
  constexpr int kOps = 1500;
  Reported reported;
  options.retry = kPatient;
  options.on_unwritten = reported.function();
  Writer writer(client, options);
  writer.start();
  reset_while([&] {
    for (int i = 0; i < kOps; ++i) {
      value_of(writer.write("RPUSH", "l", i));
      value_of(writer.write("SET", "k:" + std::to_string(i), i));
      if (i % 10 == 0) std::this_thread::sleep_for(2ms);
    }
  });
  proxy.set(Mode::pass);
  EXPECT_TRUE(writer.flush(30s));
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(stats.accepted, 2u * kOps);
  EXPECT_EQ(stats.failed + stats.unknown, reported.size());
  EXPECT_GT(stats.unknown, 0u);
  EXPECT_GT(stats.repeated, 0u);
  std::map<std::string, Outcome> unwritten;
  for (const UnwrittenOp& one : reported.ops) {
    EXPECT_EQ(one.op[0], "RPUSH") << "what may be done twice is done in the end: " << one.error.message;
    EXPECT_TRUE(unwritten.emplace(one.op.back(), one.error.outcome).second) << "reported twice";
  }
  const auto pushed = counts_in(direct, "l");
  for (int i = 0; i < kOps; ++i) {
    const std::string element = std::to_string(i);
    const auto found = pushed.find(element);
    const int times = found == pushed.end() ? 0 : found->second;
    const auto lost = unwritten.find(element);
    if (lost == unwritten.end()) {
      EXPECT_EQ(times, 1) << element;
    } else {
      EXPECT_LE(times, lost->second == Outcome::unknown ? 1 : 0) << element;
    }
    EXPECT_EQ(value_of(direct.get("k:" + element)), element);
  }
  EXPECT_TRUE(writer.stop().unwritten.empty());
}

TEST_P(HarshNetworks, a_batch_writer_accounts_for_each_op_over_resets) {
  AsyncBatchWriterOptions options;
  options.batch_size = 20;
  options.flush_interval = 1ms;
  expect_account<AsyncBatchWriter>(proxy(), direct(), through_proxy(kQuick), options,
                                   [this](const std::function<void()>& work) { reset_while(work); });
}

TEST_P(HarshNetworks, a_buffer_with_workers_accounts_for_each_op_over_resets) {
  WriteBufferOptions options;
  options.batch_size = 20;
  options.flush_interval = 1ms;
  expect_account<WriteBuffer>(proxy(), direct(), through_proxy(kQuick), options,
                              [this](const std::function<void()>& work) { reset_while(work); });
}

TEST_P(HarshNetworks, a_stream_buffer_stores_and_applies_each_op_once_over_resets) {
  constexpr int kOps = 200;
  StreamBuffer buffer(through_proxy(kQuick),
                      {.retry = {.attempts_max = 100, .delay_min = 1ms, .delay_max = 10ms}, .interval = 1ms});
  std::set<std::string> acknowledged;
  buffer.start();
  reset_while([&] {
    for (int i = 0; i < kOps; ++i) {
      if (buffer.write({"RPUSH", "{write_buffer}l", std::to_string(i)})) acknowledged.insert(std::to_string(i));
      std::this_thread::sleep_for(2ms);
    }
  });
  EXPECT_TRUE(eventually([&] { return buffer.depth().value_or(1) == 0; }));
  EXPECT_GT(buffer.stats().buffered.retried, 0u);
  const auto applied = counts_in(direct(), "{write_buffer}l");
  for (const auto& [element, times] : applied) EXPECT_EQ(times, 1) << element;
  for (const auto& element : acknowledged) EXPECT_TRUE(applied.contains(element)) << element;
  EXPECT_EQ(value_of(buffer.dead_letters()).size(), 0u);
}

TEST_P(HarshNetworks, a_black_hole_holds_no_writer_up_beyond_its_deadline_and_nothing_comes_out_of_it) {
  Reported reported;
  WriteBuffer writer(through_proxy(kImpatient),
                     {.batch_size = 10, .flush_interval = 1ms, .retry = kPatient, .on_unwritten = reported.function()});
  writer.start();
  value_of(writer.write("RPUSH", "l", "before"));
  ASSERT_TRUE(writer.flush(10s));
  proxy().set(Mode::black_hole);
  constexpr size_t kOps = 100;
  for (size_t i = 0; i < kOps; ++i) value_of(writer.write("RPUSH", "l", static_cast<int64_t>(i)));
  EXPECT_FALSE(writer.flush(300ms));
  const auto began = std::chrono::steady_clock::now();
  const StopReport report = writer.stop(300ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_FALSE(report.in_time);
  const WriteStats stats = writer.stats();
  expect_at_rest(stats);
  EXPECT_EQ(stats.acknowledged, 1u);
  EXPECT_EQ(stats.failed + stats.unknown, kOps);
  std::set<std::string> told;
  for (const UnwrittenOp& one : reported.ops) EXPECT_TRUE(told.insert(one.op.back()).second);
  for (const UnwrittenOp& one : report.unwritten) EXPECT_TRUE(told.insert(one.op.back()).second);
  EXPECT_EQ(told.size(), kOps);
  proxy().set(Mode::pass);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(value_of(direct().lrange("l", 0, -1)), Strings{"before"});
}

// --- Caches

TEST_P(HarshNetworks, a_cache_gives_what_the_database_has_since_the_last_invalidation_over_resets) {
  constexpr int kThreads = 4;
  Cache cache(through_proxy(kQuick), {.prefix = "c"});
  std::atomic<bool> done{false};
  std::atomic<int> database{0}, invalidated{0}, wrong{0}, asked{0};
  const std::string key = cache.key("k");
  reset_while([&] {
    std::vector<std::thread> readers;
    for (int t = 0; t < kThreads; ++t) {
      readers.emplace_back([&] {
        while (!done) {
          const int at_least = invalidated;
          const auto value = cache.get_or_load<int>(key, [&] { return std::optional(database.load()); });
          if (!value || !*value || **value < at_least) ++wrong;
          ++asked;
        }
      });
    }
    for (int version = 1; version <= 100; ++version) {
      database = version;
      while (!cache.invalidate(key)) std::this_thread::sleep_for(1ms);
      invalidated = version;
      std::this_thread::sleep_for(3ms);
    }
    done = true;
    for (auto& reader : readers) reader.join();
  });
  EXPECT_EQ(wrong, 0);
  const CacheStats stats = cache.stats();
  EXPECT_GT(stats.store_errors, 0u);
  EXPECT_GT(stats.hits, 0u);
  EXPECT_EQ(stats.total_requests(), static_cast<uint64_t>(asked));
  // And it is a cache again.
  EXPECT_TRUE(eventually([&] {
    const auto value = cache.get_or_load<int>(key, [&] { return std::optional(database.load()); });
    const auto found = cache.get<int>(key);
    return value_of(value) == 100 && found && found->value == 100;
  }));
}

TEST_P(HarshNetworks, a_cache_in_a_black_hole_costs_its_timeouts_and_no_answer) {
  Cache cache(through_proxy(kImpatient));
  value_of(cache.put<std::string>("k", "cached"));
  proxy().set(Mode::black_hole);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    const auto value = cache.get_or_load<std::string>("k", [] { return std::optional<std::string>("loaded"); });
    EXPECT_EQ(value_of(value), "loaded");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
  EXPECT_EQ(cache.stats().loads, 5u);
  EXPECT_GE(cache.stats().store_errors, 5u);
  EXPECT_FALSE(cache.invalidate("k").has_value());
  proxy().set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return cache.get<std::string>("k").has_value(); }));
  EXPECT_EQ(value_of(direct().exists("k")), true);
}

// --- Task queues

TEST_P(HarshNetworks, every_task_is_done_and_settled_once_over_resets) {
  constexpr int kTasks = 60, kAttemptsMax = 1000;
  TaskQueue tasks(through_proxy(kQuick), {.lease = 200ms, .attempts_max = kAttemptsMax});
  TaskQueue observed(direct());
  reset_while([&] {
    for (int i = 0; i < kTasks; ++i) {
      EXPECT_TRUE(eventually([&] {
        const auto added = tasks.enqueue({.type = "t", .id = "task:" + std::to_string(i)});
        return added || added.error().code == ErrorCode::invalid_argument;  // an earlier try was taken
      }));
      std::this_thread::sleep_for(5ms);
    }
  });
  EXPECT_EQ(value_of(observed.stats()).total(), kTasks);
  std::mutex mutex;
  std::map<std::string, int> done;
  const auto note = [&](const Task& task) {
    const std::lock_guard lock(mutex);
    ++done[task.id];
  };
  TaskWorker worker(tasks, note, {.threads = 3, .wait = 20ms});
  reset_while([&] { EXPECT_TRUE(eventually([&] { return value_of(observed.stats()).total() == 0; })); });
  worker.stop();
  const TaskWorker::Stats stats = worker.stats();
  EXPECT_EQ(value_of(observed.stats()).dead, 0);
  EXPECT_EQ(done.size(), static_cast<size_t>(kTasks));
  uint64_t runs = 0;
  for (const auto& [id, times] : done) {
    runs += static_cast<uint64_t>(times);
    EXPECT_TRUE(value_of(observed.completed(id)).has_value()) << id;
  }
  EXPECT_LE(stats.completed, static_cast<uint64_t>(kTasks));
  EXPECT_EQ(stats.failed, 0u);
  // Each run was settled, came too late, or its end is not known; nothing else.
  EXPECT_LE(stats.completed + stats.too_late, runs);
  EXPECT_GE(stats.completed + stats.too_late + stats.store_errors, runs);
  EXPECT_GT(stats.store_errors, 0u);
}

TEST_P(HarshNetworks, a_task_whose_worker_is_in_a_black_hole_is_anothers) {
  TaskQueue cut_off(through_proxy(kImpatient), {.lease = 300ms}), other(direct(), {.lease = 300ms});
  value_of(other.enqueue({.type = "t", .id = "a"}));
  const auto task = value_of(cut_off.take(1s));
  ASSERT_TRUE(task.has_value());
  proxy().set(Mode::black_hole);
  const auto completed = cut_off.complete(*task);
  ASSERT_FALSE(completed.has_value());
  EXPECT_EQ(completed.error().outcome, Outcome::unknown);
  EXPECT_FALSE(cut_off.take(100ms).has_value());
  const auto again = value_of(other.take(10s));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->id, "a");
  EXPECT_EQ(again->attempt, 2);
  EXPECT_TRUE(value_of(other.complete(*again, "by the other")));
  proxy().set(Mode::pass);
  EXPECT_TRUE(eventually([&] { return cut_off.stats().has_value(); }));
  EXPECT_FALSE(value_of(cut_off.complete(*task, "too late")));
  EXPECT_EQ(value_of(other.completed("a"))->result, "by the other");
}

}  // namespace
}  // namespace redstart::scenarios
