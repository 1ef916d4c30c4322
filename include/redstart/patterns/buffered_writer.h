// BufferedWriter: a bounded buffer in front of the store, emptied by workers of its own. What AsyncBatchWriter (one
// worker) and WriteBuffer (several) have in common.
//
// write() copies the op into the buffer and returns; it never waits for the network. A worker sends what has waited,
// batch_size ops at most in one pipeline without MULTI, when that many wait or the oldest has waited for
// flush_interval. Idle workers sleep.
//
// What it guarantees
//   - The writes to one key are executed in the order in which they were accepted, retries included; with one worker,
//     all writes are. Ops with keys of several workers, and ops without keys, wait for what was accepted before them
//     and hold up what comes after.
//   - Every accepted op is acknowledged, or reported once: to on_unwritten, or by stop(). Its error says why, and
//     whether it may have been executed (Outcome::unknown). Acknowledged ops are as durable as the client's
//     OpenOptions::durability says.
//   - Nothing is sent twice unless that is harmless (see RetryOptions), or you chose at_least_once.
//   - The buffer is in this process's memory. What is in it when the process dies is lost: at most queue_ops_max ops
//     and one batch for each worker. StreamBuffer keeps it in the store instead.
//
// Threads: thread-safe. on_unwritten is called by workers, one call at a time for each. Ownership: shares the client's
// store; borrows the clock. The destructor stops within stop_timeout.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/wait_clock.h"
#include "redstart/patterns/write_policy.h"

namespace redstart {

// What write() does when the buffer is full.
enum class WhenFull : unsigned char {
  reject,       // refuses the op: queue_full
  block,        // waits for room, block_timeout at most; then refuses it
  drop_oldest,  // takes it; the op that has waited longest fails with queue_full and is reported
};

// What is left after stop().
struct StopReport {
  std::vector<UnwrittenOp> unwritten;  // settled without success since stop() began
  bool in_time = true;                 // false: the deadline came before the buffer was empty
};

class BufferedWriter {
 public:
  virtual ~BufferedWriter();
  BufferedWriter(const BufferedWriter&) = delete;

  // Starts the workers; once they run, does nothing. May be called again after stop().
  void start();
  // Takes no more ops, writes what waits, and ends the workers. After `timeout` it gives up: what was not sent has
  // failed, what was sent and not answered is unknown. One deadline for everything. On an embedded store a command that
  // runs is waited for.
  StopReport stop(std::chrono::milliseconds timeout = std::chrono::seconds(5));
  // Waits until all that was accepted before is settled; it is sent at once. False: not within `timeout`.
  bool flush(std::chrono::milliseconds timeout);

  // Queues an op. Errors, all counted as rejected: closed (not started, or stopped), queue_full, and invalid_argument
  // for an unknown command, a wrong number of arguments, and commands that block or change the session.
  result<void> write(WriteOp op);
  template <class... Parts>
    requires(sizeof...(Parts) > 0)
  result<void> write(std::string_view command, const Parts&... parts) {
    const WordList words(command, parts...);
    const auto span = words.span();
    return write(WriteOp(span.begin(), span.end()));
  }
  // SET, with PX when there is a ttl; one of zero or less is invalid_argument.
  result<void> set(std::string_view key, std::string_view value,
                   std::optional<std::chrono::milliseconds> ttl = std::nullopt);
  result<void> hset(std::string_view key, std::string_view field, std::string_view value) {
    return write("HSET", key, field, value);
  }
  // A score that is not a number is invalid_argument.
  result<void> zadd(std::string_view key, double score, std::string_view member);
  template <class... Values>
  result<void> lpush(std::string_view key, const Values&... values) {
    return write("LPUSH", key, values...);
  }

  // accepted = acknowledged + failed + unknown + pending + in_flight at every moment.
  WriteStats stats() const;

 protected:
  struct Settings {
    size_t workers = 1;
    std::string thread_name;
    size_t batch_size;
    std::chrono::milliseconds flush_interval;
    size_t queue_ops_max;
    WhenFull when_full;
    std::chrono::milliseconds block_timeout;
    RetryOptions retry;
    std::chrono::milliseconds timeout;
    std::chrono::milliseconds stop_timeout;
    std::function<void(const UnwrittenOp&)> on_unwritten;
    std::shared_ptr<BatchSizing> sizing;
    WaitClock* clock;
  };
  BufferedWriter(Client client, Settings settings);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace redstart
