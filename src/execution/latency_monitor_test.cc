// LATENCY: the monitor by itself, its reports, and the commands over an executor without sockets.
#include "execution/latency_monitor.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "execution/command_tester.h"
#include "execution/commands/latency_report.h"
#include "execution/config.h"
#include "execution/sampled_file.h"

namespace redstart {
namespace {

class LatencyTest : public testing::Test {
 protected:
  void set_threshold(int64_t ms) {
    tester("config set latency-monitor-threshold " + std::to_string(ms));
  }
  LatencyMonitor& monitor() { return tester.executor.latency(); }

  CommandTester tester;
};

TEST_F(LatencyTest, refuses_to_draw_an_event_without_samples) {
  EXPECT_EQ(tester("latency graph command"),
            "(error) ERR No samples available for event 'command'");
  EXPECT_EQ(tester("latency graph \"a\\x00b\""), "(error) ERR No samples available for event 'a'");
  EXPECT_EQ(tester("latency nope"), "(error) ERR unknown subcommand 'nope'. Try LATENCY HELP.");
}

TEST_F(LatencyTest, keeps_nothing_while_the_threshold_is_zero) {
  monitor().add("command", 1000);
  EXPECT_EQ(tester.reply("latency latest").size(), 0u);
  EXPECT_TRUE(tester.reply("latency doctor").text().starts_with("Latency is not monitored."));
}

// A disk that takes its time.
class SlowFile final : public WritableFile {
 public:
  DiskResult<void> append(std::string_view) override { return wait(); }
  DiskResult<void> append(std::string_view, std::string_view, std::string_view) override { return wait(); }
  DiskResult<void> sync() override { return wait(); }
  void write_back() override {}
  uint64_t size_bytes() const override { return 0; }
  DiskResult<void> truncate(uint64_t) override { return {}; }
  DiskResult<void> reserve(uint64_t, std::string_view) override { return {}; }
  uint64_t reserved_bytes() const override { return 0; }

