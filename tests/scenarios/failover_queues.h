// Workloads with queues: updates on their way to a database, tasks on their way to workers.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "redstart/recipes/task_queue.h"
#include "tests/scenarios/failover_workload.h"

namespace redstart::scenarios {

using namespace std::chrono_literals;

// The database refuses sequences that are not greater than what it has, as the pattern asks.
class WritingBehindWorkload final : public Workload {
 public:
  explicit WritingBehindWorkload(const WorkloadOptions& options)
      : options_(options),
        client_(options.client()),
        cache_(client_, {.prefix = kFailoverTag + "behind"}),
        behind_(client_, cache_, [this](const QueuedUpdate& queued) { write_row(queued); },
                {.partitions = 2, .attempts_max = 1'000'000, .retry_delay_min = 5ms, .retry_delay_max = 50ms,
                 .claim_ttl = 2000ms, .poll_interval = 10ms}) {}
  std::string name() const override { return "WriteBehind"; }
  void act() override {
    const int64_t number = ++last_number_;
    const std::string key = "row" + std::to_string(number % 3);
    const auto sequence = behind_.update<std::string>(key, std::to_string(number));
    log_.add(key, number, sequence ? OpLog::Fate::acknowledged : fate_of(sequence.error()));
    if (sequence) {
      ++progress_;
      EXPECT_GT(*sequence, last_sequences_[key]) << key << " " << number;
      last_sequences_[key] = *sequence;
      newest_[key] = number;
      if (options_.loses_nothing) floors_[key] = number;
    }
    read(key);
  }
  void confirm() override {
    log_.confirm();
    floors_ = newest_;
  }
  void check() override {
    EXPECT_TRUE(behind_.drain(60s)) << "updates remain";
    if (options_.loses_nothing) log_.confirm();
    for (const std::string& key : log_.keys()) {
      const std::lock_guard lock(mutex_);
      log_.check_last(key, rows_.contains(key) ? std::optional(rows_[key].value) : std::nullopt);
    }
    const WriteBehindStats stats = behind_.stats();
    EXPECT_EQ(stats.accepted + stats.rejected + stats.unknown, static_cast<uint64_t>(last_number_));
    EXPECT_EQ(stats.dead, 0u);
    EXPECT_EQ(stats.in_flight, 0u);
  }

 private:
  struct Row {
    std::string value;
    uint64_t sequence = 0;
  };
  void write_row(const QueuedUpdate& queued) {
    const std::lock_guard lock(mutex_);
    Row& row = rows_[queued.key];
    if (queued.sequence <= row.sequence) return;
    EXPECT_GT(std::stoll(queued.value), row.value.empty() ? 0 : std::stoll(row.value)) << "out of order";
    row = {queued.value, queued.sequence};
  }
  // Not older than the last update that is certain.
  void read(const std::string& key) {
    const auto value = behind_.get_or_load<std::string>(key, [&]() -> std::optional<std::string> {
      const std::lock_guard lock(mutex_);
      if (!rows_.contains(key)) return std::nullopt;
      return rows_[key].value;
    });
    if (!value || !floors_.contains(key)) return;
    ASSERT_TRUE(value->has_value()) << key;
    EXPECT_GE(std::stoll(**value), floors_[key]) << key;
  }

  const WorkloadOptions options_;
  Client client_;
  OpLog log_;
  int64_t last_number_ = 0;
  std::map<std::string, uint64_t> last_sequences_;
  std::map<std::string, int64_t> newest_, floors_;
  std::mutex mutex_;  // guards rows_
  std::map<std::string, Row> rows_;
  Cache cache_;
  WriteBehind behind_;
};

class Tasks final : public Workload {
 public:
  explicit Tasks(const WorkloadOptions& options)
      : options_(options),
        queue_(options.client(), queue_options()),
        workers_queue_(options.client(), queue_options()),
        worker_(workers_queue_, [this](const Task& task) { work(task); }, {.threads = 2, .wait = 100ms}) {}
  std::string name() const override { return "TaskQueue"; }
  int64_t progress() const override {
    return std::min<int64_t>(progress_, static_cast<int64_t>(worker_.stats().completed));
  }
  void act() override {
    const std::string id = std::to_string(++last_number_);
    const auto added = queue_.enqueue({.type = "work", .priority = static_cast<Priority>(last_number_ % 3), .id = id});
    if (!added) {
      // A repetition may find what the lost reply was about.
      EXPECT_NE(added.error().code, ErrorCode::queue_full) << added.error().message;
      return;
    }
    ++progress_;
    acknowledged_.insert(id);
  }
  void confirm() override { certain_ = acknowledged_; }
  void check() override {
    if (options_.loses_nothing) confirm();
    TaskQueueStats left;
    EXPECT_TRUE(becomes_true([&] {
      const auto stats = queue_.stats();
      if (stats) left = *stats;
      return stats && stats->total() == 0;
    })) << left.ready[0] + left.ready[1] + left.ready[2] << " ready, " << left.delayed << " delayed, "
        << left.processing << " leased";
    EXPECT_EQ(left.dead, 0);
    worker_.stop();
    const std::lock_guard lock(mutex_);
    for (const std::string& id : certain_) EXPECT_TRUE(done_.contains(id)) << id << " was not done";
  }

 private:
  static TaskQueueOptions queue_options() {
    return {.name = kFailoverTag.substr(1, kFailoverTag.size() - 2), .lease = 1500ms, .attempts_max = 1'000'000};
  }
  void work(const Task& task) {
    const std::lock_guard lock(mutex_);
    done_.insert(task.id);
  }

  const WorkloadOptions options_;
  int64_t last_number_ = 0;
  std::set<std::string> acknowledged_, certain_;
  std::mutex mutex_;  // guards done_
  std::set<std::string> done_;
  TaskQueue queue_, workers_queue_;
  TaskWorker worker_;
};

inline void add_queues(Workloads& workloads, const WorkloadOptions& options) {
  workloads.push_back(std::make_unique<WritingBehindWorkload>(options));
  workloads.push_back(std::make_unique<Tasks>(options));
}

}  // namespace redstart::scenarios
