// Connection, from offline to ready: connecting, the TLS handshake, the greeting.
#include <sys/uio.h>

#include <algorithm>
#include <random>
#include <utility>

#include "client/remote/connection.h"

namespace redstart::remote {
namespace {

std::chrono::milliseconds with_jitter(std::chrono::milliseconds delay) {
  thread_local std::minstd_rand random(std::random_device{}());
  return delay * std::uniform_int_distribution<int>(75, 125)(random) / 100;
}

}  // namespace

void Connection::start_connecting(Lock&) {
  state_ = State::connecting;
  began_at_ = SteadyClock::now();
  connect_deadline_ = SteadyClock::now() + settings_->options.connect_timeout;
  io_->wake_at(connect_deadline_, weak_from_this());
  io_->post([weak = weak_from_this()] {
    if (const auto watched = weak.lock()) static_cast<Connection&>(*watched).connect_now();
  });
}

void Connection::connect_now() {
  auto addresses = resolve(settings_->endpoint);
  Lock lock(*this);
  if (state_ != State::connecting || socket_.is_open()) return;
  if (!addresses) return connect_failed(lock, std::move(addresses.error()));
  addresses_ = std::move(*addresses);
  next_address_ = 0;
  try_next_address(lock);
}

void Connection::try_next_address(Lock& lock) {
  while (next_address_ < addresses_.size()) {
    switch (socket_.connect(addresses_[next_address_++])) {
      case Socket::Progress::done:
        ++generation_;
        io_->watch(socket_.fd(), id_, generation_, armed_events_ = EPOLLIN, true);
        return on_connected(lock);
      case Socket::Progress::pending:
        ++generation_;
        io_->watch(socket_.fd(), id_, generation_, armed_events_ = EPOLLOUT, true);
        return;
      case Socket::Progress::failed:
        break;
    }
  }
  connect_failed(lock, Error{ErrorCode::connection_refused, Outcome::not_done,
                             "cannot connect to " + settings_->endpoint.text() + ": " +
                                 error_text(socket_.connect_error())});
}

bool Connection::secure(Lock& lock) {
  if (!settings_->tls) return true;
  const OpenOptions& options = settings_->options;
  const std::string& name =
      options.tls_server_name.empty() ? settings_->endpoint.host : options.tls_server_name;
  switch (socket_.secure(*settings_->tls, name, options.tls_verify)) {
    case TlsStream::Progress::done:
      return true;
    case TlsStream::Progress::wants_read:
      armed_events_ = EPOLLIN;
      break;
    case TlsStream::Progress::wants_write:
      armed_events_ = EPOLLOUT;
      break;
    case TlsStream::Progress::failed:
      connect_failed(lock, Error{ErrorCode::connection_refused, Outcome::not_done,
                                 "the TLS handshake with " + settings_->endpoint.text() +
                                     " failed: " + socket_.reason({})});
      return false;
  }
  io_->watch(socket_.fd(), id_, generation_, armed_events_, false);
  return false;
}

void Connection::on_connected(Lock& lock) {
  if (!secure(lock)) return;
  parser_.reset();
  protocol_ = 3;
  last_received_ = SteadyClock::now();
  greet(lock, Greeting::Purpose::introduce);
}

void Connection::greet(Lock& lock, Greeting::Purpose purpose) {
  state_ = State::greeting;
  std::vector<SilentConnection> silent;
  if (purpose == Greeting::Purpose::introduce) silent = settings_->silent->at(settings_->endpoint.text());
  greeting_.emplace(settings_->options, purpose, settings_->role, std::move(silent));
  if (purpose == Greeting::Purpose::check) {
    connect_deadline_ = SteadyClock::now() + settings_->options.connect_timeout;
    io_->wake_at(connect_deadline_, weak_from_this());
  }
  reader_ = Role::background;
  arm();
  send_greeting(lock);
}

void Connection::send_greeting(Lock& lock) {
  const std::string bytes = greeting_->bytes();
  const iovec part = {const_cast<char*>(bytes.data()), bytes.size()};
  // The socket is empty: a few bytes always fit.
  const auto sent = socket_.send({&part, 1});
  if (sent.bytes != bytes.size()) lose(lock, lost_error(socket_.reason(sent)));
}

void Connection::take_greeting(Lock& lock, Reply reply) {
  const auto taken = greeting_->take(reply);
  if (!taken) return connect_failed(lock, taken.error());
  if (!greeting_->is_done()) return send_greeting(lock);
  if (greeting_->purpose() == Greeting::Purpose::introduce) {
    protocol_ = greeting_->protocol();
    server_id_ = greeting_->server_id();
    introduced_at_ = SteadyClock::now();
    settings_->silent->remove(greeting_->ended());
    repeats_from_ = SteadyClock::time_point::min();
    if (greeting_->leaves_any()) repeats_from_ = introduced_at_ + SilentConnections::kDangerousFor;
    if (!is_session_) return greet(lock, Greeting::Purpose::check);
  }
  loading_ = greeting_->loading();
  greeting_.reset();
  connect_deadline_ = kNever;
  failed_attempts_ = 0;
  state_ = State::ready;
  fail_unsent_while_loading();
  fail_unsent_repeats();
  start_writing(lock, Role::background);
}

void Connection::connect_failed(Lock& lock, Error error) {
  disconnect();
  const auto& options = settings_->options;
  const int doublings = std::min(failed_attempts_++, 20);
  const auto delay = std::min(options.reconnect_delay_max,
                              options.reconnect_delay_min * (int64_t{1} << doublings));
  not_before_ = SteadyClock::now() + with_jitter(delay);
  last_failure_ = error;
  if (is_session_ && !closed_) closed_ = error;
  fail_unsent(error);
  settle(lock);
}

}  // namespace redstart::remote
