#include "redstart/patterns/buffered_writer.h"

#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "patterns/write_sender.h"
#include "redstart/command_facts.h"

namespace redstart {
namespace {

using TimePoint = WaitClock::TimePoint;

std::unexpected<Error> refusal(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, Outcome::not_done, std::move(message)});
}

// An op with keys of several workers. It stands in the queue of each; the last of them to come to it sends it, and the
// others wait. Since it enters all queues at once, two such ops stand in the same order everywhere, and nobody waits in
// a circle.
struct Meeting {
  size_t workers_missing;
  bool is_over = false;
};

struct Item {
  uint64_t number;  // in the order of acceptance
  TimePoint queued_at;
  WriteOp op;                        // empty: the op is in another worker's queue
  std::shared_ptr<Meeting> meeting;  // null: of this worker alone
};

}  // namespace

class BufferedWriter::Impl {
 public:
  Impl(Client client, Settings settings) : client_(std::move(client)), settings_(std::move(settings)) {
    settings_.workers = std::max<size_t>(settings_.workers, 1);
    settings_.batch_size = std::max<size_t>(settings_.batch_size, 1);
    settings_.queue_ops_max = std::max<size_t>(settings_.queue_ops_max, 1);
    if (!settings_.clock) settings_.clock = &WaitClock::system();
  }
  ~Impl() {
    for (const UnwrittenOp& one : stop(settings_.stop_timeout).unwritten) tell(one);
  }

  void start();
  StopReport stop(std::chrono::milliseconds timeout);
  bool flush(std::chrono::milliseconds timeout);
  result<void> write(WriteOp op);
  result<void> reject(ErrorCode code, std::string message);
  WriteStats stats() const;

 private:
  // The state of one worker; guarded by mutex_, but for the sender, which is the worker's own.
  struct Worker {
    std::deque<Item> queue;
    std::condition_variable woken;
    uint64_t first_in_flight = 0;  // number of the first op that is being sent; 0: none
    uint64_t flush_to = 0;         // what has a number up to this does not wait for a batch to fill
    std::shared_ptr<StopSignal> signal;
    std::thread thread;
  };

  WaitClock& clock() const { return *settings_.clock; }
  size_t worker_of(std::string_view key) const { return std::hash<std::string_view>()(key) % workers_.size(); }
  std::vector<size_t> workers_of(const CommandFacts& facts) const;
  bool make_room(std::unique_lock<std::mutex>& lock, std::optional<UnwrittenOp>& dropped);
  std::optional<UnwrittenOp> drop_oldest();
  void enqueue(WriteOp op, const std::vector<size_t>& workers);
  void work(Worker& worker);
  bool wait_for_batch(std::unique_lock<std::mutex>& lock, Worker& worker, size_t batch_size);
  void write_some(std::unique_lock<std::mutex>& lock, Worker& worker, WriteSender& sender, size_t batch_size);
  void meet(std::unique_lock<std::mutex>& lock, Worker& worker, WriteSender& sender);
  void send(std::unique_lock<std::mutex>& lock, Worker& worker, WriteSender& sender, std::vector<WriteOp> ops);
  void drain_unsent();
  bool is_settled_to(uint64_t number) const;
  void tell(const UnwrittenOp& one) const;

  Client client_;
  Settings settings_;
  std::mutex lifecycle_;  // start() and stop(), one at a time

  mutable std::mutex mutex_;  // guards all that follows
  bool is_running_ = false;   // takes ops
  bool is_stopping_ = false;
  std::condition_variable room_made_, settled_;
  std::vector<std::unique_ptr<Worker>> workers_;
  uint64_t last_number_ = 0;
  WriteStats totals_;
  DurationHistogram times_;
  std::vector<UnwrittenOp> unwritten_;  // since stop() began
};

// --- Start and stop

void BufferedWriter::Impl::start() {
  const std::lock_guard lifecycle(lifecycle_);
  const std::lock_guard lock(mutex_);
  if (is_running_) return;
  workers_.clear();
  for (size_t i = 0; i < settings_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->signal = std::make_shared<StopSignal>(clock());
  }
  is_running_ = true;
  is_stopping_ = false;
  for (size_t i = 0; i < settings_.workers; ++i) {
    Worker& worker = *workers_[i];
    worker.thread = std::thread([this, &worker] { work(worker); });
    const std::string name = settings_.thread_name + (settings_.workers > 1 ? "-" + std::to_string(i) : "");
    pthread_setname_np(worker.thread.native_handle(), name.substr(0, 15).c_str());
  }
}

