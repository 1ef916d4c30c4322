// Workloads that write: pipelined, adaptive, in the background, with workers, through a stream.
#pragma once

#include <algorithm>
#include <mutex>

#include "tests/scenarios/failover_workload.h"
#include "tests/scenarios/reported.h"

namespace redstart::scenarios {

using namespace std::chrono_literals;

// Ops on three lists, which do not bear repetition, and on three strings, which do.
class Writing : public Workload {
 protected:
  Writing(const WorkloadOptions& options, std::string name)
      : options_(options), name_(std::move(name)), client_(options.client()) {}
  std::string name() const override { return name_; }
  void confirm() override { log_.confirm(); }

  WriteOp next_op() {
    const int64_t number = ++last_number_;
    const std::string which = std::to_string(number % 3);
    if (number % 2 == 0) return {"RPUSH", list_prefix() + which, std::to_string(number)};
    return {"SET", string_prefix() + which, std::to_string(number)};
  }
  void note(const WriteOp& op, OpLog::Fate fate) { log_.add(op[1], std::stoll(op[2]), fate); }
  void note(const WriteOp& op) { note(op, OpLog::Fate::acknowledged); }
  void note_fate(const UnwrittenOp& one) { log_.set_fate(one.op[1], std::stoll(one.op[2]), fate_of(one.error)); }
  void check_stats(const WriteStats& stats) {
    EXPECT_EQ(stats.offered, stats.accepted + stats.rejected);
    EXPECT_EQ(stats.accepted, stats.acknowledged + stats.failed + stats.unknown);
    EXPECT_EQ(stats.pending + stats.in_flight, 0u);
  }
  void check_store() {
    if (options_.loses_nothing) log_.confirm();
    Client client = options_.client();
    for (const std::string& key : log_.keys()) {
      if (key.starts_with(list_prefix())) {
        log_.check_list(key, value_of(client.lrange(key, 0, -1)));
      } else {
        log_.check_last(key, value_of(client.get(key)));
      }
    }
  }

  std::string list_prefix() const { return kFailoverTag + name_ + ":list:"; }
  std::string string_prefix() const { return kFailoverTag + name_ + ":string:"; }

  const WorkloadOptions options_;
  const std::string name_;
  Client client_;
  OpLog log_;
  int64_t last_number_ = 0;
};

class PipelinedWriting final : public Writing {
 public:
  explicit PipelinedWriting(const WorkloadOptions& options)
      : Writing(options, "PipelinedWriter"), writer_(client_, {.retry = {.attempts_max = 6}}) {}
  void act() override {
    std::vector<WriteOp> ops(20);
    for (WriteOp& op : ops) op = next_op();
    const BatchResult outcome = writer_.write_batch(ops);
    for (size_t i = 0; i < ops.size(); ++i) {
      note(ops[i], outcome[i] ? OpLog::Fate::acknowledged : fate_of(outcome[i].error()));
      progress_ += outcome[i].has_value();
    }
  }
  void check() override {
    check_stats(writer_.stats());
    check_store();
  }

 private:
  PipelinedWriter writer_;
};

class AdaptiveWriting final : public Writing {
 public:
  explicit AdaptiveWriting(const WorkloadOptions& options) : Writing(options, "AdaptiveWriter"), writer_(client_) {}
  void act() override {
    std::vector<WriteOp> ops(20);
    for (WriteOp& op : ops) note(op = next_op());
    const BulkWritten done = writer_.bulk_write_safe(ops, 10);
    EXPECT_EQ(done.written + done.unwritten.size(), ops.size());
    for (const UnwrittenOp& one : done.unwritten) note_fate(one);
    progress_ += static_cast<int64_t>(done.written);
  }
  void check() override { check_store(); }

