#include "patterns/cache/worker_pool.h"

#include <algorithm>
#include <utility>

namespace redstart {

WorkerPool::WorkerPool(size_t threads_max) : threads_max_(std::max<size_t>(threads_max, 1)) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::start_thread_if_needed() {
  if (running_ + waiting_.size() > threads_.size() && threads_.size() < threads_max_) {
    threads_.emplace_back([this] { work(); });
  }
  changed_.notify_one();
}

bool WorkerPool::add(Job job, size_t waiting_max) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() >= waiting_max) return false;
  waiting_.push_back(std::move(job));
  start_thread_if_needed();
  return true;
}

bool WorkerPool::add_urgent(Job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  waiting_.push_front(std::move(job));
  start_thread_if_needed();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    job(true);
    job = {};
    lock.lock();
    --running_;
    if (waiting_.empty() && running_ == 0) idle_.notify_all();
  }
}

void WorkerPool::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return waiting_.empty() && running_ == 0; });
}

void WorkerPool::stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
    changed_.notify_all();
  }
  for (Job& job : dropped) job(false);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace redstart
