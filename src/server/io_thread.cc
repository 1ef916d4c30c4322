#include "server/io_thread.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/persistence.h"
#include "execution/scripting/scripting.h"

namespace redstart {
namespace {

constexpr size_t kScratchBytes = 64 * 1024;
constexpr int kEventsMax = 256;
constexpr int kGatherRounds = 4;
constexpr int64_t kCheckMs = 200;
constexpr std::chrono::milliseconds kNoFilesPause{1};  // in place of trying to accept again and again
// What an event belongs to: a session's id, or one of these (ids start at 1 and never get that
// far).
constexpr uint64_t kWakeId = 0;
constexpr uint64_t kListenerBit = uint64_t{1} << 63;

// A descriptor to give up when one is needed.
FileDescriptor spare_file() { return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// Where the last read leaves nothing, the next event comes with the next bytes: the kernel has less to look at than
// when it is to find out each time whether there is still something. TLS may leave something.
uint32_t events_of(const Connection& connection) {
  const uint32_t reading = connection.is_tls() ? uint32_t{EPOLLIN} : EPOLLIN | EPOLLRDHUP | EPOLLET;
  return reading | (connection.wants_write() ? uint32_t{EPOLLOUT} : 0);
}

void watch(int poll, int operation, int fd, uint32_t events, uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  ::epoll_ctl(poll, operation, fd, &event);
}

}  // namespace

IoThread::IoThread(Executor& executor, int index, OnAccept on_accept)
    : executor_(executor),
      index_(index),
      on_accept_(std::move(on_accept)),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      spare_(spare_file()),
      scratch_(std::make_unique<char[]>(kScratchBytes)) {
  watch(poll_.get(), EPOLL_CTL_ADD, wake_.get(), EPOLLIN, kWakeId);
}

IoThread::~IoThread() { stop(); }

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), ("io-" + std::to_string(index_)).c_str());
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  stop_ = true;
  wake();
  thread_.join();
}

void IoThread::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void IoThread::post(Message message) {
  bool was_empty;
  {
    const std::lock_guard lock(mailbox_mutex_);
    was_empty = mailbox_.empty();
    mailbox_.push_back(std::move(message));
    has_mail_.store(true, std::memory_order_release);
  }
  if (was_empty) wake();
}

void IoThread::run() {
  std::array<epoll_event, kEventsMax> events;
  while (!stop_) {
    const int count = ::epoll_wait(poll_.get(), events.data(), kEventsMax, kCheckMs);
    handle_events(std::span(events).first(static_cast<size_t>(std::max(count, 0))));
    gather(events);
    push_log_out();
    take_held();
    send_replies();
    check_connections();
  }
  connections_.clear();
  listeners_.clear();
}

void IoThread::gather(std::span<epoll_event> events) {
  if (executor_.persistence().reply_durability() != Durability::synced) return;
  for (int round = 0; round < kGatherRounds && awaited_.written > 0; ++round) {
    const int count = ::epoll_wait(poll_.get(), events.data(), kEventsMax, 0);
    if (count <= 0) return;
    handle_events(events.first(static_cast<size_t>(count)));
  }
}

void IoThread::handle_events(std::span<const epoll_event> events) {
  unhandled_ = events;
  while (!unhandled_.empty()) {
    const epoll_event event = unhandled_.front();
    unhandled_ = unhandled_.subspan(1);
    const uint64_t id = event.data.u64;
    if (running_ != 0 && id == running_) {
      watch_again(*connections_.at(id));  // it takes it when it can
    } else {
      handle_event(id, event.events);
    }
  }
}

void IoThread::serve_others(uint64_t running) {
  if (stop_) executor_.scripting().long_scripts().kill_all();
  if (running_ != 0) return;  // it is served already
  running_ = running;
  if (!inner_scratch_) inner_scratch_ = std::make_unique<char[]>(kScratchBytes);
  scratch_.swap(inner_scratch_);
  handle_events(unhandled_);  // of the round that the command belongs to
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(poll_.get(), events.data(), kEventsMax, 0);
  handle_events(std::span(events).first(static_cast<size_t>(std::max(count, 0))));
  for (const uint64_t id : replied_) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || id == running) continue;
    found->second->flush();
    note_held(*found->second);
  }
  scratch_.swap(inner_scratch_);
  running_ = 0;
}

void IoThread::handle_event(uint64_t id, uint32_t events) {
  if (id == kWakeId) {
    uint64_t count;
    [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
    return take_messages();
  }
  if (id & kListenerBit) return accept_all(static_cast<int>(id & ~kListenerBit));
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if ((events & ~uint32_t{EPOLLOUT}) || connection.reads_when_writable()) {
    connection.on_readable({scratch_.get(), kScratchBytes});
    // The end of what the client sends makes no event of its own when it came with the last bytes.
    const bool has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (has_ended || connection.may_have_left_input()) watch_again(connection);
  }
  note_replied(connection);
}

void IoThread::watch_again(const Connection& connection) {
  watch(poll_.get(), EPOLL_CTL_MOD, connection.socket(), events_of(connection), connection.id);
}

void IoThread::note_replied(const Connection& connection) {
  replied_.push_back(connection.id);
  awaited_.written = std::max(awaited_.written, connection.own_log_position);
  awaited_.seen = std::max(awaited_.seen, connection.log_position);
}

void IoThread::push_log_out() {
  if (awaited_.seen == 0) return;
  is_pushing_out_ = true;
  executor_.persistence().push_out(std::exchange(awaited_, {}));
  is_pushing_out_ = false;
}

// A client that waits wakes up with its first reply. While the server sends to the others, it goes on; when
// each got its reply at once, the kernel would wake it for every one.
void IoThread::send_replies() {
  if (replied_.empty()) return;
  const bool is_logged = executor_.persistence().log() != nullptr;
  if (is_logged) has_held_.store(true);  // before it is looked how far the log is: what it reaches from now on is told
  for (const uint64_t id : replied_) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->flush();
    note_held(*found->second);
    settle(*found->second);
  }
  replied_.clear();
  if (is_logged && held_.empty()) has_held_.store(false);
}

