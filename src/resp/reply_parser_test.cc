#include "resp/reply_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "resp/command_text.h"

namespace redstart {
namespace {

using Type = Reply::Type;

std::string error_of(std::string_view bytes, ReplyLimits limits = {}) {
  ReplyParser parser(limits);
  parser.feed(bytes);
  while (true) {
    auto reply = parser.next();
    if (!reply) {
      EXPECT_EQ(reply.error().code, ErrorCode::protocol);
      return reply.error().message;
    }
    if (!*reply) return "";
  }
}

Reply parsed(std::string_view bytes) {
  ReplyParser parser;
  parser.feed(bytes);
  auto reply = parser.next();
  EXPECT_TRUE(reply.has_value() && reply->has_value()) << bytes;
  return reply && *reply ? **reply : Reply::error("nothing parsed");
}

void expect_error(std::string_view bytes, std::string_view part) {
  EXPECT_NE(error_of(bytes).find(part), std::string::npos) << error_of(bytes);
}

TEST(ReplyParser, says_what_is_wrong_with_malformed_bytes) {
  expect_error("HTTP/1.1 400 Bad Request\r\n", "no reply begins with \"H\"");
  expect_error(":12a\r\n", "not a 64-bit integer: \"12a\"");
  expect_error(":9223372036854775808\r\n", "not a 64-bit integer");
  expect_error(":\r\n", "not a 64-bit integer");
  expect_error("$3\r\nabcde", "goes on with \"de\"");
  expect_error("$-2\r\n", "the length of a bulk string is \"-2\"");
  expect_error("*-2\r\n", "the length of an aggregate is \"-2\"");
  expect_error("$?\r\n", "streamed");
  expect_error("+OK\n", "does not end with CR LF");
  expect_error("\r\n", "empty line");
  expect_error("#x\r\n", "not a boolean");
  expect_error(",1.5.5\r\n", "not a double");
  expect_error("(12x\r\n", "not a big number");
  expect_error("_x\r\n", "bytes after a null");
  expect_error("=3\r\ntxt\r\n", "verbatim");
  expect_error("=5\r\ntxtab\r\n", "verbatim");
  expect_error("*1\r\n>1\r\n+x\r\n", "a push inside");
}

TEST(ReplyParser, stays_in_error_until_reset) {
  ReplyParser parser;
  parser.feed("?\r\n+OK\r\n");
  EXPECT_FALSE(parser.next().has_value());
  EXPECT_FALSE(parser.next().has_value());
  parser.reset();
  parser.feed("+OK\r\n");
  EXPECT_EQ(**parser.next(), Reply::simple("OK"));
}

TEST(ReplyParser, holds_to_its_limits) {
  EXPECT_NE(error_of("$11\r\n", {.bulk_bytes_max = 10}), "");
  EXPECT_EQ(error_of("$10\r\n", {.bulk_bytes_max = 10}), "");
  EXPECT_NE(error_of("*11\r\n", {.elements_max = 10}), "");
  EXPECT_NE(error_of("+" + std::string(100, 'x'), {.line_bytes_max = 50}), "");
  std::string nested;
  for (int i = 0; i < 128; ++i) nested += "*1\r\n";
  EXPECT_EQ(error_of(nested), "");
  EXPECT_NE(error_of(nested + "*1\r\n"), "");
  // A claim of a large value costs nothing before its bytes come.
  EXPECT_EQ(error_of("*4000000000\r\n$4000000000\r\n"), "");
}

TEST(ReplyParser, reads_every_type) {
  EXPECT_EQ(parsed("+OK\r\n"), Reply::simple("OK"));
  EXPECT_EQ(parsed("-ERR no\r\n"), Reply::error("ERR no"));
  EXPECT_EQ(parsed("!6\r\nERR\r\nx\r\n"), Reply::error("ERR\r\nx"));
  EXPECT_EQ(parsed(":-42\r\n"), Reply::integer(-42));
  EXPECT_EQ(parsed("$0\r\n\r\n"), Reply::bulk(""));
  EXPECT_EQ(parsed("$4\r\na\r\nb\r\n"), Reply::bulk("a\r\nb"));
  EXPECT_TRUE(parsed("$-1\r\n").is_null());
  EXPECT_TRUE(parsed("*-1\r\n").is_null_array());
  EXPECT_TRUE(parsed("_\r\n").is_null());
  EXPECT_EQ(parsed("#t\r\n"), Reply::boolean(true));
  EXPECT_EQ(parsed(",1.5\r\n"), Reply::number(1.5));
  EXPECT_EQ(parsed(",-inf\r\n"), Reply::number(-INFINITY));
  EXPECT_TRUE(std::isnan(parsed(",nan\r\n").as_number()));
  EXPECT_EQ(parsed("(-123456789012345678901234567890\r\n").text(),
            "-123456789012345678901234567890");
  EXPECT_EQ(parsed("=8\r\ntxt:some\r\n"), Reply::text_of(Type::verbatim, "some"));
  EXPECT_EQ(parsed("*2\r\n:1\r\n*0\r\n"),
            Reply::aggregate(Type::array, {Reply::integer(1), Reply::aggregate(Type::array)}));
  EXPECT_EQ(parsed("%1\r\n+a\r\n:1\r\n"),
            Reply::aggregate(Type::map, {Reply::simple("a"), Reply::integer(1)}));
  EXPECT_EQ(parsed("~1\r\n+a\r\n"), Reply::aggregate(Type::set, {Reply::simple("a")}));
  EXPECT_EQ(parsed(">2\r\n+a\r\n+b\r\n").type(), Type::push);
}

TEST(ReplyParser, skips_attributes_at_every_level) {
  EXPECT_EQ(parsed("|1\r\n+ttl\r\n:5\r\n+OK\r\n"), Reply::simple("OK"));
  EXPECT_EQ(parsed("*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:3\r\n:2\r\n"),
            Reply::aggregate(Type::array, {Reply::integer(1), Reply::integer(2)}));
  EXPECT_EQ(parsed("|0\r\n:7\r\n"), Reply::integer(7));
}

TEST(ReplyParser, gives_the_same_for_any_fragments) {
  const std::string bytes =
      "*3\r\n$5\r\nhello\r\n%1\r\n+k\r\n,2.5\r\n|1\r\n+x\r\n+y\r\n:9\r\n-ERR x\r\n$-1\r\n";
  for (size_t fragment = 1; fragment <= bytes.size(); ++fragment) {
    ReplyParser parser;
    std::vector<Reply> replies;
    for (size_t at = 0; at < bytes.size(); at += fragment) {
      parser.feed(std::string_view(bytes).substr(at, fragment));
      while (true) {
        auto reply = parser.next();
        ASSERT_TRUE(reply.has_value());
        if (!*reply) break;
        replies.push_back(std::move(**reply));
      }
    }
    ASSERT_EQ(replies.size(), 3u);
    EXPECT_EQ(replies[0].size(), 3u);
    EXPECT_EQ(replies[0][2], Reply::integer(9));
    EXPECT_EQ(replies[1], Reply::error("ERR x"));
    EXPECT_TRUE(replies[2].is_null());
  }
}

// An array of many elements that comes byte by byte is not parsed from its start each time.
TEST(ReplyParser, parses_each_element_of_a_dribbled_reply_once) {
  constexpr int kElements = 200'000;
  std::string bytes = "*" + std::to_string(kElements) + "\r\n";
  for (int i = 0; i < kElements; ++i) bytes += "$1\r\nx\r\n";
  ReplyParser parser;
  size_t finished = 0, unparsed_bytes_max = 0;
  for (const char c : bytes) {
    parser.feed({&c, 1});
    if (auto reply = parser.next(); reply && *reply) finished = (*reply)->size();
    unparsed_bytes_max = std::max(unparsed_bytes_max, parser.unparsed_bytes());
  }
  EXPECT_EQ(finished, static_cast<size_t>(kElements));
  EXPECT_LE(unparsed_bytes_max, std::string_view("*200000\r").size());
}

TEST(CommandText, is_an_array_of_bulk_strings_and_can_be_taken_apart) {
  const std::string_view words[] = {"SET", "k", "a\r\nb"};
  std::string bytes;
  append_command(bytes, words);
  EXPECT_EQ(bytes, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n");
  const size_t first_end = bytes.size();
  append_command(bytes, std::span(words).first(1));
  const auto places = commands_in(bytes);
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].name, "SET");
  EXPECT_EQ(places[0].end, first_end);
  EXPECT_EQ(places[1].end, bytes.size());
  using Commands = std::vector<std::vector<std::string>>;
  EXPECT_EQ(words_of_commands(bytes), (Commands{{"SET", "k", "a\r\nb"}, {"SET"}}));
  append_command(bytes, std::span(words).first(0));
  append_command(bytes, std::vector<std::string_view>{"", ""});
  EXPECT_EQ(words_of_commands(bytes), (Commands{{"SET", "k", "a\r\nb"}, {"SET"}, {}, {"", ""}}));
}

}  // namespace
}  // namespace redstart
