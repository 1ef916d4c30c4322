// TlsStream: TLS over a non-blocking socket: the handshake, then bytes in both directions. Nothing waits.
//
// Threads: thread-compatible. Ownership: owns its state, borrows the socket, which must outlive it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tls/context.h"

struct ssl_st;

namespace redstart {

class TlsStream {
 public:
  // The server's end of a connection.
  TlsStream(const TlsContext& context, int socket);
  // The client's. `server_name` is what the server's certificate must be for, a host's name or an address;
  // `checks_name` false: it may be for anybody.
  TlsStream(const TlsContext& context, int socket, const std::string& server_name, bool checks_name);
  // Tells the peer that this is the end, as far as the socket takes it.
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;

  // What has to happen at the socket before a call can go on.
  enum class Progress : uint8_t { done, wants_read, wants_write, failed };
  // Goes on with the handshake. After `done`, bytes may be moved.
  Progress handshake();
  bool is_established() const { return is_established_; }

  struct Moved {
    size_t bytes = 0;  // none without more: it would have to wait
    bool is_failed = false;
    bool is_closed = false;  // by the peer
  };
  // Less than the room: nothing is kept back here, the socket becomes readable when there is more.
  Moved receive(std::span<char> room);
  // The last receive() filled its room, and there may be more that the socket does not tell of.
  bool has_more() const { return has_more_; }
  // Sends the parts in order, as far as the socket takes them. What was not taken must come first in
  // the next call.
  Moved send(std::span<const iovec> parts);
  // The last call waits for the socket to take bytes, whatever direction it was about.
  bool wants_write() const { return wants_write_; }
  // Why it failed, for people to read.
  const std::string& failure() const { return failure_; }

 private:
  void attach(int socket);
  // Notes why an operation returned `result`.
  Progress progress_of(int result);
  std::string failure_text(int error) const;

  ssl_st* const ssl_;
  bool is_established_ = false;
  bool wants_write_ = false;
  bool has_more_ = false;
  bool is_broken_ = false;
  std::string failure_;
};

}  // namespace redstart
