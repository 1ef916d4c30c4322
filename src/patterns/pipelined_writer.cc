#include "redstart/patterns/pipelined_writer.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "patterns/write_sender.h"

namespace redstart {
namespace {

constexpr size_t kChunksPerPipeline = 8;

}  // namespace

struct PipelinedWriter::State {
  mutable std::mutex mutex;  // one lock for all totals: a snapshot is of one moment
  WriteStats totals;
  DurationHistogram times;
};

PipelinedWriter::PipelinedWriter(Client client, PipelinedWriterOptions options)
    : client_(std::move(client)),
      options_([&] {
        options.batch_size = std::max<size_t>(options.batch_size, 1);
        if (!options.clock) options.clock = &WaitClock::system();
        return std::move(options);
      }()),
      state_(std::make_unique<State>()) {}

PipelinedWriter::~PipelinedWriter() = default;

template <class Value>
result<Value> PipelinedWriter::reject(size_t writes, std::string message) {
  const std::lock_guard lock(state_->mutex);
  state_->totals.offered += writes;
  state_->totals.rejected += writes;
  return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(message)});
}

// One pipeline, until every op of it is settled.
BatchResult PipelinedWriter::send(std::span<const WriteOp> ops, std::span<const size_t> weights) {
  const uint64_t writes = weights.empty() ? ops.size() : std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  {
    const std::lock_guard lock(state_->mutex);
    state_->totals.offered += writes;
    state_->totals.accepted += writes;
    state_->totals.in_flight += writes;
  }
  WriteSender sender(client_, options_.retry, options_.timeout, *options_.clock,
                     std::make_shared<StopSignal>(*options_.clock), [this](uint64_t retried, uint64_t repeated) {
                       const std::lock_guard lock(state_->mutex);
                       state_->totals.retried += retried;
                       state_->totals.repeated += repeated;
                     });
  SendReport report = sender.send(ops, options_.sizing.get());
  {
    const std::lock_guard lock(state_->mutex);
    account(state_->totals, state_->times, report, weights);
  }
  BatchResult outcome;
  outcome.reserve(ops.size());
  for (SettledOp& settled : report.ops) outcome.push_back(std::move(settled.outcome));
  return outcome;
}

BatchResult PipelinedWriter::write_batch(std::span<const WriteOp> ops) {
  BatchResult outcome;
  while (!ops.empty()) {
    const size_t size = options_.sizing ? std::clamp<size_t>(options_.sizing->next(options_.batch_size), 1,
                                                             options_.batch_size)
                                        : options_.batch_size;
    const auto chunk = ops.first(std::min(ops.size(), size));
    ops = ops.subspan(chunk.size());
    BatchResult replies = send(chunk);
    if (outcome.empty() && ops.empty()) return replies;
    outcome.reserve(outcome.size() + replies.size() + ops.size());
    outcome.insert(outcome.end(), std::make_move_iterator(replies.begin()), std::make_move_iterator(replies.end()));
  }
  return outcome;
}

// Sends ops that stand for `weights` writes each, some at a time. The writes that were acknowledged, or the first error
// with their number.
template <class OnReply>
result<size_t> PipelinedWriter::write_chunks(const std::vector<WriteOp>& ops, std::span<const size_t> weights,
                                             OnReply on_reply) {
  size_t written = 0;
  std::optional<Error> first_error;
  const size_t ops_per_pipeline = weights.empty() ? options_.batch_size : kChunksPerPipeline;
  for (size_t begin = 0; begin < ops.size(); begin += ops_per_pipeline) {
    const size_t count = std::min(ops_per_pipeline, ops.size() - begin);
    const auto part = weights.empty() ? weights : weights.subspan(begin, count);
    const BatchResult outcome = send(std::span(ops).subspan(begin, count), part);
    for (size_t i = 0; i < count; ++i) {
      if (outcome[i]) {
        written += part.empty() ? 1 : part[i];
        on_reply(*outcome[i]);
      } else if (!first_error) {
        first_error = outcome[i].error();
      }
    }
  }
  if (!first_error) return written;
  first_error->message += " (" + std::to_string(written) + " writes are known to be done)";
  return std::unexpected(std::move(*first_error));
}

