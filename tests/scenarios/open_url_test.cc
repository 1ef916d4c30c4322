// What open() says of URLs that lead nowhere, and which URLs name one store.
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

TEST(OpenUrl, says_why_a_url_is_bad) {
  const auto opened = open("rediss//localhost");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::bad_url);
  EXPECT_NE(opened.error().message.find("redis://"), std::string::npos);
}

TEST(OpenUrl, memory_stores_of_one_name_are_one_and_others_are_apart) {
  const Client a = *open("memory:same"), b = *open("memory:same"), c = *open("memory:");
  Client(a).set("k", "v").value();
  EXPECT_EQ(value_of(Client(b).get("k")), "v");
  EXPECT_EQ(value_of(Client(c).get("k")), std::nullopt);
}

TEST(OpenUrl, says_that_nobody_listens) {
  const std::string url = "redis://127.0.0.1:" + std::to_string(free_port());
  const auto opened = open(url);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::connection_refused);
  EXPECT_NE(opened.error().message.find(url.substr(8)), std::string::npos);
  EXPECT_NE(opened.error().message.find("Connection refused"), std::string::npos);
}

TEST(OpenUrl, says_that_a_host_is_unknown_or_a_socket_missing) {
  const auto host = open("redis://no-such-host.invalid");
  ASSERT_FALSE(host.has_value());
  EXPECT_EQ(host.error().code, ErrorCode::connection_refused);
  EXPECT_NE(host.error().message.find("no-such-host.invalid"), std::string::npos);
  const auto socket = open("unix:/nonexistent/socket");
  ASSERT_FALSE(socket.has_value());
  EXPECT_NE(socket.error().message.find("/nonexistent/socket"), std::string::npos);
}

}  // namespace
}  // namespace redstart::scenarios
