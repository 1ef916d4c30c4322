// All keys begin with "{name}:" :
//   tasks      hash        id -> MessagePack {type, payload, priority, group, created, attempts, taken, sequence, ...}
//   sequence   counter
//   ready:P    sorted set  "sequence:id" by virtual time (see push_ready)
//   turns:P    hash        the virtual time of each group, and of the queue under "": while ready:P has tasks
//   delayed    sorted set  id by when it is due
//   leased     sorted set  id by when the lease ends
//   dead       sorted set  id by when it died
//   wake       list        a token for each waiting worker that has something to do: hints only
//   done:ID    hash        what complete() left
// An id is in exactly one of ready:P, delayed, leased and dead, and in tasks.
#include "redstart/recipes/task_queue.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/hex.h"
#include "patterns/cache/entry.h"
#include "patterns/cache/stripes.h"
#include "patterns/recipes/support.h"
#include "patterns/script_time.h"
#include "patterns/store_check.h"
#include "redstart/script.h"

namespace redstart {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWaitMax{1000};  // then a waiting worker looks again, whatever happened to its hints
constexpr milliseconds kSilenceMax{3000};  // of a store that should have ended a wait: it has stalled

// Keys are the same for all scripts: TaskQueue::keys().
#define REDSTART_QUEUE_KEYS                                                                  \
  "local tasks, delayed, leased, dead, wake = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]\n" \
  "local ready, turns = {KEYS[7], KEYS[9], KEYS[11]}, {KEYS[8], KEYS[10], KEYS[12]}\n"

// hint() wakes a worker that waits: it looks, and if there is nothing yet it knows for how long to wait.
//
// Fair queueing by start times (Goyal, Vin, Cheng, 1996) with tasks of one size: a group's next task gets the later of
// the group's and the queue's virtual time, and the group's time moves on by one. A group that has waited long has no
// claim to have been served then.
#define REDSTART_QUEUE_PUSH                                                                     \
  "local function hint()\n"                                                                     \
  "  if redis.call('LLEN', wake) < 64 then\n"                                                   \
  "    redis.call('RPUSH', wake, '1')\n"                                                        \
  "    redis.call('PEXPIRE', wake, 60000)\n"                                                    \
  "  end\n"                                                                                     \
  "end\n"                                                                                       \
  "local function push_ready(id, task)\n"                                                       \
  "  local p = task.priority\n"                                                                 \
  "  local own = tonumber(redis.call('HGET', turns[p], 'g' .. task.group) or 0)\n"              \
  "  local serving = tonumber(redis.call('HGET', turns[p], '') or 0)\n"                         \
  "  local start = math.max(own, serving)\n"                                                    \
  "  redis.call('HSET', turns[p], 'g' .. task.group, start + 1)\n"                              \
  "  redis.call('ZADD', ready[p], start, string.format('%016.0f', task.sequence) .. ':' .. id)\n" \
  "  hint()\n"                                                                                  \
  "end\n"

// ARGV: now, id, type, payload, priority, group, delay ms, tasks at most, channel, name of the priority. 0: the id is
// taken, -1: full.
const Script kEnqueue(REDSTART_SCRIPT_NOW REDSTART_QUEUE_KEYS REDSTART_QUEUE_PUSH R"(
local id, p = ARGV[2], tonumber(ARGV[5])
if redis.call('HEXISTS', tasks, id) == 1 then return 0 end
if redis.call('HLEN', tasks) >= tonumber(ARGV[8]) then return -1 end
local task = {type = ARGV[3], payload = ARGV[4], priority = p, group = ARGV[6], created = now, attempts = 0,
              sequence = redis.call('INCR', KEYS[6])}
redis.call('HSET', tasks, id, cmsgpack.pack(task))
if tonumber(ARGV[7]) > 0 then
  redis.call('ZADD', delayed, now + tonumber(ARGV[7]), id)
  hint()
else
  push_ready(id, task)
end
if ARGV[9] ~= '' then
  redis.call('PUBLISH', ARGV[9], cjson.encode({event = 'new_task', id = id, priority = ARGV[10],
                                               queue_length = redis.call('ZCARD', ready[p])}))
end
return 1
)");

// ARGV: now, lease ms, worker, attempts at most, 1 to look from below. {1, id, type, payload, priority, group, attempt,
// created, lease end, take} or {0, when there may be something (empty: nobody knows)}.
const Script kClaim(REDSTART_SCRIPT_NOW REDSTART_QUEUE_KEYS REDSTART_QUEUE_PUSH R"(
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leased, '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', leased, id)
  local task = cmsgpack.unpack(redis.call('HGET', tasks, id))
  if task.attempts >= tonumber(ARGV[4]) then
    task.reason = 'its last worker has vanished'
    redis.call('HSET', tasks, id, cmsgpack.pack(task))
    redis.call('ZADD', dead, now, id)
  else
    push_ready(id, task)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', delayed, id)
  push_ready(id, cmsgpack.unpack(redis.call('HGET', tasks, id)))
end
for i = 1, 3 do
  local p = ARGV[5] == '1' and 4 - i or i
  local first = redis.call('ZPOPMIN', ready[p])
  if first[1] then
    local id = string.sub(first[1], 18)
    if redis.call('EXISTS', ready[p]) == 0 then
      redis.call('DEL', turns[p])
    else
      redis.call('HSET', turns[p], '', first[2])
    end
    local task = cmsgpack.unpack(redis.call('HGET', tasks, id))
    task.takes = (task.takes or task.attempts) + 1
    task.attempts = task.attempts + 1
    task.taken = now
    task.worker = ARGV[3]
    redis.call('HSET', tasks, id, cmsgpack.pack(task))
    local lease_until = now + tonumber(ARGV[2])
    redis.call('ZADD', leased, lease_until, id)
    return {'1', id, task.type, task.payload, tostring(p), task.group, tostring(task.attempts),
            string.format('%.0f', task.created), string.format('%.0f', lease_until), tostring(task.takes)}
  end
end
redis.call('DEL', wake)
local next_lease = redis.call('ZRANGE', leased, 0, 0, 'WITHSCORES')[2]
local next_due = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
local next = math.min(tonumber(next_lease) or math.huge, tonumber(next_due) or math.huge)
if next == math.huge then return {'0', ''} end
return {'0', string.format('%.0f', math.max(next - now, 0))}
)");

