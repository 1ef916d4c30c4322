// Hashes against std::map, in both encodings and across the conversion.
#include "types/hash/hash.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace redstart {
namespace {

using Model = std::map<std::string, std::string, std::less<>>;

Model contents(const Hash& hash) {
  Model result;
  hash.for_each([&](std::string_view field, std::string_view value) {
    EXPECT_TRUE(result.emplace(field, value).second) << "twice: " << field;
  });
  return result;
}

// A hash and what it should hold.
class Checked {
 public:
  explicit Checked(const EncodingLimits& limits) : limits_(limits) {}
  ~Checked() { destroy(object_); }
  Hash hash() { return Hash(object_); }
  Object& object() { return object_; }
  const Model& model() const { return model_; }

  void set(const std::string& field, const std::string& value) {
    ASSERT_EQ(hash().set(field, value, limits_), model_.insert_or_assign(field, value).second);
  }
  void erase(const std::string& field) { ASSERT_EQ(hash().erase(field), model_.erase(field) == 1); }
  void get(const std::string& field) {
    char buffer[24];
    const auto value = hash().get(field, buffer);
    const auto wanted = model_.find(field);
    ASSERT_EQ(value.has_value(), wanted != model_.end());
    ASSERT_EQ(hash().contains(field), value.has_value());
    if (value) {
      ASSERT_EQ(*value, wanted->second);
    }
  }
  void check() {
    check_invariants(object_);
    ASSERT_EQ(hash().size(), model_.size());
    ASSERT_EQ(contents(hash()), model_);
  }

 private:
  EncodingLimits limits_;
  Object object_ = Hash::make();
  Model model_;
};

std::string random_value(Random& random) {
  if (random.below(2) == 0) return std::to_string(random.below(1000));
  return std::string(random.below(30), 'v');
}

void edit_at_random(Random& random, Checked& checked, uint64_t fields) {
  const std::string field = (random.below(2) ? "f" : "") + std::to_string(random.below(fields));
  switch (random.below(4)) {
    case 0:
      return checked.erase(field);
    case 1:
      return checked.get(field);
    default:
      return checked.set(field, random_value(random));
  }
}

TEST(Hash, holds_what_a_map_holds_after_random_edits) {
  for (const size_t entries_max : {size_t{0}, size_t{16}, size_t{10000}}) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", entries " + std::to_string(entries_max));
      Random random(seed);
      Checked checked({.hash_max_listpack_entries = entries_max});
      for (int step = 0; step < 2000; ++step) {
        edit_at_random(random, checked, 5 + seed * 20);
        if (step % 50 == 0) checked.check();
        if (HasFatalFailure()) return;
      }
      checked.check();
    }
  }
}

TEST(Hash, becomes_a_table_with_one_field_more_than_the_limit_and_stays_one) {
  Checked checked({.hash_max_listpack_entries = 3});
  for (const char* field : {"a", "b", "c"}) checked.set(field, "1");
  EXPECT_EQ(checked.object().encoding, Encoding::listpack);
  checked.set("d", "1");
  EXPECT_EQ(checked.object().encoding, Encoding::hashtable);
  checked.erase("d");
  checked.erase("c");
  EXPECT_EQ(checked.object().encoding, Encoding::hashtable);
  checked.check();
}

TEST(Hash, becomes_a_table_when_a_value_is_longer_than_the_limit) {
  Checked checked({.hash_max_listpack_value = 8});
  checked.set("field", "12345678");
  EXPECT_EQ(checked.object().encoding, Encoding::listpack);
  checked.set("field", "123456789");
  EXPECT_EQ(checked.object().encoding, Encoding::hashtable);
  checked.check();
}

TEST(Hash, scan_gives_every_field_that_stays_while_others_come_and_go) {
  Random random(7);
  Checked checked({.hash_max_listpack_entries = 0});
  for (int i = 0; i < 500; ++i) checked.set("stays" + std::to_string(i), "1");
  std::map<std::string, int> seen;
  uint64_t cursor = 0;
  do {
    cursor = checked.hash().scan(
        cursor, [&](std::string_view field, std::string_view) { ++seen[std::string(field)]; });
    for (int i = 0; i < 5; ++i) edit_at_random(random, checked, 3000);
  } while (cursor != 0);
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(seen.contains("stays" + std::to_string(i))) << i;
}

TEST(Hash, random_gives_each_field_in_time) {
  for (const size_t entries_max : {size_t{0}, size_t{512}}) {
    Random random(3);
    Checked checked({.hash_max_listpack_entries = entries_max});
    for (int i = 0; i < 50; ++i) checked.set(std::to_string(i), "v" + std::to_string(i));
    Model seen;
    for (int i = 0; i < 2000; ++i) {
      checked.hash().random(random, [&](std::string_view field, std::string_view value) {
        seen.emplace(field, value);
      });
    }
    EXPECT_EQ(seen, checked.model());
  }
}

TEST(Hash, a_clone_lives_on_its_own) {
  for (const size_t entries_max : {size_t{0}, size_t{512}}) {
    Checked checked({.hash_max_listpack_entries = entries_max});
    for (int i = 0; i < 100; ++i) checked.set(std::to_string(i), "value");
    Object copy = clone(checked.object());
    checked.erase("5");
    EXPECT_TRUE(Hash(copy).contains("5"));
    EXPECT_EQ(Hash(copy).size(), 100u);
    check_invariants(copy);
    destroy(copy);
  }
}

}  // namespace
}  // namespace redstart
