// What the writers share: the op, what counts as what, when a failed op is tried again, how large a batch is.
//
// Threads: values, unless a class says otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "redstart/result.h"

namespace redstart {

// One write: a command and its arguments.
using WriteOp = std::vector<std::string>;

// A write that did not happen, or of which nobody can say whether it did (error.outcome is unknown).
struct UnwrittenOp {
  WriteOp op;
  Error error;       // of the last attempt
  int attempts = 0;  // how often it was sent
};

// When an op that failed is sent again. What was never sent, and what the server refused before executing it (MISCONF,
// LOADING, BUSY, READONLY, TRYAGAIN, CLUSTERDOWN, MASTERDOWN), may always be. What was sent and not answered is sent
// again only if it is idempotent (see command_facts.h), or by choice. Other error replies are final.
struct RetryOptions {
  // Of one op, the first included; 1: nothing is sent twice, and what could not be sent is given up at once. More:
  // attempts that have surely not left the process, since the server cannot be reached, are not counted, and go on
  // until give_up_after.
  int attempts_max = 1;
  // The pause before the second attempt, doubled for each further one.
  std::chrono::milliseconds delay_min{100};
  std::chrono::milliseconds delay_max{5000};
  double jitter = 0.5;  // the part of a pause that is random: a pause lasts from (1 - jitter) of it to all of it
  std::chrono::milliseconds give_up_after{30'000};  // no attempt begins later than this after the first
  // Ops that are not idempotent are sent again too, and may then be executed twice. False: they are `unknown`.
  bool at_least_once = false;
};

// Whether the server refused the op before it executed anything, for a reason that passes.
bool is_passing_refusal(const Error& error);

// The pause after attempt `attempt` (from 1), with `random` from [0, 1).
std::chrono::milliseconds delay_after(const RetryOptions& options, int attempt, double random);

// Totals of one moment. At every moment
//   accepted = acknowledged + failed + unknown + pending + in_flight,  offered = accepted + rejected.
// Only pending, in_flight and blocked ever become smaller.
struct WriteStats {
  uint64_t offered = 0;
  uint64_t rejected = 0;      // refused at the door: bad arguments, a full queue, a writer that is not running
  uint64_t accepted = 0;      // "queued" of a buffer
  uint64_t acknowledged = 0;  // the store replied without an error; "flushed", "written"
  uint64_t failed = 0;        // the store replied with an error, or it was never sent and given up
  uint64_t unknown = 0;       // sent, but no reply came
  uint64_t pending = 0;       // waiting in a buffer
  uint64_t in_flight = 0;     // taken out of it, not settled yet
  uint64_t blocked = 0;       // callers that wait for room in a buffer: their ops are not offered yet
  // --- Details of the above
  uint64_t dropped = 0;    // by a full queue: rejected, or failed under WhenFull::drop_oldest
  uint64_t retried = 0;    // attempts after an op's first
  uint64_t repeated = 0;   // of them: of ops that may have been executed already
  uint64_t overtaken = 0;  // of failed and unknown: not retried, since a later write to the same key was executed
  // --- Time
  uint64_t total_batches = 0;  // pipelines sent, retries included
  double total_time_ms = 0;
  double batch_p50_ms = 0, batch_p99_ms = 0;  // from sending to the last reply; within 5 %
  // Zero when nothing was timed.
  double avg_batch_size() const;
  double avg_batch_time_ms() const;
  double ops_per_second() const;
};

// Decides how many ops the next batch takes. AdaptiveBatchSize is one.
class BatchSizing {
 public:
  virtual ~BatchSizing() = default;
  // At most `base`, at least 1. Called before each batch, by several threads.
  virtual size_t next(size_t base) = 0;
  // How long a batch took.
  virtual void note(size_t ops, std::chrono::nanoseconds elapsed) = 0;
};

}  // namespace redstart
