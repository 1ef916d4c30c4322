// Write-behind over every store: what readers see before the database has it, in which order it gets there, and what
// becomes of updates when writers fail, are slow, or are killed.
#include "redstart/patterns/write_behind.h"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

#include "tests/scenarios/child_process.h"
#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Text = std::optional<std::string>;

// A database that refuses what is not newer than what it has, and remembers everything it was told.
class Database {
 public:
  WriteBehind::Writer writer() {
    return [this](const QueuedUpdate& update) {
      std::unique_lock lock(mutex_);
      ++calls_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !held_; });
      if (failing_ > 0) {
        --failing_;
        throw std::runtime_error("the database is away");
      }
      if (refused_.contains(update.key)) throw std::runtime_error("a constraint is violated");
      Row& row = rows_[update.key];
      if (update.sequence <= row.sequence) {
        ++late_;
        return;
      }
      row = {update.value, update.sequence};
      row_history_[update.key].push_back(update.value);
    };
  }
  Text find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto row = rows_.find(key);
    return row == rows_.end() ? Text() : row->second.value;
  }
  void fail_next(int count) {
    const std::lock_guard lock(mutex_);
    failing_ = count;
  }
  void refuse(const std::string& key, bool refused = true) {
    const std::lock_guard lock(mutex_);
    if (refused) {
      refused_.insert(key);
    } else {
      refused_.erase(key);
    }
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void wait_for_calls(int calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_ >= calls; });
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<std::string> history(const std::string& key) {
    const std::lock_guard lock(mutex_);
    return row_history_[key];
  }

 private:
  struct Row {
    std::string value;
    uint64_t sequence = 0;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Row> rows_;
  std::map<std::string, std::vector<std::string>> row_history_;
  std::set<std::string> refused_;
  int calls_ = 0, failing_ = 0, late_ = 0;
  bool held_ = false;
};

class WritingBehind : public StoreTest {
 protected:
  WriteBehindOptions quick(WriteBehindOptions options = {}) {
    options.retry_delay_min = 1ms;
    options.retry_delay_max = 2ms;
    options.poll_interval = 2ms;
    return options;
  }
  Database database_;
};
class WritingBehindFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Stores, WritingBehind, kAllStores, name_of);
INSTANTIATE_TEST_SUITE_P(Servers, WritingBehindFaults, kServers, name_of);

TEST_P(WritingBehind, readers_see_an_update_before_the_database_has_it) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick());
  database_.hold(true);
  value_of(users.update<std::string>("42", "ada"));
  const auto load = [this] { return database_.find("42"); };
  EXPECT_EQ(value_of(users.get_or_load<std::string>("42", load)), "ada");
  EXPECT_EQ(value_of(users.pending("42")), "ada");
  // Even when the cache has lost it.
  value_of(cache.invalidate(users.entry_key("42")));
  EXPECT_EQ(database_.find("42"), std::nullopt);
  EXPECT_EQ(value_of(users.get_or_load<std::string>("42", load)), "ada");
  database_.hold(false);
  EXPECT_TRUE(users.drain(10s));
  EXPECT_EQ(value_of(users.pending("42")), std::nullopt);
  value_of(cache.invalidate(users.entry_key("42")));
  EXPECT_EQ(value_of(users.get_or_load<std::string>("42", load)), "ada");
  EXPECT_EQ(database_.find("42"), "ada");
}

TEST_P(WritingBehind, only_the_newest_of_many_updates_is_written) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick({.threads = 2}));
  database_.hold(true);
  value_of(users.update<std::string>("k", "0"));
  database_.wait_for_calls(1);
  for (int i = 1; i <= 100; ++i) value_of(users.update<std::string>("k", std::to_string(i)));
  EXPECT_EQ(value_of(users.pending("k")), "100");
  database_.hold(false);
  EXPECT_TRUE(users.drain(10s));
  EXPECT_EQ(database_.history("k"), (std::vector<std::string>{"0", "100"}));
  EXPECT_EQ(database_.calls(), 2);
}

TEST_P(WritingBehind, without_coalescing_every_update_is_written_in_order) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick({.coalesce = false, .threads = 4}));
  database_.fail_next(7);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back(std::to_string(i));
    for (const auto* const key : {"a", "b", "c"}) value_of(users.update<std::string>(key, expected.back()));
  }
  EXPECT_TRUE(users.drain(20s));
  for (const auto* const key : {"a", "b", "c"}) EXPECT_EQ(database_.history(key), expected) << key;
  const WriteBehindStats stats = users.stats();
  EXPECT_EQ(stats.accepted, 150u);
  EXPECT_EQ(stats.written, 150u);
  EXPECT_EQ(stats.failed_attempts, 7u);
  EXPECT_EQ(stats.dead, 0u);
}

