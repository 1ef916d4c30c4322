#include "client/remote/connection.h"

#include <sched.h>
#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace redstart::remote {
namespace {

constexpr size_t kGatherMax = 64;        // requests in one system call
constexpr int kCallerRoundsMax = 64;     // system calls that one caller makes for others
constexpr int kBackgroundReadsMax = 32;  // before others' events have their turn
// With so many waiting, the I/O thread reads for all, and callers give way to each other.
constexpr size_t kCrowd = 4;
constexpr int kYieldsMax = 20;  // of one caller before it sleeps

}  // namespace

std::shared_ptr<Connection> Connection::make(std::shared_ptr<IoThread> io,
                                             std::shared_ptr<const RemoteSettings> settings,
                                             std::shared_ptr<CommandBudget> budget,
                                             bool is_session) {
  std::shared_ptr<Connection> connection(
      new Connection(std::move(io), std::move(settings), std::move(budget), is_session));
  connection->id_ = connection->io_->add(connection);
  return connection;
}

Connection::Connection(std::shared_ptr<IoThread> io, std::shared_ptr<const RemoteSettings> settings,
                       std::shared_ptr<CommandBudget> budget, bool is_session)
    : io_(std::move(io)),
      settings_(std::move(settings)),
      budget_(std::move(budget)),
      is_session_(is_session) {}

Connection::~Connection() { io_->remove(id_); }

// --- Callers

result<void> Connection::connect() {
  const auto request = std::make_shared<Request>();
  request->timeout = settings_->options.connect_timeout;
  request->deadline = SteadyClock::now() + request->timeout;
  if (auto refused = call(request)) return std::unexpected(std::move(*refused));
  if (request->failure) return std::unexpected(std::move(*request->failure));
  return {};
}

std::optional<Error> Connection::refuse(const Request& request, SteadyClock::time_point now) const {
  if (closed_) return closed_;
  if (is_session_ && is_lost_) {
    Error error = loss_;
    error.outcome = Outcome::not_done;
    return error;
  }
  if (state_ == State::offline && now < not_before_) {
    Error error = last_failure_;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(not_before_ - now);
    error.message += "; the next attempt is due in " + milliseconds_text(wait);
    return error;
  }
  if (!budget_->take(request.commands)) {
    return Error{ErrorCode::queue_full, Outcome::not_done,
                 "more than " + std::to_string(budget_->commands_max()) +
                     " commands wait for the store (queue_commands_max)"};
  }
  return std::nullopt;
}

// Puts it into the queue, and writes unless another does.
std::optional<Error> Connection::enqueue(Lock& lock, const RequestPointer& request) {
  const auto now = SteadyClock::now();
  if (auto refused = refuse(*request, now)) return refused;
  if (!request->done) crowd_ = std::max(++callers_, crowd_ - std::min<size_t>(crowd_, 1));
  unsent_.push_back(request);
  const auto idle = now - std::exchange(last_used_, now);
  const auto check_after = settings_->options.health_check_interval;
  if (state_ == State::offline) {
    start_connecting(lock);
  } else if (state_ == State::ready && !is_lost_) {
    const bool wants_check = loading_ || (check_after.count() > 0 && idle > check_after);
    if (wants_check && sent_.empty() && !is_session_) {
      greet(lock, Greeting::Purpose::check);
    } else {
      fail_unsent_while_loading();
      fail_unsent_repeats();
      start_writing(lock, Role::caller);
    }
  }
  return std::nullopt;
}

std::optional<Error> Connection::submit(const RequestPointer& request) {
  Lock lock(*this);
  if (auto refused = enqueue(lock, request)) return refused;
  if (request->deadline != kNever && !request->is_finished) {
    deadlines_.push({request->deadline, request});
    io_->wake_at(request->deadline, weak_from_this());
  }
  keep_reading();
  return std::nullopt;
}

