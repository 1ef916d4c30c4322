// Messages to a session that subscribes, over every store.
#include <condition_variable>
#include <mutex>

#include "tests/scenarios/scenario.h"

namespace redstart::scenarios {
namespace {

using namespace std::chrono_literals;

// Collects pushes, and waits for them.
struct Inbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Reply> pushes;

  PushHandler handler() {
    return [this](const Reply& push) {
      const std::lock_guard lock(mutex);
      pushes.push_back(push);
      arrived.notify_all();
    };
  }
  bool wait_for(size_t count) {
    std::unique_lock lock(mutex);
    return arrived.wait_for(lock, 5s, [&] { return pushes.size() >= count; });
  }
};

Reply push_of(Strings words) {
  std::vector<Reply> elements;
  for (std::string& word : words) elements.push_back(Reply::bulk(std::move(word)));
  return Reply::aggregate(Reply::Type::push, std::move(elements));
}

TEST_P(Scenario, messages_come_to_subscribers) {
  Inbox inbox;
  {
    auto opened = client().dedicated();
    ASSERT_TRUE(opened.has_value());
    Client session = *opened;
    session.on_push(inbox.handler());
    value_of(session.call({"SUBSCRIBE", "news", "weather"}));
    value_of(session.call({"PSUBSCRIBE", "log:*"}));
    // In a cluster, those are counted who have subscribed at the node that is told.
    const int64_t counted = is_cluster() ? 0 : 1;
    EXPECT_GE(value_of(client().publish("news", "one")), counted);
    EXPECT_GE(value_of(client().publish("log:x", "two")), counted);
    EXPECT_EQ(value_of(client().publish("other", "three")), 0);
    ASSERT_TRUE(inbox.wait_for(2));
    EXPECT_EQ(inbox.pushes[0], push_of({"message", "news", "one"}));
    EXPECT_EQ(inbox.pushes[1], push_of({"pmessage", "log:*", "log:x", "two"}));
    // The session answers commands all the while.
    EXPECT_EQ(value_of(session.ping()), "PONG");
    value_of(session.call({"UNSUBSCRIBE"}));
    value_of(session.call({"PUNSUBSCRIBE"}));
    EXPECT_EQ(value_of(client().publish("news", "four")), 0);
    EXPECT_EQ(value_of(session.ping()), "PONG");
  }
  EXPECT_EQ(inbox.pushes.size(), 2u);
}

TEST_P(Scenario, many_messages_come_in_order) {
  Inbox inbox;
  auto opened = client().dedicated();
  ASSERT_TRUE(opened.has_value());
  opened->on_push(inbox.handler());
  value_of(opened->call({"SUBSCRIBE", "numbers"}));
  auto pipeline = client().pipeline();
  for (int i = 0; i < 1000; ++i) pipeline.publish("numbers", std::to_string(i));
  value_of(pipeline.run());
  ASSERT_TRUE(inbox.wait_for(1000));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(inbox.pushes[static_cast<size_t>(i)][2].text(), std::to_string(i));
  }
  opened->close();
}

}  // namespace
}  // namespace redstart::scenarios