void IoThread::on_log_progress() {
  if (!has_held_.load()) return;
  log_progressed_ = true;
  if (!is_pushing_out_) wake();  // else it looks at them right after
}

void IoThread::note_held(Connection& connection) {
  if (!connection.is_held() || std::exchange(connection.is_among_held, true)) return;
  held_.push_back(connection.id);
}

void IoThread::take_held() {
  if (held_.empty() || !log_progressed_.exchange(false)) return;
  for (const uint64_t id : std::exchange(held_, {})) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->is_among_held = false;
    replied_.push_back(id);
  }
}

void IoThread::settle(Connection& connection) {
  if (connection.is_done()) {
    connections_.erase(connection.id);
    return;
  }
  if (connection.wants_write() == connection.is_watched_for_write) return;
  connection.is_watched_for_write = connection.wants_write();
  watch_again(connection);
}

void IoThread::accept_all(int listener) {
  const auto same = [&](const Listener& one) { return one.socket.get() == listener; };
  const auto found = std::ranges::find_if(listeners_, same);
  if (found == listeners_.end()) return;
  const bool is_tls = found->is_tls;
  // What is left makes the listener readable again, after the connections that are there got their turn.
  for (int left = executor_.config().accepts_per_cycle_max(is_tls); left > 0; --left) {
    Accepted accepted = accept_next(listener);
    if (!accepted.socket && (errno == EMFILE || errno == ENFILE)) {
      if (!turn_away(listener, is_tls)) std::this_thread::sleep_for(kNoFilesPause);
      return;
    }
    if (!accepted.socket) return;
    accepted.is_tls = is_tls;
    on_accept_(std::move(accepted));
  }
}

bool IoThread::turn_away(int listener, bool is_tls) {
  spare_ = {};
  Accepted accepted = accept_next(listener);
  const bool is_accepted = static_cast<bool>(accepted.socket);
  if (is_accepted) {
    executor_.clients().connections_rejected.fetch_add(1);
    if (!is_tls) {
      [[maybe_unused]] const auto sent =
          ::send(accepted.socket.get(), kTooManyClients.data(), kTooManyClients.size(), MSG_NOSIGNAL);
    }
  }
  accepted.socket = {};
  spare_ = spare_file();
  return is_accepted;
}

void IoThread::adopt(Accepted accepted) {
  auto connection = std::make_unique<Connection>(*this, executor_, std::move(accepted));
  watch(poll_.get(), EPOLL_CTL_ADD, connection->socket(), events_of(*connection), connection->id);
  const uint64_t id = connection->id;
  connections_.emplace(id, std::move(connection));
}

void IoThread::listen(std::vector<Listener> listeners) {
  listeners_ = std::move(listeners);  // closing the old ones takes them out of the poll
  for (const Listener& listener : listeners_) {
    watch(poll_.get(), EPOLL_CTL_ADD, listener.socket.get(), EPOLLIN,
          kListenerBit | static_cast<uint64_t>(listener.socket.get()));
  }
}

void IoThread::take_messages() {
  std::vector<Message> messages;
  {
    const std::lock_guard lock(mailbox_mutex_);
    messages.swap(mailbox_);
    has_mail_.store(false, std::memory_order_release);
  }
  for (Message& message : messages) handle(message);
}

void IoThread::handle(Message& message) {
  if (message.kind == Message::Kind::adopt) return adopt(std::move(*message.accepted));
  if (message.kind == Message::Kind::listen) return listen(std::move(message.listeners));
  const auto found = connections_.find(message.session_id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  // Its own messages come to it when it can take them.
  if (message.session_id == running_) return post(std::move(message));
  switch (message.kind) {
    case Message::Kind::reply:
      connection.deliver_reply(message.reply);
      break;
    case Message::Kind::push:
      connection.deliver_push(*message.push);
      break;
    case Message::Kind::kill:
      connection.close_now();
      break;
    case Message::Kind::resume:
      connection.go_on();
      break;
    default:
      break;
  }
  note_replied(connection);
}

void IoThread::check_connections() {
  const int64_t now_ms = executor_.clock().unix_time_ms();
  if (now_ms < next_check_ms_) return;
  next_check_ms_ = now_ms + kCheckMs;
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& connection = *at->second;
    connection.check_limits(now_ms);
    at = connection.is_done() ? connections_.erase(at) : std::next(at);
  }
}

}  // namespace redstart
