// StreamBuffer: writes that wait in the store itself, in a stream, until a processor applies them. They survive the
// process that made them and the one that applies them.
//
//   redstart::StreamBuffer buffer(client, {.stream = "orders:writes"});
//   buffer.write({"HSET", "order:7", "state", "paid"}).value();      // durable as the stream is
//   buffer.start();                                                  // applies, here or in another process
//
// What it guarantees
//   - write() is done once: it returns the entry's id when the stream has the op, and a lost reply is asked for again
//     (the store remembers the last 1024 ids of each StreamBuffer for a day).
//   - Each op takes effect once. A processor applies some ops, acknowledges and deletes their entries in one script, so
//     a crash leaves all of that or nothing. This needs the ops' keys where the stream is: any store but a Redis
//     Cluster, where keys and stream have to share a hash tag. Keys of other slots are applied first and acknowledged
//     after; then idempotent ops may be executed again after a crash, which changes nothing, and of others that may
//     have been executed the entry becomes a dead letter that says so: none is executed twice.
//   - The ops on one key take effect in the order of the stream, whatever fails and however many processors there are.
//     One of them has the lease and applies, the others stand by; the scripts look at the lease, so one that was
//     stopped and comes back applies nothing. When it is gone for `lease`, another takes over what it had read
//     (XAUTOCLAIM).
//   - An op that the store refuses holds up only what has a key in common with it. It is tried attempts_max times, then
//     it moves to the dead letters with its error, and the rest goes on. What passes by itself (MISCONF, READONLY, OOM
//     ...) is waited for and not counted. A full memory is felt by write(); what is in the stream already is applied
//     all the same, since it frees its place there.
//   - The stream never has more than length_max entries. What happens then is up to when_full.
//
// What it does not: a store that loses its data loses the buffer (appendonly decides), and one that evicts under an
// allkeys policy may evict it: check() tells.
//
// Keys, all in the stream's slot: the stream; {stream}:owner, the lease; {stream}:attempts, a hash; {stream}:dead, a
// stream of dead letters; {stream}:producer:ID, hashes that expire.
//
// Threads: thread-safe; callbacks come from the thread that processes, or writes. Ownership: shares the client's store;
// borrows the clock. The destructor stops the processor and gives up the lease.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/buffered_writer.h"
#include "redstart/patterns/wait_clock.h"
#include "redstart/patterns/write_policy.h"

namespace redstart {

// How ops and their acknowledgements travel.
enum class StreamApply : unsigned char {
  automatic,  // together; apart when the store says that the keys are in several slots
  together,   // in one script
  apart,      // one after the other
};

struct StreamBufferOptions {
  std::string stream = "write_buffer";
  std::string group = "writers";
  size_t length_max = 100'000;
  WhenFull when_full = WhenFull::reject;  // drop_oldest deletes an entry that nobody has applied, and reports it
  std::chrono::milliseconds block_timeout{1000};
  // Of write(): a reply that is lost is asked for again, so nothing is stored twice. Its caller waits, so every attempt
  // counts.
  RetryOptions retry = {.attempts_max = 6};
  // --- Processing
  size_t batch_size = 100;                    // entries of one script
  std::chrono::milliseconds interval{100};    // pause of the processor when there is nothing to do; at least 1 ms
  // The processor is taken for dead when it was silent for so long. process(): invalid_argument for a lease below 1 ms,
  // and for no attempts at all.
  std::chrono::milliseconds lease{5000};
  int attempts_max = 5;
  StreamApply apply = StreamApply::automatic;
  // Hears of each op that will not be applied: a dead letter, or dropped for a newer one.
  std::function<void(const UnwrittenOp&)> on_unwritten = {};
  // Hears of what the background processor could not do; it goes on by itself, after a pause that grows.
  std::function<void(const Error&)> on_error = {};
  WaitClock* clock = nullptr;  // null: the system's
};

struct StreamBufferStats {
  // Of write(): acknowledged is "the stream has it". dropped counts entries deleted under WhenFull::drop_oldest.
  WriteStats buffered;
  uint64_t applied = 0;
  uint64_t refused = 0;       // attempts that the store refused for good
  uint64_t put_off = 0;       // attempts that it refused in passing
  uint64_t dead_letters = 0;
  uint64_t taken_over = 0;    // entries that another processor had read
  bool has_lease = false;
};

struct DeadLetter {
  std::string id;        // of the dead letter
  std::string entry_id;  // of the entry in the stream
  WriteOp op;            // empty when the entry was none
  std::string reason;
  int attempts = 0;
};

class StreamBuffer {
 public:
  explicit StreamBuffer(Client client, StreamBufferOptions options = {});
  ~StreamBuffer();
  StreamBuffer(const StreamBuffer&) = delete;

  // Stores an op; the id of its entry. One round trip. Errors: invalid_argument for what a script cannot execute
  // (unknown commands, wrong numbers of arguments, commands that block or change the session, more than 3900 words);
  // queue_full; connection_lost and the like after the last attempt, with Outcome::unknown if it may have been stored.
  result<std::string> write(WriteOp op);

  // Applies up to `entries_max` entries in order; their number. 0 when another processor has the lease. Errors: the
  // store's; what was applied then stays applied, and the rest waits.
  result<size_t> process(size_t entries_max = 100);

  // Processes in the background; once it runs, does nothing.
  void start();
  // Ends the background processor after the script that runs, and gives up the lease. False: it did not end in time
  // (it will; the destructor waits for it).
  bool stop(std::chrono::milliseconds timeout = std::chrono::seconds(5));

  // Entries that are not applied yet (XLEN).
  result<size_t> depth() const;
  // The oldest dead letters.
  result<std::vector<DeadLetter>> dead_letters(size_t count = 100) const;
  // Puts a dead letter's op into the stream again, at its end. False: there is no such letter.
  result<bool> revive(const std::string& dead_letter_id);
  // What endangers the buffer: an empty text, or for example that the store evicts under allkeys-lru.
  result<std::string> check() const;

  StreamBufferStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace redstart
