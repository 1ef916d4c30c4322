#include "client/url.h"

#include <gtest/gtest.h>

namespace redstart {
namespace {

using Kind = StoreUrl::Kind;

void expect_bad(std::string_view url, std::string_view part) {
  OpenOptions options;
  const auto parsed = parse_url(url, options);
  ASSERT_FALSE(parsed.has_value()) << url;
  EXPECT_EQ(parsed.error().code, ErrorCode::bad_url);
  EXPECT_NE(parsed.error().message.find(part), std::string::npos) << parsed.error().message;
}

TEST(Url, says_what_is_wrong_and_what_would_be_right) {
  expect_bad("", "is not a URL");
  expect_bad("localhost", "redis://");
  expect_bad("http://localhost", "'http:' is unknown");
  expect_bad("redis:localhost", "lacks '//'");
  expect_bad("redis://", "names no host");
  expect_bad("redis://:6379", "names no host");
  expect_bad("redis://localhost:70000", "from 1 to 65535");
  expect_bad("redis://localhost:", "from 1 to 65535");
  expect_bad("redis://localhost:63x", "port is '63x'");
  expect_bad("redis://localhost/x", "database is 'x'");
  expect_bad("redis://me@localhost", "without a password");
  expect_bad("redis://::1:6379", "brackets");
  expect_bad("redis://[::1", "closing");
  expect_bad("redis://[::1]x", "behind its IPv6");
  expect_bad("redis://localhost?conections=2", "'conections' is unknown; there are");
  expect_bad("redis://localhost?connections=0", "from 1 to");
  expect_bad("redis://localhost?connections", "connections=VALUE");
  expect_bad("redis://localhost?call_timeout_ms=-1", "call_timeout_ms is '-1'");
  expect_bad("redis://:a%2@localhost", "two hexadecimal digits");
  expect_bad("unix:socket", "not absolute");
  expect_bad("unix:/" + std::string(200, 'x'), "the system allows");
}

TEST(Url, of_several_servers_says_what_is_wrong) {
  expect_bad("redis://a,b", "redis-cluster://");
  expect_bad("redis-cluster://a,", "names no host");
  expect_bad("redis-cluster://a,b:x", "port is 'x'");
  expect_bad("redis-cluster://a/1", "only database 0");
  expect_bad("redis-cluster://a?db=1", "only database 0");
  expect_bad("redis-sentinel://a,b", "names no service");
  expect_bad("redis-sentinel://a,b/main/x", "database is 'x'");
  expect_bad("redis-sentinel:a/main", "redis-sentinel://");
  expect_bad("redis-cluster://a?read_from=nobody", "master, replica or any");
}

TEST(Url, names_several_servers) {
  OpenOptions options;
  const auto cluster = parse_url("redis-cluster://:pw@a:7000,[::1]:7001,b?read_from=replica&retries_max=3", options);
  ASSERT_TRUE(cluster.has_value()) << cluster.error().message;
  EXPECT_EQ(cluster->kind, Kind::cluster);
  EXPECT_EQ(cluster->addresses, (std::vector<StoreUrl::Address>{{"a", 7000}, {"::1", 7001}, {"b", 6379}}));
  EXPECT_EQ(options.read_from, ReadFrom::replica);
  EXPECT_EQ(options.retries_max, 3u);
  const auto sentinel = parse_url("rediss-sentinel://a:26379,b:26379/my%2Fmaster/2?sentinel_password=x", options);
  ASSERT_TRUE(sentinel.has_value()) << sentinel.error().message;
  EXPECT_EQ(sentinel->kind, Kind::sentinel);
  EXPECT_TRUE(sentinel->is_tls);
  EXPECT_EQ(sentinel->name, "my/master");
  EXPECT_EQ(options.db, 2);
  EXPECT_EQ(options.sentinel_password, "x");
}

// Anything that can be initialised from: the number of OpenOptions' members is the most that it takes.
struct Anything {
  template <class T>
  operator T() const;
};
template <size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { OpenOptions{(static_cast<void>(I), Anything())...}; };
}
template <size_t Count = 64>
consteval size_t member_count() {
  if constexpr (takes(std::make_index_sequence<Count>())) {
    return Count;
  } else {
    return member_count<Count - 1>();
  }
}

TEST(Url, has_a_parameter_for_every_option) { EXPECT_EQ(url_parameters().size(), member_count()); }

TEST(Url, never_repeats_a_password) {
  OpenOptions options;
  const auto parsed = parse_url("redis://me:secret%zz@host", options);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos);
}

