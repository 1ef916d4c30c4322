#include "types/stream/stream_id.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

TEST(StreamIds, that_are_none_are_refused) {
  for (const char* text : {"", "-", "+", "a", "1-", "-1", "1-a", "1-2-3", "1--2", "1 -1", "18446744073709551616",
                           "1-18446744073709551616", "1-*", "*"}) {
    EXPECT_FALSE(parse_stream_id(text, {})) << text;
  }
  EXPECT_FALSE(parse_stream_id(std::string(128, '1'), {}));
}

TEST(StreamIds, are_read_as_redis_reads_them) {
  EXPECT_EQ(parse_stream_id("5", {.missing_seq = 9})->id, (StreamId{5, 9}));
  EXPECT_EQ(parse_stream_id("05-+7", {})->id, (StreamId{5, 7}));
  EXPECT_EQ(parse_stream_id("18446744073709551615-18446744073709551615", {})->id, kStreamIdMax);
  EXPECT_EQ(parse_stream_id("-", {.ends = true})->id, StreamId{});
  EXPECT_EQ(parse_stream_id("+", {.ends = true})->id, kStreamIdMax);
  const auto open = parse_stream_id("7-*", {.any_seq = true});
  EXPECT_TRUE(open->any_seq);
  EXPECT_EQ(open->id, (StreamId{7, 0}));
}

TEST(StreamIds, have_neighbours_except_at_the_ends) {
  EXPECT_FALSE(kStreamIdMax.next());
  EXPECT_FALSE(StreamId{}.previous());
  EXPECT_EQ(*(StreamId{1, UINT64_MAX}).next(), (StreamId{2, 0}));
  EXPECT_EQ(*(StreamId{2, 0}).previous(), (StreamId{1, UINT64_MAX}));
  EXPECT_LT((StreamId{1, 9}), (StreamId{2, 0}));
  EXPECT_EQ(to_string(kStreamIdMax), "18446744073709551615-18446744073709551615");
}

}  // namespace
}  // namespace redstart
