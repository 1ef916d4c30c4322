#include "execution/persistence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/random.h"
#include "durability/snapshot/file.h"
#include "engine/shard_locks.h"
#include "execution/saved_store.h"
#include "execution/store_state.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

SnapshotHead kHead{.unix_time_s = 1, .used_memory_bytes = 1, .functions = {}};

constexpr size_t kHeldBytesMax = 64 * 1024;  // under a lock, at once

// A file as a snapshot in memory, stepped by hand.
class SteppedSnapshot {
 public:
  explicit SteppedSnapshot(CommandTester& run)
      : run_(run),
        snapshot_(run.executor.keyspace(),
                  {.now_ms = run.clock.unix_time_ms(), .graveyard = &run.executor.state().graveyard()}) {
    ShardLocks locks;
    locks.lock_all(run.executor.keyspace());
    snapshot_.begin();
  }
  bool step() {
    const bool more = snapshot_.step(pieces_);
    run_.executor.state().free_later(snapshot_.take_garbage());
    return more;
  }
  void finish() {
    while (step()) {
    }
  }
  void discard() { snapshot_.discard(); }
  uint64_t keys_written() const { return snapshot_.keys_written(); }
  size_t largest_piece_bytes() const {
    const auto bytes = [](const UnfinishedRdb& piece) { return piece.bytes.size(); };
    return bytes(std::ranges::max(pieces_, {}, bytes));
  }
  // What was written, put into another store; returns the error.
  std::string load_into(CommandTester& other) {
    std::string file = "REDIS0010";
    for (const UnfinishedRdb& piece : pieces_) snapshot_.finish(piece, file);
    file += '\xff' + std::string(8, '\0');
    ByteSource source(file);
    const EncodingLimits limits;
    const auto loaded = load_snapshot(source, other.executor.keyspace(),
                                      {.now_ms = other.clock.unix_time_ms(), .limits = &limits});
    return loaded ? "" : loaded.error();
  }

 private:
  CommandTester& run_;
  Snapshot snapshot_;
  // Finished as late as can be, so that what they share with keys has been changed by then.
  std::vector<UnfinishedRdb> pieces_;
};

// One collection of each type, each of some hundred kilobytes.
void make_collections(CommandTester& run) {
  const std::string text(40, 't');
  for (int i = 0; i < 4000; ++i) {
    const std::string n = std::to_string(i);
    run("HSET big:hash field" + n + " " + text + n);
    run("HSET big:timed field" + n + " " + text + n);
    run("SADD big:set " + text + n);
    run("ZADD big:zset " + n + " " + text + n);
    run("RPUSH big:list " + text + n);
    run("XADD big:stream " + n + "-1 field " + text + n);
    if (i % 3 == 0) run("HPEXPIRE big:timed " + std::to_string(1'000'000 + i) + " FIELDS 1 field" + n);
  }
  run("XGROUP CREATE big:stream group 0");
  run("XREADGROUP GROUP group consumer COUNT 4000 STREAMS big:stream >");
}

template <class Client>
void change_collection(Client& run, Random& random) {
  const std::string n = std::to_string(random.below(5000));
  switch (random.below(12)) {
    case 0: run("HSET big:hash field" + n + " changed"); break;
    case 1: run("HDEL big:hash field" + n); break;
    case 2: run("HPEXPIRE big:timed 2000000 FIELDS 1 field" + n); break;
    case 3: run("SPOP big:set"); break;
    case 4: run("ZINCRBY big:zset 1000 member" + n); break;
    case 5: run("ZPOPMAX big:zset"); break;
    case 6: run("LSET big:list " + n + " changed"); break;
    case 7: run("LPOP big:list"); break;
    case 8: run("XDEL big:stream " + n + "-1"); break;
    case 9: run("XACK big:stream group " + n + "-1"); break;
    case 10: run("RENAME big:list big:other"); break;
    default: run("DEL big:set"); break;
  }
}

