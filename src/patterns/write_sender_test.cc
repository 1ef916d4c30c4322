#include "patterns/write_sender.h"

#include <gtest/gtest.h>

#include <thread>

#include "patterns/scripted_backend.h"

namespace redstart {
namespace {

using namespace std::chrono_literals;
using Sent = std::vector<std::string>;

// What a reply of the script is, by one letter: k OK, m MISCONF, w WRONGTYPE, n not sent, u no reply, d executed but
// not on disk, r refused as a repetition that would not be in order.
result<Reply> reply_of(char letter) {
  const auto lost = [](Outcome outcome) {
    return std::unexpected(Error{ErrorCode::connection_lost, outcome, "the connection was lost"});
  };
  switch (letter) {
    case 'm':
      return Reply::error("MISCONF cannot save");
    case 'w':
      return Reply::error("WRONGTYPE no");
    case 'n':
      return lost(Outcome::not_done);
    case 'u':
      return lost(Outcome::unknown);
    case 'r':
      return std::unexpected(Error{ErrorCode::not_repeated, Outcome::not_done, "it may still arrive"});
    case 'd':
      return std::unexpected(Error{ErrorCode::misconfigured, Outcome::unknown, "executed, but not on disk"});
    default:
      return Reply::simple("OK");
  }
}

class WriteSenderTest : public testing::Test {
 protected:
  SendReport send(const std::vector<WriteOp>& ops, const std::vector<std::string>& answers, RetryOptions retry) {
    backend_ = std::make_shared<ScriptedBackend>();
    for (const std::string& letters : answers) {
      backend_->answer_next([letters](const Batch&) {
        BatchResult outcome;
        for (const char letter : letters) outcome.push_back(reply_of(letter));
        return outcome;
      });
    }
    retry.delay_min = 0ms;
    WriteSender sender(Client(backend_), retry, 0ms, WaitClock::system(), signal_,
                       [this](uint64_t retried, uint64_t repeated) {
                         retried_ += retried;
                         repeated_ += repeated;
                       });
    retried_ = repeated_ = 0;
    return sender.send(ops);
  }
  Sent sent() const { return backend_->sent(); }

  std::shared_ptr<StopSignal> signal_ = std::make_shared<StopSignal>(WaitClock::system());
  std::shared_ptr<ScriptedBackend> backend_;
  uint64_t retried_ = 0, repeated_ = 0;
};

const RetryOptions kThree{.attempts_max = 3};

TEST_F(WriteSenderTest, sends_nothing_twice_unless_it_is_told_to) {
  const auto report = send({{"SET", "a", "1"}, {"SET", "b", "2"}}, {"um"}, {});
  EXPECT_EQ(sent().size(), 1u);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::unknown);
  EXPECT_EQ(report.ops[1].outcome.error().code, ErrorCode::misconfigured);
}

TEST_F(WriteSenderTest, tries_again_only_what_failed_in_passing_and_in_order) {
  const auto report = send({{"SET", "a", "1"}, {"LPUSH", "b", "2"}, {"LPUSH", "t", "x"}, {"INCR", "c"}},
                           {"mkwm", "mn", "kk"}, kThree);
  EXPECT_EQ(sent(), (Sent{"SET a 1; LPUSH b 2; LPUSH t x; INCR c", "SET a 1; INCR c", "SET a 1; INCR c"}));
  EXPECT_EQ(report.ops[2].outcome.error().code, ErrorCode::wrong_type);
  for (const size_t i : {0, 1, 3}) EXPECT_TRUE(report.ops[i].outcome.has_value()) << i;
  EXPECT_EQ(report.ops[3].attempts, 3);
  EXPECT_EQ(retried_, 4u);
  EXPECT_EQ(repeated_, 0u);
}

TEST_F(WriteSenderTest, repeats_an_unanswered_op_only_when_that_is_harmless_or_chosen) {
  const std::vector<WriteOp> ops = {{"SADD", "s", "m"}, {"INCR", "n"}};
  auto report = send(ops, {"uu", "k"}, kThree);
  EXPECT_EQ(sent(), (Sent{"SADD s m; INCR n", "SADD s m"}));
  EXPECT_EQ(report.ops[1].outcome.error().outcome, Outcome::unknown);
  EXPECT_EQ(repeated_, 1u);
  report = send(ops, {"uu", "kk"}, {.attempts_max = 3, .at_least_once = true});
  EXPECT_EQ(sent(), (Sent{"SADD s m; INCR n", "SADD s m; INCR n"}));
  EXPECT_TRUE(report.ops[1].outcome.has_value());
  EXPECT_EQ(repeated_, 2u);
}

TEST_F(WriteSenderTest, repeats_what_was_executed_and_is_not_on_disk_only_when_that_is_harmless) {
  const auto report = send({{"SADD", "s", "m"}, {"INCR", "n"}}, {"dd", "k"}, kThree);
  EXPECT_EQ(sent(), (Sent{"SADD s m; INCR n", "SADD s m"}));
  EXPECT_TRUE(report.ops[0].outcome.has_value());
  EXPECT_EQ(report.ops[1].outcome.error().code, ErrorCode::misconfigured);
  EXPECT_EQ(report.ops[1].outcome.error().outcome, Outcome::unknown);
}

TEST_F(WriteSenderTest, an_op_that_may_have_been_executed_stays_unknown_whatever_comes_later) {
  const auto report = send({{"SET", "a", "1"}}, {"u", "m", "n", "m"}, kThree);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::unknown);
  EXPECT_EQ(report.ops[0].attempts, 4);
  EXPECT_NE(report.ops[0].outcome.error().message.find("attempt 4"), std::string::npos);
}

