// Sockets: listening, accepting, and the names of addresses as CLIENT LIST shows them.
//
// Threads: thread-safe. Ownership: FileDescriptor closes what it holds.
#pragma once

#include <unistd.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tls/stream.h"

namespace redstart {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// What a connection is told that is turned away.
constexpr std::string_view kTooManyClients = "-ERR max number of clients reached\r\n";

// A socket that accepts connections, non-blocking; or what went wrong, for people to read.
using ListenResult = std::expected<FileDescriptor, std::string>;
// `address` is a numeric address or a host's name, "*" for all IPv4 and "::*" for all IPv6
// addresses.
ListenResult listen_tcp(const std::string& address, int port, int backlog);
// Replaces a socket that nobody serves any more. `permissions` as for chmod; 0: as the umask says.
ListenResult listen_unix(const std::string& path, int permissions, int backlog);

// What accepts connections, and whether they begin with a TLS handshake.
struct Listener {
  FileDescriptor socket;
  bool is_tls = false;
};

struct Accepted {
  FileDescriptor socket;  // non-blocking
  std::string address, local_address;
  bool is_unix = false;
  bool is_local = false;  // comes from this machine
  bool is_tls = false;    // came to the port for TLS
  std::unique_ptr<TlsStream> tls = {};  // then
  std::shared_ptr<void> arrival;  // counts it among the clients until a thread has taken it in
};
// The next connection that waits; without a socket when there is none.
Accepted accept_next(int listener);
void set_tcp_options(int socket, int keepalive_s);

}  // namespace redstart
