// What a simulated run of a pattern is made of: one store, virtual time, processes that die and networks that lose
// requests and replies, all on one thread and all from one seed.
//
// Threads: thread-compatible, but for the time, which the store's maintenance reads. Ownership: a Machine outlives its
// processes.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "redstart/client.h"
#include "redstart/patterns/wait_clock.h"
#include "store/store.h"

namespace redstart::simulation {

// The time of the store and of the patterns. Whoever waits moves it to where its wait ends, as nothing else can happen
// meanwhile.
class VirtualTime final : public Clock, public WaitClock {
 public:
  int64_t unix_time_us() const override { return now_us_.load(std::memory_order_relaxed); }
  int64_t monotonic_time_ns() const override { return unix_time_us() * 1000; }
  TimePoint now() const override { return TimePoint(std::chrono::microseconds(unix_time_us())); }
  void wait_until(std::unique_lock<std::mutex>&, std::condition_variable&, TimePoint until) override;
  void advance_ms(int64_t ms) { now_us_ += ms * 1000; }

 private:
  std::atomic<int64_t> now_us_{1'700'000'000'000'000};
};

// A pattern has not kept what it promises.
struct Violation {
  std::string text;
};
// Throws Violation unless `holds`.
void check(bool holds, const std::string& what);

// What a run depends on, all of it drawn from the seed.
struct Machine {
  explicit Machine(uint64_t seed);
  // True in `per_mille` of 1000 cases.
  bool chance(uint64_t per_mille) { return random.below(1000) < per_mille; }
  int64_t now_ms() const { return time.unix_time_ms(); }
  void advance_ms(int64_t ms) { time.advance_ms(ms); }
  // A step, for those who read along and for the fingerprint of the run.
  void note(const std::string& line);

  Random random;
  FixedSeeds seeds;
  VirtualTime time;
  // How often of 1000 a request, or its reply, is lost. Zero at the end of a run, and in a third of all runs.
  uint64_t lost_per_mille = 0;
  bool is_verbose = false;
  uint64_t fingerprint = 0;
  std::shared_ptr<Store> store;
};

// A process with a connection to the store. When it dies, nothing that it says arrives any more: what its objects do in
// their destructors is as if it had not happened.
class Process {
 public:
  explicit Process(Machine& machine);
  Client& client() { return client_; }
  void die() { *is_dead_ = true; }
  bool is_dead() const { return *is_dead_; }

 private:
  std::shared_ptr<bool> is_dead_ = std::make_shared<bool>(false);
  Client client_;
};

// Whether the error leaves open what has happened.
bool is_unknown(const Error& error);

// One pattern with a model of what it has promised.
class World {
 public:
  virtual ~World() = default;
  // Does something at random, and checks what came of it. Throws Violation.
  virtual void step() = 0;
  // The faults are over: does all that is left to do, and checks what must be so at the end.
  virtual void finish() = 0;
};

std::unique_ptr<World> make_task_queue_world(Machine& machine);
std::unique_ptr<World> make_stream_buffer_world(Machine& machine);
std::unique_ptr<World> make_lock_world(Machine& machine);
std::unique_ptr<World> make_rate_limiter_world(Machine& machine);
std::unique_ptr<World> make_write_behind_world(Machine& machine);
std::unique_ptr<World> make_async_writer_world(Machine& machine);
std::unique_ptr<World> make_cache_world(Machine& machine);
std::unique_ptr<World> make_client_cache_world(Machine& machine);

}  // namespace redstart::simulation
