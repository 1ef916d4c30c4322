// Loading by one thread and by several: the same data, the same words about what is wrong.
#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "durability/rdb/extent.h"
#include "durability/snapshot/file.h"
#include "engine/shard_locks.h"
#include "execution/command_tester.h"
#include "execution/dataset_digest.h"

namespace redstart {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;      // when it is saved
constexpr int64_t kLoadedMs = kNowMs + 1000;

// A store with something of everything, in several databases.
void fill(CommandTester& run, int keys) {
  Random random(1);
  for (int i = 0; i < keys; ++i) {
    const std::string n = std::to_string(i), big = std::string(random.below(200), 'x');
    run("SELECT " + std::to_string(random.below(2) * 3));
    switch (i % 10) {
      case 0: run("SET int:" + n + " " + n); break;
      case 1:
        run("SET text:" + n + " text" + n + " PXAT " + std::to_string(kNowMs + (i % 20 == 1 ? 500 : 100'000)));
        break;
      case 2: run("SET repeated:" + n + " " + std::string(300, 'a')); break;
      case 3: run("RPUSH list:" + n + " a 1 " + n + " long" + big); break;
      case 4: run("SADD set:" + n + " a b " + n + " long" + big); break;
      case 5: run("SADD ints:" + n + " 1 2 " + n); break;
      case 6: run("ZADD zset:" + n + " 1 a 2.5 b -inf long" + big); break;
      case 7: run("HSET hash:" + n + " a 1 b long" + big); break;
      case 8:
        run("XADD stream:" + n + " 1-1 field value" + n);
        run("XGROUP CREATE stream:" + n + " group 0");
        run("XREADGROUP GROUP group consumer STREAMS stream:" + n + " >");
        break;
      default: run("SET wide:" + std::string(300, 'k') + n + " value"); break;
    }
  }
}

std::string saved(CommandTester& run) {
  std::string bytes;
  SnapshotHead head{.unix_time_s = 1, .used_memory_bytes = 1, .functions = {}};
  for (const int db : {0, 3}) {
    head.sizes.push_back({db, run.executor.keyspace().key_count(db), run.executor.keyspace().volatile_count(db)});
  }
  append_snapshot_head(bytes, head);
  Snapshot snapshot(run.executor.keyspace(), {.now_ms = kNowMs});
  {
    ShardLocks locks;
    locks.lock_all(run.executor.keyspace());
    snapshot.begin();
  }
  std::vector<UnfinishedRdb> pieces;
  while (snapshot.step(pieces)) {
  }
  for (const UnfinishedRdb& piece : pieces) snapshot.finish(piece, bytes);
  return bytes + '\xff' + std::string(8, '\0');
}

// What came of it, or what is wrong.
std::string loaded(std::string_view bytes, size_t threads, std::string* digest = nullptr) {
  CommandTester other;
  const EncodingLimits limits;
  ByteSource source(bytes);
  const auto done = load_snapshot(source, other.executor.keyspace(),
                                  {.now_ms = kLoadedMs, .limits = &limits, .checksum = false, .threads = threads});
  if (!done) return done.error();
  if (digest) *digest = hex_of(digest_of_keyspace(other.executor.keyspace(), kLoadedMs));
  return std::to_string(done->keys) + " keys, " + std::to_string(done->expired_keys) + " expired";
}

TEST(Loading, says_the_same_of_damage_with_any_number_of_threads) {
  CommandTester run;
  fill(run, 3000);
  const std::string bytes = saved(run);
  Random random(2);
  size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    const size_t at = 9 + random.below(bytes.size() - 9);
    if (i % 5 == 0) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(random.next());
    }
    const std::string said = loaded(damaged, 0);
    refused += said.find(" at byte ") != std::string::npos;
    ASSERT_EQ(loaded(damaged, 3), said) << "byte " << at;
  }
  EXPECT_GT(refused, 100u);
}

TEST(Loading, refuses_the_second_of_two_equal_keys) {
  CommandTester run;
  fill(run, 3000);
  const std::string bytes = saved(run);
  std::string doubled = bytes;
  doubled.insert(bytes.size() - 9, bytes, bytes.find("\xfe\x00\xfb"), std::string::npos);
  const std::string said = loaded(doubled, 0);
  EXPECT_TRUE(said.starts_with("the key stands twice in database ")) << said;
  EXPECT_EQ(loaded(doubled, 1), said);
  EXPECT_EQ(loaded(doubled, 3), said);
}

TEST(Loading, brings_the_same_data_with_any_number_of_threads) {
  CommandTester run;
  fill(run, 20'000);
  const std::string bytes = saved(run);
  std::string digest;
  const std::string said = loaded(bytes, 0, &digest);
  EXPECT_EQ(said, "19000 keys, 1000 expired");
  EXPECT_EQ(digest, hex_of(digest_of_keyspace(run.executor.keyspace(), kLoadedMs)));
  for (const size_t threads : {1, 2, 5}) {
    std::string other_digest;
    EXPECT_EQ(loaded(bytes, threads, &other_digest), said);
    EXPECT_EQ(other_digest, digest) << threads;
  }
}

// A file may say what it likes about its size.
TEST(Loading, makes_no_more_room_than_a_file_has_bytes_for) {
  CommandTester other;
  const EncodingLimits limits;
  std::string bytes;
  append_snapshot_head(bytes, {.unix_time_s = 1, .used_memory_bytes = 1, .functions = {},
                               .sizes = {{0, uint64_t{1} << 60, 0}, {1, uint64_t{1} << 60, uint64_t{1} << 60}}});
  bytes += '\xff' + std::string(8, '\0');
  ByteSource source(bytes);
  const int64_t before = other.executor.keyspace().used_bytes();
  EXPECT_TRUE(load_snapshot(source, other.executor.keyspace(), {.limits = &limits}));
  EXPECT_EQ(other.executor.keyspace().used_bytes(), before);
}

TEST(Extents, end_where_the_value_does) {
  using rdb::ValueType;
  const auto extent = [](ValueType type, std::string_view bytes) {
    return value_extent(type, bytes).value_or(SIZE_MAX);
  };
  for (const auto& [type, bytes] : std::initializer_list<std::pair<ValueType, std::string_view>>{
           {ValueType::string, {"\x03" "abc", 4}},
           {ValueType::string, {"\xc1\x01\x02", 3}},
           {ValueType::list, {"\x02\x01" "a\xc0\x05", 5}},
           {ValueType::zset, {"\x01\x01" "a12345678", 11}},
           {ValueType::zset_text_scores, {"\x02\x01" "a\x03" "1.5\x01" "b\xfe", 10}},
           {ValueType::hash, {"\x01\x01" "a\x00", 4}},
           {ValueType::hash_deadlines, {"12345678\x01\x00\x01" "a\x01" "b", 14}},
           {ValueType::list_quicklist_2, {"\x01\x02\x02" "ab", 5}}}) {
    EXPECT_EQ(extent(type, bytes), bytes.size()) << static_cast<int>(type);
    EXPECT_EQ(extent(type, std::string(bytes) + "more"), bytes.size()) << static_cast<int>(type);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(extent(type, bytes.substr(0, size)), SIZE_MAX) << static_cast<int>(type) << ", " << size;
    }
  }
  EXPECT_EQ(extent(ValueType::module_2, "\x01\x02\x03\x04"), SIZE_MAX);
  EXPECT_EQ(extent(static_cast<ValueType>(200), "\x01\x02\x03\x04"), SIZE_MAX);
  EXPECT_EQ(extent(ValueType::string, "\xff\x01\x02\x03"), SIZE_MAX);
}

}  // namespace
}  // namespace redstart
