// What a user of the library may rely on whatever the URL names, told once for every store: errors, and sessions of
// one's own. The other files of the suite Scenario tell of types, pipelines, blocking, messages and threads.
#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

INSTANTIATE_TEST_SUITE_P(Stores, Scenario, kAllStores, name_of);

TEST_P(Scenario, tells_a_wrong_type_with_the_servers_words) {
  value_of(client().set("text", "x"));
  const auto pushed = client().lpush("text", "y");
  ASSERT_FALSE(pushed.has_value());
  EXPECT_EQ(pushed.error().code, ErrorCode::wrong_type);
  EXPECT_EQ(pushed.error().outcome, Outcome::not_done);
  EXPECT_EQ(pushed.error().message,
            "WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(Scenario, tells_unknown_commands_and_wrong_arguments) {
  EXPECT_EQ(client().call({"NOSUCH", "x"}).error().code, ErrorCode::server);
  EXPECT_EQ(client().call({"GET"}).error().message,
            "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(client().call(WordSpan()).error().code, ErrorCode::invalid_argument);
}

TEST_P(Scenario, refuses_session_commands_on_a_shared_client) {
  for (const auto* const name : {"SELECT", "MULTI", "watch", "Subscribe"}) {
    const auto refused = client().call({name, "1"});
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().message.find("dedicated()"), std::string::npos);
  }
}

TEST_P(Scenario, refuses_calls_after_close) {
  Client other = another_client();
  value_of(other.set("k", "v"));
  other.close();
  other.close();
  EXPECT_EQ(other.get("k").error().code, ErrorCode::closed);
  EXPECT_EQ(other.pipeline().run(CallOptions{}).has_value(), true);  // nothing to do
  auto pipeline = other.pipeline();
  pipeline.get("k");
  EXPECT_EQ(pipeline.run().error().code, ErrorCode::closed);
  EXPECT_EQ(other.dedicated().error().code, ErrorCode::closed);
  EXPECT_EQ(value_of(client().get("k")), "v");
}

TEST_P(Scenario, a_dedicated_session_keeps_its_state_to_itself) {
  if (is_cluster()) GTEST_SKIP() << "a cluster has one database";
  auto opened = client().dedicated();
  ASSERT_TRUE(opened.has_value());
  Client session = *opened;
  value_of(session.call({"SELECT", "1"}));
  value_of(session.set("k", "in 1"));
  EXPECT_EQ(value_of(client().get("k")), std::nullopt);
  EXPECT_EQ(value_of(session.get("k")), "in 1");
  EXPECT_TRUE(value_of(session.move("k", 0)));
  EXPECT_EQ(value_of(client().get("k")), "in 1");
}

}  // namespace
}  // namespace redstart::scenarios
