#include "redstart/patterns/adaptive_writer.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <set>

#include "patterns/write_sender.h"

namespace redstart {

// --- AdaptiveBatchSize

struct AdaptiveBatchSize::State {
  mutable std::mutex mutex;  // guards what follows
  PersistenceStatus status;
  std::optional<WaitClock::TimePoint> asked_at;
  bool is_asking = false;
  std::set<std::string> warned;
  size_t limit = std::numeric_limits<size_t>::max();  // by the time that batches take
};

AdaptiveBatchSize::AdaptiveBatchSize(Client client, AdaptiveBatchSizeOptions options)
    : client_(std::move(client)),
      options_([&] {
        if (!options.clock) options.clock = &WaitClock::system();
        return std::move(options);
      }()),
      state_(std::make_unique<State>()) {}

AdaptiveBatchSize::~AdaptiveBatchSize() = default;

size_t AdaptiveBatchSize::next(size_t base) {
  if (options_.check_persistence) refresh();
  const std::lock_guard lock(state_->mutex);
  const bool is_busy = options_.check_persistence && state_->status.is_busy();
  return std::max<size_t>(1, std::min(is_busy ? base / 2 : base, state_->limit));
}

void AdaptiveBatchSize::note(size_t ops, std::chrono::nanoseconds elapsed) {
  const std::lock_guard lock(state_->mutex);
  size_t& limit = state_->limit;
  if (elapsed > options_.batch_time_max) {
    limit = std::max<size_t>(1, std::min(limit, ops) / 2);
  } else if (ops >= limit && limit < std::numeric_limits<size_t>::max() / 2) {
    limit += std::max<size_t>(1, limit / 8);
  }
}

// Asks the store, if nobody has for an interval. One caller does; the others go on with what is known.
void AdaptiveBatchSize::refresh() {
  {
    const std::lock_guard lock(state_->mutex);
    const auto now = options_.clock->now();
    if (state_->is_asking || (state_->asked_at && now - *state_->asked_at < options_.check_interval)) return;
    state_->is_asking = true;
    state_->asked_at = now;
  }
  const auto status = persistence_status(client_);
  std::vector<std::string> news;
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_asking = false;
    if (!status) return;
    state_->status = *status;
    const auto warnings = status->warnings(options_.aof_rewrite_time_max);
    for (const std::string& warning : warnings) {
      if (!state_->warned.contains(warning)) news.push_back(warning);
    }
    state_->warned = std::set(warnings.begin(), warnings.end());
  }
  if (!options_.on_warning) return;
  for (const std::string& warning : news) options_.on_warning(warning);
}

PersistenceStatus AdaptiveBatchSize::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->status;
}

// --- AdaptiveWriter

AdaptiveWriter::AdaptiveWriter(Client client, AdaptiveWriterOptions options)
    : client_(std::move(client)),
      options_([&] {
        if (!options.sizing.clock) options.sizing.clock = &WaitClock::system();
        return std::move(options);
      }()),
      sizing_(std::make_shared<AdaptiveBatchSize>(client_, options_.sizing)) {}

AdaptiveWriter::~AdaptiveWriter() = default;

result<PersistenceStatus> AdaptiveWriter::check_persistence_status() const { return persistence_status(client_); }

result<bool> AdaptiveWriter::is_persistence_busy() const {
  const auto status = persistence_status(client_);
  if (!status) return std::unexpected(status.error());
  return status->is_busy();
}

size_t AdaptiveWriter::adaptive_batch_size(size_t base) { return sizing_->next(base); }

BulkWritten AdaptiveWriter::bulk_write_safe(std::span<const WriteOp> ops, size_t batch_size) {
  WaitClock& clock = *options_.sizing.clock;
  WriteSender sender(client_, options_.retry, options_.timeout, clock, std::make_shared<StopSignal>(clock),
                     [](uint64_t, uint64_t) {});
  BulkWritten done;
  while (!ops.empty()) {
    const auto batch = ops.first(std::min(ops.size(), sizing_->next(std::max<size_t>(batch_size, 1))));
    ops = ops.subspan(batch.size());
    SendReport report = sender.send(batch, sizing_.get());
    for (size_t i = 0; i < batch.size(); ++i) {
      SettledOp& settled = report.ops[i];
      if (settled.outcome) {
        ++done.written;
      } else {
        done.unwritten.push_back({batch[i], std::move(settled.outcome.error()), settled.attempts});
      }
    }
  }
  return done;
}

result<Reply> AdaptiveWriter::write_with_retry(WriteOp op) {
  WaitClock& clock = *options_.sizing.clock;
  WriteSender sender(client_, options_.retry, options_.timeout, clock, std::make_shared<StopSignal>(clock),
                     [](uint64_t, uint64_t) {});
  SendReport report = sender.send({&op, 1});
  return std::move(report.ops.front().outcome);
}

}  // namespace redstart
