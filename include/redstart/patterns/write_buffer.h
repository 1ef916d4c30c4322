// WriteBuffer: a bounded buffer emptied by several workers, each key by one of them.
//
//   redstart::WriteBuffer buffer(client, {.workers = 4, .when_full = redstart::WhenFull::block});
//   buffer.start();
//   buffer.write("HINCRBY", "visits", page, 1);
//   redstart::StopReport left = buffer.stop(std::chrono::seconds(10));
//
// A key belongs to one worker, so the writes to it keep their order however many workers there are. An op with keys of
// several workers waits for theirs: MSET and the like cost parallelism. Several workers gain when a store answers
// slowly, or when `connections` of the client is more than 1; on a fast store with one connection one worker will do.
// What holds besides, the guarantees included, stands in buffered_writer.h.
//
// Threads: thread-safe. Ownership: see buffered_writer.h.
#pragma once

#include "redstart/patterns/buffered_writer.h"

namespace redstart {

struct WriteBufferOptions {
  size_t workers = 4;             // threads WriteWorker-0, WriteWorker-1 ...
  size_t queue_ops_max = 10'000;  // of all workers together
  size_t batch_size = 500;
  std::chrono::milliseconds flush_interval{100};
  WhenFull when_full = WhenFull::reject;
  std::chrono::milliseconds block_timeout{1000};  // WhenFull::block
  RetryOptions retry = {.attempts_max = 6};
  std::chrono::milliseconds timeout{0};           // of one pipeline; zero: the client's
  std::chrono::milliseconds stop_timeout{10'000};  // the destructor's
  // Hears of each op that was accepted and not written, unless stop() returns it. Must not throw, nor stop the writer.
  std::function<void(const UnwrittenOp&)> on_unwritten = {};
  std::shared_ptr<BatchSizing> sizing = {};       // makes batches smaller than batch_size; none: they are not
  WaitClock* clock = nullptr;                     // null: the system's
};

class WriteBuffer : public BufferedWriter {
 public:
  explicit WriteBuffer(Client client, WriteBufferOptions options = {})
      : BufferedWriter(std::move(client),
                       {.workers = options.workers, .thread_name = "WriteWorker", .batch_size = options.batch_size,
                        .flush_interval = options.flush_interval, .queue_ops_max = options.queue_ops_max,
                        .when_full = options.when_full, .block_timeout = options.block_timeout,
                        .retry = options.retry, .timeout = options.timeout, .stop_timeout = options.stop_timeout,
                        .on_unwritten = std::move(options.on_unwritten), .sizing = std::move(options.sizing),
                        .clock = options.clock}) {}
};

}  // namespace redstart
