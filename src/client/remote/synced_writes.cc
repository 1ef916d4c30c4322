#include "client/remote/synced_writes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "client/remote/parking.h"

namespace redstart::remote {
namespace {

constexpr size_t kPartStepsMax = 1000;  // of one line at a time
// How much later than its last caller's deadline a WAITAOF may be answered: servers look at theirs now and then.
constexpr std::chrono::seconds kGrace{1};

constexpr std::string_view kNotKnown = "the write was executed, but is not known to be on disk: ";
constexpr std::string_view kNotInTime = "the write was executed, but was not on disk in time";

Error not_in_time() { return {ErrorCode::timed_out, Outcome::unknown, std::string(kNotInTime)}; }

Error turn_did_not_come(const Request& request) {
  return {ErrorCode::timed_out, Outcome::not_done,
          "it was not sent within " + milliseconds_text(request.timeout) +
              ": a write that its thread has sent before, to be synced, was not executed yet"};
}

// Why what was executed is not known to be on disk, after WAITAOF's answer; nothing: it is there.
std::optional<Error> problem_of(const result<Reply>& answer) {
  if (!answer) {
    if (answer.error().code == ErrorCode::timed_out) return not_in_time();
    return Error{answer.error().code, Outcome::unknown, std::string(kNotKnown) + answer.error().message};
  }
  if (answer->is_error()) {
    const ErrorCode code = error_from_reply(answer->text()).code;
    return Error{code == ErrorCode::server ? ErrorCode::misconfigured : code, Outcome::unknown,
                 std::string(kNotKnown) + answer->text()};
  }
  if (answer->size() == 2 && (*answer)[0].as_integer() > 0) return std::nullopt;
  return not_in_time();
}

bool is_executed(const result<Reply>& outcome) { return outcome && !outcome->is_error(); }

// Error replies stay: what they answer was not executed.
BatchResult with_problem(BatchResult outcome, const Error& problem) {
  for (auto& one : outcome) {
    if (is_executed(one)) one = std::unexpected(problem);
  }
  return outcome;
}

// Of a write all of which was lost with its connection.
bool may_be_sent_again(const Request& request, const BatchResult& outcome) {
  return std::ranges::all_of(outcome, [&](const auto& one) {
    return !one && one.error().code == ErrorCode::connection_lost &&
           (request.is_idempotent || one.error().outcome == Outcome::not_done);
  });
}

// The same commands, as if they had not been sent.
std::shared_ptr<Request> unsent(Request& lost) {
  const auto request = std::make_shared<Request>();
  request->bytes = std::move(lost.bytes);
  request->commands = lost.commands;
  request->replies_expected = lost.replies_expected;
  request->is_atomic = lost.is_atomic;
  request->is_idempotent = lost.is_idempotent;
  request->deadline = lost.deadline;
  request->timeout = lost.timeout;
  return request;
}

// A command of ours between those of callers, which counts as none of theirs. `done` hears its reply.
std::shared_ptr<Request> own_request(WordSpan words, std::function<void(result<Reply>)> done) {
  const auto request = std::make_shared<Request>();
  request->add(words);
  request->commands = 0;
  request->done = [own = request.get(), done = std::move(done)](BatchResult outcome) {
    done(outcome.empty() ? result<Reply>(std::unexpected(*own->failure)) : std::move(outcome.front()));
  };
  return request;
}

}  // namespace

SyncedWrites::SyncedWrites(std::shared_ptr<IoThread> io, std::shared_ptr<const RemoteSettings> settings,
                           std::shared_ptr<CommandBudget> budget)
    : io_(std::move(io)), settings_(std::move(settings)), budget_(std::move(budget)) {}

// --- Callers

SyncedWrites::StepPointer SyncedWrites::make_step(const RequestPointer& write, std::shared_ptr<Connection> connection) {
  auto step = std::make_shared<Step>(Step{.request = write, .connection = std::move(connection)});
  step->done = std::exchange(write->done, nullptr);
  step->is_synced = true;
  return step;
}

void SyncedWrites::watch_deadline(const StepPointer& step, SteadyClock::time_point deadline) {
  if (deadline == kNever) return;
  io_->post_at(deadline, [weak = weak_from_this(), late = std::weak_ptr(step)] {
    const auto self = weak.lock();
    if (const auto step = late.lock(); step && self) self->run_late(step);
  });
}

bool SyncedWrites::take_room(Step& step) {
  if (!budget_->take(step.request->commands)) return false;
  step.room = step.request->commands;
  return true;
}

void SyncedWrites::give_room_back(Step& step) { budget_->give_back(std::exchange(step.room, 0)); }

Error SyncedWrites::queue_full() const {
  return {ErrorCode::queue_full, Outcome::not_done,
          "more than " + std::to_string(budget_->commands_max()) +
              " commands wait for the store (queue_commands_max)"};
}

void SyncedWrites::send(size_t thread, std::shared_ptr<Connection> connection, const RequestPointer& write) {
  const StepPointer step = make_step(write, std::move(connection));
  const auto deadline = write->deadline;
  if (!take_room(*step)) return fail(step, queue_full());
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    is_new = !lines_.contains(thread);
    lines_[thread].push_back(step);
    line_count_ = lines_.size();
  }
  watch_deadline(step, deadline);
  if (is_new) io_->post([self = shared_from_this(), thread] { self->drive(thread); });
}

