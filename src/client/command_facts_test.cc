#include "redstart/command_facts.h"

#include <gtest/gtest.h>

#include "client/command_idempotence.h"
#include "command/table.h"

namespace redstart {
namespace {

using Words = std::vector<std::string_view>;

CommandFacts facts(const Words& words) {
  auto known = facts_of(words);
  EXPECT_TRUE(known.has_value()) << words[0] << ": " << (known ? "" : known.error().message);
  return known.value_or(CommandFacts{});
}

TEST(CommandFacts, refuses_what_is_no_command) {
  for (const Words& words : {Words{}, Words{"NOSUCH", "k"}, Words{"SET", "k"}, Words{"XGROUP", "NOSUCH", "k"},
                             Words{"EVAL", "return 1", "many"}, Words{"EVAL", "return 1", "5", "a"}}) {
    const auto known = facts_of(words);
    ASSERT_FALSE(known.has_value());
    EXPECT_EQ(known.error().code, ErrorCode::invalid_argument);
  }
}

TEST(CommandFacts, knows_for_every_write_command_whether_it_may_be_done_twice) {
  const CommandTable table(command_specs());
  for (size_t i = 0; i < table.size(); ++i) {
    const CommandSpec& spec = table.at(i);
    if (!spec.is_write() || !spec.subcommands.empty()) continue;
    EXPECT_TRUE(has_idempotence_rule(table.full_name(i))) << table.full_name(i);
  }
}

TEST(CommandFacts, decides_by_the_words_what_may_be_done_twice) {
  const std::pair<Words, bool> cases[] = {
      {{"SET", "nx", "get"}, true},
      {{"set", "k", "v", "EX", "5"}, true},
      {{"SET", "k", "v", "NX"}, false},
      {{"SET", "k", "v", "get"}, false},
      {{"ZADD", "z", "1", "incr"}, true},
      {{"ZADD", "z", "NX", "CH", "1", "m"}, true},
      {{"ZADD", "z", "XX", "INCR", "1", "m"}, false},
      {{"LTRIM", "l", "0", "99"}, true},
      {{"LTRIM", "l", "-5", "-1"}, true},
      {{"LTRIM", "l", "1", "-1"}, false},
      {{"LTRIM", "l", "0", "-2"}, false},
      {{"LTRIM", "l", "1", "5"}, false},
      {{"LREM", "l", "1", "x"}, false},
      {{"BITFIELD", "b", "SET", "u8", "#1", "5"}, true},
      {{"BITFIELD", "b", "INCRBY", "u8", "#1", "5"}, false},
      {{"ZUNIONSTORE", "a", "2", "a", "b"}, false},
      {{"ZUNIONSTORE", "c", "2", "a", "b"}, true},
      {{"INCR", "n"}, false},
      {{"RPUSH", "l", "x"}, false},
      {{"XADD", "s", "*", "f", "v"}, false},
      {{"GET", "k"}, true},
      {{"PUBLISH", "c", "m"}, false},
      {{"EVAL", "return 1", "0"}, false},
  };
  for (const auto& [words, expected] : cases) {
    std::string said;
    for (const auto word : words) said += std::string(word) + " ";
    EXPECT_EQ(facts(words).is_idempotent, expected) << said;
  }
}

TEST(CommandFacts, finds_keys_and_kinds) {
  EXPECT_EQ(facts({"MSET", "a", "1", "b", "2"}).keys, (Words{"a", "b"}));
  EXPECT_EQ(facts({"EVAL", "return 1", "2", "a", "b", "x"}).keys, (Words{"a", "b"}));
  EXPECT_TRUE(facts({"PUBLISH", "c", "m"}).keys.empty());
  EXPECT_TRUE(facts({"BLPOP", "l", "0"}).is_blocking);
  EXPECT_TRUE(facts({"SUBSCRIBE", "c"}).changes_session);
  EXPECT_FALSE(facts({"BLPOP", "l", "0"}).is_idempotent);
  EXPECT_FALSE(facts({"SUBSCRIBE", "c"}).is_for_scripts);
  EXPECT_TRUE(facts({"get", "a"}).is_read_only);
}

}  // namespace
}  // namespace redstart