// ARGV: now, id, take, what happens ('heartbeat', 'complete', 'fail', 'back'), text (result or reason), delay or
// lease in ms, attempts at most, how long the result is kept. KEYS[13]: done:ID.
const Script kSettle(REDSTART_SCRIPT_NOW REDSTART_QUEUE_KEYS REDSTART_QUEUE_PUSH R"(
local id, how = ARGV[2], ARGV[4]
if not redis.call('ZSCORE', leased, id) then return 0 end
local task = cmsgpack.unpack(redis.call('HGET', tasks, id))
if (task.takes or task.attempts) ~= tonumber(ARGV[3]) then return 0 end
if how == 'heartbeat' then
  redis.call('ZADD', leased, now + tonumber(ARGV[6]), id)
  return 1
end
redis.call('ZREM', leased, id)
if how == 'complete' then
  redis.call('HDEL', tasks, id)
  if tonumber(ARGV[8]) > 0 then
    redis.call('HSET', KEYS[13], 'type', task.type, 'result', ARGV[5], 'attempts', task.attempts,
               'completed', string.format('%.0f', now), 'processing', string.format('%.0f', now - task.taken))
    redis.call('PEXPIRE', KEYS[13], ARGV[8])
  end
elseif how == 'back' then
  task.attempts = task.attempts - 1
  redis.call('HSET', tasks, id, cmsgpack.pack(task))
  push_ready(id, task)
else
  task.reason = ARGV[5]
  redis.call('HSET', tasks, id, cmsgpack.pack(task))
  if task.attempts >= tonumber(ARGV[7]) then
    redis.call('ZADD', dead, now, id)
  else
    redis.call('ZADD', delayed, now + tonumber(ARGV[6]), id)
    hint()
  end
end
return 1
)");