void SyncedWrites::send_alone(const RequestPointer& write) {
  const StepPointer step = make_step(write, nullptr);
  const auto deadline = write->deadline;
  start_alone(step);
  watch_deadline(step, deadline);
}

void SyncedWrites::send_over(std::shared_ptr<Connection> session, const RequestPointer& write, bool blocks) {
  const auto group = std::make_shared<Group>();
  group->connection = std::move(session);
  group->way = Way::session;
  group->blocks = blocks;
  const StepPointer step = make_step(write, nullptr);
  const auto deadline = write->deadline;
  group->parts.push_back({.steps = {step}});
  start(group);
  watch_deadline(step, deadline);
}

bool SyncedWrites::hold(size_t thread, const std::shared_ptr<Connection>& connection, const RequestPointer& request) {
  const auto step = std::make_shared<Step>(Step{.request = request, .connection = connection});
  bool has_room = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = lines_.find(thread);
    if (found == lines_.end()) return false;
    has_room = take_room(*step);
    if (has_room) found->second.push_back(step);
  }
  if (!has_room) {
    fail(step, queue_full());
  } else {
    watch_deadline(step, request->deadline);
  }
  return true;
}

std::optional<Error> SyncedWrites::wait_for_turn(size_t thread, const Request& request) {
  const auto told = std::make_shared<Parking>();
  {
    const std::lock_guard lock(mutex_);
    const auto found = lines_.find(thread);
    if (found == lines_.end()) return std::nullopt;
    found->second.push_back(std::make_shared<Step>(Step{.tell = [told] { told->tell(); }}));
  }
  if (told->wait(request.deadline)) return std::nullopt;
  return turn_did_not_come(request);
}

void SyncedWrites::close(const Error& error) {
  std::vector<std::shared_ptr<Connection>> connections;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = error;
    connections = busy_;
    for (const Idle& idle : idle_) connections.push_back(idle.connection);
    idle_.clear();
  }
  for (const auto& connection : connections) connection->close(error);
  io_->post([self = shared_from_this()] { self->serve(); });
}

// --- The ends of steps

void SyncedWrites::finish(const StepPointer& step, BatchResult outcome) {
  if (std::exchange(step->state, State::over) != State::over) std::exchange(step->done, nullptr)(std::move(outcome));
}

void SyncedWrites::fail(const StepPointer& step, const Error& error) {
  if (step->state == State::over) return;
  BatchResult outcome(step->request->commands, std::unexpected(error));
  if (step->is_synced) return finish(step, std::move(outcome));
  step->state = State::over;
  step->request->failure = error;
  step->request->done(std::move(outcome));
}

// Its deadline has come. What is sent is told by its connection.
void SyncedWrites::run_late(const StepPointer& step) {
  if (step->state == State::held) fail(step, turn_did_not_come(*step->request));
  if (step->state == State::executed) finish(step, with_problem(std::move(step->outcome), not_in_time()));
}

// --- Lines

// Drops what is over, takes what needs no fence. Null: the line has ended, or begins with `live` now.
SyncedWrites::StepPointer SyncedWrites::take_next(size_t thread, StepPointer& live) {
  const std::lock_guard lock(mutex_);
  const auto found = lines_.find(thread);
  std::deque<StepPointer>& line = found->second;
  while (!line.empty()) {
    const StepPointer step = line.front();
    const bool is_over = step->state == State::over;
    if (!is_over && step->is_synced && !closed_) {
      live = step;
      return nullptr;
    }
    line.pop_front();
    give_room_back(*step);
    if (!is_over) return step;
  }
  lines_.erase(found);
  line_count_ = lines_.size();
  return nullptr;
}

