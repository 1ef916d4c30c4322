// Users and their permissions over every store.
#include <algorithm>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using Strings = std::vector<std::string>;

class Users : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Users, kAllStores, name_of);

TEST_P(Users, are_told_what_they_may_not_do) {
  value_of(client().acl_setuser("reader", {"reset", "on", ">secret", "+@read", "+acl|whoami", "~open:*"}));
  auto session = client().dedicated().value();
  EXPECT_FALSE(session.call({"AUTH", "reader", "wrong"}));
  ASSERT_TRUE(session.call({"AUTH", "reader", "secret"}));
  EXPECT_EQ(value_of(session.acl_whoami()), "reader");
  EXPECT_EQ(value_of(session.get("open:a")), std::nullopt);
  const auto written = session.set("open:a", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::no_auth);
  EXPECT_EQ(written.error().message, "NOPERM this user has no permissions to run the 'set' command");
  EXPECT_EQ(session.get("closed").error().message,
            "NOPERM this user has no permissions to access one of the keys used as arguments");
}

TEST_P(Users, are_made_changed_listed_and_deleted) {
  EXPECT_FALSE(client().acl_setuser("second", {"+nosuch"}));
  value_of(client().acl_setuser("second", {"reset", "on", "nopass", "allkeys"}));
  value_of(client().acl_setuser("second", {"+get", "&news.*"}));
  const Strings lines = value_of(client().acl_list());
  const auto line = std::ranges::find_if(lines, [](const std::string& text) {
    return text.starts_with("user second ");
  });
  ASSERT_NE(line, lines.end());
  EXPECT_TRUE(line->ends_with("~* resetchannels &news.* -@all +get")) << *line;
  const Strings names = value_of(client().acl_users());
  EXPECT_NE(std::ranges::find(names, "second"), names.end());
  EXPECT_EQ(value_of(client().acl_deluser({"second", "nobody"})), 1);
  EXPECT_EQ(value_of(client().acl_genpass(64)).size(), 16);
}

}  // namespace
}  // namespace redstart::scenarios
