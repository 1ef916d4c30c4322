#include "command/table.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"

namespace redstart {
namespace {

class CommandTableTest : public testing::Test {
 protected:
  const CommandTable table{command_specs()};
};

TEST_F(CommandTableTest, does_not_find_what_is_not_there) {
  for (const std::string_view name : {"", "g", "gett", "ge", "sort_roo", "sort?ro", "SORT\x7fRO"}) {
    EXPECT_EQ(table.find(name), nullptr) << name;
  }
}

TEST_F(CommandTableTest, finds_every_command_in_any_letter_case) {
  ASSERT_GT(table.all().size(), 100u);
  for (const CommandSpec* spec : table.all()) {
    EXPECT_EQ(table.find(spec->name), spec);
    EXPECT_EQ(table.find(upper_case(spec->name)), spec);
  }
}

TEST_F(CommandTableTest, finds_no_name_with_a_byte_changed) {
  for (const CommandSpec* spec : table.all()) {
    for (size_t i = 0; i < spec->name.size(); ++i) {
      std::string name(spec->name);
      name[i] = '\x01';
      EXPECT_EQ(table.find(name), nullptr) << spec->name;
    }
  }
}

TEST_F(CommandTableTest, numbers_commands_and_subcommands_densely) {
  std::set<size_t> indices;
  for (const CommandSpec* spec : table.all()) {
    indices.insert(table.index_of(*spec));
    EXPECT_EQ(&table.at(table.index_of(*spec)), spec);
    for (const CommandSpec& subcommand : spec->subcommands) {
      indices.insert(table.index_of(subcommand));
      EXPECT_EQ(table.container_of(subcommand), spec);
      EXPECT_EQ(table.find_subcommand(*spec, upper_case(subcommand.name)), &subcommand);
    }
  }
  EXPECT_EQ(indices.size(), table.size());
  EXPECT_EQ(*indices.rbegin(), table.size() - 1);
}

TEST_F(CommandTableTest, names_a_subcommand_with_its_container) {
  const CommandSpec* config = table.find("config");
  EXPECT_EQ(table.full_name(*table.find_subcommand(*config, "set")), "config|set");
  EXPECT_EQ(table.full_name(*config), "config");
}

TEST_F(CommandTableTest, knows_the_commands_with_a_single_key_in_front) {
  EXPECT_FALSE(table.find_with_single_key("ping").has_single_key(2));
  EXPECT_FALSE(table.find_with_single_key("flushall").has_single_key(2));
  EXPECT_FALSE(table.find_with_single_key("pfmerge").has_single_key(2));
  EXPECT_FALSE(table.find_with_single_key("eval").has_single_key(4));
  EXPECT_FALSE(table.find_with_single_key("ssubscribe").has_single_key(2)) << "a channel is no key";
  EXPECT_TRUE(table.find_with_single_key("get").has_single_key(2));
  EXPECT_TRUE(table.find_with_single_key("HSET").has_single_key(6));
}

TEST_F(CommandTableTest, knows_that_one_argument_is_one_key_where_all_are_keys) {
  for (const std::string_view name : {"mget", "del", "exists", "sunion", "pfcount"}) {
    EXPECT_TRUE(table.find_with_single_key(name).has_single_key(2)) << name;
    EXPECT_FALSE(table.find_with_single_key(name).has_single_key(3)) << name;
  }
  EXPECT_FALSE(table.find_with_single_key("mset").has_single_key(3)) << "its last argument is a value";
}

TEST_F(CommandTableTest, lets_subscribers_only_manage_their_subscriptions) {
  EXPECT_TRUE(table.is_allowed_when_subscribed(*table.find("ping")));
  EXPECT_TRUE(table.is_allowed_when_subscribed(*table.find("sunsubscribe")));
  EXPECT_FALSE(table.is_allowed_when_subscribed(*table.find("publish")));
}

TEST(AclCategories, follow_from_flags_and_the_specification) {
  const CommandTable table{command_specs()};
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(acl_categories(*table.find("get")), (Names{"read", "string", "fast"}));
  EXPECT_EQ(acl_categories(*table.find("flushall")),
            (Names{"keyspace", "write", "slow", "dangerous"}));
}

TEST(CommandTable, gives_commands_other_names) {
  CommandTable table(command_specs());
  EXPECT_EQ(table.rename("nope", "x"), "No such command in rename-command");
  EXPECT_EQ(table.rename("get", "SET"), "Target command name already exists");
  CommandTable renamed(command_specs());
  const CommandSpec* get = renamed.find("get");
  EXPECT_EQ(renamed.rename("GET", "Fetch-It"), std::nullopt);
  EXPECT_EQ(renamed.find("get"), nullptr);
  EXPECT_EQ(renamed.find("FETCH-it"), get);
  EXPECT_EQ(renamed.full_name(*get), "get");
  EXPECT_EQ(renamed.find_with_single_key("fetch-it").index, renamed.index_of(*get));
  const size_t callable = renamed.all().size();
  const CommandSpec* config = renamed.find("config");
  EXPECT_EQ(renamed.rename("config", ""), std::nullopt);
  EXPECT_EQ(renamed.find("config"), nullptr);
  EXPECT_EQ(renamed.all().size(), callable - 1);
  EXPECT_FALSE(renamed.is_callable(renamed.index_of(config->subcommands[0])));
  EXPECT_TRUE(renamed.is_callable(renamed.index_of(*get)));
}

}  // namespace
}  // namespace redstart
