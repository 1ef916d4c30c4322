// The connection, server and pub/sub commands, run through an executor without sockets.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "base/quoted_words.h"
#include "command/table.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/store_state.h"
#include "resp/reply_builder.h"

namespace redstart {
namespace {

class TestSession final : public Session {
 public:
  explicit TestSession(Executor& executor, int version = 2) : executor_(executor) {
    protocol = version;
    executor_.attach(*this);
  }
  ~TestSession() override { executor_.detach(*this); }
  void on_unblocked(Reply) override {}
  void on_push(std::shared_ptr<const Reply> message) override {
    const std::lock_guard lock(push_mutex);
    pushed.push_back(std::move(message));
  }
  void on_kill() override { was_killed = true; }
  TransportInfo transport() const override {
    TransportInfo info;
    info.address = "127.0.0.1:" + std::to_string(10'000 + id);
    return info;
  }

  // Every reply of one command, given as in redis-cli.
  std::vector<Reply> run_all(const std::string& line) {
    const auto words = *split_quoted_words(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    ReplyBuilder builder(protocol);
    status = executor_.execute(*this, views, builder);
    return std::move(builder.replies());
  }
  Reply run(const std::string& line) {
    auto replies = run_all(line);
    return replies.empty() ? Reply() : replies[0];
  }
  std::string text(const std::string& line) { return run(line).text(); }

  ExecuteStatus status = ExecuteStatus::done;
  std::mutex push_mutex;
  std::vector<std::shared_ptr<const Reply>> pushed;
  std::atomic<bool> was_killed{false};

 private:
  Executor& executor_;
};

class IntrospectionTest : public testing::Test {
 protected:
  static Executor::Options options(const Clock& clock) {
    Executor::Options options;
    options.clock = &clock;
    return options;
  }
  // The value of a field of INFO.
  std::string info(const std::string& section, const std::string& field) {
    const std::string all = "\n" + session.text("info " + section);
    const size_t at = all.find("\n" + field + ":");
    if (at == std::string::npos) return "(missing)";
    const size_t begin = at + field.size() + 2;
    return all.substr(begin, all.find('\r', begin) - begin);
  }

  ManualClock clock;
  Executor executor{options(clock)};
  TestSession session{executor};
  TestSession other{executor};
};

struct Case {
  const char* line;
  const char* error;
};

TEST_F(IntrospectionTest, refuses_bad_calls_with_the_errors_of_redis) {
  constexpr Case kCases[] = {
      {"ping a b", "ERR wrong number of arguments for 'ping' command"},
      {"select abc", "ERR value is not an integer or out of range"},
      {"select 16", "ERR DB index is out of range"},
      {"select 99999999999",
       "ERR value is out of range, value must between -2147483648 and 2147483647"},
      {"auth a b c", "ERR syntax error"},
      {"auth default-not b", "WRONGPASS invalid username-password pair or user is disabled."},
      {"hello abc", "ERR Protocol version is not an integer or out of range"},
      {"hello 4", "NOPROTO unsupported protocol version"},
      {"hello 2 foo", "ERR Syntax error in HELLO option 'foo'"},
      {"client setname \"a b\"",
       "ERR Client names cannot contain spaces, newlines or special characters."},
      {"client kill 1.2.3.4:5", "ERR No such client"},
      {"client kill type foo", "ERR Unknown client type 'foo'"},
      {"client kill id 0", "ERR client-id should be greater than 0"},
      {"client list id a", "ERR Invalid client ID"},
      {"client pause 1 foo", "ERR CLIENT PAUSE mode must be WRITE or ALL"},
      {"client pause -1", "ERR timeout is negative"},
      {"client unblock 1 foo", "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"},
      {"client nope", "ERR unknown subcommand 'nope'. Try CLIENT HELP."},
      {"config set a", "ERR wrong number of arguments for 'config|set' command"},
      {"config set a 1 b", "ERR syntax error"},
      {"config rewrite", "ERR The server is running without a config file"},
      {"slowlog get -2", "ERR count should be greater than or equal to -1"},
      {"flushall now", "ERR syntax error"},
      {"swapdb a 1", "ERR invalid first DB index"},
      {"swapdb 0 99", "ERR DB index is out of range"},
      {"shutdown save nosave", "ERR syntax error"},
      {"shutdown abort", "ERR No shutdown in progress."},
      {"command getkeys ping a", "ERR The command has no key arguments"},
      {"command getkeys nope a", "ERR Invalid command specified"},
      {"command getkeys get a b", "ERR Invalid number of arguments specified for command"},
      {"memory usage a samples -1", "ERR syntax error"},
      {"pubsub channels a b",
       "ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP."},
  };
  for (const Case& c : kCases) {
    const Reply reply = session.run(c.line);
    EXPECT_TRUE(reply.is_error()) << c.line;
    EXPECT_EQ(reply.text(), c.error) << c.line;
  }
}

TEST_F(IntrospectionTest, refuses_debug_unless_the_configuration_allows_it) {
  EXPECT_TRUE(session.text("debug sleep 0").starts_with("ERR DEBUG command not allowed."));
  // It is the first thing to be asked, also where the command would only be queued or the user may not call it.
  session.text("multi");
  EXPECT_TRUE(session.text("debug sleep 0").starts_with("ERR DEBUG command not allowed."));
  EXPECT_TRUE(session.text("exec").starts_with("EXECABORT"));
  session.text("acl setuser default -debug -module");
  EXPECT_TRUE(session.text("debug sleep 0").starts_with("ERR DEBUG command not allowed."));
  EXPECT_TRUE(session.text("module unload x").starts_with("ERR MODULE command not allowed."));
  EXPECT_TRUE(session.text("module list").starts_with("NOPERM"));
  session.text("acl setuser default +debug +module");
  executor.config().force("enable-debug-command", "local");
  EXPECT_EQ(session.text("debug sleep 0"), "OK");
}

TEST_F(IntrospectionTest, asks_for_the_password_and_hides_it) {
  EXPECT_EQ(session.text("config set requirepass secret"), "OK");
  TestSession fresh(executor);
  EXPECT_EQ(fresh.text("dbsize"), "NOAUTH Authentication required.");
  EXPECT_EQ(fresh.text("auth wrong"),
            "WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(fresh.text("auth secret"), "OK");
  EXPECT_EQ(fresh.run("dbsize").as_integer(), 0);
  EXPECT_EQ(fresh.text("reset"), "RESET");
  EXPECT_EQ(fresh.text("dbsize"), "NOAUTH Authentication required.");
  EXPECT_EQ(session.run("dbsize").as_integer(), 0);  // was there before
}

TEST_F(IntrospectionTest, lists_and_kills_sessions) {
  other.run("client setname other");
  other.run("select 3");
  const std::string lines = session.text("client list");
  EXPECT_NE(lines.find("name=other age=0 idle=0 flags=N db=3 sub=0 psub=0 ssub=0 multi=-1"),
            std::string::npos);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_EQ(session.run("client kill type normal").as_integer(), 1);
  EXPECT_TRUE(other.was_killed);
  EXPECT_EQ(session.run("client kill type normal skipme no id " + std::to_string(session.id))
                .as_integer(),
            1);
  EXPECT_EQ(session.status, ExecuteStatus::close);
}

TEST_F(IntrospectionTest, pauses_writes_until_the_time_is_over) {
  EXPECT_EQ(session.text("client pause 100 write"), "OK");
  EXPECT_EQ(other.text("ping"), "PONG");
  other.run("flushdb");
  EXPECT_EQ(other.status, ExecuteStatus::paused);
  clock.advance_ms(101);
  executor.tick();
  EXPECT_EQ(other.text("flushdb"), "OK");
}

TEST_F(IntrospectionTest, subscribes_with_a_reply_for_every_name) {
  const auto replies = other.run_all("subscribe a b");
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[1][0].text(), "subscribe");
  EXPECT_EQ(replies[1][1].text(), "b");
  EXPECT_EQ(replies[1][2].as_integer(), 2);
  EXPECT_EQ(session.run("publish a hi").as_integer(), 1);
  ASSERT_EQ(other.pushed.size(), 1u);
  EXPECT_EQ(other.run("ping")[0].text(), "pong");
  EXPECT_TRUE(other.text("dbsize").starts_with("ERR Can't execute 'dbsize'"));
  EXPECT_EQ(other.run_all("unsubscribe").size(), 2u);
  EXPECT_TRUE(other.run("unsubscribe")[1].is_null());
  EXPECT_EQ(session.run("publish a hi").as_integer(), 0);
}

TEST_F(IntrospectionTest, shows_commands_to_monitors_without_secrets) {
  EXPECT_EQ(other.text("monitor"), "OK");
  session.run("ping \"a b\"");
  session.run("auth default secret");
  const auto shows = [&](const std::string& end) {
    return std::ranges::any_of(other.pushed,
                               [&](const auto& line) { return line->text().ends_with(end); });
  };
  EXPECT_TRUE(shows("\"ping\" \"a b\""));
  EXPECT_TRUE(shows("\"auth\" \"(redacted)\" \"(redacted)\""));
}

TEST_F(IntrospectionTest, counts_calls_failures_and_errors) {
  session.run("config resetstat");
  session.run("ping");
  session.run("ping");
  session.run("select 99");
  session.run("select");
  session.run("nope");
  EXPECT_TRUE(info("commandstats", "cmdstat_ping").starts_with("calls=2,"));
  EXPECT_TRUE(info("commandstats", "cmdstat_ping").ends_with(",rejected_calls=0,failed_calls=0"));
  EXPECT_TRUE(info("commandstats", "cmdstat_select").starts_with("calls=1,"));
  EXPECT_TRUE(info("commandstats", "cmdstat_select").ends_with(",rejected_calls=1,failed_calls=1"));
  EXPECT_EQ(info("errorstats", "errorstat_ERR"), "count=3");
  EXPECT_TRUE(info("latencystats", "latency_percentiles_usec_ping").starts_with("p50="));
  session.run("config resetstat");
  EXPECT_EQ(info("commandstats", "cmdstat_ping"), "(missing)");
  EXPECT_EQ(info("errorstats", "errorstat_ERR"), "(missing)");
}

TEST_F(IntrospectionTest, counts_each_kind_of_write_under_its_own_name) {
  const char* const writes[] = {"set s v",     "setex s 9 v",  "mset a 1 b 2", "hset h f v", "hmset h f v",
                                "lpush l a b", "rpush l a",    "sadd t a",     "zadd z 1 a", "xadd x * f v",
                                "incr n",      "incrby n 2",   "del s a"};
  session.run("config resetstat");
  for (const char* const write : writes) session.run(write);
  for (const std::string write : writes) {
    const std::string counted = info("commandstats", "cmdstat_" + write.substr(0, write.find(' ')));
    EXPECT_TRUE(counted.starts_with("calls=1,usec=")) << write << ": " << counted;
    EXPECT_TRUE(counted.ends_with(",rejected_calls=0,failed_calls=0")) << write << ": " << counted;
  }
}

TEST_F(IntrospectionTest, gives_the_sections_of_info_that_are_asked_for) {
  const auto sections = [&](const std::string& names) {
    std::string result;
    const std::string text = "\n" + session.text("info " + names);
    for (size_t at = text.find("\n# "); at != std::string::npos; at = text.find("\n# ", at + 1)) {
      result += text.substr(at + 3, text.find('\r', at) - at - 3) + " ";
    }
    return result;
  };
  EXPECT_EQ(sections("cpu SERVER"), "Server CPU ");
  EXPECT_EQ(sections("nope"), "");
  EXPECT_EQ(sections(""),
            "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster "
            "Keyspace ");
  EXPECT_EQ(sections("all"), sections("everything"));
  EXPECT_EQ(info("clients", "connected_clients"), "2");
}

TEST_F(IntrospectionTest, frees_what_an_asynchronous_flush_removed) {
  executor.config().force("enable-debug-command", "yes");
  const uint64_t empty_bytes = executor.used_memory_bytes();
  EXPECT_EQ(session.text("debug populate 10000"), "OK");
  EXPECT_EQ(session.run("dbsize").as_integer(), 10'000);
  EXPECT_EQ(info("keyspace", "db0"), "keys=10000,expires=0,avg_ttl=0");
  EXPECT_EQ(session.text("flushall async"), "OK");
  EXPECT_EQ(session.run("dbsize").as_integer(), 0);
  while (executor.state().pending_frees() != 0) executor.tick();
  EXPECT_EQ(info("memory", "lazyfreed_objects"), "10000");
  EXPECT_EQ(executor.used_memory_bytes(), empty_bytes);
}

TEST_F(IntrospectionTest, frees_what_a_flush_removed_at_once) {
  executor.config().force("enable-debug-command", "yes");
  const uint64_t empty_bytes = executor.used_memory_bytes();
  session.run("debug populate 10000 key 2000");
  EXPECT_GT(executor.used_memory_bytes(), empty_bytes + 10'000 * 2000);
  EXPECT_EQ(session.text("flushdb"), "OK");
  EXPECT_EQ(executor.used_memory_bytes(), empty_bytes);
}

// The fingerprints are those that redis-server 7.0.15 gives for the same data.
TEST_F(IntrospectionTest, fingerprints_data_as_redis_does) {
  executor.config().force("enable-debug-command", "yes");
  EXPECT_EQ(session.text("debug digest"), std::string(40, '0'));
  session.run("debug populate 10");
  EXPECT_EQ(session.run("debug digest-value key:1 none")[0].text(),
            "ec4b7bec343ec862c8bd5dd8feab05ec1e9e6703");
  EXPECT_EQ(session.run("debug digest-value none")[0].text(), std::string(40, '0'));
}

TEST_F(IntrospectionTest, shuts_down_only_where_somebody_serves) {
  EXPECT_TRUE(session.text("shutdown").starts_with("ERR "));
  bool was_shut_down = false;
  executor.state().on_shutdown([&] { was_shut_down = true; });
  EXPECT_TRUE(session.run_all("shutdown nosave").empty());
  EXPECT_TRUE(was_shut_down);
  EXPECT_EQ(session.status, ExecuteStatus::close);
}

TEST_F(IntrospectionTest, describes_every_command) {
  const Reply docs = session.run("command docs");
  const Reply infos = session.run("command");
  ASSERT_EQ(docs.size(), infos.size() * 2);
  EXPECT_EQ(static_cast<size_t>(session.run("command count").as_integer()), infos.size());
  EXPECT_EQ(session.run("command list").size(), executor.commands().size());
  for (const Reply& info : infos.elements()) ASSERT_EQ(info.size(), 10u);
}

TEST_F(IntrospectionTest, tells_what_a_command_has_learned_and_since_when) {
  const auto history_of = [&](const std::string& command) {
    std::string text;
    const Reply docs = session.run("COMMAND DOCS " + command);
    const auto& fields = docs.elements().at(1).elements();
    for (size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text() != "history") continue;
      for (const Reply& entry : fields[i + 1].elements()) {
        text += entry.elements().at(0).text() + ": " + entry.elements().at(1).text() + "\n";
      }
    }
    return text;
  };
  EXPECT_EQ(history_of("get"), "");
  EXPECT_EQ(history_of("blpop"), "6.0.0: `timeout` may have a fraction.\n");
  EXPECT_EQ(history_of("set"),
            "2.6.12: Takes `NX`, `XX`, `EX`, `PX`.\n6.0.0: Takes `KEEPTTL`.\n6.2.0: Takes `GET`, `EXAT`, `PXAT`.\n"
            "7.0.0: `NX` and `GET` may stand together.\n8.1.0: Takes `IFEQ`.\n"
            "8.4.0: Takes `IFNE`, `IFDEQ`, `IFDNE`.\n");
}

TEST_F(IntrospectionTest, says_null_for_commands_that_there_are_not) {
  const Reply info = session.run("COMMAND INFO none");
  EXPECT_EQ(info.elements().at(0).type(), Reply::Type::null);
}

TEST_F(IntrospectionTest, explains_key_specifications) {
  const Reply info = session.run("COMMAND INFO xadd get");
  const auto& specification = info.elements().at(0).elements().at(8).elements().at(0).elements();
  EXPECT_EQ(specification.at(0).text(), "notes");
  EXPECT_FALSE(specification.at(1).text().empty());
  EXPECT_EQ(info.elements().at(1).elements().at(8).elements().at(0).elements().at(0).text(), "flags");
}

TEST_F(IntrospectionTest, shows_what_the_words_of_running_and_waiting_calls_take) {
  EXPECT_NE(session.text("CLIENT LIST").find(" argv-mem=10 "), std::string::npos);
  TestSession waiting(executor);
  waiting.run("BLPOP missing 0");
  const std::string listed = session.text("CLIENT LIST ID " + std::to_string(waiting.id));
  EXPECT_NE(listed.find(" argv-mem=13 "), std::string::npos) << listed;
  session.run("RPUSH missing element");
  EXPECT_NE(session.text("CLIENT LIST ID " + std::to_string(waiting.id)).find(" argv-mem=0 "), std::string::npos);
}

TEST_F(IntrospectionTest, debugs_what_the_tests_of_redis_ask_for) {
  executor.config().force("enable-debug-command", "yes");
  EXPECT_EQ(session.text("DEBUG CLIENT-EVICTION"), "ERR maxmemory-clients is disabled.");
  session.run("CONFIG SET maxmemory-clients 1gb");
  EXPECT_TRUE(session.text("DEBUG CLIENT-EVICTION").starts_with("limit: 1073741824\n"));
  EXPECT_EQ(session.text("DEBUG REPLYBUFFER PEAK-RESET-TIME soon"), "ERR value is not an integer or out of range");
  EXPECT_EQ(session.text("DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER"), "OK");
  EXPECT_EQ(session.text("DEBUG REPLYBUFFER RESIZING 0"), "OK");
  EXPECT_EQ(session.text("DEBUG PROTOCOL attrib"), "Some real reply following the attribute");
  session.run_all("SET k v PX 1");
  session.run("DEBUG PAUSE-CRON 1");
  clock.advance_ms(1000);
  executor.tick();
  EXPECT_EQ(session.run("DBSIZE").as_integer(), 1);
  session.run("DEBUG PAUSE-CRON 0");
  for (int i = 0; i < 20; ++i) executor.tick();  // each visits a part of the shards
  EXPECT_EQ(session.run("DBSIZE").as_integer(), 0);
}

TEST_F(IntrospectionTest, survives_many_threads_that_look_at_everything) {
  constexpr int kThreads = 4, kRounds = 200;
  executor.config().force("enable-debug-command", "yes");
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      TestSession mine(executor);
      for (int round = 0; round < kRounds; ++round) {
        const std::string number = std::to_string(round);
        mine.run("subscribe c" + std::to_string(round % 3));
        mine.run("reset");
        mine.run("publish c1 hi");
        mine.run("client setname n" + number);
        mine.run("config set timeout " + number + " hash-max-listpack-entries " +
                 std::to_string(round % 5));
        if (round % 20 == i) {
          EXPECT_FALSE(mine.run("client list").is_error());
          EXPECT_FALSE(mine.run("info everything").is_error());
          EXPECT_FALSE(mine.run("memory stats").is_error());
          mine.run("debug populate 100");
          mine.run("flushall async");
          mine.run("config resetstat");
          mine.run("slowlog get");
        }
      }
    });
  }
  for (int i = 0; i < 100; ++i) executor.tick();
  threads.clear();
  EXPECT_EQ(executor.clients().count(), 2u);
  EXPECT_EQ(session.run("pubsub numpat").as_integer(), 0);
  EXPECT_EQ(session.run("pubsub channels").size(), 0u);
}

}  // namespace
}  // namespace redstart
