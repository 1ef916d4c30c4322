// Tests of keyspace notifications.
#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"
#include "execution/executor.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

class Notifications : public testing::Test {
 protected:
  Notifications() {
    listener_("PSUBSCRIBE __key*__:*");
    listener_.take_pushes();
  }
  // The events of a command: "event key", '|' between two.
  std::string events_of(std::string_view line) {
    client_(line);
    std::string text;
    for (const auto& message : listener_.take_pushes()) {
      const std::string& channel = (*message)[2].text();
      if (!channel.starts_with("__keyevent@0__:")) continue;
      if (!text.empty()) text += " | ";
      text += channel.substr(15) + " " + (*message)[3].text();
    }
    return text;
  }
  void notify_of(const std::string& classes) {
    client_("CONFIG SET notify-keyspace-events " + classes);
  }

  static Executor::Options options(const Clock& clock) {
    Executor::Options result;
    result.clock = &clock;
    return result;
  }
  ManualClock clock_;
  Executor executor_{options(clock_)};
  TestClient listener_{executor_}, client_{executor_};
};

TEST_F(Notifications, say_nothing_unless_asked) {
  client_("SET k v");
  notify_of("K");
  client_("SET k v");
  notify_of("gx$");
  client_("SET k v");
  EXPECT_EQ(listener_.heard(), "");
}

TEST_F(Notifications, name_the_key_and_the_event) {
  notify_of("KEA");
  client_("SELECT 3");
  client_("SET k v");
  EXPECT_EQ(listener_.heard(),
            "pmessage __key*__:* __keyspace@3__:k set | pmessage __key*__:* __keyevent@3__:set k");
  notify_of("KA");
  client_("DEL k");
  EXPECT_EQ(listener_.heard(), "pmessage __key*__:* __keyspace@3__:k del");
  notify_of("EA");
  client_("RPUSH k v");
  EXPECT_EQ(listener_.heard(), "pmessage __key*__:* __keyevent@3__:rpush k");
}

// The data of a stream is what it is: who has been given what is the group's affair, but for its consumers.
TEST_F(Notifications, do_not_tell_what_groups_deliver_nor_what_is_kept_of_an_estimate) {
  notify_of("KEAm");
  client_.run_all("XADD s 1-1 f v|XADD s 2-1 f v|XGROUP CREATE s g 0|PFADD p a");
  listener_.take_pushes();
  EXPECT_EQ(events_of("XREADGROUP GROUP g ann COUNT 1 STREAMS s >"), "xgroup-createconsumer s");
  EXPECT_EQ(events_of("XREADGROUP GROUP g ann COUNT 1 STREAMS s >"), "");
  EXPECT_EQ(events_of("XCLAIM s g bob 0 1-1"), "xgroup-createconsumer s");
  EXPECT_EQ(events_of("XCLAIM s g ann 0 1-1"), "");
  EXPECT_EQ(events_of("XAUTOCLAIM s g cid 0 0"), "xgroup-createconsumer s");
  EXPECT_EQ(events_of("XAUTOCLAIM s g ann 0 0"), "");
  EXPECT_EQ(events_of("XACK s g 1-1"), "");
  EXPECT_EQ(events_of("PFCOUNT p"), "");
  EXPECT_EQ(events_of("XACK missing g 1-1"), "keymiss missing");
  EXPECT_EQ(events_of("XREAD STREAMS missing 0"), "keymiss missing | keymiss missing");
}

TEST_F(Notifications, come_by_class) {
  notify_of("El");
  EXPECT_EQ(events_of("SET k v"), "");
  EXPECT_EQ(events_of("RPUSH l v"), "rpush l");
  EXPECT_EQ(events_of("DEL l"), "");
  notify_of("Eg");
  EXPECT_EQ(events_of("RPUSH l v"), "");
  EXPECT_EQ(events_of("LPOP l"), "del l");
}

TEST_F(Notifications, tell_that_an_emptied_collection_is_gone) {
  notify_of("EA");
  client_("RPUSH l a b");
  listener_.take_pushes();
  EXPECT_EQ(events_of("LPOP l"), "lpop l");
  EXPECT_EQ(events_of("LPOP l 7"), "lpop l | del l");
  client_("SADD s a");
  client_("HSET h f v");
  client_("ZADD z 1 a");
  listener_.take_pushes();
  EXPECT_EQ(events_of("SMOVE s t a"), "srem s | del s | sadd t");
  EXPECT_EQ(events_of("HDEL h f"), "hdel h | del h");
  EXPECT_EQ(events_of("ZPOPMIN z"), "zpopmin z | del z");
  EXPECT_EQ(events_of("HDEL h f"), "");
}

TEST_F(Notifications, tell_what_a_command_does_in_its_order) {
  notify_of("EAn");
  EXPECT_EQ(events_of("SET k v EX 100"), "new k | set k | expire k");
  EXPECT_EQ(events_of("PERSIST k"), "persist k");
  EXPECT_EQ(events_of("INCR n"), "new n | incrby n");
  EXPECT_EQ(events_of("RENAME k m"), "new m | rename_from k | rename_to m");
  EXPECT_EQ(events_of("COPY m c"), "new c | copy_to c");
  EXPECT_EQ(events_of("EXPIREAT c 1"), "del c");
  EXPECT_EQ(events_of("SDIFFSTORE d none"), "");
  EXPECT_EQ(events_of("MSET a 1 b 2"), "new a | set a | new b | set b");
  EXPECT_EQ(events_of("ZADD z 1 x 2 y"), "new z | zadd z");
  EXPECT_EQ(events_of("ZADD z 1 x"), "");
  EXPECT_EQ(events_of("ZUNIONSTORE z 1 none"), "del z");
}

TEST_F(Notifications, tell_of_expiry_by_access_and_by_time) {
  notify_of("Ex");
  client_("SET a 1 PX 10");
  client_("SET b 1 PX 10");
  clock_.advance_ms(20);
  EXPECT_EQ(events_of("GET a"), "expired a");
  for (int i = 0; i < 20; ++i) executor_.tick();
  EXPECT_EQ(events_of("PING"), "expired b");
}

TEST_F(Notifications, tell_of_misses_and_new_keys_only_by_name) {
  notify_of("EA");
  EXPECT_EQ(events_of("GET none"), "");
  notify_of("Em");
  EXPECT_EQ(events_of("GET none"), "keymiss none");
  EXPECT_EQ(events_of("SET none v"), "");
  EXPECT_EQ(events_of("GET none"), "");
}

TEST_F(Notifications, are_silent_about_flushes) {
  client_("SET k v");
  client_("WATCH k");
  notify_of("KEA");
  EXPECT_EQ(events_of("FLUSHALL"), "");
}

}  // namespace
}  // namespace redstart