std::optional<Error> Connection::call(const RequestPointer& request) {
  Lock lock(*this);
  if (auto refused = enqueue(lock, request)) return refused;
  while (!request->is_finished) {
    if (state_ == State::ready && !is_lost_ && reader_ == Role::free && !is_crowded()) {
      read_for(lock, *request);
    } else if (wait_until_told(lock, *request)) {
      return std::nullopt;
    }
    if (!request->is_finished && SteadyClock::now() >= request->deadline) time_out(lock, request);
  }
  keep_reading();
  return std::nullopt;
}

bool Connection::wait_until_told(Lock& lock, Request& request) {
  keep_reading();
  const int yields = is_crowded() ? patience_.load(std::memory_order_relaxed) : 0;
  lock.unlock();
  bool is_told = request.told.yield_until_told(yields);
  if (yields > 0) {
    // Where replies take long, giving way is in vain, and soon not tried much.
    const int patience = is_told ? std::min(yields + 2, kYieldsMax) : std::max(yields / 2, 1);
    patience_.store(patience, std::memory_order_relaxed);
  }
  is_told = is_told || request.told.wait(request.deadline);
  if (!is_told) lock.lock();
  return is_told;
}

bool Connection::is_crowded() const { return crowd_ >= kCrowd; }

bool Connection::is_attended() const {
  if (state_ != State::ready || is_lost_) return true;
  const bool is_written = unsent_.empty() || writer_ != Role::free;
  return is_written && (sent_.empty() || reader_ != Role::free || writer_ == Role::caller);
}

void Connection::Lock::lock() {
  connection_.mutex_.lock();
  is_held_ = true;
}

void Connection::Lock::unlock() {
  assert(connection_.is_attended());
  std::vector<RequestPointer> finished;
  finished.swap(connection_.finished_);
  is_held_ = false;
  connection_.mutex_.unlock();
  for (const auto& request : finished) request->told.tell();
}

void Connection::close(const Error& error) {
  Lock lock(*this);
  if (closed_) return;
  closed_ = error;
  push_handler_.reset();
  fail_unsent(error);
  Error unanswered = error;
  unanswered.outcome = Outcome::unknown;
  for (const auto& request : sent_) {
    if (!request->is_finished) fail(request, unanswered);
  }
  if (state_ != State::offline) lose(lock, error);
}

void Connection::give_up(const Error& reason) {
  Lock lock(*this);
  if (!closed_ && state_ != State::offline) lose(lock, reason);
}

void Connection::set_push_handler(std::shared_ptr<const PushHandler> handler) {
  Lock lock(*this);
  if (closed_) return;
  push_handler_ = std::move(handler);
  keep_reading();
}

// --- Writing

void Connection::start_writing(Lock& lock, Role role) {
  if (writer_ != Role::free || is_lost_ || state_ != State::ready) return;
  writer_ = role;
  if (role == Role::caller && is_crowded()) await_crowd(lock);
  if (!is_lost_ && state_ == State::ready) write_all(lock);
}

// Those that were told together come back together: one system call is to take all their requests.
void Connection::await_crowd(Lock& lock) {
  if (unsent_.size() * 2 > crowd_) return;
  ++in_calls_;
  lock.unlock();
  ::sched_yield();
  lock.lock();
  leave_call(lock);
}

void Connection::gather(SteadyClock::time_point now) {
  while (writing_.size() < kGatherMax && !unsent_.empty()) {
    RequestPointer request = std::move(unsent_.front());
    unsent_.pop_front();
    if (request->is_finished || request->replies_expected == 0) {
      budget_->give_back(request->commands);
      if (!request->is_finished) finish(request);
      continue;
    }
    if (const auto before = std::exchange(request->before, nullptr); before && before->failure) {
      budget_->give_back(request->commands);
      fail(request, *before->failure);
      continue;
    }
    request->is_taken = true;
    request->sent_at = now;
    ++request->times_sent;
    writing_.push_back(request);
    sent_.push_back(std::move(request));
  }
}

void Connection::count_written(size_t bytes) {
  while (bytes > 0) {
    Request& request = *writing_.front();
    const size_t part = std::min(bytes, request.bytes.size() - request.written);
    request.written += part;
    bytes -= part;
    if (request.written == request.bytes.size()) writing_.pop_front();
  }
}

