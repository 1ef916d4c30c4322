// HashTable beside std::unordered_map, and its guarantees: scans that miss nothing, chains of
// colliding hashes, memory that goes back.
#include "base/hash_table.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <unordered_map>

#include "base/hash.h"

namespace redstart {
namespace {

struct alignas(8) Item {
  std::string key;
  uint64_t hash;
};

struct ItemPolicy {
  using Record = Item;
  static uint64_t hash(const Item* item) { return item->hash; }
  static bool equals(const Item* item, std::string_view key) { return item->key == key; }
};
using Table = HashTable<ItemPolicy>;

// How the hashes of a test's keys are spread.
enum class Spread : uint8_t { good, few_buckets, one_tag, all_equal };

uint64_t spread_hash(Spread spread, std::string_view key) {
  const uint64_t hash = hash_bytes(key);
  switch (spread) {
    case Spread::few_buckets:
      return hash & ~uint64_t{0xffff'fffc};  // tags differ, four buckets
    case Spread::one_tag:
      return hash & 0xffff'ffff;  // buckets differ, tags do not
    case Spread::all_equal:
      return 42;
    default:
      return hash;
  }
}

// Owns the items, which the table does not.
class Items {
 public:
  explicit Items(Spread spread = Spread::good) : spread_(spread) {}
  uint64_t hash(std::string_view key) const { return spread_hash(spread_, key); }
  Item* make(const std::string& key) { return &items_.emplace_back(key, hash(key)); }
  Item* insert(Table& table, const std::string& key) {
    Item* item = make(key);
    table.insert(item->hash, item);
    return item;
  }
  Item* find(const Table& table, std::string_view key) const { return table.find(hash(key), key); }
  Item* erase(Table& table, std::string_view key) const { return table.erase(hash(key), key); }

 private:
  const Spread spread_;
  std::deque<Item> items_;
};

std::string key_of(uint64_t number) { return "key:" + std::to_string(number); }

TEST(HashTable, is_empty_without_memory) {
  Table table;
  Items items;
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.memory_bytes(), 0u);
  EXPECT_EQ(items.find(table, "a"), nullptr);
  EXPECT_EQ(items.erase(table, "a"), nullptr);
  EXPECT_EQ(table.scan(0, [](Item*) { FAIL(); }), 0u);
  EXPECT_EQ(table.scan(12345, [](Item*) { FAIL(); }), 0u);
  table.for_each([](Item*) { FAIL(); });
  table.check_invariants();
}

TEST(HashTable, tells_keys_of_one_hash_apart) {
  Table table;
  Items items(Spread::all_equal);
  for (int i = 0; i < 100; ++i) items.insert(table, key_of(i));
  table.check_invariants();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(items.find(table, key_of(i))->key, key_of(i));
  EXPECT_EQ(items.find(table, key_of(100)), nullptr);
  for (int i = 0; i < 100; i += 2) EXPECT_EQ(items.erase(table, key_of(i))->key, key_of(i));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(items.find(table, key_of(i)) != nullptr, i % 2 == 1);
  table.check_invariants();
}

TEST(HashTable, puts_a_fresh_record_in_the_place_of_an_old_one) {
  Table table;
  Items items(Spread::one_tag);
  for (int i = 0; i < 50; ++i) items.insert(table, key_of(i));
  Item* fresh = items.make(key_of(7));
  table.replace(fresh->hash, items.find(table, key_of(7)), fresh);
  EXPECT_EQ(items.find(table, key_of(7)), fresh);
  EXPECT_EQ(table.size(), 50u);
  table.check_invariants();
}

TEST(HashTable, gives_back_what_it_took) {
  heap::MemoryAccount account;
  const heap::AccountScope scope(account);
  {
    Table table;
    Items items;
    for (int i = 0; i < 10'000; ++i) items.insert(table, key_of(i));
    EXPECT_EQ(account.used_bytes, static_cast<int64_t>(table.memory_bytes()));
    for (int i = 0; i < 10'000; ++i) items.erase(table, key_of(i));
    EXPECT_EQ(table.memory_bytes(), 0u);
    EXPECT_EQ(account.used_bytes, 0);
    for (int i = 0; i < 1000; ++i) items.insert(table, key_of(i));
    size_t freed = 0;
    table.clear([&](Item*) { ++freed; });
    EXPECT_EQ(freed, 1000u);
    EXPECT_EQ(account.used_bytes, 0);
    for (int i = 0; i < 1000; ++i) items.insert(table, key_of(i));
  }
  EXPECT_EQ(account.used_bytes, 0);
}

TEST(HashTable, is_filled_and_emptied_from_any_number_of_buckets) {
  for (const size_t expected : {1, 7, 8, 15, 16, 100, 1000, 3000}) {
    Table table;
    Items items;
    table.presize(expected);
    EXPECT_FALSE(items.find(table, key_of(0)));
    table.check_invariants();
    const size_t room = table.memory_bytes();
    for (uint64_t i = 0; i < 1000; ++i) items.insert(table, key_of(i));
    table.check_invariants();
    if (expected == 3000) EXPECT_LE(table.memory_bytes(), room + room / 10);  // overflow buckets
    table.presize(1'000'000);  // it is not empty
    for (uint64_t i = 0; i < 1000; ++i) EXPECT_TRUE(items.erase(table, key_of(i))) << i;
    EXPECT_EQ(table.memory_bytes(), 0u);
  }
}

TEST(HashTable, moves_with_its_records) {
  Items items;
  Table table;
  items.insert(table, "a");
  Table other(std::move(table));
  EXPECT_NE(items.find(other, "a"), nullptr);
  other.check_invariants();
  Table third;
  items.insert(third, "b");
  third = std::move(other);
  EXPECT_NE(items.find(third, "a"), nullptr);
  EXPECT_EQ(items.find(third, "b"), nullptr);
}

class HashTableModel : public testing::TestWithParam<Spread> {};
std::string spread_name(const testing::TestParamInfo<Spread>& info) {
  constexpr const char* kNames[] = {"good", "few_buckets", "one_tag", "all_equal"};
  return kNames[static_cast<size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Spreads, HashTableModel,
                         testing::Values(Spread::good, Spread::few_buckets, Spread::one_tag,
                                         Spread::all_equal),
                         spread_name);

// Phases that grow and phases that shrink, so that buckets are split and merged again and again.
TEST_P(HashTableModel, does_what_a_map_does) {
  const bool is_slow = GetParam() == Spread::few_buckets || GetParam() == Spread::all_equal;
  const uint64_t keys = is_slow ? 300 : 5000;
  Random random(7);
  Table table;
  Items items(GetParam());
  std::unordered_map<std::string, Item*> model;
  for (int phase = 0; phase < 8; ++phase) {
    const uint64_t inserts_of_ten = phase % 2 ? 2 : 8;
    for (uint64_t step = 0; step < keys * 2; ++step) {
      const std::string key = key_of(random.below(keys));
      const auto known = model.find(key);
      ASSERT_EQ(items.find(table, key), known == model.end() ? nullptr : known->second);
      if (random.below(10) < inserts_of_ten) {
        if (known == model.end()) model[key] = items.insert(table, key);
      } else {
        ASSERT_EQ(items.erase(table, key), known == model.end() ? nullptr : known->second);
        if (known != model.end()) model.erase(known);
      }
      ASSERT_EQ(table.size(), model.size());
      if (step % 1000 == 0) table.check_invariants();
    }
    table.check_invariants();
    size_t seen = 0;
    table.for_each([&](Item* item) { seen += model.at(item->key) == item; });
    ASSERT_EQ(seen, model.size());
  }
}

TEST_P(HashTableModel, finds_all_of_a_bucket_by_half_a_hash) {
  Table table;
  Items items(GetParam());
  std::vector<Item*> inserted;
  for (int i = 0; i < 500; ++i) inserted.push_back(items.insert(table, key_of(i)));
  for (const Item* item : inserted) {
    bool found = false;
    table.for_each_in_bucket(static_cast<uint32_t>(item->hash),
                             [&](Item* other) { found = found || other == item; });
    EXPECT_TRUE(found);
  }
}

// Changes the size of a table between the steps of a scan.
enum class Change : uint8_t { none, grows, shrinks, swings };

class HashTableScan : public testing::TestWithParam<Change> {
 protected:
  static constexpr int kStaying = 1000;  // keys that are there all the time

  // Brings the others in or out, a few at a time.
  void change() {
    const bool adds =
        GetParam() == Change::grows || (GetParam() == Change::swings && swing_++ % 200 < 100);
    if (GetParam() == Change::none) return;
    for (int i = 0; i < 20; ++i) {
      if (adds) {
        items_.insert(table_, "other:" + std::to_string(others_++));
      } else if (others_ > 0) {
        items_.erase(table_, "other:" + std::to_string(--others_));
      }
    }
  }
  // Starts from a size that leaves a bucket half way of being split or not, as it comes.
  void fill(int others) {
    for (int i = 0; i < kStaying; ++i) items_.insert(table_, key_of(i));
    while (others_ < others) items_.insert(table_, "other:" + std::to_string(others_++));
  }

  Table table_;
  Items items_;
  int others_ = 0, swing_ = 0;
};
std::string change_name(const testing::TestParamInfo<Change>& info) {
  constexpr const char* kNames[] = {"nothing_changes", "it_grows", "it_shrinks", "it_swings"};
  return kNames[static_cast<size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(While, HashTableScan,
                         testing::Values(Change::none, Change::grows, Change::shrinks,
                                         Change::swings),
                         change_name);

TEST_P(HashTableScan, gives_everything_that_stays) {
  for (const int others : {0, 1, 333, 1000, 5000, 20'000}) {
    SCOPED_TRACE(others);
    table_ = Table();
    others_ = 0;
    fill(others);
    std::set<std::string> seen;
    size_t given = 0, steps = 0;
    uint64_t cursor = 0;
    do {
      cursor = table_.scan(cursor, [&](Item* item) {
        given += item->key.starts_with("key:");
        seen.insert(item->key);
      });
      change();
      ASSERT_LT(++steps, 1'000'000u) << "the scan does not end";
    } while (cursor != 0);
    for (int i = 0; i < kStaying; ++i) ASSERT_TRUE(seen.contains(key_of(i))) << i;
    if (GetParam() == Change::none) {
      EXPECT_EQ(given, static_cast<size_t>(kStaying));
    }
    table_.check_invariants();
  }
}

TEST(HashTable, draws_every_record_about_as_often) {
  constexpr int kKeys = 500, kDraws = 200'000;
  Table table;
  Items items;
  for (int i = 0; i < kKeys; ++i) items.insert(table, key_of(i));
  Random random(3);
  std::unordered_map<std::string, int> drawn;
  for (int i = 0; i < kDraws; ++i) ++drawn[table.random(random)->key];
  ASSERT_EQ(drawn.size(), static_cast<size_t>(kKeys));
  for (const auto& [key, count] : drawn) {
    EXPECT_GT(count, kDraws / kKeys / 2) << key;  // the mean is 400, its deviation 20
    EXPECT_LT(count, kDraws / kKeys * 2) << key;
  }
}

}  // namespace
}  // namespace redstart