// ARGV: now, id, 'retry' or 'discard'.
const Script kTakeDead(REDSTART_SCRIPT_NOW REDSTART_QUEUE_KEYS REDSTART_QUEUE_PUSH R"(
if redis.call('ZREM', dead, ARGV[2]) == 0 then return 0 end
if ARGV[3] == 'discard' then
  redis.call('HDEL', tasks, ARGV[2])
else
  local task = cmsgpack.unpack(redis.call('HGET', tasks, ARGV[2]))
  task.attempts = 0
  redis.call('HSET', tasks, ARGV[2], cmsgpack.pack(task))
  push_ready(ARGV[2], task)
end
return 1
)");

// ARGV: now, how many. Flat: id, type, payload, reason, attempts, when.
const Script kDead(REDSTART_SCRIPT_NOW REDSTART_QUEUE_KEYS R"(
local letters = {}
local ids = redis.call('ZRANGE', dead, 0, tonumber(ARGV[2]) - 1, 'WITHSCORES')
for i = 1, #ids, 2 do
  local task = cmsgpack.unpack(redis.call('HGET', tasks, ids[i]))
  for _, part in ipairs({ids[i], task.type, task.payload, task.reason or '', tostring(task.attempts), ids[i + 1]}) do
    letters[#letters + 1] = part
  end
end
return letters
)");

std::string random_id() {
  std::string id;
  for (int i = 0; i < 2; ++i) {
    const EntryToken token = random_token();
    id += hex_text(std::string_view(token.data(), token.size()));
  }
  return id;
}

WaitClock& wait_clock_of(const TaskQueueOptions& options) {
  return options.wait_clock ? *options.wait_clock : WaitClock::system();
}

// An enum's value can be any number of its width.
bool is_priority(Priority priority) { return static_cast<int>(priority) < kPriorities; }

template <class T>
result<T> refused(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, Outcome::not_done, std::move(message)});
}

}  // namespace

std::string_view name_of(Priority priority) {
  constexpr std::string_view kNames[] = {"high", "medium", "low"};
  return is_priority(priority) ? kNames[static_cast<size_t>(priority)] : std::string_view();
}

std::optional<Priority> priority_of(std::string_view name) {
  for (const Priority priority : {Priority::high, Priority::medium, Priority::low}) {
    if (name_of(priority) == name) return priority;
  }
  return std::nullopt;
}

struct TaskQueue::Claim {
  std::optional<Task> task;
  std::optional<milliseconds> next;  // when there may be something
};

TaskQueue::TaskQueue(Client client, TaskQueueOptions options)
    : client_(std::move(client)),
      options_(std::move(options)),
      takes_(std::make_shared<std::atomic<uint64_t>>(0)) {}

std::string TaskQueue::key(std::string_view what) const { return "{" + options_.name + "}:" + std::string(what); }

std::vector<std::string> TaskQueue::keys(std::string_view extra) const {
  std::vector<std::string> keys;
  for (const auto* const what : {"tasks", "delayed", "leased", "dead", "wake", "sequence", "ready:high", "turns:high",
                                 "ready:medium", "turns:medium", "ready:low", "turns:low"}) {
    keys.push_back(key(what));
  }
  if (!extra.empty()) keys.push_back(key(extra));
  return keys;
}

result<std::string> TaskQueue::enqueue(const NewTask& task) {
  if (!is_priority(task.priority)) {
    return refused<std::string>(ErrorCode::invalid_argument, "a priority that there is not");
  }
  if (task.delay.count() < 0) return refused<std::string>(ErrorCode::invalid_argument, "a negative delay");
  const std::string id = task.id.empty() ? random_id() : task.id;
  const auto added = kEnqueue.run<int64_t>(
      client_, keys(),
      {script_time(options_.clock), id, task.type, task.payload, std::to_string(static_cast<int>(task.priority) + 1),
       task.group, std::to_string(task.delay.count()), std::to_string(options_.tasks_max), options_.notify_channel,
       std::string(name_of(task.priority))});
  if (!added) return std::unexpected(added.error());
  if (*added == 0) return refused<std::string>(ErrorCode::invalid_argument, "there is a task '" + id + "' already");
  if (*added < 0) return refused<std::string>(ErrorCode::queue_full, "the queue '" + options_.name + "' is full");
  return id;
}

