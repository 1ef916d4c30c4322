#include "redstart/reply.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

TEST(ReplyText, looks_as_in_redis_cli) {
  using Type = Reply::Type;
  EXPECT_EQ(to_string(Reply()), "(nil)");
  EXPECT_EQ(to_string(Reply::simple("OK")), "OK");
  EXPECT_EQ(to_string(Reply::error("ERR x")), "(error) ERR x");
  EXPECT_EQ(to_string(Reply::integer(-3)), "(integer) -3");
  EXPECT_EQ(to_string(Reply::bulk("a\"\n\x01")), "\"a\\\"\\n\\x01\"");
  EXPECT_EQ(to_string(Reply::number(1.5)), "(double) 1.5");
  EXPECT_EQ(to_string(Reply::boolean(true)), "(true)");
  EXPECT_EQ(to_string(Reply::aggregate(Type::array)), "(empty array)");
  EXPECT_EQ(to_string(Reply::aggregate(Type::map, {Reply::bulk("k"), Reply::integer(1)})),
            "1# \"k\" => (integer) 1");
  const Reply inner = Reply::aggregate(Type::array, {Reply::bulk("a"), Reply::bulk("b")});
  EXPECT_EQ(to_string(Reply::aggregate(Type::array, {inner, Reply::integer(2)})),
            "1) 1) \"a\"\n   2) \"b\"\n2) (integer) 2");
}

}  // namespace
}  // namespace redstart
