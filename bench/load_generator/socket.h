// Socket: a connection to the server, in plain text or over TLS.
//
// Threads: thread-compatible. Ownership: closes its descriptor. Whatever fails ends the program, with a reason.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "options.h"

struct ssl_st;

namespace load {

class Socket {
 public:
  // Connected; calls block.
  explicit Socket(const Options& options);
  ~Socket();
  Socket(Socket&&) noexcept;

  int fd() const { return fd_; }
  void stop_blocking();
  // How many bytes were taken: fewer than all when the rest would block. What was not taken must come first next time.
  size_t send(std::string_view bytes);
  // Nothing: there is nothing to be read yet.
  std::optional<size_t> receive(std::span<char> buffer);
  // Sends a command in a line and waits for its reply, which must be a status.
  void set_up(const std::string& command);

 private:
  struct Close {
    void operator()(ssl_st* tls) const;
  };

  void begin_tls(const Options& options);

  int fd_ = -1;
  std::unique_ptr<ssl_st, Close> tls_;
};

}  // namespace load