result<TaskQueue::Claim> TaskQueue::claim(std::string_view worker) {
  if (options_.lease.count() <= 0) return refused<Claim>(ErrorCode::invalid_argument, "a lease below 1 ms");
  if (options_.attempts_max <= 0) return refused<Claim>(ErrorCode::invalid_argument, "tasks without an attempt");
  const int share = options_.fair_share_of_low;
  const bool from_below = share > 0 && (takes_->fetch_add(1) + 1) % static_cast<uint64_t>(share) == 0;
  const auto words = kClaim.run<std::vector<std::string>>(
      client_, keys(),
      {script_time(options_.clock), std::to_string(options_.lease.count()), std::string(worker),
       std::to_string(options_.attempts_max), from_below ? "1" : "0"});
  if (!words) return std::unexpected(words.error());
  Claim claim;
  if (words->size() == 10) {
    claim.task = Task{.id = (*words)[1],
                      .type = (*words)[2],
                      .payload = (*words)[3],
                      .group = (*words)[5],
                      .priority = static_cast<Priority>(std::stoi((*words)[4]) - 1),
                      .attempt = std::stoi((*words)[6]),
                      .created_unix_ms = std::stoll((*words)[7]),
                      .lease_until_unix_ms = std::stoll((*words)[8]),
                      .take_number = std::stoll((*words)[9])};
  } else if (words->size() == 2 && !(*words)[1].empty()) {
    claim.next = milliseconds(std::stoll((*words)[1]));
  }
  return claim;
}

result<void> TaskQueue::wait_for_hint(milliseconds wait) {
  const std::array<std::string, 1> wake = {key("wake")};
  if (!options_.wait_clock) {
    const WordList words("BLPOP", wake.front(), std::chrono::duration<double>(wait).count());
    const auto woken = client_.call(words.span(), {.timeout = wait + kSilenceMax});
    return woken ? result<void>() : std::unexpected(woken.error());
  }
  // The store does not wait by this clock.
  const auto hint = client_.lpop(wake.front());
  if (!hint) return std::unexpected(hint.error());
  if (!*hint) options_.wait_clock->sleep_until(options_.wait_clock->now() + wait);
  return {};
}

result<std::optional<Task>> TaskQueue::take(milliseconds timeout, std::string_view worker) {
  const WaitClock& clock = wait_clock_of(options_);
  const auto deadline = clock.now() + timeout;
  while (true) {
    auto claimed = claim(worker);
    if (!claimed) return std::unexpected(std::move(claimed.error()));
    if (claimed->task) return std::move(claimed->task);
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.now());
    if (left.count() <= 0) return std::optional<Task>();
    milliseconds wait = std::min(left, kWaitMax);
    if (claimed->next) wait = std::min(wait, std::max(*claimed->next, milliseconds(1)));
    if (const auto waited = wait_for_hint(wait); !waited) return std::unexpected(waited.error());
  }
}

result<bool> TaskQueue::settle(const Task& task, std::string_view how, std::string_view text, milliseconds delay) {
  if (delay.count() < 0) return refused<bool>(ErrorCode::invalid_argument, "a negative lease or retry delay");
  if (options_.results_ttl.count() < 0) return refused<bool>(ErrorCode::invalid_argument, "a negative results_ttl");
  const auto settled = kSettle.run<int64_t>(
      client_, keys("done:" + task.id),
      {script_time(options_.clock), task.id, std::to_string(task.take_number), std::string(how), std::string(text),
       std::to_string(delay.count()), std::to_string(options_.attempts_max),
       std::to_string(options_.results_ttl.count())});
  if (!settled) return std::unexpected(settled.error());
  return *settled == 1;
}

result<bool> TaskQueue::heartbeat(const Task& task) { return settle(task, "heartbeat", "", options_.lease); }
result<bool> TaskQueue::complete(const Task& task, std::string_view result) {
  return settle(task, "complete", result, {});
}
result<bool> TaskQueue::give_back(const Task& task) { return settle(task, "back", "", {}); }