TEST_F(WriteSenderTest, counts_no_attempts_that_did_not_leave_the_process) {
  auto report = send({{"SET", "a", "1"}}, {"n", "n", "n", "n", "n", "n", "n", "k"}, kThree);
  EXPECT_TRUE(report.ops[0].outcome.has_value());
  EXPECT_EQ(report.ops[0].attempts, 8);
  // What reached the store counts, and what was to be sent once is tried once.
  report = send({{"SET", "a", "1"}}, {"n", "m", "n", "u", "n", "m", "k"}, kThree);
  EXPECT_EQ(sent().size(), 6u);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::unknown);
  report = send({{"SET", "a", "1"}}, {"n", "k"}, {});
  EXPECT_EQ(sent().size(), 1u);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::not_done);
}

TEST_F(WriteSenderTest, goes_on_without_what_must_not_be_repeated) {
  const auto report = send({{"SET", "a", "1"}, {"SET", "b", "1"}}, {"un", "rr", "k"}, kThree);
  EXPECT_EQ(sent(), (Sent{"SET a 1; SET b 1", "SET a 1; SET b 1", "SET b 1"}));
  EXPECT_EQ(report.ops[0].outcome.error().code, ErrorCode::not_repeated);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::unknown);
  EXPECT_TRUE(report.ops[1].outcome.has_value());
}

TEST_F(WriteSenderTest, gives_up_what_cannot_be_sent_when_its_time_is_over) {
  ManualWaitClock clock;
  auto backend = std::make_shared<ScriptedBackend>();
  for (int i = 0; i < 200; ++i) {
    backend->answer_next([&](const Batch&) {
      clock.advance(1s);
      return BatchResult(1, reply_of('n'));
    });
  }
  const auto signal = std::make_shared<StopSignal>(clock);
  const RetryOptions retry{.attempts_max = 3, .delay_min = 0ms, .delay_max = 0ms, .give_up_after = 30s};
  WriteSender sender(Client(backend), retry, 0ms, clock, signal, [](uint64_t, uint64_t) {});
  const std::vector<WriteOp> ops = {{"SET", "a", "1"}};
  const auto report = sender.send(ops);
  EXPECT_EQ(backend->sent().size(), 31u);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::not_done);
}

