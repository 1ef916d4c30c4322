#include "base/quoted_words.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

using Words = std::vector<std::string>;

TEST(QuotedWords, refuses_quotes_that_are_not_closed) {
  EXPECT_FALSE(split_quoted_words("get \"a"));
  EXPECT_FALSE(split_quoted_words("get 'a"));
  EXPECT_FALSE(split_quoted_words("\"a\\"));
}

TEST(QuotedWords, refuses_text_right_behind_a_closing_quote) {
  EXPECT_FALSE(split_quoted_words("\"a\"b"));
  EXPECT_FALSE(split_quoted_words("'a'b"));
}

TEST(QuotedWords, splits_at_any_white_space) {
  EXPECT_EQ(*split_quoted_words(" a\tb\r\n c "), (Words{"a", "b", "c"}));
  EXPECT_EQ(*split_quoted_words(""), Words{});
  EXPECT_EQ(*split_quoted_words("\"\" ''"), (Words{"", ""}));
}

// As in Redis, which asks two different questions.
TEST(QuotedWords, skips_vertical_tabs_and_form_feeds_between_words_and_keeps_them_within) {
  EXPECT_EQ(*split_quoted_words("\va\vb\fc \f d"), (Words{"a\vb\fc", "d"}));
  EXPECT_EQ(*split_quoted_words("\"a\"\v'b'\fc"), (Words{"a", "b", "c"}));
}

TEST(QuotedWords, understands_escapes_in_double_quotes_only) {
  EXPECT_EQ(*split_quoted_words("\"\\x41\\n\\\"\\q\\xzz\""), (Words{"A\n\"qxzz"}));
  EXPECT_EQ(*split_quoted_words("'\\x41\\'\\n'"), (Words{"\\x41'\\n"}));
}

TEST(QuotedWords, reads_back_what_it_quotes) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  EXPECT_EQ(*split_quoted_words(quote(every_byte)), Words{every_byte});
}

TEST(QuotedWords, shows_what_cannot_be_printed) {
  EXPECT_EQ(quote("a\"\\\n\t\x01\xff"), "\"a\\\"\\\\\\n\\t\\x01\\xff\"");
}

TEST(QuotedInError, ends_at_a_zero_byte_or_the_limit) {
  EXPECT_EQ(quoted_in_error(std::string_view("ab\0cd", 5)), "ab");
  EXPECT_EQ(quoted_in_error(std::string(200, 'x')), std::string(128, 'x'));
  EXPECT_EQ(quoted_in_error("abc", 2), "ab");
}

}  // namespace
}  // namespace redstart
