// What a greeting makes of a server that is not what it has to be.
#include "client/remote/greeting.h"

#include <gtest/gtest.h>

namespace redstart::remote {
namespace {

Reply hello_of(const std::string& role) {
  return Reply::aggregate(Reply::Type::map, {Reply::bulk("mode"), Reply::bulk("standalone"), Reply::bulk("role"),
                                             Reply::bulk(role)});
}

Reply role_of(const std::string& role) { return Reply::aggregate(Reply::Type::array, {Reply::bulk(role)}); }

TEST(Greeting, refuses_a_replica_where_a_master_is_wanted) {
  const OpenOptions options;
  Greeting greeting(options, Greeting::Purpose::introduce, ServerRole::master);
  const auto taken = greeting.take(hello_of("replica"));
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::connection_refused);
  EXPECT_EQ(taken.error().outcome, Outcome::not_done);
}

TEST(Greeting, asks_a_server_without_hello_for_its_role) {
  const OpenOptions options;
  for (const std::string role : {"slave", "master"}) {
    Greeting greeting(options, Greeting::Purpose::introduce, ServerRole::master);
    ASSERT_TRUE(greeting.take(Reply::error("ERR unknown command 'HELLO'")).has_value());
    ASSERT_FALSE(greeting.is_done());
    EXPECT_EQ(greeting.bytes(), "*1\r\n$4\r\nROLE\r\n");
    EXPECT_EQ(greeting.take(role_of(role)).has_value(), role == "master");
    EXPECT_EQ(greeting.is_done(), role == "master");
  }
}

TEST(Greeting, takes_a_master_or_whatever_is_not_asked_for) {
  const OpenOptions options;
  Greeting master(options, Greeting::Purpose::introduce, ServerRole::master);
  EXPECT_TRUE(master.take(hello_of("master")).has_value());
  EXPECT_TRUE(master.is_done());
  for (const ServerRole role : {ServerRole::any, ServerRole::cluster_master}) {
    Greeting greeting(options, Greeting::Purpose::introduce, role);
    EXPECT_TRUE(greeting.take(hello_of("replica")).has_value());
    EXPECT_TRUE(greeting.is_done());
  }
}

TEST(Greeting, tells_a_node_that_is_cut_off_from_its_cluster) {
  EXPECT_TRUE(cut_off_error(Reply::bulk("cluster_enabled:1\r\ncluster_state:fail\r\n")).has_value());
  EXPECT_FALSE(cut_off_error(Reply::bulk("cluster_enabled:1\r\ncluster_state:ok\r\n")).has_value());
  EXPECT_FALSE(cut_off_error(Reply::error("NOPERM cluster_state:fail")).has_value());
}

}  // namespace
}  // namespace redstart::remote