// REQUIRES: the caller has the role in writer_.
void Connection::write_all(Lock& lock) {
  iovec parts[kGatherMax];
  for (int rounds = 0;; ++rounds) {
    if (writer_ == Role::caller && rounds == kCallerRoundsMax) {
      writer_ = Role::background;
      return arm();
    }
    gather(last_used_);
    if (writing_.empty()) break;
    // A caller sees to a reader when it is done: it may read itself.
    if (writer_ == Role::background) keep_reading();
    size_t count = 0;
    for (const auto& request : writing_) {
      parts[count++] = {request->bytes.data() + request->written,
                        request->bytes.size() - request->written};
    }
    ++in_calls_;
    lock.unlock();
    const auto sent = socket_.send({parts, count});
    if (settings_->dawdle) settings_->dawdle();
    lock.lock();
    count_written(sent.bytes);
    if (sent.is_failed) lose(lock, lost_error(socket_.reason(sent)));
    leave_call(lock);
    if (is_lost_ || state_ != State::ready) return;
    if (sent.bytes == 0) {
      writer_ = Role::background;
      return arm();
    }
  }
  writer_ = Role::free;
}

// --- Reading

// REQUIRES: the caller is the reader, and inside a call.
bool Connection::receive() {
  const auto room = parser_.prepare(parser_.wanted_bytes());
  const auto got = socket_.receive(room);
  if (got.is_failed) receive_failure_ = lost_error(socket_.reason(got));
  if (got.bytes == 0) return false;
  parser_.commit(got.bytes);
  while (true) {
    auto reply = parser_.next();
    if (!reply) receive_failure_ = std::move(reply.error());
    if (!reply || !*reply) break;
    received_.push_back(std::move(**reply));
  }
  return !receive_failure_ && got.bytes == room.size();
}

void Connection::take_received(Lock& lock) {
  if (!received_.empty()) last_received_ = SteadyClock::now();
  for (Reply& reply : received_) {
    if (is_lost_ || !socket_.is_open()) break;
    accept(lock, std::move(reply));
  }
  received_.clear();
  if (receive_failure_) lose(lock, *std::exchange(receive_failure_, std::nullopt));
}

void Connection::read_for(Lock& lock, const Request& request) {
  reader_ = Role::caller;
  while (!request.is_finished && !is_lost_) {
    ++in_calls_;
    lock.unlock();
    const bool readable = socket_.wait_readable(request.deadline);
    while (readable && receive()) {
    }
    if (settings_->dawdle) settings_->dawdle();
    lock.lock();
    take_received(lock);
    leave_call(lock);
    if (is_lost_ || !socket_.is_open()) return;
    if (!readable) break;
  }
  if (is_lost_) return;
  reader_ = Role::free;
  keep_reading();
}

void Connection::read_in_background(Lock& lock) {
  reader_ = Role::background;
  bool more = true;
  for (int i = 0; more && (i < kBackgroundReadsMax || socket_.holds_more()); ++i) {
    ++in_calls_;
    lock.unlock();
    more = receive();
    lock.lock();
    take_received(lock);
    leave_call(lock);
    if (!socket_.is_open() || is_lost_) return;
  }
}

// Whether the socket has to be read although no caller does it.
bool Connection::must_listen() const {
  return state_ != State::ready || !sent_.empty() || push_handler_ || is_monitoring_;
}

// Called wherever requests may have been written, or the reader's role was given up.
void Connection::keep_reading() {
  if (reader_ != Role::free || state_ != State::ready || is_lost_) return;
  if (must_listen()) reader_ = Role::background;
  arm();
}

// Tells the I/O thread what to look at for us; the loss of an idle connection always.
void Connection::arm() {
  uint32_t events = EPOLLRDHUP;
  if (reader_ == Role::background) events |= EPOLLIN;
  if (writer_ == Role::background) events |= EPOLLOUT;
  if (armed_events_ == events || !socket_.is_open()) return;
  armed_events_ = events;
  io_->watch(socket_.fd(), id_, generation_, events, false);
}

