// Tests of CLIENT TRACKING.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "execution/executor.h"
#include "execution/test_client.h"
#include "execution/tracking.h"

namespace redstart {
namespace {

class TrackingTest : public testing::Test {
 protected:
  TrackingTest() {
    reader_("HELLO 3");
  }
  // What the reader hears when the writer runs this.
  std::string heard_of(std::string_view lines) {
    writer_.run_all(lines);
    return reader_.heard();
  }
  static Executor::Options options(const Clock& clock) {
    Executor::Options result;
    result.clock = &clock;
    return result;
  }
  ManualClock clock_;
  Executor executor_{options(clock_)};
  TestClient reader_{executor_}, writer_{executor_};
};

TEST_F(TrackingTest, refuses_modes_that_contradict_each_other) {
  EXPECT_EQ(reader_("CLIENT TRACKING on PREFIX a"),
            "(error) ERR PREFIX option requires BCAST mode to be enabled");
  EXPECT_EQ(reader_("CLIENT TRACKING on OPTIN OPTOUT"),
            "(error) ERR You can't specify both OPTIN mode and OPTOUT mode");
  EXPECT_EQ(reader_("CLIENT TRACKING on BCAST OPTIN"),
            "(error) ERR OPTIN and OPTOUT are not compatible with BCAST");
  EXPECT_EQ(reader_("CLIENT TRACKING on REDIRECT 99999"),
            "(error) ERR The client ID you want redirect to does not exist");
  EXPECT_EQ(reader_("CLIENT TRACKING perhaps"), "(error) ERR syntax error");
  EXPECT_EQ(executor_.tracking().client_count(), 0u);
  reader_("CLIENT TRACKING on OPTIN");
  EXPECT_TRUE(reader_("CLIENT TRACKING on BCAST").starts_with("(error) ERR You can't switch BCAST"));
  EXPECT_TRUE(reader_("CLIENT TRACKING on OPTOUT").starts_with("(error) ERR You can't switch OPTIN"));
  EXPECT_TRUE(reader_("CLIENT CACHING no").starts_with("(error) ERR CLIENT CACHING NO is only valid"));
}

TEST_F(TrackingTest, refuses_prefixes_that_overlap) {
  EXPECT_EQ(reader_("CLIENT TRACKING on BCAST PREFIX foo PREFIX food"),
            "(error) ERR Prefix 'foo' overlaps with another provided prefix 'food'. Prefixes for a "
            "single client must not overlap.");
  reader_("CLIENT TRACKING on BCAST PREFIX foo");
  EXPECT_EQ(reader_("CLIENT TRACKING on BCAST PREFIX f"),
            "(error) ERR Prefix 'f' overlaps with an existing prefix 'foo'. Prefixes for a single "
            "client must not overlap.");
}

TEST_F(TrackingTest, tells_once_of_a_key_that_was_read) {
  reader_("CLIENT TRACKING on");
  reader_("GET k");
  EXPECT_EQ(heard_of("SET other 1"), "");
  EXPECT_EQ(heard_of("SET k 1"), "invalidate k");
  EXPECT_EQ(heard_of("SET k 2"), "");
  EXPECT_EQ(executor_.tracking().key_count(), 0u);
}

TEST_F(TrackingTest, remembers_every_key_that_a_reading_command_names) {
  reader_("CLIENT TRACKING on");
  reader_.run_all("MGET a b|EXISTS c|HGET h f|SDIFFSTORE s t u|OBJECT ENCODING o");
  EXPECT_EQ(executor_.tracking().key_count(), 5u);
  EXPECT_EQ(heard_of("MSET b 1 a 1 c 1 o 1|HSET h f v|SADD t x"),
            "invalidate b | invalidate a | invalidate c | invalidate o | invalidate h");
}

TEST_F(TrackingTest, sends_a_clients_own_changes_unless_told_not_to) {
  reader_("CLIENT TRACKING on");
  reader_.run_all("GET k|SET k 1");
  EXPECT_EQ(reader_.heard(), "invalidate k");
  reader_("CLIENT TRACKING on NOLOOP");
  reader_.run_all("GET k|SET k 2");
  EXPECT_EQ(reader_.heard(), "");
  reader_("GET k");
  EXPECT_EQ(heard_of("DEL k"), "invalidate k");
}

TEST_F(TrackingTest, tells_of_expiry_even_with_noloop) {
  reader_("CLIENT TRACKING on NOLOOP");
  writer_("SET k v PX 10");
  reader_("GET k");
  clock_.advance_ms(20);
  reader_("GET k");
  EXPECT_EQ(reader_.heard(), "invalidate k");
  writer_("SET k v PX 10");
  reader_("GET k");
  reader_.heard();
  clock_.advance_ms(20);
  for (int i = 0; i < 20; ++i) executor_.tick();
  EXPECT_EQ(reader_.heard(), "invalidate k");
}

TEST_F(TrackingTest, follows_client_caching) {
  reader_("CLIENT TRACKING on OPTIN");
  reader_.run_all("GET a|CLIENT CACHING yes|GET b|GET c");
  reader_.run_all("CLIENT CACHING yes|MULTI|GET d|GET e|EXEC|GET f");
  EXPECT_EQ(heard_of("MSET a 1 b 1 c 1 d 1 e 1 f 1"), "invalidate b | invalidate d | invalidate e");
  reader_.run_all("CLIENT TRACKING off|CLIENT TRACKING on OPTOUT");
  reader_.run_all("GET a|CLIENT CACHING no|GET b|GET c");
  EXPECT_EQ(heard_of("MSET a 1 b 1 c 1"), "invalidate a | invalidate c");
}

TEST_F(TrackingTest, broadcasts_by_prefix_what_a_batch_has_changed) {
  reader_("CLIENT TRACKING on BCAST PREFIX user: PREFIX item:");
  EXPECT_EQ(heard_of("SET user:1 a"), "invalidate user:1");
  EXPECT_EQ(heard_of("MSET user:2 a other:1 b user:1 c item:9 d"),
            "invalidate item:9 | invalidate user:1 user:2");
  EXPECT_EQ(heard_of("MULTI|SET user:1 a|SET user:1 b|EXEC"), "invalidate user:1");
  EXPECT_EQ(executor_.tracking().prefix_count(), 2u);
  EXPECT_EQ(executor_.tracking().key_count(), 0u);
  reader_("SET user:1 mine");
  EXPECT_EQ(reader_.heard(), "invalidate user:1");
  reader_("CLIENT TRACKING off");
  EXPECT_EQ(executor_.tracking().prefix_count(), 0u);
  EXPECT_EQ(heard_of("SET user:1 a"), "");
}

TEST_F(TrackingTest, broadcasts_not_to_who_made_the_change_with_noloop) {
  reader_("CLIENT TRACKING on BCAST NOLOOP");
  reader_("SET k 1");
  EXPECT_EQ(reader_.heard(), "");
  EXPECT_EQ(heard_of("SET k 2"), "invalidate k");
  reader_("SET gone 1 PX 10");
  clock_.advance_ms(20);
  reader_("MGET gone");
  EXPECT_EQ(reader_.heard(), "invalidate gone");
}

TEST_F(TrackingTest, tells_everybody_that_everything_may_have_changed) {
  TestClient broadcast(executor_);
  broadcast("HELLO 3");
  broadcast("CLIENT TRACKING on BCAST PREFIX x");
  reader_("CLIENT TRACKING on");
  for (const std::string_view line : {"FLUSHALL", "FLUSHDB", "SWAPDB 0 1"}) {
    reader_("GET k");
    EXPECT_EQ(heard_of(line), "invalidate (nil)") << line;
    EXPECT_EQ(broadcast.heard(), "invalidate (nil)") << line;
    EXPECT_EQ(executor_.tracking().key_count(), 0u) << line;
  }
}

TEST_F(TrackingTest, redirects_to_a_subscriber_that_speaks_resp2) {
  TestClient cache(executor_);
  TestClient tracker(executor_);
  tracker("CLIENT TRACKING on REDIRECT " + std::to_string(cache.id));
  tracker("GET k");
  writer_("SET k 1");
  EXPECT_EQ(cache.heard(), "");  // it has not subscribed
  cache("SUBSCRIBE __redis__:invalidate");
  cache.heard();
  tracker("GET k");
  writer_("SET k 2");
  EXPECT_EQ(cache.heard(), "message __redis__:invalidate k");
  tracker("GET k");
  tracker("SET k 3");
  EXPECT_EQ(cache.heard(), "message __redis__:invalidate k");
  EXPECT_EQ(tracker.heard(), "");
}

TEST_F(TrackingTest, says_that_a_redirection_is_broken) {
  std::string id;
  {
    TestClient cache(executor_);
    id = std::to_string(cache.id);
    EXPECT_EQ(reader_("CLIENT TRACKING on REDIRECT " + id), "OK");
    reader_("GET k");
  }
  writer_("SET k 1");
  const auto pushes = reader_.take_pushes();
  ASSERT_EQ(pushes.size(), 1u);
  EXPECT_EQ((*pushes[0])[0].text(), "tracking-redir-broken");
  EXPECT_EQ(std::to_string((*pushes[0])[1].as_integer()), id);
  EXPECT_NE(reader_("CLIENT TRACKINGINFO").find("broken_redirect"), std::string::npos);
}

TEST_F(TrackingTest, bounds_its_table) {
  writer_("CONFIG SET tracking-table-max-keys 100");
  reader_("CLIENT TRACKING on");
  for (int i = 0; i < 1000; ++i) reader_("GET k:" + std::to_string(i));
  for (int i = 0; i < 10; ++i) executor_.tick();
  EXPECT_EQ(executor_.tracking().key_count(), 100u);
  EXPECT_EQ(executor_.tracking().item_count(), 100u);
  EXPECT_EQ(reader_.take_pushes().size(), 900u);  // each that was dropped was told
  writer_("CONFIG SET tracking-table-max-keys 7");
  for (int i = 0; i < 10; ++i) executor_.tick();
  EXPECT_EQ(executor_.tracking().key_count(), 7u);
}

TEST_F(TrackingTest, forgets_sessions_that_are_gone) {
  {
    TestClient other(executor_);
    other("HELLO 3");
    other("CLIENT TRACKING on");
    other("GET k");
    EXPECT_EQ(executor_.tracking().client_count(), 1u);
  }
  EXPECT_EQ(executor_.tracking().client_count(), 0u);
  writer_("SET k 1");
  EXPECT_EQ(executor_.tracking().key_count(), 0u);
}

// Each key holds a number that only grows. Readers keep what they read until they are told that it changed;
// once the writers have stopped and all was heard, no reader may hold an older number than the store.
TEST_F(TrackingTest, leaves_no_reader_with_a_stale_value) {
  constexpr int kKeys = 8, kWrites = 4000, kReaders = 2, kWriters = 2;
  for (const std::string_view mode : {"", " NOLOOP", " BCAST", " BCAST PREFIX k"}) {
    std::atomic<int> writers_left{kWriters};
    std::vector<std::unique_ptr<TestClient>> readers;
    std::vector<std::map<std::string, std::string>> caches(kReaders);
    for (int i = 0; i < kReaders; ++i) {
      readers.push_back(std::make_unique<TestClient>(executor_));
      (*readers.back())("HELLO 3");
      (*readers.back())("CLIENT TRACKING on" + std::string(mode));
    }
    const auto hear = [&](size_t reader) {
      for (const auto& message : readers[reader]->take_pushes()) {
        for (const Reply& key : (*message)[1].elements()) caches[reader].erase(key.text());
      }
    };
    const auto read = [&](size_t reader) {
      while (writers_left > 0) {
        for (int i = 0; i < kKeys; ++i) {
          const std::string key = "k" + std::to_string(i);
          if (!caches[reader].contains(key)) caches[reader][key] = (*readers[reader])("GET " + key);
          hear(reader);
        }
      }
    };
    const auto write = [&](int seed) {
      TestClient client(executor_);
      for (int i = 0; i < kWrites; ++i) client("INCR k" + std::to_string((i * 7 + seed) % kKeys));
      --writers_left;
    };
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kReaders; ++i) threads.emplace_back(read, i);
    for (int i = 0; i < kWriters; ++i) threads.emplace_back(write, i);
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 0; i < kReaders; ++i) {
      hear(i);
      for (const auto& [key, value] : caches[i]) EXPECT_EQ(value, writer_("GET " + key)) << mode;
    }
  }
}

}  // namespace
}  // namespace redstart
