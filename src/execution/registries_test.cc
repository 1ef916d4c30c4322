// Tests of what stands around execution: pub/sub, clients, monitors, the slow log.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/cycle_clock.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/monitors.h"
#include "execution/pubsub.h"
#include "execution/redaction.h"
#include "execution/slow_log.h"

namespace redstart {
namespace {

using Words = std::vector<std::string_view>;

class FakeSession final : public Session {
 public:
  void on_unblocked(Reply) override {}
  void on_push(std::shared_ptr<const Reply> message) override {
    const std::lock_guard lock(push_mutex);
    pushed.push_back(std::move(message));
  }
  void on_kill() override { ++kills; }
  void on_resume() override { ++resumes; }
  TransportInfo transport() const override {
    TransportInfo info;
    info.address = "127.0.0.1:5000";
    return info;
  }

  std::mutex push_mutex;
  std::vector<std::shared_ptr<const Reply>> pushed;
  int kills = 0, resumes = 0;
};

TEST(PubSub, delivers_to_channel_and_matching_patterns) {
  PubSub pubsub;
  FakeSession session;
  EXPECT_TRUE(pubsub.subscribe(session, PubSub::Kind::channel, "news"));
  EXPECT_FALSE(pubsub.subscribe(session, PubSub::Kind::channel, "news"));
  EXPECT_TRUE(pubsub.subscribe(session, PubSub::Kind::pattern, "n*"));
  EXPECT_EQ(pubsub.publish("news", "hello"), 2u);
  ASSERT_EQ(session.pushed.size(), 2u);
  EXPECT_EQ((*session.pushed[0])[0].text(), "message");
  EXPECT_EQ((*session.pushed[1])[0].text(), "pmessage");
  EXPECT_EQ((*session.pushed[1])[1].text(), "n*");
  EXPECT_EQ((*session.pushed[1])[3].text(), "hello");
  EXPECT_EQ(pubsub.publish("other", "x"), 0u);
  pubsub.detach(session);
}

TEST(PubSub, keeps_shard_channels_apart) {
  PubSub pubsub;
  FakeSession session;
  pubsub.subscribe(session, PubSub::Kind::shard_channel, "a");
  EXPECT_EQ(pubsub.publish("a", "x"), 0u);
  EXPECT_EQ(pubsub.publish_to_shard("a", "x"), 1u);
  EXPECT_EQ(pubsub.channel_count(PubSub::Kind::channel), 0u);
  EXPECT_EQ(pubsub.channel_count(PubSub::Kind::shard_channel), 1u);
  pubsub.detach(session);
}

TEST(PubSub, forgets_a_detached_session_and_empty_channels) {
  PubSub pubsub;
  FakeSession session;
  pubsub.subscribe(session, PubSub::Kind::channel, "a");
  pubsub.subscribe(session, PubSub::Kind::pattern, "b*");
  EXPECT_EQ(session.shown_subscriptions, 1);
  pubsub.detach(session);
  EXPECT_EQ(session.shown_subscriptions, 0);
  EXPECT_EQ(session.subscription_count(), 0u);
  EXPECT_TRUE(pubsub.channels(PubSub::Kind::channel, "*").empty());
  EXPECT_EQ(pubsub.pattern_count(), 0u);
  EXPECT_EQ(pubsub.publish("a", "x") + pubsub.publish("bb", "x"), 0u);
}

TEST(PubSub, loses_and_reorders_nothing_while_others_come_and_go) {
  constexpr int kMessages = 2000;
  PubSub pubsub;
  FakeSession listener;
  pubsub.subscribe(listener, PubSub::Kind::channel, "c");
  std::atomic<bool> done{false};
  std::thread passer([&] {
    while (!done) {
      FakeSession visitor;
      pubsub.subscribe(visitor, PubSub::Kind::channel, "c");
      pubsub.subscribe(visitor, PubSub::Kind::pattern, "*");
      pubsub.detach(visitor);
    }
  });
  for (int i = 0; i < kMessages; ++i) pubsub.publish("c", std::to_string(i));
  done = true;
  passer.join();
  ASSERT_EQ(listener.pushed.size(), static_cast<size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ((*listener.pushed[static_cast<size_t>(i)])[2].text(), std::to_string(i));
  }
  pubsub.detach(listener);
}

TEST(ClientRegistry, finds_sessions_until_they_detach) {
  ClientRegistry clients;
  FakeSession session;
  clients.attach(session);
  EXPECT_EQ(clients.count(), 1u);
  EXPECT_TRUE(clients.with(session.id, [&](Session& found) { EXPECT_EQ(&found, &session); }));
  clients.detach(session);
  EXPECT_FALSE(clients.with(session.id, [](Session&) { FAIL(); }));
}

TEST(ClientRegistry, kills_once) {
  ClientRegistry clients;
  FakeSession session;
  clients.attach(session);
  clients.kill(session);
  clients.kill(session);
  EXPECT_EQ(session.kills, 1);
  EXPECT_TRUE(session.killed);
  clients.detach(session);
}

TEST(ClientRegistry, pauses_writes_or_everything_until_the_end) {
  ClientRegistry clients;
  FakeSession session;
  clients.attach(session);
  clients.pause(ClientRegistry::Pause::write, 1000);
  EXPECT_TRUE(clients.is_paused());
  EXPECT_FALSE(clients.is_all_paused());
  clients.pause(ClientRegistry::Pause::all, 1000);
  EXPECT_TRUE(clients.is_all_paused());
  clients.end_pause_if_due(999);
  EXPECT_TRUE(clients.is_paused());
  clients.end_pause_if_due(1000);
  EXPECT_FALSE(clients.is_paused());
  EXPECT_EQ(session.resumes, 1);
  clients.detach(session);
}

TEST(Monitors, show_commands_quoted_and_without_secrets) {
  Monitors monitors;
  FakeSession monitor, client;
  client.db = 3;
  monitors.add(monitor);
  EXPECT_TRUE(monitors.any());
  const CommandSpec plain{
      .name = "set", .summary = "", .complexity = "", .since = "", .group = CommandGroup::string, .arity = -1};
  const CommandSpec hidden{.name = "config",
                           .summary = "",
                           .complexity = "",
                           .since = "",
                           .group = CommandGroup::server,
                           .arity = -1,
                           .flags = kAdmin};
  monitors.feed(client, plain, "set", Words{"set", "a\n", "\"b\""}, 1'500'000'000'000'042);
  monitors.feed(client, hidden, "config|get", Words{"config", "get", "*"}, 0);
  monitors.feed(client, plain, "auth", Words{"AUTH", "user", "secret"}, 0);
  ASSERT_EQ(monitor.pushed.size(), 2u);
  EXPECT_EQ(monitor.pushed[0]->text(),
            "1500000000.000042 [3 127.0.0.1:5000] \"set\" \"a\\n\" \"\\\"b\\\"\"");
  EXPECT_EQ(monitor.pushed[1]->text(),
            "0.000000 [3 127.0.0.1:5000] \"AUTH\" \"(redacted)\" \"(redacted)\"");
  monitors.remove(monitor);
  EXPECT_FALSE(monitors.any());
}

TEST(Redaction, hides_passwords_only) {
  EXPECT_EQ(redacted("config|set", Words{"CONFIG", "SET", "timeout", "1", "RequirePass", "x"}),
            (Words{"CONFIG", "SET", "timeout", "1", "RequirePass", kRedacted}));
  EXPECT_EQ(redacted("hello", Words{"hello", "3", "AUTH", "u", "p", "SETNAME", "n"}),
            (Words{"hello", "3", "AUTH", kRedacted, kRedacted, "SETNAME", "n"}));
  // By another name (rename-command) it keeps its secrets too.
  EXPECT_EQ(redacted("auth", Words{"LOGIN", "secret"}), (Words{"LOGIN", "(redacted)"}));
  EXPECT_EQ(redacted("migrate", Words{"migrate", "h", "1", "k", "0", "9", "AUTH2", "u", "p"}),
            (Words{"migrate", "h", "1", "k", "0", "9", "AUTH2", "(redacted)", "(redacted)"}));
  EXPECT_EQ(redacted("get", Words{"get", "auth"}), (Words{"get", "auth"}));
}

TEST(SlowLog, keeps_the_newest_and_goes_on_counting) {
  Config config;
  const Config::Setting settings[] = {{"slowlog-max-len", "3"}, {"slowlog-log-slower-than", "0"}};
  ASSERT_FALSE(config.set(settings));
  SlowLog log;
  log.configure(config);
  EXPECT_EQ(log.threshold_cycles(), 0u);
  FakeSession session;
  session.name = "me";
  for (int i = 0; i < 5; ++i) log.add(session, "ping", Words{"ping"}, CycleClock::from_ns(2'000'000));
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(log.newest(10)[0].id, 4);
  EXPECT_EQ(log.newest(1).size(), 1u);
  EXPECT_EQ(log.newest(1)[0].client_name, "me");
  EXPECT_EQ(log.newest(1)[0].address, "127.0.0.1:5000");
  EXPECT_NEAR(static_cast<double>(log.newest(1)[0].amount), 2000, 1);
  log.reset();
  EXPECT_EQ(log.size(), 0u);
  log.add(session, "ping", Words{"ping"}, 1);
  EXPECT_EQ(log.newest(1)[0].id, 5);
}

TEST(SlowLog, cuts_long_arguments_and_many) {
  SlowLog log;
  FakeSession session;
  const std::string long_word(200, 'x');
  Words words(40, "a");
  words[1] = long_word;
  log.add(session, "del", words, 1);
  const auto entry = log.newest(1)[0];
  ASSERT_EQ(entry.args.size(), SlowLog::kArgumentsMax);
  EXPECT_EQ(entry.args[1], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_EQ(entry.args.back(), "... (9 more arguments)");
}

TEST(SlowLog, is_off_with_a_negative_threshold) {
  Config config;
  const Config::Setting settings[] = {{"slowlog-log-slower-than", "-1"}};
  ASSERT_FALSE(config.set(settings));
  SlowLog log;
  log.configure(config);
  EXPECT_EQ(log.threshold_cycles(), std::numeric_limits<uint64_t>::max());
}

}  // namespace
}  // namespace redstart