// REQUIRES: the line is there, and nothing is under way that will call this.
void SyncedWrites::drive(size_t thread) {
  StepPointer live;
  while (const StepPointer step = take_next(thread, live)) {
    if (step->tell) {
      step->tell();
    } else if (step->is_synced) {
      fail(step, *closed_);  // not changed any more
    } else {
      step->state = State::over;
      submit(*step->connection, step->request);
    }
  }
  if (live) fence(thread, *live);
}

void SyncedWrites::fence(size_t thread, const Step& step) {
  static constexpr std::string_view kPing[] = {"PING"};
  const auto ping = own_request(kPing, [self = shared_from_this(), thread](result<Reply> answer) {
    self->take_fence(thread, answer ? std::nullopt : std::optional(std::move(answer.error())));
  });
  ping->is_idempotent = true;  // after a loss it goes along with what it is behind
  ping->deadline = step.request->deadline;
  ping->timeout = step.request->timeout;
  submit(*step.connection, ping);
}

void SyncedWrites::take_fence(size_t thread, std::optional<Error> problem) {
  if (!problem) {
    {
      const std::lock_guard lock(mutex_);
      ready_.push_back(thread);
    }
    return serve();
  }
  StepPointer step;
  {
    const std::lock_guard lock(mutex_);
    std::deque<StepPointer>& line = lines_.find(thread)->second;
    step = line.front();
    line.pop_front();
    give_room_back(*step);
  }
  problem->outcome = Outcome::not_done;
  fail(step, *problem);
  drive(thread);
}

// --- Connections

std::shared_ptr<Connection> SyncedWrites::take_connection() {
  const auto age_max = settings_->options.health_check_interval;
  std::shared_ptr<Connection> connection;
  while (!idle_.empty() && !connection) {
    const bool is_old = age_max.count() > 0 && SteadyClock::now() - idle_.back().since > age_max;
    if (!is_old) connection = std::move(idle_.back().connection);
    idle_.pop_back();
  }
  if (!connection) connection = Connection::make(io_, settings_, budget_, true);
  busy_.push_back(connection);
  return connection;
}

void SyncedWrites::release(Group& group) {
  if (group.way == Way::session) return;
  {
    const std::lock_guard lock(mutex_);
    std::erase(busy_, group.connection);
    --(group.way == Way::in_line ? line_connections_ : alone_connections_);
    if (group.is_usable && !closed_ && idle_.size() < kConnectionsMax) {
      idle_.push_back({std::move(group.connection), SteadyClock::now()});
      return;
    }
  }
  group.connection->close({ErrorCode::closed, Outcome::not_done, "the connection is not needed any more"});
}

// The synced writes with which the line begins.
SyncedWrites::Part SyncedWrites::take_synced(size_t thread) {
  Part part{.thread = thread};
  std::deque<StepPointer>& line = lines_.find(thread)->second;
  while (!line.empty() && part.steps.size() < kPartStepsMax) {
    const StepPointer step = line.front();
    const bool is_over = step->state == State::over;
    if (!is_over && !step->is_synced) break;
    line.pop_front();
    give_room_back(*step);
    if (!is_over) part.steps.push_back(step);
  }
  return part;
}

// Sends what waits for a connection, if there is one.
void SyncedWrites::serve() {
  const auto group = std::make_shared<Group>();
  std::vector<size_t> idle_lines;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      idle_lines.swap(ready_);
    } else if (line_connections_ < kConnectionsMax) {
      for (const size_t thread : std::exchange(ready_, {})) {
        Part part = take_synced(thread);
        if (part.steps.empty()) {
          idle_lines.push_back(thread);
        } else {
          group->parts.push_back(std::move(part));
        }
      }
    }
    if (!group->parts.empty()) {
      group->connection = take_connection();
      ++line_connections_;
    }
  }
  for (const size_t thread : idle_lines) drive(thread);
  if (group->connection) start(group);
}

void SyncedWrites::start_alone(const StepPointer& step) {
  const auto group = std::make_shared<Group>();
  group->way = Way::alone;
  group->blocks = true;
  group->parts.push_back({.steps = {step}});
  std::optional<Error> refused;
  {
    const std::lock_guard lock(mutex_);
    refused = closed_;
    if (!refused && alone_connections_ >= settings_->options.blocking_connections_max) {
      refused = Error{ErrorCode::queue_full, Outcome::not_done,
                      std::to_string(alone_connections_) +
                          " blocking commands wait already (blocking_connections_max)"};
    }
    if (!refused) {
      group->connection = take_connection();
      ++alone_connections_;
    }
  }
  if (refused) return fail(step, *refused);
  start(group);
}

