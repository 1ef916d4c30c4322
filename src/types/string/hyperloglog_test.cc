#include "types/string/hyperloglog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "base/murmur_hash.h"
#include "base/sha1.h"
#include "types/string/dense_registers.h"

namespace redstart::hyperloglog {
namespace {

constexpr size_t kSparseBytesMax = 3000;

std::string with_runs(std::string_view runs) { return make().substr(0, kHeaderBytes).append(runs); }

void see_elements(std::string& value, int first, int last) {
  for (int i = first; i <= last; ++i) {
    const auto seen = observe("element:" + std::to_string(i));
    ASSERT_NE(raise(value, seen, kSparseBytesMax), Raised::corrupt);
  }
}

TEST(HyperLogLog, is_told_by_its_header) {
  EXPECT_FALSE(is_valid(""));
  EXPECT_FALSE(is_valid("HYLL"));
  EXPECT_FALSE(is_valid(std::string(kDenseBytes, '\0')));
  std::string value = make();
  EXPECT_TRUE(is_valid(value));
  value[4] = 2;
  EXPECT_FALSE(is_valid(value));
  value[4] = 0;  // dense, and far too short
  EXPECT_FALSE(is_valid(value));
}

TEST(HyperLogLog, tells_runs_that_do_not_cover_the_registers) {
  for (const std::string_view runs :
       {"", "\x7f", "\x00", "\x7f\xfe", "\x7f\xff\x80", "\x80\x7f\xff"}) {
    const std::string value = with_runs(runs);
    EXPECT_EQ(estimate(value), std::nullopt);
    Registers registers{};
    EXPECT_FALSE(merge(value, registers));
    std::string converted = value;
    EXPECT_FALSE(to_dense(converted));
  }
  std::string value = with_runs("\x40\x10");  // 17 registers
  EXPECT_EQ(raise(value, {.index = 17, .rank = 1}, kSparseBytesMax), Raised::corrupt);
  EXPECT_EQ(raise(value, {.index = 16, .rank = 33}, kSparseBytesMax), Raised::corrupt);
  value = with_runs("\x7f");
  EXPECT_EQ(raise(value, {.index = 0, .rank = 1}, kSparseBytesMax), Raised::corrupt);
  EXPECT_EQ(describe_runs(value), "Z:16129");
}

TEST(HyperLogLog, has_seen_nothing_at_first) {
  EXPECT_EQ(estimate(make()), 0u);
  EXPECT_EQ(kept_estimate(make()), 0u);
  EXPECT_EQ(describe_runs(make()), "Z:16384");
}

TEST(HyperLogLog, keeps_an_estimate_until_it_is_outdated) {
  std::string value = make();
  keep_estimate(value.data(), 12345);
  EXPECT_EQ(kept_estimate(value), 12345u);
  EXPECT_EQ(raise(value, observe("a"), kSparseBytesMax), Raised::yes);
  EXPECT_EQ(kept_estimate(value), std::nullopt);
  EXPECT_EQ(raise(value, observe("a"), kSparseBytesMax), Raised::no);
}

TEST(HyperLogLog, splits_and_joins_runs) {
  std::string value = make();
  const auto set = [&](uint32_t index, uint8_t rank) {
    EXPECT_EQ(raise(value, {index, rank}, kSparseBytesMax), Raised::yes);
    return describe_runs(value);
  };
  EXPECT_EQ(set(100, 3), "Z:100 v:3,1 Z:16283");
  EXPECT_EQ(set(0, 3), "v:3,1 Z:99 v:3,1 Z:16283");
  EXPECT_EQ(set(101, 3), "v:3,1 Z:99 v:3,2 Z:16282");
  EXPECT_EQ(set(103, 3), "v:3,1 Z:99 v:3,2 z:1 v:3,1 Z:16280");
  EXPECT_EQ(set(102, 3), "v:3,1 Z:99 v:3,4 Z:16280");
  EXPECT_EQ(set(101, 32), "v:3,1 Z:99 v:3,1 v:32,1 v:3,2 Z:16280");
  EXPECT_EQ(set(16383, 1), "v:3,1 Z:99 v:3,1 v:32,1 v:3,2 Z:16279 v:1,1");
  EXPECT_EQ(set(50, 1), "v:3,1 z:49 v:1,1 z:49 v:3,1 v:32,1 v:3,2 Z:16279 v:1,1");
}

TEST(HyperLogLog, becomes_dense_for_a_high_rank_and_for_size) {
  std::string value = make();
  EXPECT_EQ(raise(value, {.index = 7, .rank = 33}, kSparseBytesMax), Raised::yes);
  EXPECT_TRUE(is_dense(value));
  EXPECT_EQ(value.size(), kDenseBytes);
  EXPECT_EQ(dense_register(value.data() + kHeaderBytes, 7), 33);
  value = make();
  EXPECT_EQ(raise(value, {.index = 7, .rank = 1}, 19), Raised::yes);
  EXPECT_TRUE(is_dense(value));
}

TEST(HyperLogLog, has_the_bytes_and_estimates_of_redis) {
  std::string value = make();
  for (const auto* const element : {"a", "b", "c"}) raise(value, observe(element), kSparseBytesMax);
  using namespace std::string_view_literals;
  EXPECT_EQ(value,
            "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80`\xf3\x80P\xb1\x84K\xfb\x80"sv
            "BZ");
  value = make();
  struct Checkpoint {
    int elements;
    uint64_t estimate;
    const char* sha1;  // of the value with its estimate
  };
  constexpr Checkpoint kCheckpoints[] = {
      {10, 10, "3c04bc8c924ae3033c003529a181338552812d52"},
      {100, 99, "208dfd9d787fd2a4fd5ea3f712b2ddfd1e6f40ce"},
      {1000, 997, "b5171073459badeadac46097c707984839780e29"},
      {10'000, 10'017, "50d617d64e01c4ff05bd3714059c1f5194b437fd"},
      {100'000, 100'039, "869bb2bd20736740dcdce657313393121906696b"}};
  int seen = 0;
  for (const Checkpoint& checkpoint : kCheckpoints) {
    see_elements(value, seen + 1, checkpoint.elements);
    seen = checkpoint.elements;
    EXPECT_EQ(estimate(value), checkpoint.estimate);
    keep_estimate(value.data(), checkpoint.estimate);
    EXPECT_EQ(hex_of(sha1(value)), checkpoint.sha1) << checkpoint.elements;
  }
}

TEST(HyperLogLog, merges_to_what_it_would_have_seen_alone) {
  std::string low = make(), high = make(), all = make();
  see_elements(low, 1, 600);
  see_elements(high, 500, 9000);
  see_elements(all, 1, 9000);
  ASSERT_FALSE(is_dense(low));
  ASSERT_TRUE(is_dense(high));
  Registers registers{};
  EXPECT_TRUE(merge(low, registers));
  EXPECT_TRUE(merge(high, registers));
  EXPECT_EQ(estimate(registers), estimate(all));
  EXPECT_EQ(make_dense(all, registers), all);
}

TEST(DenseRegisters, are_packed_as_one_by_one) {
  std::mt19937_64 random(5);
  Registers registers;
  for (uint8_t& rank : registers) rank = static_cast<uint8_t>(random() % 64);
  std::string packed(kDenseBytes - kHeaderBytes, 'x'), singly(packed.size(), 'x');
  pack(registers, packed.data());
  for (size_t i = 0; i < kRegisterCount; ++i) set_dense_register(singly.data(), i, registers[i]);
  EXPECT_EQ(packed, singly);
  Registers unpacked;
  unpack(packed.data(), unpacked);
  EXPECT_EQ(unpacked, registers);
}

TEST(DenseRegisters, are_counted_by_rank) {
  std::mt19937_64 random(6);
  for (const unsigned ranks : {1u, 3u, 64u}) {
    Registers registers;
    Histogram expected{};
    for (uint8_t& rank : registers) {
      rank = static_cast<uint8_t>(random() % ranks);
      ++expected[rank];
    }
    EXPECT_EQ(count_ranks(registers), expected);
  }
}

TEST(MurmurHash, depends_on_every_byte_and_the_seed) {
  EXPECT_NE(murmur_hash("a", 1), murmur_hash("a", 2));
  EXPECT_NE(murmur_hash("12345678", 1), murmur_hash("12345679", 1));
  EXPECT_NE(murmur_hash("123456789", 1), murmur_hash("12345678", 1));
  EXPECT_EQ(murmur_hash("", 0), 0u);
}

}  // namespace
}  // namespace redstart::hyperloglog