TEST_P(WritingBehind, what_fails_too_often_becomes_a_dead_letter_and_the_rest_goes_on) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick({.attempts_max = 3}));
  database_.refuse("bad");
  value_of(users.update<std::string>("bad", std::string("\0\xff", 2)));
  value_of(users.update<std::string>("good", "v"));
  EXPECT_TRUE(users.drain(10s));
  EXPECT_EQ(database_.find("good"), "v");
  const auto letters = value_of(users.dead_letters());
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].update.key, "bad");
  EXPECT_EQ(letters[0].update.value, std::string("\0\xff", 2));
  EXPECT_EQ(letters[0].update.attempt, 3);
  EXPECT_EQ(letters[0].reason, "a constraint is violated");
  EXPECT_EQ(users.stats().dead, 1u);
  // Readers are not told of a value that the database will never have.
  EXPECT_EQ(value_of(users.get_or_load<std::string>("bad", [this] { return database_.find("bad"); })), std::nullopt);
  database_.refuse("bad", false);
  EXPECT_EQ(value_of(users.retry_dead_letters("bad")), 1u);
  EXPECT_TRUE(users.drain(10s));
  EXPECT_EQ(database_.find("bad"), std::string("\0\xff", 2));
  EXPECT_TRUE(value_of(users.dead_letters()).empty());
  EXPECT_EQ(value_of(users.discard_dead_letters("bad")), 0u);
}

TEST_P(WritingBehind, a_full_queue_refuses_new_keys_only) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), {.partitions = 1, .pending_keys_max = 2, .threads = 0});
  value_of(users.update<std::string>("a", "1"));
  value_of(users.update<std::string>("b", "1"));
  EXPECT_EQ(users.update<std::string>("c", "1").error().code, ErrorCode::queue_full);
  value_of(users.update<std::string>("a", "2"));
  EXPECT_EQ(value_of(users.pending_count()), 2u);
  EXPECT_EQ(users.stats().rejected, 1u);
  EXPECT_FALSE(value_of(client().exists(users.entry_key("c"))));
}

TEST_P(WritingBehind, what_was_accepted_is_written_coalesced_dead_or_pending) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick({.attempts_max = 1, .threads = 1}));
  const auto expect_law = [&](uint64_t pending) {
    const WriteBehindStats stats = users.stats();
    EXPECT_EQ(stats.accepted, stats.written + stats.coalesced + stats.dead + pending);
  };
  database_.hold(true);
  value_of(users.update<std::string>("a", "0"));
  database_.wait_for_calls(1);
  EXPECT_EQ(users.stats().in_flight, 1u);
  // One of them is replaced while it is written, so it is written all the same.
  for (int i = 1; i < 50; ++i) value_of(users.update<std::string>("a", std::to_string(i)));
  EXPECT_EQ(users.stats().accepted, 50u);
  expect_law(50);
  database_.hold(false);
  EXPECT_TRUE(users.drain(10s));
  WriteBehindStats stats = users.stats();
  EXPECT_EQ(stats.written, 2u);
  EXPECT_EQ(stats.coalesced, 48u);
  EXPECT_EQ(stats.in_flight, 0u);
  expect_law(0);
  // A dead letter stands for those that it has replaced.
  database_.refuse("b");
  database_.hold(true);
  value_of(users.update<std::string>("b", "0"));
  database_.wait_for_calls(3);
  for (int i = 1; i < 5; ++i) value_of(users.update<std::string>("b", std::to_string(i)));
  database_.hold(false);
  EXPECT_TRUE(users.drain(10s));
  stats = users.stats();
  EXPECT_EQ(stats.dead, 1u);
  EXPECT_EQ(value_of(users.dead_letters()).size(), 1u);
  EXPECT_EQ(stats.coalesced, 52u);
  expect_law(0);
}

TEST_P(WritingBehind, stopping_does_not_wait_for_a_slow_database_beyond_its_timeout) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick({.threads = 1}));
  database_.hold(true);
  value_of(users.update<std::string>("k", "v"));
  database_.wait_for_calls(1);
  EXPECT_EQ(value_of(users.stop(50ms)), 1u);  // would wait for ever
  EXPECT_EQ(users.stats().in_flight, 1u);
  database_.hold(false);
  EXPECT_TRUE(eventually([&] { return users.stats().in_flight == 0; }));
  EXPECT_EQ(value_of(users.stop(10s)), 0u);
  EXPECT_EQ(database_.find("k"), "v");
}

