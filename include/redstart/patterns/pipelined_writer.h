// PipelinedWriter: many writes in few round trips, with an outcome for every single one.
//
//   redstart::PipelinedWriter writer(client);
//   auto written = writer.write_key_values(pairs, std::chrono::hours(1));
//
// Writes travel in pipelines of at most `batch_size` commands, without MULTI. One that the store
// refuses does not disturb the others. Nothing is sent twice: when a connection is lost, each
// unanswered write is reported as `unknown` (it may have been executed) or as not done.
//
// Threads: thread-safe; batches of concurrent callers are independent of each other.
// Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct PipelinedWriterOptions {
  size_t batch_size = 1000;  // commands per pipeline, and pairs per MSET; at least 1
  // stream_write sends an incomplete batch when its oldest write has waited this long.
  std::chrono::milliseconds max_pipeline_time{100};
  std::chrono::milliseconds timeout{0};  // of one pipeline; zero: the client's
};

// Totals of one moment. At every moment
//   accepted = acknowledged + failed + unknown + in_flight,  offered = accepted + rejected.
struct WriteStats {
  uint64_t offered = 0;
  uint64_t rejected = 0;      // refused before anything was sent: bad arguments
  uint64_t accepted = 0;
  uint64_t acknowledged = 0;  // the store replied without an error
  uint64_t failed = 0;        // the store replied with an error, or it was never sent
  uint64_t unknown = 0;       // sent, but the connection was lost before the reply
  uint64_t in_flight = 0;
  uint64_t total_batches = 0;
  double total_time_ms = 0;
  // Zero when nothing was timed.
  double avg_batch_size() const;
  double avg_batch_time_ms() const;
  double ops_per_second() const;
};

// One write: a command and its arguments.
using WriteOp = std::vector<std::string>;

struct SortedSetWritten {
  size_t written = 0;  // members sent and acknowledged
  size_t added = 0;    // of them new
  size_t updated() const { return written - added; }
};

class PipelinedWriter {
 public:
  explicit PipelinedWriter(Client client, PipelinedWriterOptions options = {});
  ~PipelinedWriter();

  // Sends all ops in order. One outcome per op, in their order; an empty list sends nothing.
  BatchResult write_batch(std::span<const WriteOp> ops);

  // Writes string values: MSET without a ttl, else SET with it. The number of pairs written. A ttl of zero
  // or less is invalid_argument and nothing is sent. On a failure the error says how many pairs are
  // known to be written.
  result<size_t> write_key_values(const StringPairs& pairs,
                                  std::optional<std::chrono::milliseconds> ttl = std::nullopt);

  // One HSET per hash with all of its fields. The number of hashes written.
  result<size_t> write_hashes(const std::vector<std::pair<std::string, StringPairs>>& hashes);

  // ZADD in chunks, all chunks in pipelines. A NaN score is invalid_argument and nothing is sent.
  result<SortedSetWritten> write_sorted_set_batch(std::string_view key,
                                                  std::span<const ScoredMember> members,
                                                  size_t chunk_size = 10'000);

  // Writes what `next` gives until it gives nothing. Memory stays bounded by one batch, however long the
  // source. The number of acknowledged writes; on_failure hears of each write that was not.
  result<size_t> stream_write(
      const std::function<std::optional<WriteOp>()>& next,
      const std::function<void(const WriteOp&, const Error&)>& on_failure = {});

  WriteStats stats() const;

 private:
  struct State;
  BatchResult send(std::vector<WriteOp> ops, size_t writes_per_op);
  result<size_t> write_counted(std::vector<WriteOp> ops, std::span<const size_t> weights);
  template <class Value>
  result<Value> reject(size_t writes, std::string message);

  Client client_;
  const PipelinedWriterOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
