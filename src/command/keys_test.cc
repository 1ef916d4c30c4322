#include "command/keys.h"

#include <gtest/gtest.h>

#include <sstream>

#include "command/table.h"

namespace redstart {
namespace {

struct Extracted {
  KeyExtraction result;
  std::string keys;  // joined by spaces
};

Extracted extract(const std::string& line) {
  static const CommandTable table{command_specs()};
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  const std::vector<std::string_view> views(words.begin(), words.end());
  std::vector<KeyPosition> positions;
  Extracted extracted{extract_keys(*table.find(words[0]), views, positions), ""};
  for (const KeyPosition& position : positions) {
    extracted.keys += (extracted.keys.empty() ? "" : " ") + words[position.index];
  }
  return extracted;
}

struct Case {
  std::string line;
  std::string keys;
};

TEST(ExtractKeys, refuses_a_count_that_is_no_number_or_too_large) {
  for (const char* line : {"zunionstore d x a b", "zunionstore d 3 a b", "zunionstore d -1 a b",
                           "zunionstore d 9223372036854775807 a b", "lmpop 0 a left",
                           "zunionstore d -9223372036854775809 a b", "zunionstore d + a b"}) {
    const Extracted extracted = extract(line);
    EXPECT_EQ(extracted.result, KeyExtraction::invalid) << line;
    EXPECT_EQ(extracted.keys, "") << line;
  }
}

TEST(ExtractKeys, finds_none_where_there_are_none) {
  EXPECT_EQ(extract("ping a").keys, "");
  EXPECT_EQ(extract("spublish channel message").keys, "");
}

TEST(ExtractKeys, finds_the_keys_of_every_kind_of_call) {
  const Case cases[] = {
      {"get a", "a"},
      {"set a b ex 10", "a"},
      {"mset a 1 b 2", "a b"},
      {"del a b c", "a b c"},
      {"blpop a b c 0", "a b c"},
      {"brpoplpush a b 0", "a b"},
      {"rename a b", "a b"},
      {"lmpop 2 a b left", "a b"},
      {"blmpop 0 2 a b left", "a b"},
      {"zunionstore d 2 a b weights 1 2", "d a b"},
      {"zunionstore d +01.5 a b", "d a"},
      {"zunionstore d 9007199254740993 a b", "d a"},
      {"zunionstore d -9223372036854775807 a b", "d a"},
      {"sort a by w_* get x limit 0 store store b get #", "a b"},
      {"sort a get store", "a"},
      {"sort a get store store b store c", "a c"},
      {"sort_ro a by w", "a"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(extract(c.line).result, KeyExtraction::ok) << c.line;
    EXPECT_EQ(extract(c.line).keys, c.keys) << c.line;
  }
}

using Names = std::vector<std::string_view>;

Names flags_of(std::vector<std::string_view> words) {
  static const CommandTable table{command_specs()};
  std::vector<KeyPosition> positions;
  extract_keys(*table.find(words[0]), words, positions);
  return key_flag_names(positions.at(0).flags);
}

TEST(KeyFlags, of_bitfield_are_those_of_a_reader_where_all_of_it_is_whole_gets) {
  const Names writes{"RW", "access", "update"}, reads{"RO", "access"};
  EXPECT_EQ(flags_of({"bitfield", "a", "GET", "u8"}), writes);
  EXPECT_EQ(flags_of({"bitfield", "a", "GET", "u8", "0", "OVERFLOW"}), writes);
  EXPECT_EQ(flags_of({"bitfield", "a", "SET", "u8", "0", "1"}), writes);
  EXPECT_EQ(flags_of({"bitfield", "a"}), reads);
  EXPECT_EQ(flags_of({"bitfield", "a", "OVERFLOW", "fail", "get", "u8", "0"}), reads);
}

TEST(KeyFlags, of_set_depend_on_the_option_get) {
  EXPECT_EQ(flags_of({"set", "a", "b"}), (Names{"OW", "update"}));
  EXPECT_EQ(flags_of({"set", "a", "b", "GET"}), (Names{"RW", "access", "update"}));
}

}  // namespace
}  // namespace redstart