StopReport BufferedWriter::Impl::stop(std::chrono::milliseconds timeout) {
  const std::lock_guard lifecycle(lifecycle_);
  const TimePoint deadline = clock().now() + timeout;
  {
    const std::lock_guard lock(mutex_);
    if (!is_running_) return {};
    is_running_ = false;
    is_stopping_ = true;
    for (const auto& worker : workers_) {
      worker->signal->stop_at(deadline);
      worker->woken.notify_all();
    }
    room_made_.notify_all();
  }
  for (const auto& worker : workers_) worker->thread.join();
  StopReport report;
  const std::lock_guard lock(mutex_);
  report.in_time = totals_.pending == 0 && clock().now() < deadline;
  drain_unsent();
  workers_.clear();
  report.unwritten = std::exchange(unwritten_, {});
  settled_.notify_all();
  return report;
}

// What the workers have left in their queues. REQUIRES: they have ended.
void BufferedWriter::Impl::drain_unsent() {
  std::vector<Item> left;
  for (const auto& worker : workers_) {
    for (Item& item : worker->queue) {
      if (!item.op.empty()) left.push_back(std::move(item));
    }
    worker->queue.clear();
  }
  std::ranges::sort(left, {}, &Item::number);
  for (Item& item : left) {
    unwritten_.push_back({std::move(item.op),
                          {ErrorCode::timed_out, Outcome::not_done, "not sent before the deadline of stop()"},
                          0});
  }
  totals_.failed += left.size();
  totals_.pending -= left.size();
}

bool BufferedWriter::Impl::is_settled_to(uint64_t number) const {
  return std::ranges::all_of(workers_, [&](const auto& worker) {
    return (worker->first_in_flight == 0 || worker->first_in_flight > number) &&
           (worker->queue.empty() || worker->queue.front().number > number);
  });
}

bool BufferedWriter::Impl::flush(std::chrono::milliseconds timeout) {
  const TimePoint deadline = clock().now() + timeout;
  std::unique_lock lock(mutex_);
  const uint64_t number = last_number_;
  for (const auto& worker : workers_) {
    worker->flush_to = number;
    worker->woken.notify_all();
  }
  while (!is_settled_to(number)) {
    if (clock().now() >= deadline) return false;
    clock().wait_until(lock, settled_, deadline);
  }
  return true;
}

// --- Taking ops

result<void> BufferedWriter::Impl::reject(ErrorCode code, std::string message) {
  const std::lock_guard lock(mutex_);
  ++totals_.offered;
  ++totals_.rejected;
  return refusal(code, std::move(message));
}

std::vector<size_t> BufferedWriter::Impl::workers_of(const CommandFacts& facts) const {
  std::vector<size_t> workers;
  if (facts.keys.empty()) {
    // It may touch anything: FLUSHALL, PUBLISH after a write.
    for (size_t i = 0; i < workers_.size(); ++i) workers.push_back(i);
    return workers;
  }
  for (const auto key : facts.keys) workers.push_back(worker_of(key));
  std::ranges::sort(workers);
  workers.erase(std::ranges::unique(workers).begin(), workers.end());
  return workers;
}

result<void> BufferedWriter::Impl::write(WriteOp op) {
  const std::vector<std::string_view> words(op.begin(), op.end());
  const auto facts = facts_of(words);
  if (!facts) return reject(facts.error().code, facts.error().message);
  if (facts->is_blocking || facts->changes_session) {
    return reject(ErrorCode::invalid_argument,
                  op[0] + " cannot be buffered: it waits, or changes the session of all who use the client");
  }
  std::unique_lock lock(mutex_);
  // While this waits for room, others may stop the writer; and what waits is neither accepted nor rejected.
  std::optional<UnwrittenOp> dropped;
  const bool has_room = !is_running_ || make_room(lock, dropped);
  ++totals_.offered;
  if (!is_running_) {
    ++totals_.rejected;
    return refusal(ErrorCode::closed, "the writer is not running");
  }
  if (!has_room) {
    ++totals_.rejected;
    ++totals_.dropped;
    return refusal(ErrorCode::queue_full, std::to_string(totals_.pending) + " writes wait already (queue_ops_max)");
  }
  const std::vector<size_t> workers = workers_of(*facts);
  enqueue(std::move(op), workers);
  lock.unlock();
  if (dropped) tell(*dropped);
  return {};
}

