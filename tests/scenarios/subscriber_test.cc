// Subscriber over every store, and when its connection is lost.
#include <atomic>
#include <mutex>

#include "tests/scenarios/fault_proxy.h"
#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

struct Heard {
  std::mutex mutex;
  Strings texts;

  Subscriber::Handler handler() {
    return [this](const Message& message) {
      const std::lock_guard lock(mutex);
      texts.push_back(std::string(message.pattern) + "|" + std::string(message.channel) + "|" +
                      std::string(message.text));
    };
  }
  bool has(const std::string& text) {
    return eventually([&] {
      const std::lock_guard lock(mutex);
      return std::ranges::find(texts, text) != texts.end();
    });
  }
};

class Subscribing : public StoreTest {
 protected:
  Subscriber subscriber(SubscriberOptions options = {}) {
    auto opened = Subscriber::open(client(), std::move(options));
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().message);
    return std::move(*opened);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, Subscribing, kAllStores, name_of);

TEST_P(Subscribing, what_a_user_may_not_hear_is_an_error) {
  if (!is_remote()) GTEST_SKIP() << "who is in the process may do everything";
  value_of(client().acl_setuser("deaf", {"on", ">pw", "+@all", "resetchannels", "&fine"}));
  auto deaf = Subscriber::open(another_client({.user = "deaf", .password = "pw"}));
  ASSERT_TRUE(deaf.has_value());
  EXPECT_EQ(deaf->subscribe("news", [](const Message&) {}).error().code, ErrorCode::no_auth);
  EXPECT_TRUE(deaf->subscribe("fine", [](const Message&) {}).has_value());
  value_of(client().acl_deluser({"deaf"}));
}

TEST_P(Subscribing, each_channel_and_pattern_has_its_handler) {
  Heard news, logins;
  Subscriber mine = subscriber();
  value_of(mine.subscribe("news", news.handler()));
  value_of(mine.psubscribe("user:*:login", logins.handler()));
  value_of(client().publish("news", "one"));
  value_of(client().publish("user:7:login", "two"));
  EXPECT_TRUE(news.has("|news|one"));
  EXPECT_TRUE(logins.has("user:*:login|user:7:login|two"));
  value_of(mine.unsubscribe("news"));
  value_of(client().publish("news", "three"));
  value_of(client().publish("user:8:login", "four"));
  EXPECT_TRUE(logins.has("user:*:login|user:8:login|four"));
  EXPECT_EQ(news.texts.size(), 1u);
}

TEST_P(Subscribing, shard_channels_are_heard_wherever_they_are) {
  Heard heard;
  Subscriber mine = subscriber();
  for (const auto* const channel : {"a", "b", "c", "d"}) value_of(mine.ssubscribe(channel, heard.handler()));
  for (const auto* const channel : {"a", "b", "c", "d"}) value_of(client().spublish(channel, "x"));
  for (const auto* const channel : {"a", "b", "c", "d"}) EXPECT_TRUE(heard.has("|" + std::string(channel) + "|x"));
  value_of(mine.sunsubscribe("a"));
}

class SubscribingFaults : public ServerTest {};
INSTANTIATE_TEST_SUITE_P(Servers, SubscribingFaults, kServers, name_of);

TEST_P(SubscribingFaults, a_lost_session_is_made_anew_with_all_subscriptions) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url()), through = open_or_fail(proxy.url() + "?reconnect_delay_max_ms=50");
  std::atomic<int> gaps{0}, restored{0};
  Subscriber mine = std::move(*Subscriber::open(through, {.on_gap = [&](std::string_view) { ++gaps; },
                                                          .on_restored = [&] { ++restored; }}));
  Heard heard;
  value_of(mine.subscribe("news", heard.handler()));
  value_of(mine.psubscribe("log:*", heard.handler()));
  proxy.set(FaultProxy::Mode::refuse);
  EXPECT_TRUE(eventually([&] { return gaps == 1; }));
  proxy.set(FaultProxy::Mode::pass);
  EXPECT_TRUE(eventually([&] { return restored == 1; }));
  value_of(direct.publish("news", "after"));
  value_of(direct.publish("log:x", "after"));
  EXPECT_TRUE(heard.has("|news|after"));
  EXPECT_TRUE(heard.has("log:*|log:x|after"));
}

TEST_P(SubscribingFaults, a_session_that_has_gone_silent_is_given_up) {
  ServerProcess server(program());
  FaultProxy proxy(server.port());
  Client direct = open_or_fail(server.url()), through = open_or_fail(proxy.url() + "?connect_timeout_ms=200");
  Heard heard;
  std::atomic<int> gaps{0};
  Subscriber mine =
      std::move(*Subscriber::open(through, {.heartbeat = 100ms, .on_gap = [&](std::string_view) { ++gaps; }}));
  value_of(mine.subscribe("news", heard.handler()));
  proxy.set(FaultProxy::Mode::freeze);
  EXPECT_TRUE(eventually([&] { return gaps >= 1; }));
  proxy.set(FaultProxy::Mode::pass);
  EXPECT_TRUE(eventually([&] {
    (void)direct.publish("news", "after");
    const std::lock_guard lock(heard.mutex);
    return !heard.texts.empty();
  }));
}

}  // namespace
}  // namespace redstart::scenarios
