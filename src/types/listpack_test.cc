// Listpacks against std::vector<std::string>: random edits, and bytes that are not listpacks.
#include "types/listpack.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

// A listpack and what it should hold.
class Checked {
 public:
  ~Checked() { listpack::free(blob_); }

  size_t size() const { return model_.size(); }
  size_t position(size_t index) const {
    return index == model_.size() ? listpack::kNone
                                  : listpack::seek(blob_, static_cast<int64_t>(index));
  }

  void insert(size_t index, const std::string& text) {
    const size_t place = listpack::insert(blob_, position(index), text);
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(index), text);
    EXPECT_TRUE(listpack::equals(blob_, place, text));
  }
  void replace(size_t index, const std::string& text) {
    listpack::replace(blob_, position(index), text);
    model_[index] = text;
  }
  void erase(size_t index, size_t count) {
    const size_t next = listpack::erase(blob_, position(index), count);
    const auto from = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(from, from + static_cast<ptrdiff_t>(std::min(count, model_.size() - index)));
    EXPECT_EQ(next, position(index));
  }
  void find(const std::string& text) const {
    const auto wanted = std::ranges::find(model_, text) - model_.begin();
    EXPECT_EQ(listpack::find(blob_, listpack::first(blob_), text),
              position(static_cast<size_t>(wanted)));
  }

  void check() const {
    ASSERT_TRUE(listpack::validate(blob_, listpack::bytes(blob_)));
    ASSERT_EQ(listpack::count(blob_), model_.size());
    char buffer[24];
    size_t at = listpack::first(blob_);
    for (const std::string& text : model_) {
      ASSERT_NE(at, listpack::kNone);
      ASSERT_EQ(listpack::get(blob_, at).text(buffer), text);
      at = listpack::next(blob_, at);
    }
    ASSERT_EQ(at, listpack::kNone);
    at = listpack::last(blob_);
    for (size_t i = model_.size(); i-- > 0;) {
      ASSERT_EQ(listpack::get(blob_, at).text(buffer), model_[i]);
      at = listpack::previous(blob_, at);
    }
    ASSERT_EQ(at, listpack::kNone);
  }

 private:
  listpack::Blob blob_ = listpack::create();
  std::vector<std::string> model_;
};

TEST(Listpack, holds_what_a_vector_holds_after_random_edits) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Checked pack;
    for (int step = 0; step < 500; ++step) {
      const uint64_t what = random.below(10);
      if (what < 5 || pack.size() == 0) {
        pack.insert(random.below(pack.size() + 1), random_text(random));
      } else if (what < 7) {
        pack.replace(random.below(pack.size()), random_text(random));
      } else if (what < 9) {
        pack.erase(random.below(pack.size()), 1 + random.below(3));
      } else {
        pack.find(random_text(random));
      }
      if (step % 10 == 0) pack.check();
      if (testing::Test::HasFatalFailure()) return;
    }
    pack.check();
  }
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
