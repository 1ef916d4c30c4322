// Listpacks against std::vector<std::string>: random edits, and bytes that are not listpacks.
#include "types/listpack.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/heap.h"
#include "base/random.h"

namespace redstart {
namespace {

constexpr const char* kIntegers[] = {"0",
                                     "127",
                                     "128",
                                     "-1",
                                     "4095",
                                     "4096",
                                     "-4096",
                                     "-4097",
                                     "32767",
                                     "32768",
                                     "-32768",
                                     "8388607",
                                     "8388608",
                                     "-8388609",
                                     "2147483647",
                                     "2147483648",
                                     "9223372036854775807",
                                     "-9223372036854775808"};
// Texts that look like integers but would not read back as they are.
constexpr const char* kAlmostIntegers[] = {"",   "-0", "007", "+1", " 1", "9223372036854775808",
                                           "1.0"};

std::string random_text(Random& random) {
  switch (random.below(5)) {
    case 0:
      return kIntegers[random.below(std::size(kIntegers))];
    case 1:
      return kAlmostIntegers[random.below(std::size(kAlmostIntegers))];
    case 2:
      return std::to_string(static_cast<int64_t>(random.next()) >> random.below(64));
    case 3:
      return std::string(random.below(70), static_cast<char>('a' + random.below(3)));
    default:
      return std::string(random.below(40) == 0 ? 4090 + random.below(10) : random.below(10), 'x');
  }
}

// A listpack, which floats or does not, and what it should hold.
template <class Packed>
class Checked {
 public:
  ~Checked() { listpack::free(packed_); }

  const Packed& packed() const { return packed_; }
  size_t size() const { return model_.size(); }
  size_t position(size_t index) const {
    return index == model_.size() ? listpack::kNone
                                  : listpack::seek(packed_, static_cast<int64_t>(index));
  }

  void insert(size_t index, const std::string& text) {
    const size_t place = listpack::insert(packed_, position(index), text);
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(index), text);
    EXPECT_TRUE(listpack::equals(packed_, place, text));
  }
  void replace(size_t index, const std::string& text) {
    listpack::replace(packed_, position(index), text);
    model_[index] = text;
  }
  void erase(size_t index, size_t count) {
    const size_t next = listpack::erase(packed_, position(index), count);
    const auto from = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(from, from + static_cast<ptrdiff_t>(std::min(count, model_.size() - index)));
    EXPECT_EQ(next, position(index));
  }
  void find(const std::string& text) const {
    const auto wanted = std::ranges::find(model_, text) - model_.begin();
    EXPECT_EQ(listpack::find(packed_, listpack::first(packed_), text),
              position(static_cast<size_t>(wanted)));
  }

  void check() const {
    ASSERT_TRUE(listpack::validate(packed_, listpack::bytes(packed_)));
    ASSERT_EQ(listpack::count(packed_), model_.size());
    char buffer[24];
    size_t at = listpack::first(packed_);
    for (const std::string& text : model_) {
      ASSERT_NE(at, listpack::kNone);
      ASSERT_EQ(listpack::get(packed_, at).text(buffer), text);
      at = listpack::next(packed_, at);
    }
    ASSERT_EQ(at, listpack::kNone);
    at = listpack::last(packed_);
    for (size_t i = model_.size(); i-- > 0;) {
      ASSERT_EQ(listpack::get(packed_, at).text(buffer), model_[i]);
      at = listpack::previous(packed_, at);
    }
    ASSERT_EQ(at, listpack::kNone);
  }

 private:
  Packed packed_{listpack::create()};
  std::vector<std::string> model_;
};

// Any index below `size`, most often at an end.
size_t place(Random& random, size_t size) {
  const uint64_t what = random.below(3);
  return what == 0 ? 0 : what == 1 ? size - 1 : random.below(size);
}

template <class Packed>
void edit_at_random() {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Checked<Packed> pack;
    for (int step = 0; step < 500; ++step) {
      const uint64_t what = random.below(10);
      if (what < 5 || pack.size() == 0) {
        pack.insert(place(random, pack.size() + 1), random_text(random));
      } else if (what < 7) {
        pack.replace(place(random, pack.size()), random_text(random));
      } else if (what < 9) {
        pack.erase(place(random, pack.size()), 1 + random.below(3));
      } else {
        pack.find(random_text(random));
      }
      if (step % 10 == 0) pack.check();
      if (testing::Test::HasFatalFailure()) return;
    }
    pack.check();
  }
}

