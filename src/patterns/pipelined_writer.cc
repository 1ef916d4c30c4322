#include "redstart/patterns/pipelined_writer.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace redstart {
namespace {

using SteadyClock = std::chrono::steady_clock;

double milliseconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// An outcome with error replies told apart from values.
result<Reply> settled(result<Reply> reply) {
  return reply ? checked(std::move(*reply)) : std::move(reply);
}

}  // namespace

double WriteStats::avg_batch_size() const {
  return total_batches == 0 ? 0 : static_cast<double>(accepted - in_flight) / static_cast<double>(total_batches);
}

double WriteStats::avg_batch_time_ms() const {
  return total_batches == 0 ? 0 : total_time_ms / static_cast<double>(total_batches);
}

double WriteStats::ops_per_second() const {
  return total_time_ms <= 0 ? 0 : static_cast<double>(acknowledged) * 1000 / total_time_ms;
}

struct PipelinedWriter::State {
  mutable std::mutex mutex;  // one lock for all totals: a snapshot is of one moment
  WriteStats totals;
};

PipelinedWriter::PipelinedWriter(Client client, PipelinedWriterOptions options)
    : client_(std::move(client)),
      options_([&] {
        options.batch_size = std::max<size_t>(options.batch_size, 1);
        return options;
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

// One pipeline. `writes_per_op` lets an MSET count as its pairs; ops of one call weigh alike, except that
// write_counted sends the last, smaller one by itself.
BatchResult PipelinedWriter::send(std::vector<WriteOp> ops, size_t writes_per_op) {
  const uint64_t writes = ops.size() * writes_per_op;
  {
    const std::lock_guard lock(state_->mutex);
    state_->totals.offered += writes;
    state_->totals.accepted += writes;
    state_->totals.in_flight += writes;
  }
  const auto start = SteadyClock::now();
  Batch batch;
  batch.commands = std::move(ops);
  batch.options.timeout = options_.timeout;
  BatchResult outcome = client_.run_batch(std::move(batch));
  const double elapsed_ms = milliseconds_since(start);
  const std::lock_guard lock(state_->mutex);
  WriteStats& totals = state_->totals;
  for (result<Reply>& reply : outcome) {
    reply = settled(std::move(reply));
    if (reply) {
      totals.acknowledged += writes_per_op;
    } else if (reply.error().outcome == Outcome::unknown) {
      totals.unknown += writes_per_op;
    } else {
      totals.failed += writes_per_op;
    }
  }
  totals.in_flight -= writes;
  ++totals.total_batches;
  totals.total_time_ms += elapsed_ms;
  return outcome;
}

BatchResult PipelinedWriter::write_batch(std::span<const WriteOp> ops) {
  BatchResult outcome;
  outcome.reserve(ops.size());
  while (!ops.empty()) {
    const auto chunk = ops.first(std::min(ops.size(), options_.batch_size));
    ops = ops.subspan(chunk.size());
    for (auto& reply : send({chunk.begin(), chunk.end()}, 1)) outcome.push_back(std::move(reply));
  }
  return outcome;
}

result<size_t> PipelinedWriter::write_counted(std::vector<WriteOp> ops,
                                              std::span<const size_t> weights) {
  size_t written = 0;
  std::optional<Error> first_error;
  const auto account = [&](BatchResult outcome, size_t weight) {
    for (const auto& reply : outcome) {
      if (reply) {
        written += weight;
      } else if (!first_error) {
        first_error = reply.error();
      }
    }
  };
  // Ops of equal weight travel together.
  for (size_t begin = 0; begin < ops.size();) {
    size_t end = begin + 1;
    while (end < ops.size() && weights[end] == weights[begin] && end - begin < options_.batch_size) ++end;
    std::vector<WriteOp> part(std::make_move_iterator(ops.begin() + static_cast<ptrdiff_t>(begin)),
                              std::make_move_iterator(ops.begin() + static_cast<ptrdiff_t>(end)));
    account(send(std::move(part), weights[begin]), weights[begin]);
    begin = end;
  }
  if (!first_error) return written;
  first_error->message += " (" + std::to_string(written) + " writes are known to be done)";
  return std::unexpected(std::move(*first_error));
}

result<size_t> PipelinedWriter::write_key_values(const StringPairs& pairs,
                                                 std::optional<std::chrono::milliseconds> ttl) {
  if (ttl && ttl->count() <= 0) {
    return reject<size_t>(pairs.size(), "the ttl must be positive, not " +
                                            std::to_string(ttl->count()) + " ms");
  }
  std::vector<WriteOp> ops;
  std::vector<size_t> weights;
  if (ttl) {
    const std::string ttl_text = std::to_string(ttl->count());
    for (const auto& [key, value] : pairs) ops.push_back({"SET", key, value, "PX", ttl_text});
    weights.assign(ops.size(), 1);
    return write_counted(std::move(ops), weights);
  }
  for (size_t begin = 0; begin < pairs.size(); begin += options_.batch_size) {
    const size_t end = std::min(pairs.size(), begin + options_.batch_size);
    WriteOp op{"MSET"};
    for (size_t i = begin; i < end; ++i) {
      op.push_back(pairs[i].first);
      op.push_back(pairs[i].second);
    }
    ops.push_back(std::move(op));
    weights.push_back(end - begin);
  }
  return write_counted(std::move(ops), weights);
}

result<size_t> PipelinedWriter::write_hashes(
    const std::vector<std::pair<std::string, StringPairs>>& hashes) {
  std::vector<WriteOp> ops;
  for (const auto& [key, fields] : hashes) {
    if (fields.empty()) return reject<size_t>(hashes.size(), "hash '" + key + "' has no fields");
    WriteOp op{"HSET", key};
    for (const auto& [field, value] : fields) {
      op.push_back(field);
      op.push_back(value);
    }
    ops.push_back(std::move(op));
  }
  const std::vector<size_t> weights(ops.size(), 1);
  return write_counted(std::move(ops), weights);
}

result<SortedSetWritten> PipelinedWriter::write_sorted_set_batch(
    std::string_view key, std::span<const ScoredMember> members, size_t chunk_size) {
  if (chunk_size == 0) return reject<SortedSetWritten>(members.size(), "chunk_size must be positive");
  for (const ScoredMember& member : members) {
    if (std::isnan(member.score)) {
      return reject<SortedSetWritten>(members.size(), "the score of '" + member.member + "' is not a number");
    }
  }
  SortedSetWritten written;
  while (!members.empty()) {
    const auto chunk = members.first(std::min(chunk_size, members.size()));
    members = members.subspan(chunk.size());
    const WordList words = detail::add_scored(WordList("ZADD", key), chunk);
    const auto span = words.span();
    auto outcome = send({WriteOp(span.begin(), span.end())}, chunk.size());
    if (!outcome[0]) {
      Error error = outcome[0].error();
      error.message += " (" + std::to_string(written.written) + " members are known to be written)";
      return std::unexpected(std::move(error));
    }
    written.written += chunk.size();
    written.added += static_cast<size_t>(outcome[0]->as_integer());
  }
  return written;
}

result<size_t> PipelinedWriter::stream_write(
    const std::function<std::optional<WriteOp>()>& next,
    const std::function<void(const WriteOp&, const Error&)>& on_failure) {
  size_t acknowledged = 0;
  std::vector<WriteOp> waiting;
  SteadyClock::time_point oldest;
  const auto flush = [&] {
    const auto outcome = send(waiting, 1);
    for (size_t i = 0; i < outcome.size(); ++i) {
      if (outcome[i]) {
        ++acknowledged;
      } else if (on_failure) {
        on_failure(waiting[i], outcome[i].error());
      }
    }
    waiting.clear();
  };
  while (auto op = next()) {
    if (waiting.empty()) oldest = SteadyClock::now();
    waiting.push_back(std::move(*op));
    const bool full = waiting.size() >= options_.batch_size;
    if (full || SteadyClock::now() - oldest >= options_.max_pipeline_time) flush();
  }
  if (!waiting.empty()) flush();
  return acknowledged;
}

WriteStats PipelinedWriter::stats() const {
  const std::lock_guard lock(state_->mutex);
  return state_->totals;
}

}  // namespace redstart
