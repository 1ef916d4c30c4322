#include "tests/differential/wire.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace redstart::oracle {
namespace {

constexpr int kSilenceMs = 10'000;

int64_t length_after_kind(std::string_view line) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(line.data() + 1, line.data() + line.size(), value);
  if (error != std::errc() || end != line.data() + line.size()) {
    throw WireError("not a length: " + std::string(line));
  }
  return value;
}

bool is_bulk(char kind) { return kind == '$' || kind == '=' || kind == '!'; }
bool is_aggregate(char kind) {
  return kind == '*' || kind == '%' || kind == '~' || kind == '>' || kind == '|';
}

size_t element_count(char kind, int64_t length) {
  if (length < 0) return 0;
  return static_cast<size_t>(length) * (kind == '%' || kind == '|' ? 2 : 1);
}

RawReply parse_one(std::string_view bytes, size_t& at) {
  const size_t line_end = bytes.find("\r\n", at);
  const std::string_view line = bytes.substr(at, line_end - at);
  RawReply reply{.kind = line[0], .is_null = line[0] == '_', .text = "", .elements = {}};
  at = line_end + 2;
  if (is_bulk(reply.kind)) {
    const int64_t length = length_after_kind(line);
    reply.is_null = length < 0;
    if (length >= 0) {
      reply.text = bytes.substr(at, static_cast<size_t>(length));
      at += static_cast<size_t>(length) + 2;
    }
  } else if (is_aggregate(reply.kind)) {
    const int64_t length = length_after_kind(line);
    reply.is_null = length < 0;
    const size_t count = element_count(reply.kind, length);
    reply.elements.reserve(count);
    for (size_t i = 0; i < count; ++i) reply.elements.push_back(parse_one(bytes, at));
  } else {
    reply.text = line.substr(1);
  }
  return reply;
}

}  // namespace

RawReply parse_reply(std::string_view bytes) {
  size_t at = 0;
  return parse_one(bytes, at);
}

std::string quote_word(std::string_view word) {
  bool plain = !word.empty();
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && byte > ' ' && byte < 0x7f && std::strchr("\"'\\", c) == nullptr;
  }
  if (plain) return std::string(word);
  std::string quoted = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < ' ' || byte >= 0x7f) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      quoted += escaped;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string to_command_line(const Argv& argv) {
  std::string line;
  for (const std::string& word : argv) line += (line.empty() ? "" : " ") + quote_word(word);
  return line;
}

std::string to_text(const RawReply& reply) {
  if (reply.is_null) return reply.kind == '*' ? "(nil array)" : "(nil)";
  switch (reply.kind) {
    case '+':
      return reply.text;
    case '-':
    case '!':
      return "(error) " + reply.text;
    case ':':
      return "(integer) " + reply.text;
    case ',':
      return "(double) " + reply.text;
    case '#':
      return "(boolean) " + reply.text;
    case '(':
      return "(big number) " + reply.text;
    case '$':
      return quote_word(reply.text);
    case '=':
      return "(verbatim) " + quote_word(reply.text);
    default:
      break;
  }
  std::string text(1, reply.kind);
  text += '[';
  for (size_t i = 0; i < reply.elements.size(); ++i) {
    if (i > 0) text += ", ";
    text += to_text(reply.elements[i]);
  }
  return text + "]";
}

Wire::Wire(const Address& address, int protocol) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<uint16_t>(address.port));
  if (inet_pton(AF_INET, address.host.c_str(), &target.sin_addr) != 1) {
    throw WireError("not an IPv4 address: " + address.host);
  }
  if (connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) {
    const std::string reason = std::strerror(errno);
    close(fd_);
    throw WireError("cannot connect to " + address.host + ":" + std::to_string(address.port) +
                    ": " + reason);
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (protocol == 3 && call({"HELLO", "3"}).is_error()) throw WireError("HELLO 3 was refused");
}

Wire::~Wire() { close(fd_); }

void Wire::send(std::span<const Argv> commands) {
  std::string bytes;
  for (const Argv& argv : commands) {
    bytes += "*" + std::to_string(argv.size()) + "\r\n";
    for (const std::string& word : argv) {
      bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
  }
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n < 0) throw WireError(std::string("send: ") + std::strerror(errno));
    sent += static_cast<size_t>(n);
  }
}

size_t Wire::end_of_reply(size_t start) const {
  size_t at = start;
  for (size_t open = 1; open > 0; --open) {
    const size_t line_end = buffer_.find("\r\n", at);
    if (line_end == std::string::npos) return std::string::npos;
    const std::string_view line(buffer_.data() + at, line_end - at);
    if (line.empty()) throw WireError("an empty line instead of a reply");
    at = line_end + 2;
    if (is_bulk(line[0])) {
      const int64_t length = length_after_kind(line);
      if (length >= 0) at += static_cast<size_t>(length) + 2;
      if (at > buffer_.size()) return std::string::npos;
    } else if (is_aggregate(line[0])) {
      open += element_count(line[0], length_after_kind(line));
    } else if (std::strchr("+-:,#(_", line[0]) == nullptr) {
      throw WireError("not a reply: " + std::string(line));
    }
  }
  return at;
}

void Wire::fill() {
  if (!readable(kSilenceMs)) throw WireError("no reply within ten seconds");
  const size_t before = buffer_.size();
  buffer_.resize(before + 64 * 1024);
  const ssize_t received = recv(fd_, buffer_.data() + before, 64 * 1024, 0);
  buffer_.resize(before + static_cast<size_t>(received > 0 ? received : 0));
  if (received == 0) throw WireError("the server closed the connection");
  if (received < 0) throw WireError(std::string("recv: ") + std::strerror(errno));
}

bool Wire::readable(int wait_ms) {
  if (consumed_ < buffer_.size() && end_of_reply(consumed_) != std::string::npos) return true;
  pollfd descriptor{.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&descriptor, 1, wait_ms) > 0;
}

std::string_view Wire::receive() {
  if (consumed_ == buffer_.size()) {
    buffer_.clear();
    consumed_ = 0;
  }
  size_t end = end_of_reply(consumed_);
  while (end == std::string::npos) {
    fill();
    end = end_of_reply(consumed_);
  }
  const std::string_view reply(buffer_.data() + consumed_, end - consumed_);
  consumed_ = end;
  return reply;
}

std::vector<std::string_view> Wire::receive_many(size_t count, std::string& storage) {
  std::vector<size_t> ends;
  for (size_t i = 0; i < count; ++i) {
    // receive() may move the buffer, so the bytes are copied before the next call.
    storage.append(receive());
    ends.push_back(storage.size());
  }
  std::vector<std::string_view> replies;
  size_t start = 0;
  for (const size_t end : ends) {
    replies.push_back(std::string_view(storage).substr(start, end - start));
    start = end;
  }
  return replies;
}

RawReply Wire::call(const Argv& argv) {
  send_one(argv);
  return parse_reply(receive());
}

}  // namespace redstart::oracle
