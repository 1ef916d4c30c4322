// Hashes whose fields have deadlines against a map that holds deadlines too, in all four encodings.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "types/hash/hash.h"

namespace redstart {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr size_t kAll = 1'000'000;

struct TimedValue {
  std::string value;
  int64_t deadline_ms = kNoDeadline;
  bool operator==(const TimedValue&) const = default;
};
using Model = std::map<std::string, TimedValue, std::less<>>;

void ignore(std::string_view) {}

// A hash, what it should hold, and what time it is.
class Checked {
 public:
  explicit Checked(const EncodingLimits& limits) : limits_(limits) {}
  ~Checked() { destroy(object_); }
  Hash hash() { return Hash(object_, now_ms_); }
  Object& object() { return object_; }
  int64_t now_ms() const { return now_ms_; }
  const Model& model() const { return model_; }

  void advance(int64_t ms) {
    now_ms_ += ms;
    std::erase_if(model_, [this](const auto& field) {
      const int64_t deadline_ms = field.second.deadline_ms;
      return deadline_ms != kNoDeadline && deadline_ms < now_ms_;
    });
  }
  void set(const std::string& field, const std::string& value, FieldDeadline kept = FieldDeadline::clear) {
    const auto old = model_.find(field);
    const int64_t deadline_ms =
        old != model_.end() && kept == FieldDeadline::keep ? old->second.deadline_ms : kNoDeadline;
    const bool is_new = old == model_.end();
    model_[field] = {value, deadline_ms};
    ASSERT_EQ(hash().set(field, value, limits_, kept), is_new);
  }
  void erase(const std::string& field) { ASSERT_EQ(hash().erase(field), model_.erase(field) == 1); }
  void set_deadline(const std::string& field, int64_t deadline_ms) {
    const auto old = model_.find(field);
    ASSERT_EQ(hash().contains(field), old != model_.end());
    if (old == model_.end()) return;
    old->second.deadline_ms = deadline_ms;
    hash().set_deadline_ms(field, deadline_ms);
  }
  // Frees what is due, a few at a time, and tells how much.
  size_t expire(size_t fields_max) {
    size_t freed = 0;
    const auto count = [&](std::string_view field) {
      EXPECT_FALSE(model_.contains(field)) << field << " is not due";
      ++freed;
    };
    bool more = true;
    while (more) {
      size_t budget = fields_max;
      more = hash().expire(budget, count);
    }
    return freed;
  }
  void check() {
    check_invariants(object_);
    Model contents;
    hash().for_each_with_deadline([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
      EXPECT_TRUE(contents.emplace(field, TimedValue{std::string(value), deadline_ms}).second);
    });
    ASSERT_EQ(contents.size(), model_.size());
    ASSERT_TRUE(contents == model_);
    ASSERT_EQ(hash().size(), model_.size());
    for (const auto& [field, timed] : model_) {
      char buffer[24];
      ASSERT_EQ(hash().get(field, buffer), timed.value);
      ASSERT_EQ(hash().deadline_ms(field), timed.deadline_ms);
    }
  }

 private:
  EncodingLimits limits_;
  Object object_ = Hash::make();
  int64_t now_ms_ = kStartMs;
  Model model_;
};

void edit_at_random(Random& random, Checked& checked, uint64_t fields) {
  const std::string field = (random.below(2) ? "f" : "") + std::to_string(random.below(fields));
  const std::string value = random.below(2) ? std::to_string(random.below(1000)) : std::string(random.below(20), 'v');
  switch (random.below(8)) {
    case 0: return checked.erase(field);
    case 1: return checked.set(field, value, FieldDeadline::keep);
    case 2: return checked.advance(static_cast<int64_t>(random.below(300)));
    case 3: return checked.set_deadline(field, kNoDeadline);
    case 4:
    case 5:
      return checked.set_deadline(
          field, checked.now_ms() + static_cast<int64_t>(random.below(uint64_t{1} << random.below(16))));
    case 6:
      if (random.below(4) == 0) checked.expire(1 + random.below(20));
      return;
    default: return checked.set(field, value);
  }
}

TEST(FieldDeadlines, agree_with_a_map_after_random_edits) {
  for (const size_t entries_max : {size_t{0}, size_t{16}, size_t{10000}}) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", entries " + std::to_string(entries_max));
      Random random(seed);
      Checked checked({.hash_max_listpack_entries = entries_max});
      for (int step = 0; step < 2000; ++step) {
        edit_at_random(random, checked, 5 + seed * 10);
        if (step % 50 == 0) checked.check();
        if (::testing::Test::HasFatalFailure()) return;
      }
      checked.check();
    }
  }
}

TEST(FieldDeadlines, change_the_encoding_only_when_the_first_is_set) {
  Checked small({});
  small.set("a", "1");
  small.set_deadline("a", kNoDeadline);
  EXPECT_EQ(small.object().encoding, Encoding::listpack);
  small.set_deadline("a", kStartMs + 10);
  EXPECT_EQ(small.object().encoding, Encoding::listpackex);
  EXPECT_EQ(name_of(small.object().encoding), "listpackex");
  Checked big({.hash_max_listpack_entries = 0});
  big.set("a", "1");
  EXPECT_EQ(big.object().encoding, Encoding::hashtable);
  big.set_deadline("a", kStartMs + 10);
  EXPECT_EQ(big.object().encoding, Encoding::timed_table);
  EXPECT_EQ(name_of(big.object().encoding), "hashtable");
}