void Connection::on_events(uint32_t events, uint16_t generation) {
  Lock lock(*this);
  if (!socket_.is_open() || generation != generation_ || is_lost_) return;
  armed_events_ = 0;
  if (state_ == State::connecting) {
    if (socket_.finish_connect() == Socket::Progress::done) return on_connected(lock);
    return try_next_address(lock);
  }
  constexpr uint32_t kTrouble = EPOLLHUP | EPOLLERR | EPOLLRDHUP;
  if (writer_ == Role::background && state_ == State::ready && (events & (EPOLLOUT | kTrouble))) {
    write_all(lock);
    if (!socket_.is_open() || is_lost_ || generation != generation_) return;
  }
  if (reader_ != Role::caller && (events & (EPOLLIN | kTrouble))) {
    read_in_background(lock);
    if (!socket_.is_open() || is_lost_ || generation != generation_) return;
  }
  if (reader_ == Role::background && !must_listen() && !is_crowded()) reader_ = Role::free;
  keep_reading();
  // A caller that reads sees a loss by itself, and arms when it is done.
  if (reader_ != Role::caller || writer_ == Role::background) arm();
}

// --- The ends of requests

namespace {

// What a callback holds goes with its call. The request itself may stay in a queue until the connection is lost, and
// what is held may be the connection: it must not end with a lock on itself.
void tell(Request& request, BatchResult outcome) { std::exchange(request.done, nullptr)(std::move(outcome)); }

}  // namespace

void Connection::finish(const RequestPointer& request) {
  request->is_finished = true;
  if (request->done) {
    io_->post([request] { tell(*request, request->take_outcome()); });
  } else {
    --callers_;
    finished_.push_back(request);
  }
}

// A request that fails may still be in a queue, where it changes: its outcome is taken at once.
void Connection::fail(const RequestPointer& request, Error error) {
  request->fail(std::move(error));
  request->is_finished = true;
  if (request->done) {
    io_->post([request, outcome = request->take_outcome()]() mutable { tell(*request, std::move(outcome)); });
  } else {
    --callers_;
    finished_.push_back(request);
  }
}

void Connection::fail_unsent(const Error& error) {
  for (const auto& request : std::exchange(unsent_, {})) {
    budget_->give_back(request->commands);
    if (!request->is_finished) fail(request, error);
  }
}

void Connection::fail_unsent_while_loading() {
  if (!loading_ || is_session_) return;
  std::deque<RequestPointer> runnable;
  std::erase_if(unsent_, [&](const RequestPointer& request) {
    if (!request->runs_while_loading()) return false;
    runnable.push_back(request);
    return true;
  });
  fail_unsent(*loading_);
  unsent_ = std::move(runnable);
}

// What is left of a silent connection may still be executed, and then what is repeated here would not be in order.
void Connection::fail_unsent_repeats() {
  if (repeats_from_ <= SteadyClock::now()) return;
  const Error error{ErrorCode::not_repeated, Outcome::not_done,
                    "not sent again: a connection to " + settings_->endpoint.text() +
                        " has gone silent, CLIENT KILL is not allowed, and what was sent there may still arrive"};
  for (const auto& request : unsent_) {
    const bool is_repeat = request->is_repeat || request->may_be_done;
    if (is_repeat && !request->is_finished && request->may_write()) fail(request, error);
  }
}

void Connection::time_out(Lock& lock, const RequestPointer& request) {
  Error error{ErrorCode::timed_out, Outcome::not_done, ""};
  if (request->is_taken) {
    error.outcome = Outcome::unknown;
    error.message = settings_->endpoint.text() + " did not answer within " +
                    milliseconds_text(request->timeout);
  } else {
    error.message = "no connection to " + settings_->endpoint.text() + " within " +
                    milliseconds_text(request->timeout);
  }
  fail(request, std::move(error));
  if (sent_.empty() || state_ != State::ready) return;
  // A server that has said nothing for as long as a call may take is taken for gone.
  auto patience = settings_->options.call_timeout;
  if (patience.count() == 0) patience = OpenOptions().call_timeout;
  const auto silent_since = std::max(last_received_, sent_.front()->sent_at);
  if (SteadyClock::now() - silent_since < patience - patience / 10) return;
  lose_silent(lock, Error{ErrorCode::connection_lost, Outcome::unknown,
                          settings_->endpoint.text() + " has not answered for " +
                              milliseconds_text(patience) + "; the connection was given up"});
}