 private:
  AdaptiveWriter writer_;
};

class BufferedWriting final : public Writing {
 public:
  BufferedWriting(const WorkloadOptions& options, bool has_workers)
      : Writing(options, has_workers ? "WriteBuffer" : "AsyncBatchWriter") {
    const auto tell = [this](const UnwrittenOp& one) { reported_.function()(one); };
    if (has_workers) {
      writer_ = std::make_unique<WriteBuffer>(
          client_, WriteBufferOptions{.workers = 3, .queue_ops_max = 500, .batch_size = 20, .flush_interval = 2ms,
                                      .when_full = WhenFull::block, .on_unwritten = tell});
    } else {
      writer_ = std::make_unique<AsyncBatchWriter>(
          client_, AsyncBatchWriterOptions{.batch_size = 20, .flush_interval = 2ms, .queue_ops_max = 500,
                                           .when_full = WhenFull::block, .on_unwritten = tell});
    }
    writer_->start();
  }
  int64_t progress() const override { return static_cast<int64_t>(writer_->stats().acknowledged); }
  void act() override {
    for (int i = 0; i < 10; ++i) {
      const WriteOp op = next_op();
      const auto accepted = writer_->write(op);
      if (accepted) note(op);
      const WriteStats stats = writer_->stats();
      EXPECT_EQ(stats.accepted,
                stats.acknowledged + stats.failed + stats.unknown + stats.pending + stats.in_flight);
    }
  }
  void settle() override {
    EXPECT_TRUE(writer_->flush(60s));
    // What is settled is told of before flush() returns, and what flush() has seen is noted before confirm().
    note_reported();
  }
  void check() override {
    const StopReport left = writer_->stop(60s);
    EXPECT_TRUE(left.in_time);
    note_reported();
    for (const UnwrittenOp& one : left.unwritten) note_fate(one);
    const WriteStats stats = writer_->stats();
    check_stats(stats);
    EXPECT_EQ(told_ + left.unwritten.size(), stats.failed + stats.unknown);
    check_store();
  }

 private:
  void note_reported() {
    const std::lock_guard lock(reported_.mutex);
    for (const UnwrittenOp& one : reported_.ops) note_fate(one);
    told_ += reported_.ops.size();
    reported_.ops.clear();
  }

  Reported reported_;
  size_t told_ = 0;
  std::unique_ptr<BufferedWriter> writer_;
};

// Two processors, of which one has the lease. All keys are in the stream's slot: each op takes effect once.
class StreamWriting final : public Writing {
 public:
  explicit StreamWriting(const WorkloadOptions& options)
      : Writing(options, "StreamBuffer"),
        buffer_(client_, buffer_options()),
        other_(options.client(), buffer_options()) {
    buffer_.start();
    other_.start();
  }
  int64_t progress() const override {
    return std::min<int64_t>(progress_, static_cast<int64_t>(buffer_.stats().applied + other_.stats().applied));
  }
  void act() override {
    const WriteOp op = next_op();
    const auto id = buffer_.write(op);
    note(op, id ? OpLog::Fate::acknowledged : fate_of(id.error()));
    progress_ += id.has_value();
  }
  void check() override {
    EXPECT_TRUE(becomes_true([&] {
      const auto depth = buffer_.depth();
      return depth && *depth == 0;
    })) << "ops remain in the stream";
    EXPECT_TRUE(buffer_.stop(30s));
    EXPECT_TRUE(other_.stop(30s));
    for (const DeadLetter& letter : value_of(buffer_.dead_letters())) ADD_FAILURE() << letter.reason;
    check_stats(buffer_.stats().buffered);
    check_store();
  }

 private:
  static StreamBufferOptions buffer_options() {
    return {.stream = kFailoverTag + "stream", .interval = 5ms, .lease = 1000ms};
  }
  StreamBuffer buffer_, other_;
};

inline void add_writers(Workloads& workloads, const WorkloadOptions& options) {
  workloads.push_back(std::make_unique<PipelinedWriting>(options));
  workloads.push_back(std::make_unique<AdaptiveWriting>(options));
  workloads.push_back(std::make_unique<BufferedWriting>(options, false));
  workloads.push_back(std::make_unique<BufferedWriting>(options, true));
  workloads.push_back(std::make_unique<StreamWriting>(options));
}

}  // namespace redstart::scenarios
