// AdaptiveWriter: bulk writes that make way for the store's persistence and repeat what failed in passing.
//
//   redstart::AdaptiveWriter writer(client);
//   redstart::BulkWritten done = writer.bulk_write_safe(ops);    // every op once, in order, or named in done.unwritten
//
// AdaptiveBatchSize, its measure, can be given to any writer as `sizing`.
//
// Threads: thread-safe. Ownership: shares the client's store; borrows the clock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/persistence_status.h"
#include "redstart/patterns/wait_clock.h"
#include "redstart/patterns/write_policy.h"

namespace redstart {

struct AdaptiveBatchSizeOptions {
  bool check_persistence = true;
  std::chrono::milliseconds check_interval{1000};  // INFO is asked for no more often
  // A batch that takes longer makes the next one half as large; each quicker one makes it an eighth larger.
  std::chrono::milliseconds batch_time_max{50};
  std::chrono::seconds aof_rewrite_time_max{60};   // longer ones are warned of
  // Hears of each warning of the store's persistence once, until it is gone. Must not throw.
  std::function<void(const std::string&)> on_warning = {};
  WaitClock* clock = nullptr;                      // null: the system's
};

// The size of the next batch, by what the store does and how long batches take: `base` when nothing is the matter, half
// of it while a snapshot or a rewrite of the log runs, less while batches are slow; never less than 1, and up again
// after.
class AdaptiveBatchSize final : public BatchSizing {
 public:
  explicit AdaptiveBatchSize(Client client, AdaptiveBatchSizeOptions options = {});
  ~AdaptiveBatchSize() override;

  size_t next(size_t base) override;
  void note(size_t ops, std::chrono::nanoseconds elapsed) override;
  // What was known when it was asked last.
  PersistenceStatus status() const;

 private:
  struct State;
  void refresh();

  Client client_;
  const AdaptiveBatchSizeOptions options_;
  std::unique_ptr<State> state_;
};

struct AdaptiveWriterOptions {
  AdaptiveBatchSizeOptions sizing = {};
  RetryOptions retry = {.attempts_max = 4, .delay_min = std::chrono::milliseconds(100), .jitter = 0.2};
  std::chrono::milliseconds timeout{0};  // of one pipeline; zero: the client's
};

struct BulkWritten {
  size_t written = 0;
  std::vector<UnwrittenOp> unwritten;  // with the reason of each
};

class AdaptiveWriter {
 public:
  explicit AdaptiveWriter(Client client, AdaptiveWriterOptions options = {});
  ~AdaptiveWriter();

  result<PersistenceStatus> check_persistence_status() const;
  result<bool> is_persistence_busy() const;
  size_t adaptive_batch_size(size_t base = 1000);

  // One write, repeated as RetryOptions say. The error names its cause and the number of attempts.
  result<Reply> write_with_retry(WriteOp op);
  // All ops in order, each in exactly one batch; batches of `batch_size` or less. Only what failed in passing is sent
  // again.
  BulkWritten bulk_write_safe(std::span<const WriteOp> ops, size_t batch_size = 1000);

 private:
  Client client_;
  const AdaptiveWriterOptions options_;
  const std::shared_ptr<AdaptiveBatchSize> sizing_;
};

}  // namespace redstart
