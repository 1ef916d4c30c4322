#include "base/glob.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

TEST(Glob, matches_the_empty_text_with_the_empty_pattern_alone) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("**", ""));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_FALSE(glob_match("", "a"));
}

TEST(Glob, takes_the_rest_of_a_text_with_a_star) {
  EXPECT_TRUE(glob_match("*", "a"));
  EXPECT_TRUE(glob_match("a*", "a"));
  EXPECT_TRUE(glob_match("a*c", "abcbc"));
  EXPECT_FALSE(glob_match("a*c", "abcb"));
  EXPECT_TRUE(glob_match("news.[a-c]?", "news.bx"));
  EXPECT_FALSE(glob_match("news.[^a-c]?", "news.bx"));
  EXPECT_TRUE(glob_match("\\*", "*"));
  EXPECT_FALSE(glob_match("\\*", "a"));
  EXPECT_TRUE(glob_match("A*", "ab", true));
}

}  // namespace
}  // namespace redstart