void Connection::on_timer() {
  const auto now = SteadyClock::now();
  Lock lock(*this);
  if (now >= connect_deadline_ && !is_lost_) {
    Error error{ErrorCode::timed_out, Outcome::not_done,
                settings_->endpoint.text() + " did not accept a connection within " +
                    milliseconds_text(settings_->options.connect_timeout)};
    if (state_ == State::greeting && greeting_->purpose() == Greeting::Purpose::check) {
      connect_deadline_ = kNever;
      lose(lock, std::move(error));
    } else if (state_ == State::connecting || state_ == State::greeting) {
      connect_failed(lock, std::move(error));
    }
  }
  while (!deadlines_.empty() && deadlines_.top().when <= now) {
    const auto request = deadlines_.top().request.lock();
    deadlines_.pop();
    if (request && !request->is_finished) time_out(lock, request);
  }
}

// --- The ends of connections

Error Connection::lost_error(std::string reason) const {
  return {ErrorCode::connection_lost, Outcome::unknown,
          "the connection to " + settings_->endpoint.text() + " was lost: " + std::move(reason)};
}

void Connection::leave_call(Lock& lock) {
  --in_calls_;
  if (is_lost_) settle(lock);
}

void Connection::lose(Lock& lock, Error error) {
  if (is_lost_) return;
  if (state_ == State::greeting && greeting_->purpose() == Greeting::Purpose::introduce) {
    error.outcome = Outcome::not_done;
    return connect_failed(lock, std::move(error));
  }
  is_lost_ = true;
  loss_ = std::move(error);
  socket_.shut_down();
  settle(lock);
}

void Connection::lose_silent(Lock& lock, Error error) {
  const bool is_new = !is_lost_ && state_ == State::ready;
  if (is_new && std::ranges::any_of(sent_, [](const auto& request) { return request->may_write(); })) {
    settings_->silent->add({.server = settings_->endpoint.text(), .server_id = server_id_, .began_at = began_at_,
                            .introduced_at = introduced_at_, .lost_at = SteadyClock::now()});
    socket_.reset_on_close();
  }
  lose(lock, std::move(error));
}

void Connection::disconnect() {
  socket_.shut_down();
  greeting_.reset();
  connect_deadline_ = kNever;
  is_lost_ = true;
}

// Closes a lost connection and decides about what it had, once nobody is in a call on it.
void Connection::settle(Lock& lock) {
  if (in_calls_ > 0) return;
  socket_.close();
  armed_events_ = 0;
  state_ = State::offline;
  reader_ = writer_ = Role::free;
  is_lost_ = false;
  is_monitoring_ = false;
  greeting_.reset();
  connect_deadline_ = kNever;
  parser_.reset();
  writing_.clear();
  for (auto& subscribed : subscriptions_) subscribed.clear();
  const bool may_repeat = !is_session_ && !closed_;
  std::deque<RequestPointer> again;
  for (const auto& request : std::exchange(sent_, {})) {
    if (!request->is_finished && may_repeat && request->times_sent < kSendsMax &&
        request->may_be_sent_again()) {
      request->rewind();
      again.push_back(request);
      continue;
    }
    budget_->give_back(request->commands);
    if (request->is_finished) continue;
    request->is_taken = false;  // what was not written never will be
    fail(request, loss_);
  }
  unsent_.insert(unsent_.begin(), again.begin(), again.end());
  if (is_session_ && !closed_) {
    closed_ = loss_;
    closed_->outcome = Outcome::not_done;
    closed_->message += "; the session's state is gone with it: open another with dedicated()";
    deliver(Reply::aggregate(Reply::Type::push,
                             {Reply::bulk("connection_lost"), Reply::bulk(loss_.message)}));
  }
  if (unsent_.empty()) return;
  const bool must_wait = SteadyClock::now() < not_before_;
  if (!closed_ && !must_wait) return start_connecting(lock);
  fail_unsent(closed_ ? *closed_ : last_failure_);
}

}  // namespace redstart::remote