result<bool> TaskQueue::fail(const Task& task, std::string_view reason) {
  const auto doubled = options_.retry_delay_min * (int64_t{1} << std::clamp(task.attempt - 1, 0, 20));
  const auto delay = static_cast<double>(std::min(doubled, options_.retry_delay_max).count());
  // Half of it by chance, so that what failed together is not tried together.
  return settle(task, "fail", reason, milliseconds(static_cast<int64_t>(delay * (0.5 + random_part() / 2))));
}

result<std::optional<CompletedTask>> TaskQueue::completed(std::string_view id) {
  const auto fields = client_.hgetall(key("done:") + std::string(id));
  if (!fields) return std::unexpected(fields.error());
  if (fields->empty()) return std::optional<CompletedTask>();
  CompletedTask task;
  for (const auto& [name, value] : *fields) {
    if (name == "type") task.type = value;
    if (name == "result") task.result = value;
    if (name == "attempts") task.attempts = std::stoi(value);
    if (name == "completed") task.completed_unix_ms = std::stoll(value);
    if (name == "processing") task.processing_ms = std::stoll(value);
  }
  return std::optional(std::move(task));
}

result<TaskQueueStats> TaskQueue::stats() {
  Transaction transaction = client_.transaction();
  std::vector<Pending<int64_t>> sizes;
  for (const auto* const what : {"ready:high", "ready:medium", "ready:low", "delayed", "leased", "dead"}) {
    sizes.push_back(transaction.zcard(key(what)));
  }
  const auto ran = static_cast<Pipeline&>(transaction).run();
  if (!ran) return std::unexpected(ran.error());
  for (const auto& size : sizes) {
    if (!*size) return std::unexpected((*size).error());
  }
  return TaskQueueStats{.ready = {**sizes[0], **sizes[1], **sizes[2]},
                        .delayed = **sizes[3],
                        .processing = **sizes[4],
                        .dead = **sizes[5]};
}

result<std::vector<DeadTask>> TaskQueue::dead_letters(int64_t count_max) {
  if (count_max < 0) return refused<std::vector<DeadTask>>(ErrorCode::invalid_argument, "a negative count");
  if (count_max == 0) return std::vector<DeadTask>();
  const std::string count = std::to_string(std::min(count_max, kCountMax));
  const auto parts = kDead.run<std::vector<std::string>>(client_, keys(), {"", count});
  if (!parts) return std::unexpected(parts.error());
  std::vector<DeadTask> letters;
  for (size_t i = 0; i + 5 < parts->size(); i += 6) {
    letters.push_back({.id = (*parts)[i],
                       .type = (*parts)[i + 1],
                       .payload = (*parts)[i + 2],
                       .reason = (*parts)[i + 3],
                       .attempts = std::stoi((*parts)[i + 4]),
                       .at_unix_ms = std::stoll((*parts)[i + 5])});
  }
  return letters;
}

result<bool> TaskQueue::retry_dead_letter(std::string_view id) {
  const auto taken = kTakeDead.run<int64_t>(client_, keys(), {script_time(options_.clock), std::string(id), "retry"});
  if (!taken) return std::unexpected(taken.error());
  return *taken == 1;
}

result<bool> TaskQueue::discard_dead_letter(std::string_view id) {
  const auto taken = kTakeDead.run<int64_t>(client_, keys(), {script_time(options_.clock), std::string(id), "discard"});
  if (!taken) return std::unexpected(taken.error());
  return *taken == 1;
}

result<std::string> TaskQueue::check() const {
  return dangers_for("the queue '" + options_.name + "'", StoreNeeds::no_eviction_and_a_log, client_);
}

// --- TaskWorker

namespace {
enum class WorkerCount : unsigned char { completed, failed, too_late, store_errors };
}  // namespace