// The first push was refused, the second executed: to push the first now would turn them round.
TEST_F(WriteSenderTest, does_not_try_again_what_a_later_write_to_the_key_has_overtaken) {
  const auto report = send({{"RPUSH", "l", "1"}, {"RPUSH", "other", "1"}, {"RPUSH", "l", "2"}}, {"mmk", "k"}, kThree);
  EXPECT_EQ(sent(), (Sent{"RPUSH l 1; RPUSH other 1; RPUSH l 2", "RPUSH other 1"}));
  EXPECT_EQ(report.ops[0].outcome.error().code, ErrorCode::misconfigured);
  EXPECT_NE(report.ops[0].outcome.error().message.find("later write"), std::string::npos);
  EXPECT_EQ(report.overtaken, 1u);
}

TEST_F(WriteSenderTest, repeats_later_idempotent_writes_to_the_key_behind_what_is_tried_again) {
  const auto report = send({{"SET", "k", "1"}, {"SET", "k", "2"}, {"SET", "j", "3"}}, {"mkk", "mm", "kk"}, kThree);
  EXPECT_EQ(sent(), (Sent{"SET k 1; SET k 2; SET j 3", "SET k 1; SET k 2", "SET k 1; SET k 2"}));
  for (const auto& op : report.ops) EXPECT_TRUE(op.outcome.has_value());
  EXPECT_EQ(report.overtaken, 0u);
}

TEST_F(WriteSenderTest, what_was_done_stays_done_when_its_repetition_fails) {
  const auto report = send({{"SET", "k", "1"}, {"SET", "k", "2"}}, {"mk", "mm", "mw"}, kThree);
  EXPECT_FALSE(report.ops[0].outcome.has_value());
  EXPECT_TRUE(report.ops[1].outcome.has_value());
}

// SET may have been executed before the INCR that nobody knows of: to set again would undo it.
TEST_F(WriteSenderTest, does_not_repeat_before_a_write_that_may_have_been_executed) {
  const auto report = send({{"SET", "k", "1"}, {"INCR", "k"}}, {"uu"}, kThree);
  EXPECT_EQ(sent().size(), 1u);
  for (const auto& op : report.ops) EXPECT_EQ(op.outcome.error().outcome, Outcome::unknown);
}

TEST_F(WriteSenderTest, stops_at_the_deadline) {
  signal_->stop_at(WaitClock::system().now());
  const auto report = send({{"SET", "k", "1"}}, {}, kThree);
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(report.ops[0].outcome.error().code, ErrorCode::timed_out);
  EXPECT_EQ(report.ops[0].outcome.error().outcome, Outcome::not_done);
  EXPECT_EQ(report.ops[0].attempts, 0);
}

TEST(PassingRefusals, are_those_before_execution) {
  for (const char* const word : {"MISCONF", "LOADING", "BUSY", "READONLY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"}) {
    EXPECT_TRUE(is_passing_refusal(error_from_reply(std::string(word) + " text"))) << word;
  }
  for (const char* const word : {"ERR", "WRONGTYPE", "OOM", "NOPERM", "CROSSSLOT", "EXECABORT"}) {
    EXPECT_FALSE(is_passing_refusal(error_from_reply(std::string(word) + " text"))) << word;
  }
}

TEST(RetryDelays, double_and_stay_within_their_limits) {
  const RetryOptions exact{.delay_min = 100ms, .delay_max = 1000ms, .jitter = 0};
  for (const auto& [attempt, delay] : {std::pair{1, 100ms}, {2, 200ms}, {3, 400ms}, {5, 1000ms}, {100, 1000ms}}) {
    EXPECT_EQ(delay_after(exact, attempt, 0.9), delay);
  }
  const RetryOptions half{.delay_min = 100ms, .jitter = 0.5};
  EXPECT_EQ(delay_after(half, 1, 0), 100ms);
  EXPECT_EQ(delay_after(half, 1, 0.999), 50ms);
}

TEST(DurationHistogram, tells_quantiles_within_five_per_cent) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.quantile_ms(0.5), 0);
  for (int i = 1; i <= 1000; ++i) histogram.add(i);
  EXPECT_NEAR(histogram.quantile_ms(0.5), 500, 25);
  EXPECT_NEAR(histogram.quantile_ms(0.99), 990, 50);
}

}  // namespace
}  // namespace redstart
