#include "patterns/cache/entry.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

TEST(CacheEntries, refuses_bytes_that_are_no_entry) {
  EXPECT_FALSE(parse_entry(""));
  EXPECT_FALSE(parse_entry("a value that somebody else has put there, longer than a head is"));
  const std::string entry = encode_entry({}, std::vector<EntryTag>{{"tag", "12345678"}}, "value");
  for (size_t size = 0; size < entry.size() - 5; ++size) EXPECT_FALSE(parse_entry(entry.substr(0, size))) << size;
}

TEST(CacheEntries, gives_back_what_was_encoded) {
  const EntryHead head{.kind = EntryKind::nothing,
                       .token = random_token(),
                       .version = 1ull << 60,
                       .lease_until_ms = 5,
                       .created_ms = 1'700'000'000'000,
                       .fresh_until_ms = 1'700'000'001'000,
                       .load_time_ms = 77};
  const std::string value("\0\r\nx", 4);
  const std::vector<EntryTag> tags = {{"a", "12345678"}, {std::string_view("\0", 1), "abcdefgh"}};
  const std::string bytes = encode_entry(head, tags, value);
  auto view = parse_entry(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->head.kind, EntryKind::nothing);
  EXPECT_EQ(view->head.token, head.token);
  EXPECT_EQ(view->head.version, head.version);
  EXPECT_EQ(view->head.lease_until_ms, 5);
  EXPECT_EQ(view->head.created_ms, head.created_ms);
  EXPECT_EQ(view->head.fresh_until_ms, head.fresh_until_ms);
  EXPECT_EQ(view->head.load_time_ms, 77u);
  ASSERT_EQ(view->tag_count, 2);
  EXPECT_EQ(take_tag(*view).name, "a");
  EXPECT_EQ(take_tag(*view).version, "abcdefgh");
  EXPECT_EQ(view->tag_count, 0);
  EXPECT_EQ(bytes.substr(view->value_offset), value);
}

}  // namespace
}  // namespace redstart
