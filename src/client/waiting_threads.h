// WaitingThreads: threads of an embedded client's on which submitted batches wait (BLPOP) while their callers go on.
// They are made when they are needed, up to a limit, and kept.
//
// Threads: thread-safe, stop() apart: it is called once and last.
// Ownership: owns its threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "redstart/client.h"

namespace redstart {

Error closed_error();

class WaitingThreads {
 public:
  using Perform = std::function<BatchResult(const Batch&)>;

  explicit WaitingThreads(size_t threads_max) : threads_max_(threads_max) {}

  // Calls done(perform(batch)) on one of the threads. Errors: queue_full when all of them wait.
  void run(Batch batch, BatchDone done, Perform perform);
  // Returns when all that was begun is done, but for what calls it; what was not begun gets `closed`.
  void stop();

 private:
  struct Job {
    Batch batch;
    BatchDone done;
    Perform perform;
  };
  struct State {
    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::deque<Job> jobs;
    size_t idle = 0;  // threads that wait for a job, or only have to tell of the last one
    bool stopping = false;
  };

  // Makes one if need be. REQUIRES: State::mutex is held.
  bool has_thread();
  std::optional<Error> add(Job& job);
  static void loop(State& state);

  const size_t threads_max_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  std::vector<std::thread> threads_;  // guarded by State::mutex until stop()
};

}  // namespace redstart
