// Sockets of clients: addresses, non-blocking connecting, sending and receiving without waiting.
//
// Threads: thread-compatible. Ownership: Socket owns its descriptor.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/result.h"

namespace redstart::remote {

using SteadyClock = std::chrono::steady_clock;
inline constexpr SteadyClock::time_point kNever = SteadyClock::time_point::max();

// Where a server listens: a host and a port, or the path of a Unix socket.
struct Endpoint {
  std::string host;
  uint16_t port = 0;
  std::string path;  // not empty: a Unix socket
  std::string text() const;
};

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
};

// All addresses of an endpoint, in the order in which to try them. May wait for the name service.
result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint);

class Socket {
 public:
  Socket() = default;
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  enum class Progress : unsigned char { done, pending, failed };
  // Begins a connection; `pending`: writable when it has succeeded or failed.
  Progress connect(const SocketAddress& address);
  // After `pending`: whether it has succeeded. Errors stand in error().
  Progress finish_connect();

  // The number of bytes moved, 0 when that would have to wait, -1 on a failure (error(); 0 means
  // that the peer has closed).
  ssize_t send(std::span<const iovec> parts);
  ssize_t receive(std::span<char> room);
  // Waits until there is something to receive, a failure included. False: the deadline passed.
  bool wait_readable(SteadyClock::time_point deadline) const;

  // Wakes whoever waits; what follows fails.
  void shut_down();
  void close();
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int error() const { return error_; }

 private:
  void set_options();
  int fd_ = -1;
  int error_ = 0;
};

// errno's text.
std::string error_text(int error);

}  // namespace redstart::remote