TEST(Listpack, holds_what_a_vector_holds_after_random_edits) { edit_at_random<listpack::Blob>(); }

TEST(Listpack, that_floats_holds_what_a_vector_holds_after_random_edits) { edit_at_random<listpack::Floating>(); }

TEST(Listpack, that_floats_leaves_the_others_where_they_are_when_its_head_comes_or_goes) {
  Checked<listpack::Floating> pack;
  for (int i = 0; i < 1000; ++i) pack.insert(pack.size(), "element " + std::to_string(i));
  const auto at_end = [&] { return pack.packed().blob + listpack::bytes(pack.packed().blob); };
  size_t moves = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint8_t* const before = at_end();
    i < 500 ? pack.insert(0, "first") : pack.erase(0, 1);
    moves += at_end() != before;
  }
  pack.check();
  EXPECT_LT(moves, 30u);  // to another block
}

TEST(Listpack, that_floats_takes_the_block_of_its_size) {
  heap::MemoryAccount account;
  const heap::AccountScope scope(account);
  {
    Random random(1);
    Checked<listpack::Floating> pack;
    for (int step = 0; step < 3000; ++step) {
      const bool grows = pack.size() == 0 || random.below(step < 2000 ? 4 : 2) != 0;
      grows ? pack.insert(place(random, pack.size() + 1), random_text(random))
            : pack.erase(place(random, pack.size()), 1 + random.below(3));
      const size_t bytes = listpack::bytes(pack.packed().blob);
      ASSERT_EQ(account.used_bytes, static_cast<int64_t>(heap::allocated_size(bytes)));
      ASSERT_LE(pack.packed().room + bytes, heap::usable_size(bytes));
    }
  }
  EXPECT_EQ(account.used_bytes, 0);
}

TEST(Listpack, counts_beyond_what_its_header_can_say) {
  auto blob = listpack::create();
  for (int i = 0; i < 65540; ++i) listpack::append(blob, "7");
  EXPECT_EQ(listpack::count(blob), 65540u);
  listpack::erase(blob, listpack::first(blob), 10);
  EXPECT_EQ(listpack::count(blob), 65530u);
  EXPECT_TRUE(listpack::validate(blob, listpack::bytes(blob)));
  listpack::free(blob);
}

TEST(Listpack, finds_only_at_the_stride) {
  auto blob = listpack::create();
  for (const char* text : {"field", "value", "value", "field"}) listpack::append(blob, text);
  const size_t found = listpack::find(blob, listpack::first(blob), "value", 2);
  EXPECT_EQ(found, listpack::seek(blob, 2));
  EXPECT_EQ(listpack::find(blob, listpack::first(blob), "none", 2), listpack::kNone);
  listpack::free(blob);
}

TEST(Listpack, refuses_every_truncation_and_survives_every_flipped_byte) {
  auto blob = listpack::create();
  for (const char* text : {"12", "-4000", "70000", "a text", "9223372036854775807"}) {
    listpack::append(blob, text);
  }
  listpack::append(blob, std::string(200, 'y'));
  const size_t size = listpack::bytes(blob);
  for (size_t shorter = 0; shorter < size; ++shorter) {
    EXPECT_FALSE(listpack::validate(blob, shorter)) << shorter;
  }
  // Copies of the exact size, so that a sanitizer sees a read beyond the end.
  for (size_t index = 0; index < size; ++index) {
    std::vector<uint8_t> bytes(blob, blob + size);
    bytes[index] ^= 0xff;
    if (!listpack::validate(bytes.data(), size)) continue;
    char buffer[24];
    for (size_t at = listpack::first(bytes.data()); at != listpack::kNone;
         at = listpack::next(bytes.data(), at)) {
      EXPECT_LE(listpack::get(bytes.data(), at).text(buffer).size(), size);
    }
  }
  listpack::free(blob);
}

}  // namespace
}  // namespace redstart
