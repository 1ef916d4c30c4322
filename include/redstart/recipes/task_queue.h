// TaskQueue: work for later and for other processes, done at least once.
//
//   redstart::TaskQueue tasks(client, {.name = "mail"});
//   tasks.enqueue({.type = "send", .payload = "ada@example.com", .priority = redstart::Priority::high}).value();
//
//   redstart::TaskWorker worker(tasks, [](const redstart::Task& task) { send(task.payload); });   // throws: failed
//
// or by hand: take(), then complete() or fail(), heartbeat() in between.
//
// What it guarantees:
//   - A task that was accepted is done at least once, as far as the store keeps it. Who takes a task has it for
//     `lease`; who neither ends it nor sends a heartbeat in that time is taken for dead, and another gets the task.
//   - Each take has a number. Only the latest can complete, fail or extend: a worker that was taken for dead is told so
//     (false). An effect that must happen once needs the task's id, to be refused the second time.
//   - A failed task is tried again after a delay that doubles; after `attempts_max` attempts it is a dead letter.
//   - One wait for all priorities: whichever has work wakes the worker, and the highest goes first, strictly. Within a
//     priority, groups (customers, say) take turns, and a group's tasks go first in, first out.
//   - A task may be due later; a duplicate id is refused.
//   - Low priorities starve while higher ones have work; with `fair_share_of_low` = n every n-th take looks from below.
//
// Works on a Redis Cluster: all keys of a queue have the hash tag {name}. Redis 7.0 or newer, Redstart. The server's
// time counts. Do not let the store evict the queue: no allkeys-* policy; and let it keep a log. check() tells.
//
// Threads: thread-safe. Ownership: shares the client's store; borrows the wait clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"
#include "redstart/patterns/wait_clock.h"

namespace redstart {

enum class Priority : unsigned char { high, medium, low };
inline constexpr int kPriorities = 3;
// Nothing for what is none of them.
std::string_view name_of(Priority priority);
// "high", "medium" or "low"; nothing for another word.
std::optional<Priority> priority_of(std::string_view name);

struct TaskQueueOptions {
  std::string name = "tasks";
  std::chrono::milliseconds lease{30'000};
  int attempts_max = 5;
  std::chrono::milliseconds retry_delay_min{1000}, retry_delay_max{300'000};  // doubled each time
  size_t tasks_max = 1'000'000;                    // in all states; beyond it enqueue() fails with queue_full
  std::chrono::milliseconds results_ttl{3'600'000};  // how long completed() knows of a task; zero: not at all
  int fair_share_of_low = 0;
  // Each new task is published here as JSON {"event", "id", "priority", "queue_length"}: a hint, nothing depends on
  // it. Empty: not.
  std::string notify_channel = {};
  UnixClock clock = {};  // for tests; empty: the store's
  // By which take() and workers wait, for tests: they look again by its time, and no new task wakes them before. Null:
  // the system's, and the store wakes them.
  WaitClock* wait_clock = nullptr;
};

struct NewTask {
  std::string type;
  std::string payload = {};  // any bytes
  Priority priority = Priority::medium;
  std::string group = {};
  std::string id = {};  // empty: made up
  std::chrono::milliseconds delay{0};
};

// A task that this process has for a while.
struct Task {
  std::string id, type, payload, group;
  Priority priority = Priority::medium;
  int attempt = 1;
  int64_t created_unix_ms = 0, lease_until_unix_ms = 0;
  int64_t take_number = 0;  // grows with each take of the task; `attempt` begins anew with a retried dead letter
};

struct CompletedTask {
  std::string type, result;
  int attempts = 0;
  int64_t completed_unix_ms = 0, processing_ms = 0;  // since it was taken
};

struct DeadTask {
  std::string id, type, payload, reason;
  int attempts = 0;
  int64_t at_unix_ms = 0;
};

struct TaskQueueStats {
  int64_t ready[kPriorities] = {};  // by priority
  int64_t delayed = 0;              // due later, retries included
  int64_t processing = 0;
  int64_t dead = 0;
  int64_t total() const { return ready[0] + ready[1] + ready[2] + delayed + processing; }
};

class TaskQueue {
 public:
  explicit TaskQueue(Client client, TaskQueueOptions options = {});

  // The task's id. Errors: invalid_argument (the id is taken, no such priority, a negative delay), queue_full, the
  // store's.
  result<std::string> enqueue(const NewTask& task);
  // The next task; waits up to `timeout` for one. Nothing: none came. Errors, here and below: invalid_argument for a
  // lease below 1 ms, no attempts at all, negative delays and a negative results_ttl.
  result<std::optional<Task>> take(std::chrono::milliseconds timeout, std::string_view worker = "worker");
  // The lease begins anew. False: the task is not this take's any more.
  result<bool> heartbeat(const Task& task);
  // The task is done. False: it is not this take's any more, so another has or will have done it.
  result<bool> complete(const Task& task, std::string_view result = {});
  // This attempt failed: the task is tried again later, or is a dead letter. False: as above.
  result<bool> fail(const Task& task, std::string_view reason);
  // Back to where it was, as if it had not been taken. False: as above.
  result<bool> give_back(const Task& task);

  result<std::optional<CompletedTask>> completed(std::string_view id);
  result<TaskQueueStats> stats();
  // What endangers the queue: an empty text, or for example that the store evicts under allkeys-lru, or keeps no log.
  // On a cluster, of one of its nodes.
  result<std::string> check() const;
  // Errors: invalid_argument for a negative count.
  result<std::vector<DeadTask>> dead_letters(int64_t count_max = 100);
  // Tried again from the beginning. False: no such dead letter.
  result<bool> retry_dead_letter(std::string_view id);
  result<bool> discard_dead_letter(std::string_view id);
  const TaskQueueOptions& options() const { return options_; }

 private:
  struct Claim;
  std::string key(std::string_view what) const;
  std::vector<std::string> keys(std::string_view extra = {}) const;
  result<Claim> claim(std::string_view worker);
  // Returns when there may be something to take, or the time is over.
  result<void> wait_for_hint(std::chrono::milliseconds wait);
  result<bool> settle(const Task& task, std::string_view how, std::string_view text,
                      std::chrono::milliseconds delay);

  Client client_;
  const TaskQueueOptions options_;
  const std::shared_ptr<std::atomic<uint64_t>> takes_;
};

struct TaskWorkerOptions {
  int threads = 1;
  std::string name = "worker";
  // How long a thread waits before it looks whether it is to stop; at least 1 ms.
  std::chrono::milliseconds wait{500};
  // Hears, on a worker's thread, of each `store_errors`; the worker tries again by itself. Each thread waits on a
  // connection of its own: more of them than OpenOptions::blocking_connections_max are told of here.
  std::function<void(const Error&)> on_error = {};
};

// Threads that take tasks and hand them to a function. Heartbeats are sent while it runs, three in each lease. It
// completes a task when the function returns, and fails it when it throws.
//
// Threads: thread-safe; the function runs on the worker's threads. Ownership: borrows the queue.
class TaskWorker {
 public:
  using Handler = std::function<void(const Task&)>;
  TaskWorker(TaskQueue& queue, Handler handler, TaskWorkerOptions options = {});
  // As stop().
  ~TaskWorker();
  TaskWorker(const TaskWorker&) = delete;
  // Takes no more tasks and waits for those that run.
  void stop();
  // Completed, failed, and ended too late by this worker's threads; store errors.
  struct Stats {
    uint64_t completed = 0, failed = 0, too_late = 0, store_errors = 0;
  };
  Stats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
