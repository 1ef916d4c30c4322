// Sockets of clients: addresses, non-blocking connecting, sending and receiving without waiting.
//
// Threads: thread-compatible. Ownership: Socket owns its descriptor.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/result.h"
#include "tls/stream.h"

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

// Whether a TCP socket is connected to itself, which happens on one's own machine when nobody listens at a port that
// the system then picks for the connecting end: it would answer every command with the command.
bool is_own_peer(int fd);

class Socket {
 public:
  Socket() = default;
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  enum class Progress : unsigned char { done, pending, failed };
  // Begins a connection; `pending`: writable when it has succeeded or failed.
  Progress connect(const SocketAddress& address);
  // After `pending`: whether it has succeeded.
  Progress finish_connect();
  // Begins or goes on with the TLS handshake of a connected socket, after which bytes go through TLS.
  // `server_name` as for TlsStream.
  TlsStream::Progress secure(const TlsContext& context, const std::string& server_name,
                             bool checks_name);
  // Of the last attempt to connect.
  int connect_error() const { return connect_error_; }

  struct Moved {
    size_t bytes = 0;  // none without a failure: it would have to wait
    bool is_failed = false;
    int error = 0;  // errno of the failure; 0: the peer has closed, or TLS has failed
  };
  // Why something failed, for people to read.
  std::string reason(const Moved& failed) const;
  // One thread may send while another receives.
  Moved send(std::span<const iovec> parts) const;
  Moved receive(std::span<char> room) const;
  // TLS has bytes of which the socket does not tell any more: receive again.
  bool holds_more() const { return tls_ && tls_->has_more(); }
  // Waits until there is something to receive, a failure included. False: the deadline passed.
  bool wait_readable(SteadyClock::time_point deadline) const;

  // Wakes whoever waits; what follows fails.
  void shut_down();
  void close();
  // close() will throw away what the peer has not acknowledged, and reset the connection.
  void reset_on_close();
  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  void set_options();
  int fd_ = -1;
  int connect_error_ = 0;
  std::unique_ptr<TlsStream> tls_;  // null: plain bytes
  mutable std::mutex tls_mutex_;    // guards what tls_ refers to: it cannot send and receive at once
};

// errno's text.
std::string error_text(int error);

}  // namespace redstart::remote
