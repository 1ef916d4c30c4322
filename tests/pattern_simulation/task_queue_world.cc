// TaskQueue: every accepted task is completed once or becomes a dead letter, however workers die; nobody has a task
// that another's lease still covers, and only the latest take counts.
#include <algorithm>
#include <map>
#include <optional>

#include "redstart/recipes/task_queue.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

using std::chrono::milliseconds;

class TaskQueueWorld final : public World {
 public:
  explicit TaskQueueWorld(Machine& machine) : machine_(machine), workers_(2 + machine.random.below(3)) {
    options_.lease = milliseconds(1000);
    options_.attempts_max = 1 + static_cast<int>(machine.random.below(4));
    options_.retry_delay_min = milliseconds(100);
    options_.retry_delay_max = milliseconds(2000);
    options_.results_ttl = std::chrono::hours(1000);
    options_.tasks_max = machine.chance(300) ? 10 : 1000;
    options_.fair_share_of_low = machine.chance(300) ? 3 : 0;
    options_.wait_clock = &machine.time;
    for (Worker& worker : workers_) start(worker);
  }

  void step() override {
    Worker& worker = workers_[machine_.random.below(workers_.size())];
    switch (machine_.random.below(12)) {
      case 0:
      case 1:
      case 2: return enqueue(worker);
      case 3:
      case 4:
      case 5: return take(worker);
      case 6:
        return machine_.advance_ms(static_cast<int64_t>(machine_.random.below(machine_.chance(300) ? 1500 : 100)));
      case 7: return machine_.chance(200) ? die(worker) : look_at_dead_letters(worker);
      default: return worker.tasks.empty() ? take(worker) : end_one(worker);
    }
  }

