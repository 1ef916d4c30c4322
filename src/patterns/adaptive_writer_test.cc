#include "redstart/patterns/adaptive_writer.h"

#include <gtest/gtest.h>

#include "patterns/scripted_backend.h"

namespace redstart {
namespace {

using namespace std::chrono_literals;

ScriptedBackend::Answer info(const std::string& text) {
  return [text](const Batch&) { return BatchResult{Reply::bulk(text)}; };
}

TEST(PersistenceStatus, has_defaults_for_what_a_server_does_not_tell) {
  const PersistenceStatus status = persistence_status_of("# Persistence\r\nloading:0\r\n");
  EXPECT_FALSE(status.is_busy());
  EXPECT_EQ(status.rdb_last_bgsave_status, "ok");
  EXPECT_EQ(status.aof_last_rewrite_time_sec, -1);
  EXPECT_TRUE(status.warnings().empty());
}

TEST(PersistenceStatus, warns_of_everything_that_failed_or_lasts_too_long) {
  const PersistenceStatus status = persistence_status_of(
      "rdb_bgsave_in_progress:1\r\nrdb_last_bgsave_status:err\r\naof_rewrite_in_progress:1\r\n"
      "aof_current_rewrite_time_sec:61\r\naof_last_bgrewrite_status:err\r\naof_last_write_status:err\r\n"
      "aof_current_size:77\r\naof_base_size:5\r\n");
  EXPECT_TRUE(status.is_busy());
  EXPECT_EQ(status.aof_current_size, 77);
  EXPECT_EQ(status.warnings(60s).size(), 4u);
  EXPECT_EQ(status.warnings(61s).size(), 3u);
}

class AdaptiveBatchSizeTest : public testing::Test {
 protected:
  std::shared_ptr<ScriptedBackend> backend_ = std::make_shared<ScriptedBackend>();
  ManualWaitClock clock_;
};

TEST_F(AdaptiveBatchSizeTest, is_half_while_the_store_persists_and_whole_again_after) {
  std::vector<std::string> warnings;
  AdaptiveBatchSize size(Client(backend_), {.check_interval = 1s,
                                            .on_warning = [&](const std::string& text) { warnings.push_back(text); },
                                            .clock = &clock_});
  backend_->answer_next(info("rdb_bgsave_in_progress:1\r\nrdb_last_bgsave_status:err\r\n"));
  EXPECT_EQ(size.next(1000), 500u);
  EXPECT_EQ(size.next(1), 1u);
  EXPECT_EQ(backend_->sent().size(), 1u) << "asked more often than once an interval";
  clock_.advance(1s);
  backend_->answer_next(info("aof_rewrite_in_progress:1\r\nrdb_last_bgsave_status:err\r\n"));
  EXPECT_EQ(size.next(1000), 500u);
  EXPECT_EQ(warnings.size(), 1u) << "one warning for one failure";
  clock_.advance(1s);
  backend_->answer_next(info("rdb_bgsave_in_progress:0\r\n"));
  EXPECT_EQ(size.next(1000), 1000u);
  EXPECT_FALSE(size.status().is_busy());
}

TEST_F(AdaptiveBatchSizeTest, keeps_what_it_knows_while_the_store_does_not_answer) {
  AdaptiveBatchSize size(Client(backend_), {.check_interval = 1s, .clock = &clock_});
  backend_->answer_next(info("rdb_bgsave_in_progress:1\r\n"));
  EXPECT_EQ(size.next(100), 50u);
  clock_.advance(1s);
  backend_->answer_next([](const Batch&) {
    return BatchResult{std::unexpected(Error{ErrorCode::timed_out, Outcome::not_done, "late"})};
  });
  EXPECT_EQ(size.next(100), 50u);
}

TEST_F(AdaptiveBatchSizeTest, shrinks_with_slow_batches_to_one_at_least_and_grows_back) {
  AdaptiveBatchSize size(Client(backend_), {.check_persistence = false, .batch_time_max = 50ms, .clock = &clock_});
  EXPECT_EQ(size.next(1000), 1000u);
  size.note(1000, 80ms);
  EXPECT_EQ(size.next(1000), 500u);
  for (int i = 0; i < 20; ++i) size.note(size.next(1000), 80ms);
  EXPECT_EQ(size.next(1000), 1u);
  for (int i = 0; i < 100; ++i) size.note(size.next(1000), 1ms);
  EXPECT_EQ(size.next(1000), 1000u);
  EXPECT_TRUE(backend_->sent().empty());
}

TEST_F(AdaptiveBatchSizeTest, a_bulk_has_every_op_in_one_batch_whatever_the_size_becomes) {
  AdaptiveWriter writer(Client(backend_), {.sizing = {.check_interval = 0ms, .clock = &clock_}});
  std::vector<WriteOp> ops;
  for (int i = 0; i < 10; ++i) ops.push_back({"SET", "k" + std::to_string(i), "v"});
  const auto ok = [](const Batch& batch) { return BatchResult(batch.commands.size(), Reply::simple("OK")); };
  for (const char* const text : {"", "rdb_bgsave_in_progress:1\r\n", "rdb_bgsave_in_progress:1\r\n", ""}) {
    backend_->answer_next(info(text));
    backend_->answer_next(ok);
  }
  EXPECT_EQ(writer.bulk_write_safe(ops, 4).written, 10u);
  EXPECT_EQ(backend_->sent(), (std::vector<std::string>{
                                  "INFO persistence", "SET k0 v; SET k1 v; SET k2 v; SET k3 v", "INFO persistence",
                                  "SET k4 v; SET k5 v", "INFO persistence", "SET k6 v; SET k7 v", "INFO persistence",
                                  "SET k8 v; SET k9 v"}));
}

TEST_F(AdaptiveBatchSizeTest, a_write_that_fails_for_good_names_its_cause_and_its_attempts) {
  AdaptiveWriter writer(Client(backend_), {.retry = {.attempts_max = 3, .delay_min = 0ms}});
  for (int i = 0; i < 3; ++i) {
    backend_->answer_next([](const Batch&) { return BatchResult{Reply::error("MISCONF no disk")}; });
  }
  const auto written = writer.write_with_retry({"SET", "k", "v"});
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().message, "MISCONF no disk (attempt 3)");
  backend_->answer_next([](const Batch&) { return BatchResult{Reply::error("ERR no")}; });
  EXPECT_EQ(writer.write_with_retry({"SET", "k", "v"}).error().message, "ERR no");
  EXPECT_EQ(backend_->sent().size(), 4u);
}

}  // namespace
}  // namespace redstart
