// The keys that take most, against exact counts; and HOTKEYS and COMMANDLOG, which measure commands.
#include "execution/hot_keys.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "execution/command_tester.h"
#include "resp/output_buffer.h"
#include "resp/resp_writer.h"

namespace redstart {
namespace {

TEST(SpaceSaving, counts_exactly_while_it_has_room) {
  SpaceSaving summary(3);
  for (const char* key : {"a", "b", "a", "c", "a", "b"}) summary.add(key, 2);
  std::map<std::string, uint64_t> weights;
  summary.for_each([&](std::string_view key, uint64_t weight) { weights[std::string(key)] = weight; });
  EXPECT_EQ(weights, (std::map<std::string, uint64_t>{{"a", 6}, {"b", 4}, {"c", 2}}));
}

TEST(SpaceSaving, keeps_every_key_whose_share_is_above_one_counter_s) {
  constexpr size_t kCapacity = 50;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Random random(seed);
    SpaceSaving summary(kCapacity);
    std::map<std::string, uint64_t> exact;
    uint64_t total = 0;
    for (int i = 0; i < 50'000; ++i) {
      // A few keys are drawn often, thousands seldom.
      const std::string key = std::to_string(random.below(uint64_t{1} << random.below(14)));
      const uint64_t weight = 1 + random.below(10);
      summary.add(key, weight);
      exact[key] += weight;
      total += weight;
    }
    ASSERT_EQ(summary.size(), kCapacity);
    std::map<std::string, uint64_t> found;
    summary.for_each([&](std::string_view key, uint64_t weight) { found[std::string(key)] = weight; });
    for (const auto& [key, weight] : exact) {
      if (weight > total / kCapacity) {
        EXPECT_TRUE(found.contains(key)) << key;
      }
      if (found.contains(key)) {
        EXPECT_GE(found[key], weight);
        EXPECT_LE(found[key], weight + total / kCapacity);
      }
    }
  }
}

// A client whose replies become bytes, as on a socket.
class WireTester : public CommandTester {
 public:
  size_t send(std::initializer_list<std::string_view> words) {
    OutputBuffer out;
    const int protocol = 2;
    RespWriter writer(out, protocol);
    const std::vector<std::string_view> views(words);
    executor.execute(session(), views, writer);
    return out.pending_bytes();
  }
};

TEST(Hotkeys, refuses_bad_arguments) {
  CommandTester run;
  EXPECT_EQ(run("HOTKEYS START COUNT 5"), "(error) ERR METRICS parameter is required");
  EXPECT_EQ(run("HOTKEYS START METRICS 3 CPU NET"), "(error) ERR METRICS count must be > 0 and <= 2");
  EXPECT_EQ(run("HOTKEYS START METRICS 2 CPU"),
            "(error) ERR METRICS count does not match number of metric types provided");
  EXPECT_EQ(run("HOTKEYS START METRICS 2 CPU CPU"), "(error) ERR METRICS CPU defined more than once!");
  EXPECT_EQ(run("HOTKEYS START METRICS 1 CPU COUNT 65"), "(error) ERR COUNT must be between 1 and 64");
  EXPECT_EQ(run("HOTKEYS START METRICS 1 CPU SAMPLE 0"), "(error) ERR SAMPLE ratio must be positive");
  EXPECT_EQ(run("HOTKEYS START METRICS 1 CPU SLOTS 1 0"),
            "(error) ERR SLOTS parameter cannot be used in non-cluster mode");
  EXPECT_EQ(run("HOTKEYS START METRICS 1 CPU FOO 1"), "(error) ERR syntax error");
  EXPECT_EQ(run("HOTKEYS GET"), "(nil)");
  EXPECT_EQ(run("HOTKEYS STOP"), "(nil)");
}

// The value of a name in a flat list of names and values.
Reply field_of(const Reply& report, std::string_view name) {
  for (size_t i = 0; i + 1 < report.size(); i += 2) {
    if (report[i].text() == name) return report[i + 1];
  }
  return Reply::null();
}

TEST(Hotkeys, finds_the_key_that_takes_most_bytes) {
  WireTester run;
  run("SET hot " + std::string(1000, 'x'));
  EXPECT_EQ(run("HOTKEYS START METRICS 2 CPU NET COUNT 3"), "OK");
  EXPECT_EQ(run("HOTKEYS START METRICS 1 CPU"), "(error) ERR hotkey tracking session already in progress");
  for (int i = 0; i < 100; ++i) {
    run.send({"GET", "hot"});
    run.send({"GET", "cold:" + std::to_string(i)});
  }
  EXPECT_EQ(run("HOTKEYS RESET"), "(error) ERR hotkey tracking session in progress, stop tracking first");
  EXPECT_EQ(run("HOTKEYS STOP"), "OK");
  run.send({"GET", "after"});
  const Reply report = run.reply("HOTKEYS GET")[0];
  EXPECT_EQ(field_of(report, "tracking-active").as_integer(), 0);
  const Reply ranking = field_of(report, "by-net-bytes");
  ASSERT_EQ(ranking.size(), 6u);
  EXPECT_EQ(ranking[0].text(), "hot");
  // 22 bytes of request and 1009 of reply, a hundred times.
  EXPECT_EQ(ranking[1].as_integer(), 100 * (22 + 1009));
  EXPECT_EQ(field_of(report, "by-cpu-time-us").size(), 6u);
  EXPECT_GT(field_of(report, "total-net-bytes").as_integer(), 100 * (22 + 1009));
  EXPECT_EQ(run("HOTKEYS RESET"), "OK");
  EXPECT_EQ(run("HOTKEYS GET"), "(nil)");
}

TEST(Hotkeys, stops_when_its_time_is_over) {
  CommandTester run;
  run("HOTKEYS START METRICS 1 CPU DURATION 5");
  EXPECT_EQ(run.executor.attention_cycles(), 0u);
  run.clock.advance_ms(5000);
  run.executor.tick();
  EXPECT_GT(run.executor.attention_cycles(), 0u);
  const Reply report = run.reply("HOTKEYS GET")[0];
  EXPECT_EQ(field_of(report, "tracking-active").as_integer(), 0);
  EXPECT_EQ(field_of(report, "collection-duration-ms").as_integer(), 5000);
}

TEST(Commandlog, refuses_bad_arguments) {
  CommandTester run;
  EXPECT_EQ(run("COMMANDLOG GET 10 fast"),
            "(error) ERR type should be one of the following: slow, large-request, large-reply");
  EXPECT_EQ(run("COMMANDLOG GET x slow"), "(error) ERR count should be greater than or equal to -1");
  EXPECT_EQ(run("COMMANDLOG LEN"), "(error) ERR wrong number of arguments for 'commandlog|len' command");
}

TEST(Commandlog, keeps_large_requests_and_replies_apart) {
  WireTester run;
  run("CONFIG SET commandlog-request-larger-than 500 commandlog-reply-larger-than 500");
  run.send({"SET", "k", std::string(600, 'x')});
  run.send({"GET", "k"});
  run.send({"GET", "missing"});
  EXPECT_EQ(run("COMMANDLOG LEN large-request"), "(integer) 1");
  EXPECT_EQ(run("COMMANDLOG LEN large-reply"), "(integer) 1");
  const Reply request = run.reply("COMMANDLOG GET -1 large-request")[0];
  EXPECT_EQ(request[2].as_integer(), 628);
  EXPECT_EQ(request[3][0].text(), "SET");
  const Reply reply = run.reply("COMMANDLOG GET 5 large-reply")[0];
  EXPECT_EQ(reply[2].as_integer(), 608);
  EXPECT_EQ(reply[3][1].text(), "k");
  EXPECT_EQ(run("COMMANDLOG RESET large-reply"), "OK");
  EXPECT_EQ(run("COMMANDLOG LEN large-reply"), "(integer) 0");
  EXPECT_EQ(run("COMMANDLOG LEN large-request"), "(integer) 1");
}

TEST(Commandlog, calls_the_slow_log_by_another_name) {
  CommandTester run;
  run("CONFIG SET commandlog-execution-slower-than 0");
  EXPECT_EQ(run("CONFIG GET slowlog-log-slower-than"), "1# \"slowlog-log-slower-than\" => \"0\"");
  run("SET k v");
  EXPECT_EQ(run.reply("COMMANDLOG GET 1 slow")[0][3][0].text(), "SET");
  EXPECT_EQ(run.reply("SLOWLOG GET 2")[1][3][0].text(), "SET");
}

}  // namespace
}  // namespace redstart