// Small changes, and now and then a great one.
void change_much(CommandTester& run, Random& random) {
  for (int i = 0; i < 20; ++i) change_something(run, random);
  if (random.below(10) == 0) change_collection(run, random);
  if (random.below(200) == 0) run("FLUSHDB");
  if (random.below(200) == 0) run("SWAPDB 0 " + std::to_string(random.below(3)));
  if (random.below(100) == 0) run.clock.advance_ms(static_cast<int64_t>(random.below(20'000)));
  if (random.below(50) == 0) run.executor.tick();
}

TEST(Snapshot, holds_the_data_of_the_cut_whatever_happens_meanwhile) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CommandTester run;
    Random random(seed);
    make_collections(run);
    for (int i = 0; i < 10'000; ++i) change_something(run, random);
    const std::string digest = digest_of(run);
    CommandTester other;
    other.clock.advance_ms(run.clock.unix_time_ms() - other.clock.unix_time_ms());
    SteppedSnapshot snapshot(run);
    while (snapshot.step()) change_much(run, random);
    ASSERT_EQ(snapshot.load_into(other), "") << "seed " << seed;
    EXPECT_EQ(digest_of(other), digest) << "seed " << seed;
  }
}

TEST(Snapshot, writes_large_collections_in_pieces) {
  CommandTester run;
  make_collections(run);
  SteppedSnapshot snapshot(run);
  snapshot.finish();
  EXPECT_LT(snapshot.largest_piece_bytes(), kHeldBytesMax);
  CommandTester other;
  ASSERT_EQ(snapshot.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest_of(run));
  for (const int field : {0, 1, 3, 3999}) {
    const std::string ask = "HPEXPIRETIME big:timed FIELDS 1 field" + std::to_string(field);
    EXPECT_EQ(other(ask), run(ask));
  }
  for (const char* ask : {"XPENDING big:stream group", "XINFO GROUPS big:stream", "LRANGE big:list 0 -1"}) {
    EXPECT_EQ(other(ask), run(ask));
  }
}

// What is left of a collection that is being written goes to the snapshot before the change.
TEST(Snapshot, holds_a_collection_that_changes_between_its_pieces) {
  CommandTester run;
  make_collections(run);
  const std::string digest = digest_of(run);
  SteppedSnapshot snapshot(run);
  const std::string changes[] = {"DEL big:hash", "HDEL big:timed field7 field3999", "SREM big:set none", "SPOP big:set",
                                 "ZPOPMIN big:zset 2000", "LTRIM big:list 10 20", "XTRIM big:stream MAXLEN 3",
                                 "FLUSHALL"};
  size_t next = 0;
  for (size_t steps = 0; snapshot.step(); ++steps) {
    if (steps % 7 == 6 && next < std::size(changes)) run(changes[next++]);
  }
  EXPECT_EQ(next, std::size(changes));
  CommandTester other;
  ASSERT_EQ(snapshot.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest);
}

// A client whose thread serves others while it is held back: `meanwhile` is what happens then.
class PatientClient final : public Session {
 public:
  PatientClient(Executor& executor, std::function<void()> meanwhile)
      : executor_(executor), meanwhile_(std::move(meanwhile)) {
    executor_.attach(*this);
  }
  ~PatientClient() override { executor_.detach(*this); }

  std::string operator()(std::string_view line) {
    const auto words = *split_quoted_words(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    ReplyBuilder builder(protocol);
    while (executor_.execute(*this, views, builder) == ExecuteStatus::paused) {
      EXPECT_TRUE(std::exchange(may_go_on_, false));
      ++held_back_;
      meanwhile_();
    }
    return to_string(builder.take());
  }
  size_t held_back() const { return held_back_; }

  void on_unblocked(Reply) override {}
  void on_push(std::shared_ptr<const Reply>) override {}
  void on_kill() override {}
  void on_resume() override { may_go_on_ = true; }
  bool can_be_held_back() const override { return true; }

 private:
  Executor& executor_;
  const std::function<void()> meanwhile_;
  bool may_go_on_ = false;
  size_t held_back_ = 0;
};

// Once the first change of a hash of a million fields held its shard for 45 ms.
TEST(Snapshot, lets_others_in_while_a_large_collection_is_written_before_its_change) {
  CommandTester run;
  make_collections(run);
  const std::string digest = digest_of(run);
  SteppedSnapshot snapshot(run);
  const std::string before = run("HGET big:hash field9");
  PatientClient client(run.executor, [&] { EXPECT_EQ(run("HGET big:hash field9"), before); });
  const std::string changes[] = {"HSET big:hash field7 changed", "EVAL \"redis.call('del', KEYS[1])\" 1 big:set",
                                 "SUNIONSTORE big:zset big:set", "RENAME big:list big:other"};
  size_t held_back = 0;
  for (const std::string& change : changes) {
    client(change);
    EXPECT_GT(client.held_back(), std::exchange(held_back, client.held_back())) << change;
  }
  client("MULTI");
  client("SELECT 0");
  client("XADD big:stream 9999-1 field text");
  client("EXEC");
  EXPECT_GT(client.held_back(), std::exchange(held_back, client.held_back()));
  client("HSET big:hash field8 changed");    // it is written by now
  client("HGET big:timed field8");           // and this does not change
  client("SUNIONSTORE small big:set none");  // nor does a source
  EXPECT_EQ(client.held_back(), held_back);
  snapshot.finish();
  EXPECT_EQ(snapshot.keys_written(), 6U);
  CommandTester other;
  ASSERT_EQ(snapshot.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest);
}

// Once what follows a SWAPDB or a SELECT had the keys of the wrong database written.
TEST(Snapshot, lets_others_in_before_a_transaction_that_changes_databases) {
  CommandTester run;
  make_collections(run);
  const std::string digest = digest_of(run);
  SteppedSnapshot snapshot(run);
  PatientClient client(run.executor, [] {});
  const auto execute = [&](std::initializer_list<std::string_view> commands) {
    const size_t held_back = client.held_back();
    client("MULTI");
    for (const std::string_view command : commands) client(command);
    client("EXEC");
    EXPECT_GT(client.held_back(), held_back);
  };
  execute({"SWAPDB 0 2", "SELECT 2", "HDEL big:hash field7"});
  client("SELECT 1");
  execute({"SELECT 2", "SELECT none", "SADD big:set member", "SELECT 1"});
  execute({"SWAPDB 1 2", "ZADD big:zset 1 member"});
  snapshot.finish();
  EXPECT_LT(snapshot.largest_piece_bytes(), kHeldBytesMax);
  CommandTester other;
  ASSERT_EQ(snapshot.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest);
}

// The walk comes by and goes on with it; others change it at once, flush it, or end the snapshot.
TEST(Snapshot, holds_a_collection_of_which_a_change_has_written_a_part) {
  size_t held_back = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CommandTester run;
    Random random(seed);
    make_collections(run);
    for (int i = 0; i < 100; ++i) change_something(run, random);
    const std::string digest = digest_of(run);
    CommandTester other;
    other.clock.advance_ms(run.clock.unix_time_ms() - other.clock.unix_time_ms());
    SteppedSnapshot snapshot(run);
    bool more = true;
    const auto step = [&] { more = more && snapshot.step(); };
    const auto walk = [&](uint64_t steps_max) {
      for (uint64_t steps = random.below(steps_max); steps > 0; --steps) step();
    };
    PatientClient client(run.executor, [&] {
      walk(random.below(4) == 0 ? 1500 : 3);
      switch (random.below(40)) {
        case 0: run("FLUSHDB"); break;
        case 1: run("SWAPDB 0 1"); break;
        case 2: run("PEXPIRE big:hash 1"); run.clock.advance_ms(2); run.executor.tick(); break;
        case 3: change_collection(run, random); break;
        default: break;
      }
    });
    while (more) {
      change_collection(client, random);
      walk(200);
      if (seed % 10 == 0 && random.below(3) == 0) break;
    }
    if (more) {
      snapshot.discard();
      SteppedSnapshot next(run);
      const std::string now = digest_of(run);
      next.finish();
      CommandTester after;
      after.clock.advance_ms(run.clock.unix_time_ms() - after.clock.unix_time_ms());
      ASSERT_EQ(next.load_into(after), "") << "seed " << seed;
      EXPECT_EQ(digest_of(after), now) << "seed " << seed;
    } else {
      ASSERT_EQ(snapshot.load_into(other), "") << "seed " << seed;
      EXPECT_EQ(digest_of(other), digest) << "seed " << seed;
    }
    held_back += client.held_back();
  }
  EXPECT_GT(held_back, 30U);
}

const std::string kCollections[] = {"big:hash", "big:timed", "big:set", "big:zset", "big:list", "big:stream"};

// All shards are looked at for what is due.
void tick_for_a_second(CommandTester& run) {
  for (int i = 0; i < 11; ++i) run.executor.tick();
}

void free_what_is_buried(CommandTester& run) {
  Graveyard& graveyard = run.executor.state().graveyard();
  while (graveyard.free_piece()) {
  }
  EXPECT_EQ(graveyard.pending_count(), 0U);
  EXPECT_EQ(graveyard.pending_bytes(), 0);
}

// One that came due was once written as a whole under its shard's lock.
TEST(Snapshot, takes_large_collections_over_that_come_due) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    CommandTester run;
    Random random(seed);
    make_collections(run);
    for (const std::string& name : kCollections) run("PEXPIRE " + name + " 1000");
    const std::string digest = digest_of(run);
    CommandTester other;
    other.clock.advance_ms(run.clock.unix_time_ms() - other.clock.unix_time_ms());
    SteppedSnapshot snapshot(run);
    for (uint64_t steps = random.below(1200); steps > 0; --steps) snapshot.step();
    const auto let_them_expire = [&] {
      run.clock.advance_ms(2000);
      if (random.below(2) == 0) return tick_for_a_second(run);
      for (const std::string& name : kCollections) run("EXISTS " + name);
    };
    if (random.below(2) == 0) {
      let_them_expire();
    } else {  // in the middle of a change
      PatientClient client(run.executor, let_them_expire);
      client("HDEL big:hash field7");
    }
    run.clock.advance_ms(2000);
    tick_for_a_second(run);
    EXPECT_EQ(run("DBSIZE"), "(integer) 0");
    if (seed % 10 == 0) {
      snapshot.discard();
    } else {
      snapshot.finish();
      EXPECT_LT(snapshot.largest_piece_bytes(), kHeldBytesMax);
      EXPECT_EQ(snapshot.keys_written(), std::size(kCollections));
      ASSERT_EQ(snapshot.load_into(other), "");
      EXPECT_EQ(digest_of(other), digest);
    }
    free_what_is_buried(run);
    EXPECT_LT(run.executor.keyspace().used_bytes(), 100'000);
  }
}

// What it has taken over counts as freed: nothing more is evicted for it.
TEST(Snapshot, takes_large_collections_over_that_are_evicted) {
  CommandTester run;
  make_collections(run);
  const std::string digest = digest_of(run);
  SteppedSnapshot snapshot(run);
  run("CONFIG SET maxmemory-policy allkeys-random");
  run("CONFIG SET maxmemory " + std::to_string(run.executor.used_memory_bytes() - 10'000));
  EXPECT_EQ(run("SET small 1"), "OK");
  run.executor.tick();
  EXPECT_EQ(run.executor.keyspace().totals().evicted, 1U);
  EXPECT_EQ(run("DBSIZE"), "(integer) " + std::to_string(std::size(kCollections)));
  snapshot.finish();
  EXPECT_LT(snapshot.largest_piece_bytes(), kHeldBytesMax);
  CommandTester other;
  ASSERT_EQ(snapshot.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest);
  free_what_is_buried(run);
}

TEST(Snapshot, leaves_due_fields_hidden_until_a_large_hash_is_written) {
  CommandTester run;
  make_collections(run);
  const std::string digest = digest_of(run);
  CommandTester other;
  other.clock.advance_ms(run.clock.unix_time_ms() - other.clock.unix_time_ms());
  SteppedSnapshot snapshot(run);
  run.clock.advance_ms(1'004'000);
  EXPECT_EQ(run("HMGET big:timed field3 field3999"), "1) (nil)\n2) (nil)");
  const auto expired_fields = [&] { return run.executor.keyspace().totals().expired_fields; };
  EXPECT_EQ(expired_fields(), 0U);
  tick_for_a_second(run);
  EXPECT_EQ(expired_fields(), 1334U);
  EXPECT_EQ(run("HLEN big:timed"), "(integer) 2666");
  snapshot.finish();
  EXPECT_LT(snapshot.largest_piece_bytes(), kHeldBytesMax);
  ASSERT_EQ(snapshot.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest);
}

// Entries that a discarded snapshot had not reached once were taken for written by the next one.
TEST(Snapshot, that_is_discarded_leaves_nothing_out_of_the_next) {
  CommandTester run;
  Random random(7);
  for (int i = 0; i < 5000; ++i) change_something(run, random);
  SteppedSnapshot first(run);
  for (int i = 0; i < 100; ++i) {
    first.step();
    change_much(run, random);
  }
  first.discard();
  const std::string digest = digest_of(run);
  SteppedSnapshot second(run);
  second.finish();
  CommandTester other;
  other.clock.advance_ms(run.clock.unix_time_ms() - other.clock.unix_time_ms());
  ASSERT_EQ(second.load_into(other), "");
  EXPECT_EQ(digest_of(other), digest);
}

// Transfers keep a sum; a snapshot that cut one in half would hold another.
TEST(Snapshot, cuts_no_transaction_in_half) {
  CommandTester run;
  Executor& executor = run.executor;
  constexpr int kAccounts = 2000, kBalance = 100;
  for (int i = 0; i < kAccounts; ++i) run("SET account:" + std::to_string(i) + " " + std::to_string(kBalance));
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    threads.emplace_back([&executor, &stop, seed] {
      TestClient client(executor);
      Random random(seed);
      while (!stop) {
        const auto account = [&] { return "account:" + std::to_string(random.below(kAccounts)); };
        client("MULTI");
        client("DECR " + account());
        client("INCR " + account());
        client("EXEC");
      }
    });
  }
  for (int round = 0; round < 5; ++round) {
    SteppedSnapshot snapshot(run);
    snapshot.finish();
    CommandTester other;
    ASSERT_EQ(snapshot.load_into(other), "");
    int64_t sum = 0;
    for (int i = 0; i < kAccounts; ++i) {
      sum += std::stoll(other.reply("GET account:" + std::to_string(i)).text());
    }
    EXPECT_EQ(sum, int64_t{kAccounts} * kBalance);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

// The same with two fields of one large hash, which every first change has written in pieces.
TEST(Snapshot, cuts_no_change_of_a_large_collection_in_half) {
  CommandTester run;
  Executor& executor = run.executor;
  constexpr int kFields = 5000, kBalance = 100;
  for (int i = 0; i < kFields; ++i) run("HSET accounts field" + std::to_string(i) + " " + std::to_string(kBalance));
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    threads.emplace_back([&executor, &stop, seed] {
      PatientClient client(executor, [] { std::this_thread::yield(); });
      Random random(seed);
      while (!stop) {
        const auto field = [&] { return "field" + std::to_string(random.below(kFields)); };
        client("MULTI");
        client("HINCRBY accounts " + field() + " 1");
        client("HINCRBY accounts " + field() + " -1");
        client("EXEC");
        client("HSET accounts other 0");
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    SteppedSnapshot snapshot(run);
    snapshot.finish();
    CommandTester other;
    ASSERT_EQ(snapshot.load_into(other), "");
    int64_t sum = 0;
    for (const Reply& value : other.reply("HVALS accounts").elements()) sum += std::stoll(value.text());
    EXPECT_EQ(sum, int64_t{kFields} * kBalance);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

// --- Files

TEST_F(Saves, bring_everything_back) {
  run("SET text value PX 100000");
  run("RPUSH list a b c");
  run("SELECT 3");
  run("ZADD zset 1.5 a");
  EXPECT_EQ(run("SAVE"), "OK");
  EXPECT_EQ(field(run, "rdb_saves"), "1");
  EXPECT_EQ(field(run, "rdb_changes_since_last_save"), "0");
  CommandTester other;
  use(other);
  EXPECT_EQ(other.executor.persistence().load(), std::nullopt);
  EXPECT_EQ(digest_of(other), digest_of(run));
  EXPECT_EQ(other("PTTL text"), "(integer) 100000");
  EXPECT_EQ(field(other, "rdb_last_load_keys_loaded"), "3");
}

// Large enough for several threads, with values that are larger than what is read at once.
TEST_F(Saves, bring_much_back) {
  run("SET large " + std::string(3'000'000, 'x'));
  std::string fields, members;
  for (int i = 0; i < 40'000; ++i) {
    const std::string number = std::to_string(i);
    fields += " field:" + number + " a-value-that-makes-it-long-" + number;
    members += " member:" + number;
    run("SET key:" + number + " value");
    run("RPUSH list:" + std::to_string(i % 5000) + " " + number);
  }
  run("CONFIG SET rdbcompression no");
  run("HSET large-hash" + fields);
  run("SADD large-set" + members);
  ASSERT_EQ(run("SAVE"), "OK");
  CommandTester other;
  use(other);
  EXPECT_EQ(other.executor.persistence().load(), std::nullopt);
  EXPECT_EQ(digest_of(other), digest_of(run));
  EXPECT_EQ(field(other, "rdb_last_load_keys_loaded"), "45003");
}

TEST_F(Saves, bring_a_long_log_back) {
  std::string digest;
  {
    CommandTester tester;
    ASSERT_EQ(open_with_log(tester), std::nullopt);
    Random random(1);
    for (int i = 0; i < 60'000; ++i) change_something(tester, random);
    digest = digest_of(tester);
  }
  CommandTester other;
  EXPECT_EQ(open_with_log(other), std::nullopt);
  EXPECT_EQ(digest_of(other), digest);
}

// A log may be large, and starting is to take no more than reading it.
TEST_F(Saves, write_no_log_again_that_does_not_say_what_was_on_disk) {
  std::string commands;
  for (int i = 0; i < 3; ++i) commands += "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n" + std::to_string(i) + "\r\n";
  auto file = real_disk().create(directory + "/appendonly.aof");
  ASSERT_TRUE((*file)->append(commands));
  disk.failing = "rewrite_tail";
  disk.failures_after = 0;
  {
    CommandTester tester;
    EXPECT_EQ(open_with_log(tester), std::nullopt);
    EXPECT_EQ(tester("GET a"), "\"2\"");
  }
  // By now there is a file that says so.
  CommandTester other;
  EXPECT_EQ(open_with_log(other), "cannot rewrite_tail: No space left on device");
  disk.failing.clear();
  EXPECT_EQ(open_with_log(other), std::nullopt);
  EXPECT_EQ(other("GET a"), "\"2\"");
}

TEST_F(Saves, leave_the_old_file_when_they_fail) {
  run("SET key old");
  ASSERT_EQ(run("SAVE"), "OK");
  run("SET key new");
  for (const char* operation : {"create", "append", "sync", "rename"}) {
    disk.failing = operation;
    disk.failures_after = 0;
    EXPECT_EQ(run("SAVE"), "(error) ERR cannot " + std::string(operation) + ": No space left on device");
    EXPECT_EQ(field(run, "rdb_last_bgsave_status"), "err");
    CommandTester other;
    use(other);
    EXPECT_EQ(other.executor.persistence().load(), std::nullopt) << operation;
    EXPECT_EQ(other("GET key"), "\"old\"") << operation;
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1) << operation;
  }
  disk.failing.clear();
  EXPECT_EQ(run("SAVE"), "OK");
  EXPECT_EQ(field(run, "rdb_last_bgsave_status"), "ok");
}

TEST_F(Saves, that_fail_refuse_writes_until_one_succeeds) {
  run("CONFIG SET save '3600 1'");
  run("SET key value");
  disk.failing = "sync";
  run("SAVE");
  EXPECT_TRUE(run("SET key other").starts_with("(error) MISCONF Redis is configured to save RDB snapshots"));
  EXPECT_EQ(run("GET key"), "\"value\"");
  run("CONFIG SET stop-writes-on-bgsave-error no");
  EXPECT_EQ(run("SET key other"), "OK");
  run("CONFIG SET stop-writes-on-bgsave-error yes");
  EXPECT_TRUE(run("PING").starts_with("(error) MISCONF"));
  disk.failing.clear();
  EXPECT_EQ(run("SAVE"), "OK");
  EXPECT_EQ(run("SET key third"), "OK");
}

TEST_F(Saves, go_on_in_the_background) {
  for (int i = 0; i < 1000; ++i) run("SET key:" + std::to_string(i) + " value");
  const std::string digest = digest_of(run);
  EXPECT_EQ(run("BGSAVE"), "Background saving started");
  EXPECT_EQ(run("BGSAVE NOW"), "(error) ERR syntax error");
  run("FLUSHALL");
  run.executor.persistence().wait_for_job();
  CommandTester other;
  use(other);
  EXPECT_EQ(other.executor.persistence().load(), std::nullopt);
  EXPECT_EQ(digest_of(other), digest);
}

TEST_F(Saves, that_are_cancelled_leave_the_old_file) {
  run("SET key old");
  run("SAVE");
  for (int i = 0; i < 100'000; ++i) run("SET key:" + std::to_string(i) + " value");
  EXPECT_EQ(run("BGSAVE CANCEL"), "(error) ERR Background save is currently not in progress or scheduled");
  run("BGSAVE");
  const std::string answer = run("BGSAVE CANCEL");
  run.executor.persistence().wait_for_job();
  // It may have been through already.
  if (answer == "Background saving cancelled" && field(run, "rdb_saves") == "1") {
    CommandTester other;
    use(other);
    EXPECT_EQ(other.executor.persistence().load(), std::nullopt);
    EXPECT_EQ(other("DBSIZE"), "(integer) 1");
  }
  EXPECT_EQ(field(run, "rdb_last_bgsave_status"), "ok");
}

TEST_F(Saves, come_when_a_save_point_asks_for_one) {
  run("CONFIG SET save '10 2'");
  run("SET a 1");
  run.clock.advance_ms(11'000);
  run.executor.tick();
  EXPECT_EQ(field(run, "rdb_bgsave_in_progress"), "0");
  run("SET b 1");
  run.clock.advance_ms(1000);
  run.executor.tick();
  run.executor.persistence().wait_for_job();
  EXPECT_EQ(field(run, "rdb_saves"), "1");
  EXPECT_EQ(field(run, "rdb_changes_since_last_save"), "0");
}

TEST_F(Saves, that_are_damaged_are_not_loaded) {
  run("SET key value");
  run("SAVE");
  std::string bytes = *read_file(disk, directory + "/dump.rdb");
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const bool cut : {false, true}) {
      std::string damaged = cut ? bytes.substr(0, i) : bytes;
      if (!cut) damaged[i] ^= 0x20;
      auto file = real_disk().create(directory + "/dump.rdb");
      ASSERT_TRUE((*file)->append(damaged));
      CommandTester other;
      use(other);
      const auto error = other.executor.persistence().load();
      ASSERT_TRUE(error) << "byte " << i << (cut ? " cut" : "");
      EXPECT_TRUE(error->starts_with(directory + "/dump.rdb is damaged: ")) << *error;
      EXPECT_NE(error->find(" at byte "), std::string::npos) << *error;
    }
  }
}

TEST_F(Saves, count_a_call_that_waits_for_the_disk) {
  run.executor.persistence().use_disk(disk, Persistence::Background::by_hand);
  run.executor.config().force("appendonly", "yes");
  ASSERT_EQ(run.executor.persistence().load(), std::nullopt);
  TestClient client(run.executor);
  client("SET a 1");
  EXPECT_EQ(client("WAITAOF 1 0 0"), "(no reply)");
  const auto calls = [&] { return run.reply("INFO commandstats").text().find("cmdstat_waitaof:calls=1,"); };
  EXPECT_NE(calls(), std::string::npos);
  run.executor.persistence().log()->flush();
  EXPECT_EQ(client.late, "1) (integer) 1\n2) (integer) 0");
  EXPECT_NE(calls(), std::string::npos);
}

TEST(Persistence, of_a_store_in_memory_is_refused) {
  CommandTester run;
  EXPECT_EQ(run("SAVE"), "(error) ERR This store keeps its data in memory only");
  EXPECT_EQ(run("BGSAVE"), "(error) ERR This store keeps its data in memory only");
}

}  // namespace
}  // namespace redstart