struct TaskWorker::State {
  TaskQueue& queue;
  const Handler handler;
  const TaskWorkerOptions options;
  Stripes<WorkerCount, 4> counts;
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  bool stopping = false;
  struct Running {
    Task task;
    WaitClock::TimePoint heartbeat_at;
  };
  std::vector<std::shared_ptr<Running>> running;
  std::vector<std::thread> threads;
  std::thread heartbeats;
  bool heartbeats_stopping = false;

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  WaitClock& clock() const { return wait_clock_of(queue.options()); }
  WaitClock::TimePoint next_beat() const {
    const milliseconds lease = std::max(queue.options().lease, milliseconds(3));
    return clock().now() + std::chrono::duration_cast<WaitClock::TimePoint::duration>(lease) / 3;
  }

  void pause(milliseconds time) {
    std::unique_lock lock(mutex);
    const auto until = clock().now() + time;
    while (!stopping && clock().now() < until) clock().wait_until(lock, changed, until);
  }

  void count_error(const Error& error) {
    counts.add(WorkerCount::store_errors);
    if (!options.on_error) return;
    try {
      options.on_error(error);
    } catch (...) {
      // A worker must go on.
    }
  }

  void work() {
    // By an injected clock this thread waits itself: stop() has to get through to it.
    const bool is_injected = queue.options().wait_clock != nullptr;
    const milliseconds wait = std::max(options.wait, milliseconds(1));
    while (!is_stopping()) {
      auto taken = queue.take(is_injected ? milliseconds(0) : wait, options.name);
      if (!taken) {
        count_error(taken.error());
        pause(milliseconds(100));
      } else if (*taken) {
        run(**taken);
      } else if (is_injected) {
        pause(wait);
      }
    }
  }

  void run(const Task& task) {
    const auto entry = std::make_shared<Running>(task, next_beat());
    {
      const std::lock_guard lock(mutex);
      running.push_back(entry);
      changed.notify_all();
    }
    std::string reason;
    try {
      handler(task);
    } catch (const std::exception& error) {
      reason = error.what()[0] ? error.what() : "an exception without words";
    } catch (...) {
      reason = "an exception of unknown type";
    }
    {
      const std::lock_guard lock(mutex);
      std::erase(running, entry);
    }
    const auto settled = reason.empty() ? queue.complete(task) : queue.fail(task, reason);
    if (!settled) return count_error(settled.error());
    if (!*settled) return counts.add(WorkerCount::too_late);
    counts.add(reason.empty() ? WorkerCount::completed : WorkerCount::failed);
  }

  void send_heartbeats() {
    std::unique_lock lock(mutex);
    while (!heartbeats_stopping) {
      auto next = next_beat();
      std::vector<Task> due;
      for (const auto& entry : running) {
        if (entry->heartbeat_at <= clock().now()) {
          due.push_back(entry->task);
          entry->heartbeat_at = next_beat();
        }
        next = std::min(next, entry->heartbeat_at);
      }
      if (due.empty()) {
        clock().wait_until(lock, changed, next);
        continue;
      }
      lock.unlock();
      for (const Task& task : due) {
        const auto beaten = queue.heartbeat(task);
        if (!beaten) count_error(beaten.error());
      }
      lock.lock();
    }
  }
};

TaskWorker::TaskWorker(TaskQueue& queue, Handler handler, TaskWorkerOptions options)
    : state_(std::make_unique<State>(queue, std::move(handler), std::move(options))) {
  State* const state = state_.get();
  state->heartbeats = std::thread([state] { state->send_heartbeats(); });
  for (int i = 0; i < state->options.threads; ++i) state->threads.emplace_back([state] { state->work(); });
}

TaskWorker::~TaskWorker() { stop(); }

void TaskWorker::stop() {
  State& state = *state_;
  std::vector<std::thread> ending;
  {
    const std::lock_guard lock(state.mutex);
    state.stopping = true;
    state.changed.notify_all();
    ending.swap(state.threads);
  }
  for (std::thread& thread : ending) thread.join();
  {
    const std::lock_guard lock(state.mutex);
    state.heartbeats_stopping = true;
    state.changed.notify_all();
  }
  if (state.heartbeats.joinable()) state.heartbeats.join();
}

TaskWorker::Stats TaskWorker::stats() const {
  const auto counts = state_->counts.sum();
  return {.completed = counts[0], .failed = counts[1], .too_late = counts[2], .store_errors = counts[3]};
}

}  // namespace redstart
