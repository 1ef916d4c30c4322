// What a store tells of its clients and to them, over every store: lists, kills, pauses, keyspace
// notifications and the invalidations of CLIENT TRACKING.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

class ClientsScenario : public StoreTest {
 protected:
  // What pushes said: their words, a line each. A message may still be on its way when the test has ended.
  struct Heard {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<std::string> lines;
  };
  // A session of its own, in RESP3, whose pushes end in `heard_`.
  Client listener() {
    auto dedicated = client().dedicated();
    EXPECT_TRUE(dedicated.has_value());
    dedicated->on_push([heard = heard_](const Reply& push) {
      const std::lock_guard lock(heard->mutex);
      heard->lines.push_back(words_of(push));
      heard->arrived.notify_all();
    });
    return *dedicated;
  }
  bool hears(const std::string& words) {
    std::unique_lock lock(heard_->mutex);
    return heard_->arrived.wait_for(lock, 20s, [&] { return std::ranges::count(heard_->lines, words) > 0; });
  }
  static std::string words_of(const Reply& reply) {
    if (reply.is_null()) return "(nil)";
    if (reply.elements().empty()) return reply.text();
    std::string text;
    for (const Reply& element : reply.elements()) {
      if (!text.empty()) text += ' ';
      text += words_of(element);
    }
    return text;
  }
  bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  const std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
};
INSTANTIATE_TEST_SUITE_P(Stores, ClientsScenario, kAllStores, name_of);

TEST_P(ClientsScenario, are_listed_with_what_they_do) {
  if (is_cluster()) GTEST_SKIP() << "each server of a cluster has clients of its own";
  Client one = client().dedicated().value();
  value_of(one.call({"CLIENT", "SETNAME", "worker"}));
  const ClientInfo mine = value_of(one.client_info());
  EXPECT_EQ(mine.name, "worker");
  EXPECT_EQ(mine.command, "client|info");
  EXPECT_EQ(mine.user, "default");
  EXPECT_EQ(mine.protocol, 3);
  EXPECT_EQ(mine.fields.at("multi"), "-1");
  const auto all = value_of(client().client_list());
  const auto found = std::ranges::find(all, mine.id, &ClientInfo::id);
  ASSERT_NE(found, all.end());
  EXPECT_EQ(found->name, "worker");
  const auto listeners = value_of(client().client_list("pubsub"));
  EXPECT_EQ(std::ranges::find(listeners, mine.id, &ClientInfo::id), listeners.end());
  const auto refused = client().client_list("strange");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "ERR Unknown client type 'strange'");
}

TEST_P(ClientsScenario, are_killed_by_id) {
  if (is_cluster()) GTEST_SKIP() << "each server of a cluster has clients of its own";
  if (!is_remote()) GTEST_SKIP() << "sessions in the process have no connection to close";
  Client victim = client().dedicated().value();
  const uint64_t id = value_of(victim.client_info()).id;
  EXPECT_EQ(value_of(client().client_kill({.id = id})), 1);
  EXPECT_EQ(value_of(client().client_kill({.id = 999'999'999})), 0);
  EXPECT_TRUE(comes_true([&] {
    const auto all = value_of(client().client_list());
    return std::ranges::find(all, id, &ClientInfo::id) == all.end();
  }));
}

TEST_P(ClientsScenario, are_unblocked_and_paused) {
  if (is_cluster()) GTEST_SKIP() << "each server of a cluster has clients of its own";
  Client blocked = client().dedicated().value();
  const uint64_t id = value_of(blocked.client_info()).id;
  std::thread waiter([&] { EXPECT_TRUE(value_of(blocked.call({"BLPOP", "none", "0"})).is_null()); });
  EXPECT_TRUE(comes_true([&] { return value_of(client().client_unblock(id)); }));
  waiter.join();
  EXPECT_FALSE(value_of(client().client_unblock(id)));
  value_of(client().client_pause(60s, PauseKind::write));
  EXPECT_EQ(value_of(client().get("none")), std::nullopt);
  value_of(client().client_unpause());
  value_of(client().set("k", "v"));
}

TEST_P(ClientsScenario, hear_of_events_of_keys) {
  if (is_cluster()) GTEST_SKIP() << "each server of a cluster has clients of its own";
  value_of(client().config_set("notify-keyspace-events", "KEA"));
  Client mine = listener();
  value_of(mine.call({"PSUBSCRIBE", "__key*__:*"}));
  value_of(client().rpush("jobs", "a"));
  value_of(client().lpop("jobs"));
  EXPECT_TRUE(hears("pmessage __key*__:* __keyevent@0__:rpush jobs"));
  EXPECT_TRUE(hears("pmessage __key*__:* __keyspace@0__:jobs lpop"));
  EXPECT_TRUE(hears("pmessage __key*__:* __keyevent@0__:del jobs"));
  value_of(client().config_set("notify-keyspace-events", ""));
}

TEST_P(ClientsScenario, hear_that_what_they_have_read_was_changed) {
  Client mine = listener();
  value_of(mine.call({"CLIENT", "TRACKING", "ON"}));
  EXPECT_EQ(value_of(mine.get("k")), std::nullopt);
  EXPECT_TRUE(value_of(mine.hgetall("h")).empty());
  value_of(client().set("k", "v"));
  EXPECT_TRUE(hears("invalidate k"));
  value_of(client().hset("h", "f", "v"));
  EXPECT_TRUE(hears("invalidate h"));
  value_of(client().flushall());
  EXPECT_TRUE(hears("invalidate (nil)"));
}

TEST_P(ClientsScenario, hear_of_every_change_below_a_prefix) {
  Client mine = listener();
  value_of(mine.call({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "user:", "NOLOOP"}));
  value_of(mine.set("user:mine", "v"));
  value_of(client().set("other:1", "v"));
  value_of(client().set("user:1", "v"));
  EXPECT_TRUE(hears("invalidate user:1"));
  const std::lock_guard lock(heard_->mutex);
  EXPECT_EQ(heard_->lines.size(), 1u);
}

}  // namespace
}  // namespace redstart::scenarios