bool BufferedWriter::Impl::make_room(std::unique_lock<std::mutex>& lock, std::optional<UnwrittenOp>& dropped) {
  if (totals_.pending < settings_.queue_ops_max) return true;
  if (settings_.when_full == WhenFull::reject) return false;
  if (settings_.when_full == WhenFull::drop_oldest) {
    dropped = drop_oldest();
    return dropped.has_value();
  }
  const TimePoint deadline = clock().now() + settings_.block_timeout;
  ++totals_.blocked;
  while (is_running_ && totals_.pending >= settings_.queue_ops_max && clock().now() < deadline) {
    clock().wait_until(lock, room_made_, deadline);
  }
  --totals_.blocked;
  return is_running_ && totals_.pending < settings_.queue_ops_max;
}

// Takes the op that has waited longest out of its queue; ops of several workers stay.
std::optional<UnwrittenOp> BufferedWriter::Impl::drop_oldest() {
  Worker* holder = nullptr;
  std::deque<Item>::iterator oldest;
  for (const auto& worker : workers_) {
    const auto first = std::ranges::find_if(worker->queue, [](const Item& item) { return !item.meeting; });
    if (first == worker->queue.end() || (holder && oldest->number < first->number)) continue;
    holder = worker.get();
    oldest = first;
  }
  if (!holder) return std::nullopt;
  UnwrittenOp dropped{std::move(oldest->op),
                            {ErrorCode::queue_full, Outcome::not_done, "dropped for a newer write: the buffer is full"},
                            0};
  holder->queue.erase(oldest);
  --totals_.pending;
  ++totals_.failed;
  ++totals_.dropped;
  return dropped;
}

void BufferedWriter::Impl::enqueue(WriteOp op, const std::vector<size_t>& workers) {
  ++totals_.accepted;
  ++totals_.pending;
  const uint64_t number = ++last_number_;
  const TimePoint now = clock().now();
  std::shared_ptr<Meeting> meeting;
  if (workers.size() > 1) meeting = std::make_shared<Meeting>(Meeting{workers.size()});
  for (const size_t index : workers) {
    Worker& worker = *workers_[index];
    const bool was_empty = worker.queue.empty();
    worker.queue.push_back({number, now, std::exchange(op, {}), meeting});
    // A worker that waits for a batch has set its alarm by the first op.
    const bool is_due = was_empty || meeting || worker.queue.size() >= settings_.batch_size || settings_.sizing;
    if (is_due) worker.woken.notify_one();
  }
}

// --- Workers

void BufferedWriter::Impl::work(Worker& worker) {
  WriteSender sender(client_, settings_.retry, settings_.timeout, clock(), worker.signal,
                     [this](uint64_t retried, uint64_t repeated) {
                       const std::lock_guard guard(mutex_);
                       totals_.retried += retried;
                       totals_.repeated += repeated;
                     });
  std::unique_lock lock(mutex_);
  while (true) {
    // Asked without the lock: it may ask the store.
    lock.unlock();
    const size_t batch_size =
        settings_.sizing ? std::clamp<size_t>(settings_.sizing->next(settings_.batch_size), 1, settings_.batch_size)
                         : settings_.batch_size;
    lock.lock();
    if (!wait_for_batch(lock, worker, batch_size)) return;
    if (worker.queue.front().meeting) {
      meet(lock, worker, sender);
    } else {
      write_some(lock, worker, sender, batch_size);
    }
  }
}

// Until there is something to send. False: there is nothing any more, or no time for it.
bool BufferedWriter::Impl::wait_for_batch(std::unique_lock<std::mutex>& lock, Worker& worker, size_t batch_size) {
  while (true) {
    if (is_stopping_) return !worker.queue.empty() && !worker.signal->is_over();
    if (worker.queue.empty()) {
      clock().wait_until(lock, worker.woken, TimePoint::max());
      continue;
    }
    const Item& first = worker.queue.front();
    const TimePoint due = first.queued_at + settings_.flush_interval;
    const bool holds_up_others = first.meeting || worker.queue.back().meeting;
    if (holds_up_others || worker.queue.size() >= batch_size || first.number <= worker.flush_to ||
        clock().now() >= due) {
      return true;
    }
    clock().wait_until(lock, worker.woken, due);
  }
}

void BufferedWriter::Impl::write_some(std::unique_lock<std::mutex>& lock, Worker& worker, WriteSender& sender,
                                      size_t batch_size) {
  std::vector<WriteOp> ops;
  worker.first_in_flight = worker.queue.front().number;
  while (!worker.queue.empty() && ops.size() < batch_size && !worker.queue.front().meeting) {
    ops.push_back(std::move(worker.queue.front().op));
    worker.queue.pop_front();
  }
  send(lock, worker, sender, std::move(ops));
}

