#include "client/remote/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace redstart::remote {

std::string error_text(int error) { return std::generic_category().message(error); }

std::string Endpoint::text() const {
  if (!path.empty()) return path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint) {
  std::vector<SocketAddress> addresses;
  if (!endpoint.path.empty()) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, endpoint.path.data(),
                std::min(endpoint.path.size(), sizeof address.sun_path - 1));
    std::memcpy(&addresses.emplace_back().storage, &address, sizeof address);
    addresses.back().size = sizeof address;
    return addresses;
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int failed = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) {
    return std::unexpected(
        Error{ErrorCode::connection_refused, Outcome::not_done,
              "the host '" + endpoint.host + "' cannot be found: " + gai_strerror(failed)});
  }
  for (const addrinfo* info = found; info; info = info->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
  }
  freeaddrinfo(found);
  return addresses;
}

bool is_own_peer(int fd) {
  sockaddr_storage own = {}, peer = {};
  socklen_t own_size = sizeof own, peer_size = sizeof peer;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) return false;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return false;
  if (own.ss_family != AF_INET && own.ss_family != AF_INET6) return false;
  return own_size == peer_size && std::memcmp(&own, &peer, own_size) == 0;
}

Socket::Progress Socket::connect(const SocketAddress& address) {
  close();
  fd_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    connect_error_ = errno;
    return Progress::failed;
  }
  if (address.storage.ss_family != AF_UNIX) set_options();
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) {
    return finish_connect();
  }
  if (errno == EINPROGRESS || errno == EINTR) return Progress::pending;
  connect_error_ = errno;
  close();
  return Progress::failed;
}

void Socket::set_options() {
  // A vanished peer that says nothing is noticed within about a minute.
  const int on = 1, idle_s = 30, interval_s = 10, probes = 3;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd_, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(fd_, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(fd_, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

Socket::Progress Socket::finish_connect() {
  socklen_t size = sizeof connect_error_;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &connect_error_, &size) != 0) connect_error_ = errno;
  if (connect_error_ == 0 && is_own_peer(fd_)) connect_error_ = ECONNREFUSED;
  return connect_error_ == 0 ? Progress::done : Progress::failed;
}

TlsStream::Progress Socket::secure(const TlsContext& context, const std::string& server_name,
                                   bool checks_name) {
  const std::lock_guard lock(tls_mutex_);
  if (!tls_) tls_ = std::make_unique<TlsStream>(context, fd_, server_name, checks_name);
  return tls_->handshake();
}

std::string Socket::reason(const Moved& failed) const {
  const std::lock_guard lock(tls_mutex_);
  if (tls_ && !tls_->failure().empty()) return tls_->failure();
  return failed.error == 0 ? "the server closed it" : error_text(failed.error);
}

Socket::Moved Socket::send(std::span<const iovec> parts) const {
  if (tls_) {
    const std::lock_guard lock(tls_mutex_);
    const auto moved = tls_->send(parts);
    return {.bytes = moved.bytes, .is_failed = moved.is_failed};
  }
  while (true) {
    ssize_t sent;
    if (parts.size() == 1) {
      sent = ::send(fd_, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(parts.data());
      message.msg_iovlen = parts.size();
      sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent >= 0) return {.bytes = static_cast<size_t>(sent)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
    return {.is_failed = true, .error = errno};
  }
}

Socket::Moved Socket::receive(std::span<char> room) const {
  if (tls_) {
    const std::lock_guard lock(tls_mutex_);
    const auto moved = tls_->receive(room);
    return {.bytes = moved.bytes, .is_failed = moved.is_failed};
  }
  while (true) {
    const ssize_t received = ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT);
    if (received > 0) return {.bytes = static_cast<size_t>(received)};
    if (received == 0) return {.is_failed = true};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
    return {.is_failed = true, .error = errno};
  }
}

bool Socket::wait_readable(SteadyClock::time_point deadline) const {
  pollfd waiting = {fd_, POLLIN, 0};
  while (true) {
    timespec remaining;
    timespec* timeout = nullptr;
    if (deadline != kNever) {
      const auto left = std::max(deadline - SteadyClock::now(), SteadyClock::duration::zero());
      const auto nanoseconds = std::chrono::nanoseconds(left).count();
      remaining = {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
      timeout = &remaining;
    }
    const int ready = ::ppoll(&waiting, 1, timeout, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    return ready != 0;
  }
}

void Socket::shut_down() {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

void Socket::reset_on_close() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Socket::close() {
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace redstart::remote