 private:
  static DiskResult<void> wait() {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return {};
  }
};

TEST_F(LatencyTest, has_samples_of_a_slow_disk) {
  bool waits_for_sync = false;
  SampledFile file(std::make_unique<SlowFile>(), monitor(), [&] { return waits_for_sync; });
  const auto worst_ms = [&](std::string_view event) { return monitor().event(event).worst_ms; };
  ASSERT_TRUE(file.append("a"));
  EXPECT_EQ(worst_ms("aof-write"), 0);
  set_threshold(2);
  ASSERT_TRUE(file.append("a"));
  EXPECT_GE(worst_ms("aof-write"), 4);
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(worst_ms("aof-fsync-always"), 0);
  waits_for_sync = true;
  ASSERT_TRUE(file.sync());
  EXPECT_GE(worst_ms("aof-fsync-always"), 4);
}

TEST_F(LatencyTest, keeps_what_reaches_the_threshold) {
  set_threshold(10);
  monitor().add("command", 9);
  EXPECT_EQ(tester.reply("latency latest").size(), 0u);
  monitor().add("command", 10);
  const Reply latest = tester.reply("latency latest");
  ASSERT_EQ(latest.size(), 1u);
  EXPECT_EQ(latest[0][0].text(), "command");
  EXPECT_EQ(latest[0][1].as_integer(), 1'700'000'000);
  EXPECT_EQ(latest[0][2].as_integer(), 10);
  EXPECT_EQ(latest[0][3].as_integer(), 10);
}

TEST_F(LatencyTest, keeps_the_worst_of_a_second_and_remembers_the_worst_of_all) {
  set_threshold(1);
  monitor().add("fork", 50);
  tester.clock.advance_ms(1000);
  monitor().add("fork", 3);
  monitor().add("fork", 7);
  monitor().add("fork", 5);
  const LatencyMonitor::Event event = monitor().event("fork");
  ASSERT_EQ(event.samples.size(), 2u);
  EXPECT_EQ(event.samples[1].latency_ms, 7);
  EXPECT_EQ(event.worst_ms, 50);
}

TEST_F(LatencyTest, drops_the_oldest_samples) {
  set_threshold(1);
  for (size_t i = 0; i < LatencyMonitor::kSamplesMax + 5; ++i) {
    monitor().add("fork", static_cast<int64_t>(1000 - i));
    tester.clock.advance_ms(1000);
  }
  const LatencyMonitor::Event event = monitor().event("fork");
  EXPECT_EQ(event.samples.size(), LatencyMonitor::kSamplesMax);
  EXPECT_EQ(event.samples.front().latency_ms, 995);
  EXPECT_EQ(event.worst_ms, 1000);
  EXPECT_EQ(tester.reply("latency history fork").size(), LatencyMonitor::kSamplesMax);
}

TEST_F(LatencyTest, forgets_named_events_or_all) {
  set_threshold(1);
  for (const char* name : {"a", "b", "c"}) monitor().add(name, 5);
  EXPECT_EQ(tester("latency reset a nope"), "(integer) 1");
  EXPECT_EQ(tester("latency reset"), "(integer) 2");
  EXPECT_EQ(tester("latency reset"), "(integer) 0");
}

TEST_F(LatencyTest, notices_slow_commands) {
  tester.executor.config().force("enable-debug-command", "yes");
  set_threshold(1);
  tester("config set slowlog-log-slower-than -1");  // the one does not depend on the other
  tester("debug sleep 0.002");
  EXPECT_GE(monitor().event(latency_events::kCommand).worst_ms, 2);
  EXPECT_EQ(tester("slowlog len"), "(integer) 0");
}

// A tick that removes thousands of keys takes more than a millisecond on any machine.
TEST_F(LatencyTest, notices_what_expiry_frees) {
  for (int i = 0; i < 200'000; ++i) tester("set key:" + std::to_string(i) + " v px 1");
  set_threshold(1);
  tester.clock.advance_ms(10'000);
  for (int i = 0; i < 20; ++i) tester.executor.tick();
  EXPECT_EQ(tester("dbsize"), "(integer) 0");
  EXPECT_GE(monitor().event(latency_events::kExpireCycle).worst_ms, 1);
}

// The picture is redis-server's for the same samples.
TEST(LatencyGraph, draws_columns_with_their_ages) {
  LatencyMonitor::Event event{.name = "command", .samples = {}, .worst_ms = 50};
  const int64_t latencies_ms[] = {1, 2, 3, 50, 20};
  for (int64_t i = 0; i < 5; ++i) event.samples.push_back({100 + i, latencies_ms[i]});
  EXPECT_EQ(latency_graph(event, 104), "command - high 50 ms, low 1 ms (all time high 50 ms)\n" +
                                           std::string(80, '-') +
                                           "\n"
                                           "   # \n"
                                           "   | \n"
                                           "   |o\n"
                                           "___||\n"
                                           "     \n"
                                           "43210\n"
                                           "sssss\n");
}

TEST(LatencyGraph, draws_equal_samples_at_the_bottom_and_long_ages_downward) {
  LatencyMonitor::Event event{.name = "fork", .samples = {{0, 7}, {86'390, 7}}, .worst_ms = 9};
  EXPECT_EQ(latency_graph(event, 86'400), "fork - high 7 ms, low 7 ms (all time high 9 ms)\n" +
                                              std::string(80, '-') +
                                              "\n"
                                              "  \n"
                                              "  \n"
                                              "  \n"
                                              "__\n"
                                              "  \n"
                                              "11\n"
                                              "d0\n"
                                              " s\n");
}

TEST(LatencyGraph, begins_a_new_picture_after_eighty_columns) {
  LatencyMonitor::Event event{.name = "fork", .samples = {}, .worst_ms = 1};
  for (int64_t i = 0; i < 81; ++i) event.samples.push_back({i, 1});
  const std::string graph = latency_graph(event, 81);
  EXPECT_NE(graph.find(std::string(80, '_') + "\n"), std::string::npos);
  EXPECT_TRUE(graph.ends_with("\n\n \n \n \n_\n \n1\ns\n"));
}

TEST(LatencyDiagnosis, tells_figures_and_what_may_help) {
  const LatencyMonitor::Event event{
      .name = "command", .samples = {{100, 10}, {101, 20}, {104, 30}}, .worst_ms = 30};
  const std::string text =
      latency_diagnosis({&event, 1}, {.threshold_ms = 5, .slowlog_threshold_us = -1});
  EXPECT_NE(text.find("1. command: 3 samples, 20 ms on average (deviation 6 ms), one in 1.33 s, "
                      "worst 30 ms\n"),
            std::string::npos);
  EXPECT_NE(text.find("CONFIG SET slowlog-log-slower-than 5000"), std::string::npos);
}

TEST(LatencyHistogram, tells_calls_up_to_bounds) {
  CommandTester tester;
  for (int i = 0; i < 3; ++i) tester("ping");
  const Reply reply = tester.reply("latency histogram ping nope");
  ASSERT_EQ(reply.size(), 2u);
  EXPECT_EQ(reply[0].text(), "ping");
  EXPECT_EQ(reply[1][1].as_integer(), 3);
  const Reply& bounds = reply[1][3];
  ASSERT_GE(bounds.size(), 2u);
  EXPECT_EQ(bounds[bounds.size() - 1].as_integer(), 3);
  EXPECT_EQ(tester.reply("latency histogram config").size(), 0u);
  tester("config get timeout");
  EXPECT_EQ(tester.reply("latency histogram config")[0].text(), "config|get");
}

TEST(LatencyHistogram, keeps_what_it_has_while_latency_is_not_tracked) {
  CommandTester tester;
  tester("ping");
  tester("config set latency-tracking no");
  tester("ping");
  tester("echo a");
  EXPECT_EQ(tester.reply("latency histogram ping")[1][1].as_integer(), 1);
  EXPECT_EQ(tester.reply("latency histogram echo").size(), 0u);
  tester("config set latency-tracking yes");
  tester("ping");
  tester("echo a");
  EXPECT_EQ(tester.reply("latency histogram ping")[1][1].as_integer(), 2);
  EXPECT_EQ(tester.reply("latency histogram echo")[1][1].as_integer(), 1);
}

}  // namespace
}  // namespace redstart