TEST(FieldDeadlines, survive_the_conversion_to_a_table) {
  Checked checked({.hash_max_listpack_entries = 3});
  for (const char* field : {"a", "b", "c"}) checked.set(field, "1");
  checked.set_deadline("a", kStartMs + 10);
  checked.set_deadline("b", kStartMs + 20);
  checked.set("d", "1");
  EXPECT_EQ(checked.object().encoding, Encoding::timed_table);
  checked.check();
  checked.advance(15);
  EXPECT_EQ(checked.expire(kAll), 1u);
  checked.check();
}

TEST(FieldDeadlines, let_a_field_live_through_its_last_millisecond) {
  for (const size_t entries_max : {size_t{0}, size_t{16}}) {
    Checked checked({.hash_max_listpack_entries = entries_max});
    checked.set("a", "1");
    checked.set_deadline("a", kStartMs + 10);
    checked.advance(10);
    EXPECT_TRUE(checked.hash().contains("a"));
    EXPECT_EQ(checked.expire(kAll), 0u);
    checked.advance(1);
    EXPECT_FALSE(checked.hash().contains("a"));
    EXPECT_EQ(checked.hash().size(), 0u);
    EXPECT_EQ(element_count(checked.object()), 1u);  // hidden, not yet freed
    EXPECT_EQ(checked.expire(kAll), 1u);
    EXPECT_EQ(element_count(checked.object()), 0u);
  }
}

TEST(FieldDeadlines, are_announced_no_later_than_they_come) {
  for (const size_t entries_max : {size_t{0}, size_t{10000}}) {
    Random random(5);
    Checked checked({.hash_max_listpack_entries = entries_max});
    EXPECT_EQ(checked.hash().next_due_ms(), kNoDeadline);
    for (int i = 0; i < 200; ++i) {
      checked.set(std::to_string(i), "v");
      checked.set_deadline(std::to_string(i), kStartMs + 1 + static_cast<int64_t>(random.below(100'000)));
    }
    while (!checked.model().empty()) {
      int64_t first_ms = INT64_MAX;
      for (const auto& [field, timed] : checked.model()) first_ms = std::min(first_ms, timed.deadline_ms);
      const int64_t announced_ms = checked.hash().next_due_ms();
      ASSERT_NE(announced_ms, kNoDeadline);
      ASSERT_LE(announced_ms, first_ms + 1);
      checked.advance(std::max<int64_t>(announced_ms - checked.now_ms(), 0));
      checked.expire(kAll);
    }
    EXPECT_FALSE(checked.hash().has_deadlines());
    EXPECT_EQ(element_count(checked.object()), 0u);
  }
}

// What a caller does under a lock is a piece: none may be large, and together they may not look at a field often.
TEST(FieldDeadlines, that_come_together_are_freed_in_small_pieces_and_read_once) {
  constexpr size_t kFields = 20'000, kPiece = 64, kBucketMax = 40;
  Checked checked({.hash_max_listpack_entries = 0});
  checked.set("stays", "v");
  for (size_t i = 0; i < kFields; ++i) {
    checked.set(std::to_string(i), "v");
    checked.set_deadline(std::to_string(i), kStartMs + 5);
  }
  checked.advance(6);
  size_t pieces = 0;
  bool more = true;
  while (more) {
    size_t budget = kPiece, freed = 0;
    const size_t stored = element_count(checked.object());
    more = checked.hash().expire(budget, [&](std::string_view) { ++freed; });
    ASSERT_EQ(element_count(checked.object()), stored - freed);
    ASSERT_LE(freed, kPiece + kBucketMax);
    EXPECT_EQ(checked.hash().size(), 1u);  // those that are left are as good as gone
    ++pieces;
  }
  EXPECT_EQ(element_count(checked.object()), 1u);
  // One look for the record of each field, one for the field.
  EXPECT_LE(pieces, 2 * kFields / kPiece + 1);
}

TEST(FieldDeadlines, hide_fields_from_scans_and_random_choices) {
  for (const size_t entries_max : {size_t{0}, size_t{10000}}) {
    Random random(9);
    Checked checked({.hash_max_listpack_entries = entries_max});
    for (int i = 0; i < 300; ++i) {
      checked.set(std::to_string(i), "v");
      if (i != 7) checked.set_deadline(std::to_string(i), kStartMs + 5);
    }
    checked.advance(6);
    std::string seen;
    const auto note = [&](std::string_view field, std::string_view) { seen += std::string(field) + " "; };
    uint64_t cursor = 0;
    do {
      cursor = checked.hash().scan(cursor, note);
    } while (cursor != 0);
    EXPECT_EQ(seen, "7 ");
    checked.hash().random(random, note);
    EXPECT_EQ(seen, "7 7 ");
  }
}

TEST(FieldDeadlines, go_along_with_a_clone) {
  for (const size_t entries_max : {size_t{0}, size_t{10000}}) {
    Checked checked({.hash_max_listpack_entries = entries_max});
    for (int i = 0; i < 100; ++i) {
      checked.set(std::to_string(i), "value");
      if (i % 2) checked.set_deadline(std::to_string(i), kStartMs + i);
    }
    Object copy = clone(checked.object());
    check_invariants(copy);
    checked.set_deadline("5", kNoDeadline);
    EXPECT_EQ(Hash(copy, kStartMs).deadline_ms("5"), kStartMs + 5);
    EXPECT_EQ(Hash(copy, kStartMs).deadline_ms("4"), kNoDeadline);
    EXPECT_EQ(Hash(copy, kStartMs + 1000).size(), 50u);
    size_t budget = kAll;
    Hash(copy, kStartMs + 1000).expire(budget, ignore);
    EXPECT_EQ(element_count(copy), 50u);
    destroy(copy);
  }
}

}  // namespace
}  // namespace redstart