void BufferedWriter::Impl::meet(std::unique_lock<std::mutex>& lock, Worker& worker, WriteSender& sender) {
  const auto meeting = worker.queue.front().meeting;
  worker.first_in_flight = worker.queue.front().number;
  if (--meeting->workers_missing > 0) {
    while (!meeting->is_over && !worker.signal->is_over()) {
      clock().wait_until(lock, worker.woken, worker.signal->deadline());
    }
    // An op whose workers did not all come stays where it is, for drain_unsent().
    if (meeting->is_over) worker.queue.pop_front();
    worker.first_in_flight = 0;
    settled_.notify_all();
    return;
  }
  WriteOp op;
  for (const auto& one : workers_) {
    for (Item& item : one->queue) {
      if (item.meeting == meeting && !item.op.empty()) op = std::exchange(item.op, {});
    }
  }
  worker.queue.pop_front();
  std::vector<WriteOp> ops;
  ops.push_back(std::move(op));
  send(lock, worker, sender, std::move(ops));
  meeting->is_over = true;
  for (const auto& one : workers_) one->woken.notify_all();
}

void BufferedWriter::Impl::send(std::unique_lock<std::mutex>& lock, Worker& worker, WriteSender& sender,
                                std::vector<WriteOp> ops) {
  totals_.pending -= ops.size();
  totals_.in_flight += ops.size();
  room_made_.notify_all();
  lock.unlock();
  SendReport report = sender.send(ops, settings_.sizing.get());
  std::vector<UnwrittenOp> unwritten;
  for (size_t i = 0; i < ops.size(); ++i) {
    SettledOp& settled = report.ops[i];
    if (!settled.outcome) unwritten.push_back({std::move(ops[i]), settled.outcome.error(), settled.attempts});
  }
  lock.lock();
  account(totals_, times_, report);
  if (is_stopping_) {
    unwritten_.insert(unwritten_.end(), std::make_move_iterator(unwritten.begin()),
                      std::make_move_iterator(unwritten.end()));
    unwritten.clear();
  }
  if (!unwritten.empty()) {
    lock.unlock();
    for (const UnwrittenOp& one : unwritten) tell(one);
    lock.lock();
  }
  worker.first_in_flight = 0;
  settled_.notify_all();
}

void BufferedWriter::Impl::tell(const UnwrittenOp& one) const {
  if (!settings_.on_unwritten) return;
  try {
    settings_.on_unwritten(one);
  } catch (...) {
    // A worker must go on; the totals have the op already.
  }
}

WriteStats BufferedWriter::Impl::stats() const {
  const std::lock_guard lock(mutex_);
  WriteStats stats = totals_;
  stats.batch_p50_ms = times_.quantile_ms(0.5);
  stats.batch_p99_ms = times_.quantile_ms(0.99);
  return stats;
}

// --- The public face

BufferedWriter::BufferedWriter(Client client, Settings settings)
    : impl_(std::make_unique<Impl>(std::move(client), std::move(settings))) {}
BufferedWriter::~BufferedWriter() = default;

void BufferedWriter::start() { impl_->start(); }
StopReport BufferedWriter::stop(std::chrono::milliseconds timeout) { return impl_->stop(timeout); }
bool BufferedWriter::flush(std::chrono::milliseconds timeout) { return impl_->flush(timeout); }
result<void> BufferedWriter::write(WriteOp op) { return impl_->write(std::move(op)); }
WriteStats BufferedWriter::stats() const { return impl_->stats(); }

result<void> BufferedWriter::set(std::string_view key, std::string_view value,
                                 std::optional<std::chrono::milliseconds> ttl) {
  if (!ttl) return write("SET", key, value);
  if (ttl->count() <= 0) {
    return impl_->reject(ErrorCode::invalid_argument,
                         "the ttl must be positive, not " + std::to_string(ttl->count()) + " ms");
  }
  return write("SET", key, value, "PX", static_cast<int64_t>(ttl->count()));
}

result<void> BufferedWriter::zadd(std::string_view key, double score, std::string_view member) {
  if (std::isnan(score)) {
    return impl_->reject(ErrorCode::invalid_argument, "the score of '" + std::string(member) + "' is not a number");
  }
  return write("ZADD", key, score, member);
}

}  // namespace redstart
