// Wire: a blocking RESP connection and the replies that come over it, kept as their exact bytes.
//
// The tests that compare two servers use this instead of the product's own client: a mistake in our
// parser must not hide a mistake in our server.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace redstart::oracle {

using Argv = std::vector<std::string>;

// The peer closed, cannot be reached, stays silent or does not speak RESP.
class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One reply as a tree. `kind` is RESP's first byte; `text` what follows it on the line, or the
// bytes of a bulk string. The two nulls of RESP2 keep their kind ('$' or '*') and have `is_null`
// set.
struct RawReply {
  char kind = '_';
  bool is_null = false;
  std::string text;
  std::vector<RawReply> elements;

  bool is_error() const { return kind == '-' || kind == '!'; }
  bool operator==(const RawReply& other) const = default;
};

RawReply parse_reply(std::string_view bytes);
// For people: as redis-cli prints it, on one line.
std::string to_text(const RawReply& reply);
// A word as redis-cli accepts it: quoted and escaped where needed.
std::string quote_word(std::string_view word);
std::string to_command_line(const Argv& argv);

struct Address {
  std::string host = "127.0.0.1";
  int port = 6379;
};

class Wire {
 public:
  // Throws WireError. `protocol` is 2 or 3.
  Wire(const Address& address, int protocol);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(std::span<const Argv> commands);
  void send_one(const Argv& argv) { send(std::span(&argv, 1)); }
  // The exact bytes of the next reply; the view lives until the next receive(). Throws after ten
  // seconds of silence.
  std::string_view receive();
  // The next `count` replies, their bytes owned by `storage`.
  std::vector<std::string_view> receive_many(size_t count, std::string& storage);
  // Whether a byte has arrived, within `wait_ms`.
  bool readable(int wait_ms);
  RawReply call(const Argv& argv);

 private:
  // Where the reply that starts at `start` ends, or npos when it is not complete.
  size_t end_of_reply(size_t start) const;
  void fill();

  int fd_ = -1;
  std::string buffer_;
  size_t consumed_ = 0;
};

}  // namespace redstart::oracle
