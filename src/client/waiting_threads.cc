#include "client/waiting_threads.h"

#include <string>
#include <system_error>
#include <utility>

namespace redstart {

Error closed_error() { return {ErrorCode::closed, Outcome::not_done, "the client is closed"}; }

bool WaitingThreads::has_thread() {
  if (state_->jobs.size() < state_->idle) return true;
  if (threads_.size() >= threads_max_) return false;
  try {
    threads_.emplace_back([state = state_] { loop(*state); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

std::optional<Error> WaitingThreads::add(Job& job) {
  const std::lock_guard lock(state_->mutex);
  if (!has_thread()) {
    return Error{ErrorCode::queue_full, Outcome::not_done,
                 std::to_string(threads_.size()) + " blocking commands wait already (blocking_connections_max)"};
  }
  state_->jobs.push_back(std::move(job));
  state_->changed.notify_one();
  return std::nullopt;
}

void WaitingThreads::run(Batch batch, BatchDone done, Perform perform) {
  Job job{std::move(batch), std::move(done), std::move(perform)};
  const auto refused = add(job);
  if (refused) job.done(BatchResult(job.batch.commands.size(), std::unexpected(*refused)));
}

void WaitingThreads::loop(State& state) {
  std::unique_lock lock(state.mutex);
  ++state.idle;
  while (true) {
    state.changed.wait(lock, [&] { return state.stopping || !state.jobs.empty(); });
    if (state.stopping) return;
    {
      Job job = std::move(state.jobs.front());
      state.jobs.pop_front();
      --state.idle;
      lock.unlock();
      BatchResult outcome = job.perform(job.batch);
      lock.lock();
      // Who is told may submit the next one at once.
      ++state.idle;
      lock.unlock();
      job.done(std::move(outcome));
    }
    lock.lock();
  }
}

void WaitingThreads::stop() {
  std::deque<Job> not_begun;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    not_begun.swap(state_->jobs);
  }
  state_->changed.notify_all();
  for (Job& job : not_begun) job.done(BatchResult(job.batch.commands.size(), std::unexpected(closed_error())));
  for (std::thread& thread : threads_) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();  // it holds the state and ends after this call
    } else {
      thread.join();
    }
  }
  threads_.clear();
}

}  // namespace redstart
