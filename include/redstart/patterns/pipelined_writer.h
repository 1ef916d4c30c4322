// PipelinedWriter: many writes in few round trips, with an outcome for every single one.
//
//   redstart::PipelinedWriter writer(client);
//   auto written = writer.write_key_values(pairs, std::chrono::hours(1));
//
// Writes travel in pipelines of at most `batch_size` commands, without MULTI. One that the store refuses does not
// disturb the others. Unless `retry` says otherwise nothing is sent twice: when a connection is lost, each unanswered
// write is reported as `unknown` (it may have been executed) or as not done.
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
#include "redstart/patterns/wait_clock.h"
#include "redstart/patterns/write_policy.h"

namespace redstart {

struct PipelinedWriterOptions {
  size_t batch_size = 1000;  // commands per pipeline, and pairs per MSET; at least 1
  // stream_write sends an incomplete batch when its oldest write has waited this long.
  std::chrono::milliseconds max_pipeline_time{100};
  std::chrono::milliseconds timeout{0};  // of one pipeline; zero: the client's
  RetryOptions retry = {};               // by default one attempt
  std::shared_ptr<BatchSizing> sizing = {};  // makes batches smaller than batch_size; none: they are not
  WaitClock* clock = nullptr;            // null: the system's
};

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

  // Writes string values: MSET without a ttl, else SET with it. The number of pairs written. A ttl of zero or less is
  // invalid_argument and nothing is sent. On a failure the error says how many pairs are known to be written.
  result<size_t> write_key_values(const StringPairs& pairs,
                                  std::optional<std::chrono::milliseconds> ttl = std::nullopt);

  // One HSET per hash with all of its fields. The number of hashes written.
  result<size_t> write_hashes(const std::vector<std::pair<std::string, StringPairs>>& hashes);

  // ZADD in chunks of so many members, eight chunks to a pipeline; each chunk is a batch in the totals. A NaN score is
  // invalid_argument and nothing is sent. `added` counts too few when a chunk was repeated by a retry.
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
  BatchResult send(std::span<const WriteOp> ops, std::span<const size_t> weights = {});
  template <class OnReply>
  result<size_t> write_chunks(const std::vector<WriteOp>& ops, std::span<const size_t> weights, OnReply on_reply);
  template <class Value>
  result<Value> reject(size_t writes, std::string message);

  Client client_;
  const PipelinedWriterOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