// --- Groups

// What is refused is told as if the connection had failed it: later.
void SyncedWrites::submit(Connection& connection, const RequestPointer& request) {
  auto refused = connection.submit(request);
  if (!refused) return;
  request->failure = std::move(refused);
  io_->post([request] { request->done(BatchResult(request->commands, std::unexpected(*request->failure))); });
}

void SyncedWrites::start(const GroupPointer& group) {
  std::vector<RequestPointer> requests;
  for (size_t i = 0; i < group->parts.size(); ++i) {
    Part& part = group->parts[i];
    part.unanswered = part.steps.size();
    for (const StepPointer& step : part.steps) {
      step->state = State::sent;
      ++step->times_sent;
      step->request->done = [self = shared_from_this(), group, i, step](BatchResult outcome) {
        self->take_written(group, group->parts[i], step, std::move(outcome));
      };
      requests.push_back(step->request);
    }
  }
  requests.push_back(make_wait(group));
  group->outstanding = requests.size();
  // From the first of these on, the group is the I/O thread's.
  const auto connection = group->connection;
  for (const RequestPointer& request : requests) submit(*connection, request);
}

SyncedWrites::RequestPointer SyncedWrites::make_wait(const GroupPointer& group) {
  auto latest = SteadyClock::time_point::min();
  for (const Part& part : group->parts) {
    for (const StepPointer& step : part.steps) latest = std::max(latest, step->request->deadline);
  }
  std::chrono::milliseconds timeout{0};  // for ever
  if (latest != kNever) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(latest - SteadyClock::now());
    timeout = std::max(left, std::chrono::milliseconds(1));
  }
  const std::string timeout_ms = std::to_string(timeout.count());
  const std::string_view words[] = {"WAITAOF", "1", "0", timeout_ms};
  auto request = own_request(words, [self = shared_from_this(), group](result<Reply> answer) {
    if (!answer) group->is_usable = false;
    group->answer = std::move(answer);
    self->end_one(group);
  });
  if (latest != kNever) request->deadline = latest + kGrace;
  request->timeout = timeout + kGrace;
  return request;
}

void SyncedWrites::take_written(const GroupPointer& group, Part& part, const StepPointer& step, BatchResult outcome) {
  const RequestPointer request = std::exchange(step->request, nullptr);
  if (request->failure) {
    group->is_usable = false;
    // What it still waits for would be given to nobody.
    if (group->blocks) group->connection->close(*request->failure);
  }
  if (group->way != Way::session && step->times_sent < kSendsMax && may_be_sent_again(*request, outcome)) {
    step->request = unsent(*request);
    step->state = State::held;
  } else if (std::ranges::any_of(outcome, is_executed)) {
    step->state = State::executed;
    step->outcome = std::move(outcome);
  } else {
    finish(step, std::move(outcome));
  }
  if (--part.unanswered == 0) end_part(group, part);
  end_one(group);
}

// All writes of a line are answered: it goes on, beginning with what is to be sent again.
void SyncedWrites::end_part(const GroupPointer& group, Part& part) {
  std::vector<StepPointer> again;
  std::erase_if(part.steps, [&](const StepPointer& step) {
    if (step->state == State::held) again.push_back(step);
    return step->state == State::held;
  });
  if (group->way == Way::alone) {
    for (const StepPointer& step : again) start_alone(step);
  }
  if (group->way != Way::in_line) return;
  {
    const std::lock_guard lock(mutex_);
    std::deque<StepPointer>& line = lines_.find(part.thread)->second;
    line.insert(line.begin(), again.begin(), again.end());
  }
  drive(part.thread);
}

void SyncedWrites::end_one(const GroupPointer& group) {
  if (--group->outstanding > 0) return;
  const auto problem = problem_of(group->answer);
  for (const Part& part : group->parts) {
    for (const StepPointer& step : part.steps) {
      if (step->state != State::executed) continue;
      BatchResult outcome = std::move(step->outcome);
      finish(step, problem ? with_problem(std::move(outcome), *problem) : std::move(outcome));
    }
  }
  release(*group);
  serve();
}

}  // namespace redstart::remote
