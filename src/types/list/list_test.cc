// Lists against std::deque<std::string>, in both encodings and across the conversion.
#include "types/list/list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "base/random.h"

namespace redstart {
namespace {

using End = List::End;
using Model = std::deque<std::string>;

std::vector<std::string> elements(const List& list, size_t first, size_t count, bool backwards) {
  std::vector<std::string> result;
  list.for_each(first, count, backwards, [&](std::string_view element) {
    result.emplace_back(element);
    return true;
  });
  return result;
}

// A list and what it should hold.
class Checked {
 public:
  explicit Checked(int64_t listpack_size_max)
      : limits_{.list_max_listpack_size = listpack_size_max} {}
  ~Checked() { destroy(object_); }
  List list() { return List(object_); }
  Object& object() { return object_; }
  size_t size() const { return model_.size(); }

  void push(End end, const std::string& value) {
    list().push(end, value, limits_);
    end == End::head ? model_.push_front(value) : model_.push_back(value);
  }
  void pop(End end) {
    std::string popped;
    list().pop(end, [&](std::string_view element) { popped = element; });
    ASSERT_EQ(popped, end == End::head ? model_.front() : model_.back());
    end == End::head ? model_.pop_front() : model_.pop_back();
  }
  void insert(size_t index, const std::string& value) {
    list().insert(index, value, limits_);
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(index), value);
  }
  void replace(size_t index, const std::string& value) {
    list().replace(index, value, limits_);
    model_[index] = value;
  }
  void erase(size_t index, size_t count) {
    count = std::min(count, size() - index);
    list().erase(index, count);
    const auto from = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(from, from + static_cast<ptrdiff_t>(count));
  }
  void remove(const std::string& value, size_t count, bool backwards) {
    if (backwards) std::ranges::reverse(model_);
    size_t removed = 0;
    std::erase_if(model_, [&](const std::string& element) {
      return element == value && removed < count && ++removed;
    });
    if (backwards) std::ranges::reverse(model_);
    ASSERT_EQ(list().remove(value, count, backwards), removed);
  }
  void look_at(size_t index, size_t count) {
    char buffer[24];
    ASSERT_EQ(list().at(index, buffer), model_[index]);
    const auto from = model_.begin() + static_cast<ptrdiff_t>(index);
    const size_t after = std::min(count, size() - index), before = std::min(count, index + 1);
    ASSERT_EQ(elements(list(), index, count, false),
              std::vector(from, from + static_cast<ptrdiff_t>(after)));
    std::vector backwards(from + 1 - static_cast<ptrdiff_t>(before), from + 1);
    std::ranges::reverse(backwards);
    ASSERT_EQ(elements(list(), index, count, true), backwards);
  }
  void check() {
    check_invariants(object_);
    ASSERT_EQ(list().size(), size());
    ASSERT_EQ(elements(list(), 0, SIZE_MAX, false), std::vector(model_.begin(), model_.end()));
  }

 private:
  EncodingLimits limits_;
  Object object_ = List::make();
  Model model_;
};

std::string random_value(Random& random) {
  if (random.below(200) == 0) return std::string(3000 + random.below(10000), 'l');
  if (random.below(2) == 0) return std::to_string(random.below(20));
  return std::string(random.below(100), 'e');
}

void edit_at_random(Random& random, Checked& checked) {
  const End end = random.below(2) ? End::head : End::tail;
  if (checked.size() == 0) return checked.push(end, random_value(random));
  const size_t index = random.below(checked.size());
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
      return checked.pop(end);
    case 3:
    case 4:
      return checked.insert(random.below(checked.size() + 1), random_value(random));
    case 5:
      return checked.replace(index, random_value(random));
    case 6:
      return checked.erase(index, random.below(10));
    case 7:
      return checked.remove(std::to_string(random.below(20)), 1 + random.below(4), random.below(2));
    case 8:
      return checked.look_at(index, random.below(200));
    default:
      return checked.push(end, random_value(random));
  }
}

TEST(List, holds_what_a_deque_holds_after_random_edits) {
  for (const int64_t listpack_size_max : {-1, -2, -5, 1, 4, 128, 0}) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", size " + std::to_string(listpack_size_max));
      Random random(seed);
      Checked checked(listpack_size_max);
      for (int step = 0; step < 2000; ++step) {
        edit_at_random(random, checked);
        if (step % 50 == 0) checked.check();
        if (HasFatalFailure()) return;
      }
      checked.check();
    }
  }
}

TEST(List, is_emptied_from_either_end) {
  for (const End end : {End::head, End::tail}) {
    Checked checked(4);
    for (int i = 0; i < 100; ++i) checked.push(End::tail, std::to_string(i));
    while (checked.size() > 0) checked.pop(end);
    checked.check();
    checked.push(end, "again");
    checked.check();
  }
}

TEST(List, keeps_its_chunks_filled_when_inserting_at_one_place) {
  Checked checked(8);
  for (int i = 0; i < 64; ++i) checked.push(End::tail, "x");
  const size_t before = checked.list().memory_bytes(0);
  for (int i = 0; i < 64; ++i) checked.insert(32, "x");
  checked.check();
  EXPECT_LT(checked.list().memory_bytes(0), before * 3);
}

TEST(List, takes_an_element_larger_than_a_listpack_may_be) {
  Checked checked(-1);
  checked.push(End::tail, "small");
  checked.push(End::tail, std::string(100'000, 'b'));
  checked.push(End::tail, "small");
  EXPECT_EQ(checked.object().encoding, Encoding::quicklist);
  checked.replace(0, std::string(50'000, 'c'));
  checked.replace(1, "1");
  checked.check();
}

TEST(List, a_clone_lives_on_its_own) {
  for (const int64_t listpack_size_max : {2, 1000}) {
    Checked checked(listpack_size_max);
    for (int i = 0; i < 50; ++i) checked.push(End::tail, std::to_string(i));
    Object copy = clone(checked.object());
    checked.erase(0, 50);
    EXPECT_EQ(List(copy).size(), 50u);
    check_invariants(copy);
    destroy(copy);
  }
}

}  // namespace
}  // namespace redstart
