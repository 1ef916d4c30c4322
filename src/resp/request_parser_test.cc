// RequestParser: what it refuses, requests in pieces, and that it gives back the words that were
// sent.
#include "resp/request_parser.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace redstart {
namespace {

using Status = RequestParser::Status;
using Strings = std::vector<std::string>;

std::string encoded(const Strings& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

std::string error_of(const std::string& request, const RequestParser::Limits& limits = {}) {
  RequestParser parser;
  parser.set_limits(limits);
  std::vector<std::string_view> words;
  size_t length = 1;
  EXPECT_EQ(parser.next(request, words, length), Status::error) << request.substr(0, 100);
  EXPECT_EQ(length, 0u);
  const std::string first = parser.error();
  words.clear();
  EXPECT_EQ(parser.next(request, words, length), Status::error) << "the second time";
  EXPECT_EQ(parser.error(), first);
  return first;
}

TEST(RequestParser, says_what_is_broken_each_time_it_is_asked) {
  EXPECT_EQ(error_of("*x\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*01\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("* 1\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*2147483648\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*99999999999999999999\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*2\r\n$1\r\na\r\n:1\r\n"), "Protocol error: expected '$', got ':'");
  EXPECT_EQ(error_of("*1\r\n$-1\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$1x\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$01\r\na\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$11x\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$1111x\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$11\r\n", {.bulk_bytes_max = 10}),
            "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("a \"\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of(std::string(65'537, 'a')), "Protocol error: too big inline request");
  EXPECT_EQ(error_of("*" + std::string(65'536, '1')), "Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$" + std::string(65'536, '1')),
            "Protocol error: too big bulk count string");
}

TEST(RequestParser, takes_little_before_authentication) {
  const RequestParser::Limits limits{.unauthenticated = true};
  EXPECT_EQ(error_of("*11\r\n", limits), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", limits), "Protocol error: unauthenticated bulk length");
  RequestParser parser;
  parser.set_limits(limits);
  std::vector<std::string_view> words;
  size_t length;
  EXPECT_EQ(parser.next(encoded({"AUTH", std::string(16'384, 'x')}), words, length),
            Status::command);
}

// Everything that a parser finds in a text, given in pieces of these sizes. Words are separated by
// '|', commands end with ';'.
std::string parsed(const std::string& text, const std::function<size_t()>& piece_bytes) {
  RequestParser parser;
  std::string buffer, result;
  size_t given = 0;
  while (true) {
    std::vector<std::string_view> words;
    size_t length;
    const Status status = parser.next(buffer, words, length);
    if (status == Status::error) return result + parser.error();
    if (status == Status::need_more) {
      EXPECT_TRUE(words.empty());
      if (given == text.size()) return result;
      const size_t bytes = std::min(std::max<size_t>(piece_bytes(), 1), text.size() - given);
      // A fresh buffer each time: the parser may keep no views into the old one.
      buffer = std::string(buffer) + text.substr(given, bytes);
      given += bytes;
      continue;
    }
    for (const std::string_view word : words) result.append(word).append("|");
    result += status == Status::empty ? "-;" : ";";
    parser.release();
    buffer.erase(0, length);
  }
}

TEST(RequestParser, ignores_what_is_empty) {
  const auto at_once = [] { return size_t{1000}; };
  EXPECT_EQ(parsed("\r\n\n*0\r\n*-1\r\n*-5\r\n  \r\n", at_once), "-;-;-;-;-;-;");
  EXPECT_EQ(parsed("*1\r\n$0\r\n\r\n\"\"\r\n", at_once), "|;|;");
}

TEST(RequestParser, splits_lines_with_quotes) {
  const auto at_once = [] { return size_t{1000}; };
  EXPECT_EQ(parsed("set \"a b\" 'c\\'d' \"\\x41\\n\"\r\nget x\n", at_once),
            "set|a b|c'd|A\n|;get|x|;");
}

TEST(RequestParser, finds_the_same_however_the_bytes_come) {
  const std::string text =
      encoded({"SET", "key", "a\r\nb"}) + "GET \"a b\"\r\n" + encoded({"", "", ""}) + "\r\n*0\r\n" +
      encoded({"ECHO", std::string(40'000, 'x')}) + encoded(Strings(100, "w")) + "PING\n";
  const std::string whole = parsed(text, [&] { return text.size(); });
  EXPECT_EQ(std::ranges::count(whole, ';'), 8);
  EXPECT_EQ(parsed(text, [] { return size_t{1}; }), whole);
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    const uint64_t most = 1 + random.below(5000);
    ASSERT_EQ(parsed(text, [&] { return random.below(most); }), whole) << round;
  }
}

TEST(RequestParser, gives_any_words_back) {
  Random random(9);
  for (int round = 0; round < 300; ++round) {
    Strings words(1 + random.below(20));
    std::string expected;
    for (std::string& word : words) {
      word.resize(random.below(random.below(10) == 0 ? 3000 : 20));
      for (char& c : word) c = static_cast<char>(random.next());
      expected += word + "|";
    }
    ASSERT_EQ(parsed(encoded(words), [&] { return random.below(200); }), expected + ";");
  }
}

// Usual commands are read in another way than large ones: these are at the border.
TEST(RequestParser, reads_words_of_any_number_and_length) {
  for (const size_t count : {1, 2, 9, 10, 11}) {
    for (const size_t bytes : {0, 1, 9, 10, 99, 100, 999, 1000, 1001}) {
      const Strings words(count, std::string(bytes, 'x'));
      std::string expected;
      for (const std::string& word : words) expected += word + "|";
      const std::string text = encoded(words);
      EXPECT_EQ(parsed(text, [&] { return text.size(); }), expected + ";") << count << " of " << bytes;
      EXPECT_EQ(parsed(text, [&] { return text.size() - 1; }), expected + ";") << count << " of " << bytes;
    }
  }
}

TEST(RequestParser, tells_how_much_of_a_large_bulk_is_wanted) {
  RequestParser parser;
  std::vector<std::string_view> words;
  size_t length;
  const std::string start = "*2\r\n$3\r\nSET\r\n$100000\r\n";
  EXPECT_EQ(parser.next(start, words, length), Status::need_more);
  EXPECT_EQ(parser.wanted_bytes(), start.size() + 100'002);
  const std::string whole = start + std::string(100'000, 'x') + "\r\n";
  EXPECT_EQ(parser.next(whole, words, length), Status::command);
  EXPECT_EQ(length, whole.size());
  EXPECT_EQ(parser.wanted_bytes(), 0u);
  words.clear();
  EXPECT_EQ(parser.next("*1\r\n$10\r\n", words, length), Status::need_more);
  EXPECT_EQ(parser.wanted_bytes(), 0u);
}

TEST(RequestParser, starts_again_when_it_is_told_to) {
  RequestParser parser;
  std::vector<std::string_view> words;
  size_t length;
  EXPECT_EQ(parser.next("*2\r\n$3\r\nGET\r\n$1", words, length), Status::need_more);
  parser.restart();
  const std::string other = encoded({"PING"});
  EXPECT_EQ(parser.next(other, words, length), Status::command);
  EXPECT_EQ(length, other.size());
  ASSERT_EQ(words.size(), 1u);
  EXPECT_EQ(words[0], "PING");
}

}  // namespace
}  // namespace redstart
