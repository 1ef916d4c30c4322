// WorkerPool: a few threads for jobs, started when they are needed.
//
// Threads: thread-safe. Ownership: owns its threads; the destructor runs no more jobs and waits for those that run.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace redstart {

class WorkerPool {
 public:
  // Called with false when the pool stops before the job's turn.
  using Job = std::function<void(bool run)>;

  explicit WorkerPool(size_t threads_max);
  ~WorkerPool();

  // False: it is stopping, or `waiting_max` jobs wait already; the job is not called.
  bool add(Job job, size_t waiting_max);
  // Before all that wait, and whatever their number. False: it is stopping.
  bool add_urgent(Job job);
  // Waits until no job waits or runs.
  void drain();
  void stop();

 private:
  void start_thread_if_needed();
  void work();

  const size_t threads_max_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_, idle_;
  std::deque<Job> waiting_;
  std::vector<std::thread> threads_;
  size_t running_ = 0;
  bool stopping_ = false;
};

}  // namespace redstart
