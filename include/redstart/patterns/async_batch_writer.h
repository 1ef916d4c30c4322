// AsyncBatchWriter: writes that return at once and travel in batches from a thread in the background.
//
//   redstart::AsyncBatchWriter writer(client, {.batch_size = 500, .flush_interval = std::chrono::milliseconds(50)});
//   writer.start();
//   for (int i = 0; i < 10'000; ++i) writer.set("key:" + std::to_string(i), "value");
//   redstart::StopReport left = writer.stop();     // written, or named in left.unwritten
//
// One worker: all writes keep their order. For several see write_buffer.h; what holds for both, the guarantees
// included, stands in buffered_writer.h.
//
// Threads: thread-safe. Ownership: see buffered_writer.h.
#pragma once

#include "redstart/patterns/buffered_writer.h"

namespace redstart {

struct AsyncBatchWriterOptions {
  size_t batch_size = 1000;
  std::chrono::milliseconds flush_interval{100};
  size_t queue_ops_max = 100'000;
  WhenFull when_full = WhenFull::reject;
  std::chrono::milliseconds block_timeout{1000};  // WhenFull::block
  RetryOptions retry = {.attempts_max = 6};
  std::chrono::milliseconds timeout{0};           // of one pipeline; zero: the client's
  std::chrono::milliseconds stop_timeout{5000};   // the destructor's
  // Hears of each op that was accepted and not written, unless stop() returns it. Must not throw, nor stop the writer.
  std::function<void(const UnwrittenOp&)> on_unwritten = {};
  std::shared_ptr<BatchSizing> sizing = {};       // makes batches smaller than batch_size; none: they are not
  WaitClock* clock = nullptr;                     // null: the system's
};

class AsyncBatchWriter : public BufferedWriter {
 public:
  explicit AsyncBatchWriter(Client client, AsyncBatchWriterOptions options = {})
      : BufferedWriter(std::move(client),
                       {.thread_name = "BatchWriter", .batch_size = options.batch_size,
                        .flush_interval = options.flush_interval, .queue_ops_max = options.queue_ops_max,
                        .when_full = options.when_full, .block_timeout = options.block_timeout,
                        .retry = options.retry, .timeout = options.timeout, .stop_timeout = options.stop_timeout,
                        .on_unwritten = std::move(options.on_unwritten), .sizing = std::move(options.sizing),
                        .clock = options.clock}) {}
};

}  // namespace redstart