result<size_t> PipelinedWriter::write_key_values(const StringPairs& pairs,
                                                 std::optional<std::chrono::milliseconds> ttl) {
  const auto ignore = [](const Reply&) {};
  if (ttl && ttl->count() <= 0) {
    return reject<size_t>(pairs.size(), "the ttl must be positive, not " +
                                            std::to_string(ttl->count()) + " ms");
  }
  std::vector<WriteOp> ops;
  if (ttl) {
    const std::string ttl_text = std::to_string(ttl->count());
    ops.reserve(pairs.size());
    for (const auto& [key, value] : pairs) ops.push_back({"SET", key, value, "PX", ttl_text});
    return write_chunks(ops, {}, ignore);
  }
  std::vector<size_t> weights;
  for (size_t begin = 0; begin < pairs.size(); begin += options_.batch_size) {
    const size_t end = std::min(pairs.size(), begin + options_.batch_size);
    WriteOp op{"MSET"};
    op.reserve(1 + 2 * (end - begin));
    for (size_t i = begin; i < end; ++i) {
      op.push_back(pairs[i].first);
      op.push_back(pairs[i].second);
    }
    ops.push_back(std::move(op));
    weights.push_back(end - begin);
  }
  return write_chunks(ops, weights, ignore);
}

result<size_t> PipelinedWriter::write_hashes(
    const std::vector<std::pair<std::string, StringPairs>>& hashes) {
  std::vector<WriteOp> ops;
  ops.reserve(hashes.size());
  for (const auto& [key, fields] : hashes) {
    if (fields.empty()) return reject<size_t>(hashes.size(), "hash '" + key + "' has no fields");
    WriteOp op{"HSET", key};
    for (const auto& [field, value] : fields) {
      op.push_back(field);
      op.push_back(value);
    }
    ops.push_back(std::move(op));
  }
  return write_chunks(ops, {}, [](const Reply&) {});
}

result<SortedSetWritten> PipelinedWriter::write_sorted_set_batch(
    std::string_view key, std::span<const ScoredMember> members, size_t chunk_size) {
  if (chunk_size == 0) return reject<SortedSetWritten>(members.size(), "chunk_size must be positive");
  for (const ScoredMember& member : members) {
    if (std::isnan(member.score)) {
      return reject<SortedSetWritten>(members.size(), "the score of '" + member.member + "' is not a number");
    }
  }
  std::vector<WriteOp> ops;
  std::vector<size_t> weights;
  while (!members.empty()) {
    const auto chunk = members.first(std::min(chunk_size, members.size()));
    members = members.subspan(chunk.size());
    const WordList words = detail::add_scored(WordList("ZADD", key), chunk);
    const auto span = words.span();
    ops.emplace_back(span.begin(), span.end());
    weights.push_back(chunk.size());
  }
  SortedSetWritten written;
  const auto count = write_chunks(ops, weights, [&](const Reply& reply) {
    written.added += static_cast<size_t>(reply.as_integer());
  });
  if (!count) return std::unexpected(count.error());
  written.written = *count;
  return written;
}

result<size_t> PipelinedWriter::stream_write(
    const std::function<std::optional<WriteOp>()>& next,
    const std::function<void(const WriteOp&, const Error&)>& on_failure) {
  size_t acknowledged = 0;
  std::vector<WriteOp> waiting;
  WaitClock::TimePoint oldest;
  const auto flush = [&] {
    const auto outcome = send(waiting);
    for (size_t i = 0; i < outcome.size(); ++i) {
      if (outcome[i]) {
        ++acknowledged;
      } else if (on_failure) {
        on_failure(waiting[i], outcome[i].error());
      }
    }
    waiting.clear();
  };
  const auto batch_size = [&] {
    return options_.sizing ? std::min(options_.sizing->next(options_.batch_size), options_.batch_size)
                           : options_.batch_size;
  };
  while (auto op = next()) {
    if (waiting.empty()) oldest = options_.clock->now();
    waiting.push_back(std::move(*op));
    const bool full = waiting.size() >= batch_size();
    if (full || options_.clock->now() - oldest >= options_.max_pipeline_time) flush();
  }
  if (!waiting.empty()) flush();
  return acknowledged;
}

WriteStats PipelinedWriter::stats() const {
  const std::lock_guard lock(state_->mutex);
  WriteStats stats = state_->totals;
  stats.batch_p50_ms = state_->times.quantile_ms(0.5);
  stats.batch_p99_ms = state_->times.quantile_ms(0.99);
  return stats;
}

}  // namespace redstart
