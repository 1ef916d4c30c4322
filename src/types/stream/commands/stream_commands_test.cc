// The stream commands, with the replies of redis-server 7.0.15, and of 8.2 for what came later.
#include <gtest/gtest.h>

#include <memory>

#include "command/table.h"
#include "durability/log/reader.h"
#include "durability/log/unit.h"
#include "execution/command_stats.h"
#include "execution/command_tester.h"
#include "execution/run.h"
#include "execution/test_client.h"

namespace redstart {
namespace {

struct Step {
  const char* command;
  const char* reply;
};

void expect_replies(CommandTester& run, std::initializer_list<Step> steps) {
  for (const Step& step : steps) EXPECT_EQ(run(step.command), step.reply) << step.command;
}

constexpr const char* kInvalidId = "(error) ERR Invalid stream ID specified as stream command argument";

// --- Errors

TEST(Xadd, refuses_bad_ids_and_changes_nothing) {
  CommandTester run;
  expect_replies(run, {{"XADD s 5-5 f v", "\"5-5\""},
                       {"XADD s 5-5 f v", "(error) ERR The ID specified in XADD is equal or smaller than the target "
                                          "stream top item"},
                       {"XADD s 0-0 f v", "(error) ERR The ID specified in XADD must be greater than 0-0"},
                       {"XADD s 5-x f v", kInvalidId},
                       {"XADD s + f v", kInvalidId},
                       {"XADD s * f", "(error) ERR wrong number of arguments for 'xadd' command"},
                       {"XADD s MAXLEN -1 * f v", "(error) ERR The MAXLEN argument must be >= 0."},
                       {"XADD s MAXLEN 1 LIMIT 2 * f v",
                        "(error) ERR syntax error, LIMIT cannot be used without the special ~ option"},
                       {"XADD none NOMKSTREAM * f v", "(nil)"},
                       {"EXISTS none", "(integer) 0"},
                       {"XLEN s", "(integer) 1"},
                       {"XADD s 18446744073709551615-18446744073709551615 f v",
                        "\"18446744073709551615-18446744073709551615\""},
                       {"XADD s * f v", "(error) ERR The stream has exhausted the last possible ID, unable to add "
                                        "more items"}});
}

TEST(Xadd, refuses_a_further_sequence_number_where_there_was_the_last) {
  CommandTester run;
  expect_replies(run, {{"XADD s 5-18446744073709551615 f v", "\"5-18446744073709551615\""},
                       {"XADD s 5-* f v", "(error) ERR The ID specified in XADD is equal or smaller than the target "
                                          "stream top item"},
                       {"XLEN s", "(integer) 1"},
                       {"XADD s 6-* f v", "\"6-0\""}});
}

TEST(Xadd, of_another_type_is_refused) {
  CommandTester run;
  run("SET s x");
  for (const char* command : {"XADD s * f v", "XLEN s", "XRANGE s - +", "XREAD STREAMS s 0", "XACK s g 1-1",
                              "XINFO STREAM s", "XGROUP CREATE s g 0", "XSETID s 1-1", "XTRIM s MAXLEN 1"}) {
    EXPECT_EQ(run(command), "(error) WRONGTYPE Operation against a key holding the wrong kind of value") << command;
  }
}

TEST(Xdelex, refuses_lists_of_ids_that_do_not_fit_their_number) {
  CommandTester run;
  run("XADD s 1-1 f v");
  expect_replies(run, {{"XDELEX s IDS 0 1-1", "(error) ERR Number of IDs must be a positive integer"},
                       {"XDELEX s IDS 2 1-1", "(error) ERR The `numids` parameter must match the number of arguments"},
                       {"XDELEX s IDS 1 1-1 2-2", "(error) ERR syntax error"},
                       {"XDELEX s FOO IDS 1 1-1", "(error) ERR syntax error"},
                       {"XDELEX s IDS 1 x", kInvalidId},
                       {"XLEN s", "(integer) 1"}});
}

// --- Adding and trimming

TEST(Xadd, makes_ids_of_the_clock_and_never_goes_back) {
  CommandTester run;
  run.clock.advance_ms(5);
  expect_replies(run, {{"XADD s * f v", "\"1700000000005-0\""},
                       {"XADD s * f v", "\"1700000000005-1\""},
                       {"XADD s 1700000000009-* f v", "\"1700000000009-0\""},
                       {"XADD s * f v", "\"1700000000009-1\""},
                       {"XADD other 0-* f v", "\"0-1\""}});
}

TEST(Xadd, trims_by_length_and_id) {
  CommandTester run;
  for (int i = 1; i <= 10; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  expect_replies(run, {{"XADD s MAXLEN = 5 11-0 f v", "\"11-0\""},
                       {"XLEN s", "(integer) 5"},
                       {"XADD s MINID 10 12-0 f v", "\"12-0\""},
                       {"XRANGE s - + COUNT 1", "1) 1) \"10-0\"\n   2) 1) \"f\"\n      2) \"v\""},
                       {"XTRIM s MAXLEN ~ 1", "(integer) 0"},
                       {"XTRIM s MAXLEN 0", "(integer) 3"},
                       {"EXISTS s", "(integer) 1"}});
}

TEST(XinfoStream, counts_a_node_that_a_trim_has_emptied) {
  CommandTester run;
  for (int i = 1; i <= 4; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  const auto has_nodes = [&](int count) {
    return run("XINFO STREAM s").contains("\"radix-tree-keys\" => (integer) " + std::to_string(count));
  };
  expect_replies(run, {{"XDEL s 4-0", "(integer) 1"},
                       {"XTRIM s MINID ~ 4-0", "(integer) 0"},
                       {"XTRIM s MINID 4-0", "(integer) 3"},
                       {"XLEN s", "(integer) 0"},
                       {"XRANGE s - +", "(empty array)"}});
  EXPECT_TRUE(has_nodes(1)) << run("XINFO STREAM s");
  expect_replies(run, {{"XTRIM s MINID ~ 4-1", "(integer) 0"}});
  EXPECT_TRUE(has_nodes(0)) << run("XINFO STREAM s");
}

TEST(Xtrim, minds_consumer_groups_when_it_is_told_to) {
  CommandTester run;
  for (int i = 1; i <= 4; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c COUNT 3 STREAMS s >");
  run("XACK s g 2-0");
  expect_replies(run, {{"XTRIM s MAXLEN 0 ACKED", "(integer) 1"},
                       {"XLEN s", "(integer) 3"},
                       {"XTRIM s MAXLEN 2 DELREF", "(integer) 1"},
                       {"XPENDING s g - + 10 c", "1) 1) \"3-0\"\n   2) \"c\"\n   3) (integer) 0\n   4) (integer) 1"},
                       {"XTRIM s MAXLEN 0", "(integer) 2"}});
}

TEST(Xdelex, tells_what_became_of_each_entry) {
  CommandTester run;
  for (int i = 1; i <= 4; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c COUNT 2 STREAMS s >");
  expect_replies(run, {{"XDELEX s ACKED IDS 2 1-0 9-0", "1) (integer) 2\n2) (integer) -1"},
                       {"XDELEX s IDS 1 1-0", "1) (integer) 1"},
                       {"XDELEX s DELREF IDS 2 1-0 2-0", "1) (integer) -1\n2) (integer) 1"},
                       {"XPENDING s g", "1) (integer) 0\n2) (nil)\n3) (nil)\n4) (nil)"},
                       {"XDELEX none IDS 2 1-0 2-0", "1) (integer) -1\n2) (integer) -1"}});
}

TEST(Xackdel, acknowledges_even_what_it_may_not_remove) {
  CommandTester run;
  for (int i = 1; i <= 3; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  run("XGROUP CREATE s g 0");
  run("XGROUP CREATE s other 0");
  run("XREADGROUP GROUP g c STREAMS s >");
  expect_replies(run, {{"XACKDEL s g ACKED IDS 2 1-0 9-0", "1) (integer) 2\n2) (integer) -1"},
                       {"XACKDEL s g KEEPREF IDS 1 2-0", "1) (integer) 1"},
                       {"XACKDEL s g DELREF IDS 1 3-0", "1) (integer) 1"},
                       {"XACKDEL s none IDS 1 1-0", "1) (integer) -1"},
                       {"XLEN s", "(integer) 1"}});
}

// --- Reading

TEST(Xread, gives_a_map_in_resp3) {
  CommandTester run(3);
  run("XADD s 1-1 f v");
  const Reply reply = run.reply("XREAD STREAMS s none 0 0");
  EXPECT_EQ(reply.type(), Reply::Type::map);
  ASSERT_EQ(reply.size(), 2u);
  EXPECT_EQ(reply[0].text(), "s");
  EXPECT_TRUE(run.reply("XREAD STREAMS s $").is_null());
}

TEST(Xread, plus_is_the_last_entry_that_is_there) {
  CommandTester run;
  run("XADD s 1-1 f v");
  run("XADD s 2-2 f v");
  run("XDEL s 2-2");
  EXPECT_EQ(run("XREAD STREAMS s +"),
            "1) 1) \"s\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\"");
  EXPECT_TRUE(run.reply("XREAD STREAMS none +").is_null());
}

class WaitingForStreams : public testing::Test {
 protected:
  WaitingForStreams() {
    run("XADD s 1-1 f v");
    run("XGROUP CREATE s g $");
  }
  TestClient& waiting(const std::string& command) {
    clients_.push_back(std::make_unique<TestClient>(run.executor));
    EXPECT_EQ((*clients_.back())(command), "(no reply)");
    return *clients_.back();
  }

  CommandTester run;

 private:
  std::vector<std::unique_ptr<TestClient>> clients_;
};

TEST_F(WaitingForStreams, all_readers_get_one_entry) {
  TestClient& first = waiting("XREAD BLOCK 0 STREAMS s $");
  TestClient& second = waiting("XREAD BLOCK 0 STREAMS none s 0 $");
  run("XADD s 2-2 f v");
  const std::string served = "1) 1) \"s\"\n   2) 1) 1) \"2-2\"\n         2) 1) \"f\"\n            2) \"v\"";
  EXPECT_EQ(first.late, served);
  EXPECT_EQ(second.late, served);
}

TEST_F(WaitingForStreams, the_dollar_means_the_moment_of_the_call) {
  TestClient& reader = waiting("XREAD BLOCK 0 STREAMS s $");
  run("MULTI");
  run("XADD s 2-2 f v");
  run("XADD s 3-3 f v");
  run("XDEL s 2-2");
  run("EXEC");
  EXPECT_EQ(reader.late, "1) 1) \"s\"\n   2) 1) 1) \"3-3\"\n         2) 1) \"f\"\n            2) \"v\"");
}

TEST_F(WaitingForStreams, an_entry_goes_to_one_consumer_of_a_group) {
  TestClient& first = waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
  TestClient& second = waiting("XREADGROUP GROUP g b BLOCK 0 STREAMS s >");
  run("XADD s 2-2 f v");
  EXPECT_NE(first.late, "");
  EXPECT_EQ(second.late, "");
  run("XADD s 3-3 f v");
  EXPECT_NE(second.late, "");
}

TEST_F(WaitingForStreams, a_groups_reader_is_told_when_stream_or_group_go) {
  constexpr const char* kGone = "(error) UNBLOCKED the stream key no longer exists";
  constexpr const char* kNoGroup = "(error) NOGROUP the consumer group this client was blocked on no longer exists";
  for (const auto& [command, told] : std::initializer_list<std::pair<const char*, const char*>>{
           {"DEL s", kGone}, {"SET s x", kGone}, {"RENAME s t", kGone}, {"FLUSHALL", kGone}, {"SWAPDB 0 1", kGone},
           {"XGROUP DESTROY s g", kNoGroup}}) {
    run("FLUSHALL");
    run("XADD s 1-1 f v");
    run("XGROUP CREATE s g $");
    TestClient& reader = waiting("XREADGROUP GROUP g a BLOCK 0 STREAMS s >");
    TestClient& plain = waiting("XREAD BLOCK 0 STREAMS s $");
    run(command);
    EXPECT_EQ(reader.late, told) << command;
    EXPECT_EQ(plain.late, "") << command;
  }
}

TEST_F(WaitingForStreams, within_a_transaction_nobody_waits) {
  run("MULTI");
  run("XREAD BLOCK 0 STREAMS s $");
  EXPECT_EQ(run("EXEC"), "1) (nil)");
}

TEST_F(WaitingForStreams, book_keeping_of_groups_is_no_change_to_who_watches) {
  TestClient watcher(run.executor);
  watcher("WATCH s");
  run("XGROUP CREATE s h 0");
  run("XREADGROUP GROUP h c STREAMS s >");
  run("XACK s h 1-1");
  run("XGROUP DESTROY s h");
  watcher("MULTI");
  EXPECT_EQ(watcher("EXEC"), "(empty array)");
  watcher("WATCH s");
  run("XADD s 2-2 f v");
  watcher("MULTI");
  EXPECT_EQ(watcher("EXEC"), "(nil)");
}

// --- Effects

// What a log would be fed with: the effects of a command, one a line.
class StreamEffects : public testing::Test {
 protected:
  static std::string logged(LogUnit& unit) {
    ByteSource source(unit.bytes());
    LogReader reader(source);
    std::string text;
    reader.next();
    for (const auto& words : reader.commands()) {
      for (const auto word : words) text.append(word).append(" ");
      text.back() = '\n';
    }
    return text;
  }

  std::string effects_of(const std::string& line) {
    const auto words = *split_quoted_words(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    TestClient session(run.executor);
    redstart::Run command(run.executor, session, run.executor.thread_context(), run.clock.unix_time_ms());
    run.executor.record_effects(true);
    const CommandSpec* spec = run.executor.commands().find(views[0]);
    if (!spec->subcommands.empty()) spec = run.executor.commands().find_subcommand(*spec, views[1]);
    ReplyBuilder reply(2);
    command.lock_for(*spec, views);
    command.begin_unit();
    command.run_command(*spec, views, reply, false);
    return command.access().change_count() == 0 ? "" : logged(command.unit());
  }

  CommandTester run;
};

TEST_F(StreamEffects, of_adding_name_the_id_and_the_length_that_is_left) {
  run("CONFIG SET stream-node-max-entries 2");
  EXPECT_EQ(effects_of("XADD s * f v"), "XADD s 1700000000000-0 f v\n");
  EXPECT_EQ(effects_of("XADD s 1700000000001-* f v"), "XADD s 1700000000001-0 f v\n");
  EXPECT_EQ(effects_of("XADD s MAXLEN ~ 1 LIMIT 5 1700000000002-1 f v"), "XADD s MAXLEN = 1 1700000000002-1 f v\n");
  EXPECT_EQ(effects_of("XADD s 1700000000003-1 f v"), "XADD s 1700000000003-1 f v\n");  // the command says it itself
}

TEST_F(StreamEffects, of_trimming_name_the_length_that_is_left) {
  run("CONFIG SET stream-node-max-entries 2");
  for (int i = 1; i <= 7; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  EXPECT_EQ(effects_of("XTRIM s MINID ~ 6"), "XTRIM s MAXLEN = 3\n");
  EXPECT_EQ(effects_of("XTRIM s MAXLEN ~ 3"), "");
}

TEST_F(StreamEffects, of_reading_by_a_group_give_the_entries_away) {
  run("XADD s 1-1 f v");
  run("XADD s 2-2 f v");
  run("XGROUP CREATE s g 0");
  EXPECT_EQ(effects_of("XREADGROUP GROUP g c COUNT 1 STREAMS s >"),
            "XGROUP CREATECONSUMER s g c\n"
            "XCLAIM s g c 0 1-1 TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1\n"
            "XGROUP SETID s g 1-1 ENTRIESREAD 1\n");
  EXPECT_EQ(effects_of("XREADGROUP GROUP g c NOACK STREAMS s >"), "XGROUP SETID s g 2-2 ENTRIESREAD 2\n");
}

TEST_F(StreamEffects, of_claiming_tell_the_time_and_what_was_forgotten) {
  run("XADD s 1-1 f v");
  run("XADD s 2-2 f v");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c STREAMS s >");
  run("XDEL s 1-1");
  EXPECT_EQ(effects_of("XAUTOCLAIM s g c 0 0"),
            "XACK s g 1-1\n"
            "XCLAIM s g c 0 2-2 TIME 1700000000000 RETRYCOUNT 2 FORCE JUSTID LASTID 2-2\n");
}

// The effects, run on another store, lead to the same data.
TEST_F(StreamEffects, lead_to_the_same_state) {
  CommandTester copy;
  run("CONFIG SET stream-node-max-entries 3");
  copy("CONFIG SET stream-node-max-entries 50");
  const std::vector<std::string> commands = {
      "XGROUP CREATE s g 0 MKSTREAM", "XADD s * f 1", "XADD s * f 2", "XADD s * f 3", "XADD s * f 4",
      "XREADGROUP GROUP g a COUNT 3 STREAMS s >", "XADD s MAXLEN ~ 3 * f 5", "XCLAIM s g b 0 1700000000000-1 IDLE 500",
      "XREADGROUP GROUP g b STREAMS s >", "XACK s g 1700000000000-2", "XADD s ACKED MAXLEN ~ 1 * f 6",
      "XTRIM s MINID ~ 1700000000000-4"};
  for (const std::string& command : commands) {
    const std::string effects = effects_of(command);
    std::string_view left = effects.empty() ? std::string_view(command) : effects;
    while (!left.empty()) {
      const size_t end = std::min(left.find('\n'), left.size());
      copy(left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  }
  for (const char* question : {"XRANGE s - +", "XINFO GROUPS s", "XPENDING s g - + 100"}) {
    EXPECT_EQ(copy(question), run(question)) << question;
  }
}

// --- Beside the stream commands

TEST(StreamKeys, are_copied_with_their_groups) {
  CommandTester run;
  run("XADD s 1-1 f v");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c STREAMS s >");
  expect_replies(run, {{"COPY s t", "(integer) 1"},
                       {"DEL s", "(integer) 1"},
                       {"XACK t g 1-1", "(integer) 1"},
                       {"TYPE t", "stream"},
                       {"OBJECT ENCODING t", "\"stream\""},
                       {"XLEN t", "(integer) 1"}});
}

TEST(StreamKeys, stay_when_they_are_empty) {
  CommandTester run;
  expect_replies(run, {{"XGROUP CREATE s g $ MKSTREAM", "OK"},
                       {"EXISTS s", "(integer) 1"},
                       {"XADD s 1-1 f v", "\"1-1\""},
                       {"XDEL s 1-1", "(integer) 1"},
                       {"XLEN s", "(integer) 0"},
                       {"RENAME s t", "OK"},
                       {"XADD t 1-1 f v", "(error) ERR The ID specified in XADD is equal or smaller than the target "
                                          "stream top item"}});
}

}  // namespace
}  // namespace redstart
