// Sets against std::set, in all three encodings and across the conversions.
#include "types/set/set.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace redstart {
namespace {

using Model = std::set<std::string, std::less<>>;

Model contents(const Set& set) {
  Model result;
  set.for_each([&](std::string_view member) {
    EXPECT_TRUE(result.emplace(member).second) << "twice: " << member;
  });
  return result;
}

// A set and what it should hold.
class Checked {
 public:
  explicit Checked(const EncodingLimits& limits) : limits_(limits) {}
  ~Checked() { destroy(object_); }
  Set set() { return Set(object_); }
  Object& object() { return object_; }
  const Model& model() const { return model_; }

  void add(const std::string& member) {
    ASSERT_EQ(set().add(member, limits_), model_.insert(member).second);
    ASSERT_TRUE(set().contains(member));
  }
  void remove(const std::string& member) {
    ASSERT_EQ(set().remove(member), model_.erase(member) == 1);
    ASSERT_FALSE(set().contains(member));
  }
  void pop(Random& random) {
    std::string popped;
    set().pop(random, [&](std::string_view member) { popped = member; });
    ASSERT_EQ(model_.erase(popped), 1u) << popped;
    ASSERT_FALSE(set().contains(popped));
  }
  void check() {
    check_invariants(object_);
    ASSERT_EQ(set().size(), model_.size());
    ASSERT_EQ(contents(set()), model_);
  }

 private:
  EncodingLimits limits_;
  Object object_ = Set::make();
  Model model_;
};

void edit_at_random(Random& random, Checked& checked, uint64_t members, bool integers_only) {
  const bool text = !integers_only && random.below(50) == 0;
  const std::string member = (text ? "m" : "") + std::to_string(random.below(members));
  switch (random.below(6)) {
    case 0:
    case 1:
      return checked.remove(member);
    case 2:
      if (checked.model().size() > members / 4) return checked.pop(random);
      [[fallthrough]];
    default:
      return checked.add(member);
  }
}

struct Case {
  size_t intset_entries_max;
  size_t listpack_entries_max;
};

TEST(Set, holds_what_a_set_holds_after_random_edits) {
  for (const Case limits : {Case{0, 0}, Case{16, 16}, Case{64, 1000}, Case{10000, 10}}) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Random random(seed);
      Checked checked({.set_max_intset_entries = limits.intset_entries_max,
                       .set_max_listpack_entries = limits.listpack_entries_max});
      for (int step = 0; step < 2000; ++step) {
        edit_at_random(random, checked, 5 + seed * 20, seed % 2 == 0);
        if (step % 50 == 0) checked.check();
        if (HasFatalFailure()) return;
      }
      checked.check();
    }
  }
}

TEST(Set, of_integers_is_an_intset_until_one_is_too_many) {
  Checked checked({.set_max_intset_entries = 3});
  for (const char* member : {"1", "-5", "70000"}) checked.add(member);
  EXPECT_EQ(checked.object().encoding, Encoding::intset);
  checked.add("2");
  EXPECT_EQ(checked.object().encoding, Encoding::hashtable);
  checked.check();
}

TEST(Set, becomes_a_listpack_with_the_first_text_and_a_table_with_one_too_long) {
  Checked checked({.set_max_listpack_value = 8});
  checked.add("1");
  checked.add("01");
  EXPECT_EQ(checked.object().encoding, Encoding::listpack);
  checked.add("123456789");
  EXPECT_EQ(checked.object().encoding, Encoding::hashtable);
  checked.check();
}

TEST(Set, keeps_members_longer_than_a_size_byte_says) {
  Checked checked({});
  for (const size_t size : {253u, 254u, 255u, 256u, 70000u}) checked.add(std::string(size, 'm'));
  checked.check();
  checked.remove(std::string(255, 'm'));
  checked.check();
}

TEST(Set, scan_gives_every_member_that_stays_while_others_come_and_go) {
  Random random(11);
  Checked checked({.set_max_intset_entries = 0, .set_max_listpack_entries = 0});
  for (int i = 0; i < 500; ++i) checked.add("stays" + std::to_string(i));
  Model seen;
  uint64_t cursor = 0;
  do {
    cursor = checked.set().scan(cursor, [&](std::string_view member) { seen.emplace(member); });
    for (int i = 0; i < 5; ++i) {
      const std::string member = std::to_string(random.below(3000));
      random.below(2) ? checked.add(member) : checked.remove(member);
    }
  } while (cursor != 0);
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(seen.contains("stays" + std::to_string(i))) << i;
}

TEST(Set, random_is_about_even) {
  for (const Case limits : {Case{0, 0}, Case{512, 0}, Case{0, 512}}) {
    Random random(5);
    Checked checked({.set_max_intset_entries = limits.intset_entries_max,
                     .set_max_listpack_entries = limits.listpack_entries_max});
    if (limits.listpack_entries_max > 0) checked.add("text");
    for (int i = 0; checked.model().size() < 100; ++i) checked.add(std::to_string(i));
    std::map<std::string, int> drawn;
    for (int i = 0; i < 20000; ++i) {
      checked.set().random(random, [&](std::string_view member) { ++drawn[std::string(member)]; });
    }
    ASSERT_EQ(drawn.size(), 100u);
    for (const auto& [member, times] : drawn) {
      EXPECT_GT(times, 100) << member;
      EXPECT_LT(times, 320) << member;
    }
  }
}

TEST(Set, keeps_numbers_and_what_looks_like_them_apart_in_a_table) {
  Checked checked({.set_max_intset_entries = 0, .set_max_listpack_entries = 0});
  std::vector<std::string> members = {"007",  "-0", "+5", " 12345678", "12345678 ", "1e9",
                                      "00000000", "99999999999999999999"};
  for (int bits = 0; bits < 64; ++bits) {
    const auto power = static_cast<int64_t>(uint64_t{1} << bits);
    for (const int64_t near : {power - (power != INT64_MIN), power}) {
      members.push_back(std::to_string(near));
      if (near > 0) members.push_back(std::to_string(-near));
    }
  }
  for (const size_t size : {7u, 8u, 245u, 246u, 247u, 254u, 255u, 256u, 70000u}) {
    members.emplace_back(size, 'x');
  }
  for (const std::string& member : members) checked.add(member);
  checked.check();
  Object copy = checked.set().clone();
  EXPECT_EQ(contents(Set(copy)), checked.model());
  destroy(copy);
  for (const std::string& member : checked.model()) EXPECT_FALSE(checked.set().add(member, {}));
  while (!checked.model().empty()) checked.remove(std::string(*checked.model().begin()));
}

TEST(Set, takes_eight_bytes_for_a_number_of_up_to_seven) {
  for (const char* member : {"1000000000", "-36028797018963968", "12345678"}) {
    SetRecord* record = SetRecord::create(member);
    EXPECT_LE(record->allocation_bytes(), 8u) << member;
    SetRecord::destroy(record);
  }
}

}  // namespace
}  // namespace redstart