TEST_P(WritingBehind, stopping_says_what_is_left_and_another_process_goes_on) {
  Cache cache(client());
  WriteBehind first(client(), cache, database_.writer(), quick({.attempts_max = 1'000'000}));
  database_.fail_next(1'000'000);
  for (int i = 0; i < 20; ++i) value_of(first.update<std::string>(std::to_string(i), "v"));
  EXPECT_EQ(value_of(first.stop(20ms)), 20u);
  EXPECT_EQ(first.update<std::string>("k", "v").error().code, ErrorCode::closed);
  database_.fail_next(0);
  WriteBehind second(client(), cache, database_.writer(), quick({.attempts_max = 1'000'000}));
  EXPECT_TRUE(eventually([&] { return value_of(second.pending_count()) == 0; }));
  EXPECT_EQ(value_of(second.stop(10s)), 0u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(database_.find(std::to_string(i)), "v");
}

// A worker that was taken for dead writes late: its claim is lost, and the newer value stays.
TEST_P(WritingBehind, a_late_writer_does_not_overtake) {
  std::atomic<int64_t> now_ms = 1'700'000'000'000;
  Cache cache(client());
  WriteBehindOptions options = quick({.partitions = 1, .claim_ttl = 60s, .threads = 1});
  options.clock = [&] { return now_ms.load(); };
  WriteBehind users(client(), cache, database_.writer(), options);
  Database slow;
  std::atomic<bool> slow_done = false;
  slow.hold(true);
  WriteBehindOptions slow_options = options;
  users.stop(0ms).value();
  {
    WriteBehind first(client(), cache, [&](const QueuedUpdate& update) {
      slow.writer()(update);
      database_.writer()(update);
      slow_done = true;
    }, slow_options);
    value_of(first.update<std::string>("k", "old"));
    slow.wait_for_calls(1);
    value_of(first.update<std::string>("k", "new"));
    now_ms += 61'000;  // the claim is over
    WriteBehind second(client(), cache, database_.writer(), options);
    EXPECT_TRUE(eventually([&] { return database_.find("k") == "new"; }));
    EXPECT_TRUE(second.drain(10s));
    slow.hold(false);
    EXPECT_TRUE(eventually([&] { return first.stats().lost_claims == 1; }));
  }
  EXPECT_TRUE(slow_done);
  EXPECT_EQ(database_.find("k"), "new");
}

// The store has begun anew; the database has not, and refuses what seems old to it.
TEST_P(WritingBehind, updates_after_a_loss_of_the_store_are_newer_than_those_before) {
  Cache cache(client());
  uint64_t last = 0;
  {
    WriteBehind users(client(), cache, database_.writer(), quick({.coalesce = false}));
    for (int i = 0; i < 50; ++i) last = value_of(users.update<std::string>("k", "v" + std::to_string(i)));
    EXPECT_TRUE(users.drain(10s));
    value_of(client().flushall());
    const uint64_t next = value_of(users.update<std::string>("k", "new"));
    EXPECT_GT(next, last);
    last = next;
    EXPECT_TRUE(users.drain(10s));
    EXPECT_EQ(database_.find("k"), "new");
  }
  WriteBehind fewer_partitions(client(), cache, database_.writer(), quick({.partitions = 1}));
  EXPECT_GT(value_of(fewer_partitions.update<std::string>("k", "newer")), last);
  EXPECT_TRUE(fewer_partitions.drain(10s));
  EXPECT_EQ(database_.find("k"), "newer");
}

TEST_P(WritingBehind, a_sequence_is_not_less_than_the_clock_and_grows_while_it_stands_still) {
  Cache cache(client());
  WriteBehindOptions options = quick({.threads = 0});
  options.clock = [] { return int64_t{1'700'000'000'000}; };
  WriteBehind users(client(), cache, database_.writer(), options);
  EXPECT_EQ(value_of(users.update<std::string>("k", "1")), 1'700'000'000'000'000u);
  EXPECT_EQ(value_of(users.update<std::string>("k", "2")), 1'700'000'000'000'001u);
  users.write_due();
  EXPECT_EQ(database_.history("k"), std::vector<std::string>{"2"});
}

TEST_P(WritingBehind, many_threads_and_workers_lose_nothing) {
  Cache cache(client());
  WriteBehind users(client(), cache, database_.writer(), quick({.threads = 4}));
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        value_of(users.update<std::string>("k" + std::to_string((t * 100 + i) % 50), std::to_string(t * 100 + i)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(users.drain(20s));
  for (int k = 0; k < 50; ++k) {
    const std::string key = "k" + std::to_string(k);
    EXPECT_EQ(value_of(cache.get<std::string>(users.entry_key(key))).value, database_.find(key)) << key;
  }
  EXPECT_EQ(users.stats().accepted, 800u);
}

TEST(WritingBehindCheck, tells_of_eviction_and_of_a_store_without_a_log) {
  Client own = open("memory:").value();
  Cache cache(own);
  WriteBehind users(own, cache, {}, {.threads = 0});
  EXPECT_NE(value_of(users.check()).find("keeps no log"), std::string::npos);
  value_of(own.config_set("maxmemory", "100mb"));
  value_of(own.config_set("maxmemory-policy", "allkeys-lru"));
  EXPECT_NE(value_of(users.check()).find("allkeys-lru"), std::string::npos);
  EXPECT_NE(value_of(users.check()).find("keeps no log"), std::string::npos);
}

class WritingBehindCheckFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Servers, WritingBehindCheckFaults, kServers, name_of);

TEST_P(WritingBehindCheckFaults, has_nothing_to_say_of_a_store_with_a_log) {
  ServerProcess server(program(), {"--appendonly", "yes"});
  Client own = open_or_fail(server.url());
  Cache cache(own);
  WriteBehind users(own, cache, {}, {.threads = 0});
  EXPECT_EQ(value_of(users.check()), "");
}

// --- Faults

// Writes each update into a file, and is killed in the middle of one.
TEST(DISABLED_Child, writes_behind_until_it_is_killed) {
  Client client = open(std::getenv("CHILD_URL")).value();
  Cache cache(client);
  std::ofstream file(std::getenv("CHILD_FILE"), std::ios::app);
  WriteBehind users(client, cache, [&](const QueuedUpdate& update) {
    if (update.value == "3") {
      client.set("stuck", "1").value();
      while (true) std::this_thread::sleep_for(1s);
    }
    file << update.value << std::endl;
  }, {.coalesce = false, .claim_ttl = 500ms, .threads = 1, .poll_interval = 5ms});
  while (true) std::this_thread::sleep_for(1s);
}

TEST_P(WritingBehindFaults, a_killed_worker_loses_duplicates_and_reorders_nothing) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url());
  char directory[] = "/tmp/redstart-behind-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/rows";
  Cache cache(client);
  {
    WriteBehind adding(client, cache, {}, {.coalesce = false, .threads = 0});
    for (int i = 0; i < 8; ++i) value_of(adding.update<std::string>("k", std::to_string(i)));
  }
  ChildProcess child("DISABLED_Child.writes_behind_until_it_is_killed",
                     {{"CHILD_URL", server.url()}, {"CHILD_FILE", path}});
  ASSERT_TRUE(eventually([&] { return value_of(client.exists("stuck")); }));
  child.kill();
  std::vector<std::string> rows;
  WriteBehind taking_over(client, cache, [&](const QueuedUpdate& update) { rows.push_back(update.value); },
                          {.coalesce = false, .claim_ttl = 500ms, .threads = 1, .poll_interval = 5ms});
  EXPECT_TRUE(taking_over.drain(20s));
  value_of(taking_over.stop(0ms));
  std::ifstream file(path);
  std::vector<std::string> before;
  for (std::string line; std::getline(file, line);) before.push_back(line);
  EXPECT_EQ(before, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(rows, (std::vector<std::string>{"3", "4", "5", "6", "7"}));
  std::filesystem::remove_all(directory);
}

TEST_P(WritingBehindFaults, an_update_without_an_answer_is_unknown_and_not_rejected) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client client = open_or_fail(proxy.url() + "?reconnect_delay_max_ms=20");
  Database database;
  Cache cache(client);
  WriteBehind users(client, cache, database.writer(), {.threads = 0});
  value_of(users.update<std::string>("k", "1"));
  proxy.set(FaultProxy::Mode::cut_reply, 0);
  EXPECT_EQ(users.update<std::string>("k", "2").error().outcome, Outcome::unknown);
  const WriteBehindStats stats = users.stats();
  EXPECT_EQ(stats.accepted, 1u);
  EXPECT_EQ(stats.unknown, 1u);
  EXPECT_EQ(stats.rejected, 0u);
  EXPECT_TRUE(eventually([&] { return users.pending("k").has_value(); }));
  EXPECT_EQ(value_of(users.pending("k")), "2");
}

TEST_P(WritingBehindFaults, while_the_store_is_away_updates_are_refused_and_then_all_goes_on) {
  ServerProcess server(program());
  Client client = open_or_fail(server.url() + "?reconnect_delay_max_ms=20&call_timeout_ms=2000");
  Database database;
  Cache cache(client);
  std::atomic<int> told{0};
  const auto on_error = [&](const Error& error) {
    EXPECT_FALSE(error.message.empty());
    ++told;
    throw std::runtime_error("is not to end the worker");
  };
  WriteBehind users(client, cache, database.writer(), {.poll_interval = 5ms, .on_error = on_error});
  value_of(users.update<std::string>("a", "1"));
  EXPECT_TRUE(users.drain(10s));
  server.kill();
  EXPECT_FALSE(users.update<std::string>("b", "1").has_value());
  EXPECT_TRUE(eventually([&] { return users.stats().store_errors > 0 && told > 0; }));
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] { return users.update<std::string>("c", "1").has_value(); }));
  EXPECT_TRUE(eventually([&] { return database.find("c") == "1"; }));
}

}  // namespace
}  // namespace redstart::scenarios