TEST(Url, names_memory_stores) {
  OpenOptions options;
  EXPECT_EQ(parse_url("memory:", options)->name, "");
  EXPECT_EQ(parse_url("memory:shop%20one?client_name=a", options)->name, "shop one");
  EXPECT_EQ(options.client_name, "a");
}

TEST(Url, names_directories) {
  OpenOptions options;
  EXPECT_EQ(parse_url("file:", options).error().message,
            "the URL names no directory; write file:/var/lib/shop or file:data");
  EXPECT_EQ(parse_url("file:a?durability=soon", options).error().code, ErrorCode::bad_url);
  EXPECT_EQ(parse_url("file:data%20here?durability=synced", options)->path, "data here");
  EXPECT_EQ(options.durability, Durability::synced);
  EXPECT_EQ(parse_url("file:///var/lib/shop", options)->path, "/var/lib/shop");
}

TEST(Url, has_user_password_host_port_and_database) {
  OpenOptions options;
  const auto url = parse_url("redis://me:p%40ss%3A@db.example:7000/3", options);
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->kind, Kind::tcp);
  EXPECT_EQ(url->addresses[0].host, "db.example");
  EXPECT_EQ(url->addresses[0].port, 7000);
  EXPECT_EQ(options.user, "me");
  EXPECT_EQ(options.password, "p@ss:");
  EXPECT_EQ(options.db, 3);
}

TEST(Url, leaves_out_what_has_a_default) {
  OpenOptions options;
  const auto url = parse_url("redis://:pw@localhost/", options);
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->addresses[0].port, 6379);
  EXPECT_EQ(options.user, "");
  EXPECT_EQ(options.password, "pw");
  EXPECT_EQ(options.db, 0);
  EXPECT_EQ(parse_url("redis://[::1]:7000", options)->addresses[0].host, "::1");
  EXPECT_EQ(parse_url("redis://[::1]", options)->addresses[0].port, 6379);
}

TEST(Url, names_unix_sockets) {
  OpenOptions options;
  EXPECT_EQ(parse_url("unix:/run/redis.sock?db=2", options)->path, "/run/redis.sock");
  EXPECT_EQ(options.db, 2);
  EXPECT_EQ(parse_url("unix:///run/redis.sock", options)->path, "/run/redis.sock");
}

TEST(Url, sets_every_option_by_its_name) {
  OpenOptions options;
  ASSERT_TRUE(parse_url("redis://h?connect_timeout_ms=1&call_timeout_ms=0&connections=3&"
                        "blocking_connections_max=4&transaction_sessions_max=10&queue_commands_max=5&"
                        "health_check_interval_ms=6&reconnect_delay_min_ms=7&"
                        "reconnect_delay_max_ms=8&user=u&password=p%26&client_name=c&db=9",
                        options)
                  .has_value());
  using std::chrono::milliseconds;
  EXPECT_EQ(options.connect_timeout, milliseconds(1));
  EXPECT_EQ(options.call_timeout, milliseconds(0));
  EXPECT_EQ(options.connections, 3u);
  EXPECT_EQ(options.blocking_connections_max, 4u);
  EXPECT_EQ(options.transaction_sessions_max, 10u);
  EXPECT_EQ(options.queue_commands_max, 5u);
  EXPECT_EQ(options.health_check_interval, milliseconds(6));
  EXPECT_EQ(options.reconnect_delay_min, milliseconds(7));
  EXPECT_EQ(options.reconnect_delay_max, milliseconds(8));
  EXPECT_EQ(options.user, "u");
  EXPECT_EQ(options.password, "p&");
  EXPECT_EQ(options.client_name, "c");
  EXPECT_EQ(options.db, 9);
}

}  // namespace
}  // namespace redstart