  void finish() override {
    for (Worker& worker : workers_) die(worker);
    Worker& last = workers_.front();
    for (int rounds = 0;; ++rounds) {
      check(rounds < 10'000, "the queue does not become empty");
      const auto stats = last.queue->stats();
      check(stats.has_value(), "the store does not answer");
      if (stats->total() == 0) break;
      take(last);
      if (last.tasks.empty()) {
        machine_.advance_ms(500);
      } else {
        complete(last, 0);
      }
    }
    for (const auto& [id, known] : tasks_) check_end_of(id, known);
  }

 private:
  struct Known {
    Priority priority;
    std::string group;
    int64_t due_ms = 0;
    uint64_t number = 0;
    bool was_delayed = false;
    bool is_accepted = false;   // for certain
    bool was_touched = false;   // taken, or perhaps
    bool is_completed = false;  // for certain
    bool is_discarded = false;  // or perhaps
    int64_t take_seen = 0;
    int64_t held_until_ms = 0;  // for certain
  };
  struct Worker {
    std::unique_ptr<Process> process;
    std::unique_ptr<TaskQueue> queue;
    std::vector<Task> tasks;
  };

  void start(Worker& worker) {
    worker.process = std::make_unique<Process>(machine_);
    worker.queue = std::make_unique<TaskQueue>(worker.process->client(), options_);
    worker.tasks.clear();
  }
  void die(Worker& worker) {
    machine_.note("a worker dies with " + std::to_string(worker.tasks.size()) + " tasks");
    worker.process->die();
    start(worker);
  }

  void enqueue(Worker& worker) {
    const bool is_again = !tasks_.empty() && machine_.chance(100);
    if (is_again) return enqueue_again(worker);
    NewTask task{.type = "work", .payload = std::to_string(tasks_.size())};
    task.id = "task" + std::to_string(tasks_.size());
    task.priority = static_cast<Priority>(machine_.random.below(3));
    task.group = machine_.chance(500) ? "a" : "b";
    if (machine_.chance(250)) task.delay = milliseconds(machine_.random.below(3000));
    const auto accepted = worker.queue->enqueue(task);
    machine_.note("enqueue " + task.id + (accepted ? "" : ": " + accepted.error().message));
    if (!accepted && !is_unknown(accepted.error())) {
      return check(accepted.error().code == ErrorCode::queue_full, "a new task is refused");
    }
    tasks_[task.id] = {.priority = task.priority,
                       .group = task.group,
                       .due_ms = machine_.now_ms() + task.delay.count(),
                       .number = tasks_.size(),
                       .was_delayed = task.delay.count() > 0,
                       .is_accepted = accepted.has_value()};
  }

  void enqueue_again(Worker& worker) {
    const std::string id = "task" + std::to_string(machine_.random.below(tasks_.size()));
    const auto known = tasks_.find(id);
    if (known == tasks_.end() || !known->second.is_accepted || known->second.was_touched) return;
    const auto accepted = worker.queue->enqueue({.type = "work", .id = id});
    check(!accepted, "an id is accepted twice");
  }

  void take(Worker& worker) {
    const int64_t begin_ms = machine_.now_ms();
    const auto timeout_ms = static_cast<int64_t>(machine_.chance(200) ? machine_.random.below(3000) : 0);
    const auto taken = worker.queue->take(milliseconds(timeout_ms));
    const int64_t waited_ms = machine_.now_ms() - begin_ms;
    check(waited_ms <= timeout_ms, "a take waits longer than it may");
    if (!taken) {
      machine_.note("take: lost");
      // Any task may have been taken.
      for (auto& [id, known] : tasks_) known.was_touched = true;
      return;
    }
    machine_.note(*taken ? "take " + (*taken)->id + " attempt " + std::to_string((*taken)->attempt) : "take: nothing");
    if (!*taken) {
      check(waited_ms == timeout_ms, "a take gives up before its time");
      return check_nothing_ready();
    }
    const Task& task = **taken;
    const auto found = tasks_.find(task.id);
    check(found != tasks_.end(), "a task is taken that nobody enqueued");
    Known& known = found->second;
    check(!known.is_completed, "a completed task is taken again");
    check(known.held_until_ms <= machine_.now_ms(), "a task is taken although another's lease runs");
    check(known.due_ms <= machine_.now_ms(), "a task is taken before it is due");
    check(waited_ms == 0 || known.was_touched || known.due_ms == machine_.now_ms(), "who waits gets a due task late");
    check(task.take_number > known.take_seen, "a take's number comes twice");
    check(task.attempt <= options_.attempts_max, "a task is tried more often than attempts_max");
    check_order(known);
    known.take_seen = task.take_number;
    known.was_touched = known.is_accepted = true;
    known.held_until_ms = machine_.now_ms() + options_.lease.count();
    check(task.lease_until_unix_ms == known.held_until_ms, "a lease has another end than it says");
    worker.tasks.push_back(task);
  }

  static bool is_waiting(const Known& known, int64_t now_ms) {
    return known.is_accepted && !known.was_touched && known.due_ms <= now_ms;
  }
  void check_nothing_ready() const {
    for (const auto& [id, known] : tasks_) check(!is_waiting(known, machine_.now_ms()), id + " waits and is not given");
  }
  // Among tasks that nothing has happened to.
  void check_order(const Known& taken) const {
    for (const auto& [id, known] : tasks_) {
      if (&known == &taken || !is_waiting(known, machine_.now_ms())) continue;
      check(options_.fair_share_of_low > 0 || known.priority >= taken.priority, id + " has a higher priority");
      const bool is_same_line = known.priority == taken.priority && known.group == taken.group;
      const bool had_no_detour = !taken.was_touched && !taken.was_delayed && !known.was_delayed;
      check(!is_same_line || !had_no_detour || known.number > taken.number, id + " was first in its group");
    }
  }

  void end_one(Worker& worker) {
    const size_t index = machine_.random.below(worker.tasks.size());
    switch (machine_.random.below(6)) {
      case 0: return fail(worker, index);
      case 1: return give_back(worker, index);
      case 2: return heartbeat(worker, index);
      default: return complete(worker, index);
    }
  }

  // What an operation on a task has to say, true or false.
  void check_verdict(const Task& task, const result<bool>& said, const std::string& what) {
    machine_.note(what + " " + task.id + (!said ? ": lost" : *said ? ": yes" : ": no"));
    const Known& known = tasks_.at(task.id);
    if (!said) return;
    const bool is_latest = task.take_number == known.take_seen;
    check(!*said || (is_latest && !known.is_completed), what + " by a take that is not the latest");
    check(*said || !is_latest || known.held_until_ms <= machine_.now_ms(), what + " is denied to who has the lease");
  }
  Task drop(Worker& worker, size_t index) {
    Task task = std::move(worker.tasks[index]);
    worker.tasks.erase(worker.tasks.begin() + static_cast<ptrdiff_t>(index));
    return task;
  }
  void let_go(const Task& task) {
    Known& known = tasks_.at(task.id);
    if (task.take_number == known.take_seen) known.held_until_ms = 0;
  }

  void complete(Worker& worker, size_t index) {
    const Task task = drop(worker, index);
    const auto done = worker.queue->complete(task, "result of " + task.id);
    check_verdict(task, done, "complete");
    if (done && *done) tasks_.at(task.id).is_completed = true;
    let_go(task);
  }
  void fail(Worker& worker, size_t index) {
    const Task task = drop(worker, index);
    check_verdict(task, worker.queue->fail(task, "by chance"), "fail");
    let_go(task);
  }
  void give_back(Worker& worker, size_t index) {
    const Task task = drop(worker, index);
    check_verdict(task, worker.queue->give_back(task), "give back");
    let_go(task);
  }
  void heartbeat(Worker& worker, size_t index) {
    const Task& task = worker.tasks[index];
    const auto beaten = worker.queue->heartbeat(task);
    check_verdict(task, beaten, "heartbeat");
    Known& known = tasks_.at(task.id);
    if (beaten && *beaten) known.held_until_ms = machine_.now_ms() + options_.lease.count();
    if (beaten && !*beaten) drop(worker, index);
  }

  void look_at_dead_letters(Worker& worker) {
    const auto letters = worker.queue->dead_letters();
    if (!letters) return;
    for (const DeadTask& letter : *letters) {
      Known& known = tasks_.at(letter.id);
      check(!known.is_completed, "a completed task is a dead letter");
      check(known.held_until_ms <= machine_.now_ms(), "a dead letter's lease runs");
      if (!machine_.chance(300)) continue;
      const bool tries_again = machine_.chance(500);
      const auto done = tries_again ? worker.queue->retry_dead_letter(letter.id)
                                    : worker.queue->discard_dead_letter(letter.id);
      machine_.note((tries_again ? "retry " : "discard ") + letter.id);
      if (done && !*done) check(machine_.lost_per_mille > 0, "there is no such dead letter any more");
      known.is_discarded = known.is_discarded || !tries_again;
    }
  }

  void check_end_of(const std::string& id, const Known& known) {
    if (known.is_discarded || !known.is_accepted) return;
    TaskQueue& queue = *workers_.front().queue;
    const auto completed = queue.completed(id);
    const auto letters = queue.dead_letters(1'000'000);
    check(completed && letters, "the store does not answer");
    const bool is_dead = std::ranges::any_of(*letters, [&](const DeadTask& letter) { return letter.id == id; });
    check(completed->has_value() != is_dead, id + (is_dead ? " is both completed and dead" : " is lost"));
    check(!known.is_completed || completed->has_value(), id + " was completed, and is not");
    check(is_dead || (*completed)->result == "result of " + id, id + " has another's result");
  }

  Machine& machine_;
  TaskQueueOptions options_;
  std::vector<Worker> workers_;
  std::map<std::string, Known> tasks_;
};

}  // namespace

std::unique_ptr<World> make_task_queue_world(Machine& machine) { return std::make_unique<TaskQueueWorld>(machine); }

}  // namespace redstart::simulation
