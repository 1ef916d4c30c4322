// RawClient: a client of nothing but a socket, which sees every byte that a server sends.
//
// Threads: thread-compatible. Ownership: owns its socket.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace redstart::server_tests {

// A command as a RESP array.
inline std::string resp(std::initializer_list<std::string_view> words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n";
    text.append(word).append("\r\n");
  }
  return text;
}

inline std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

class RawClient {
 public:
  // `receive_bytes` bounds how much the system takes in for a client that does not read; 0: as
  // usual.
  explicit RawClient(uint16_t port, const char* host = "127.0.0.1", int receive_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0) set(SOL_SOCKET, SO_RCVBUF, receive_bytes);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    const timeval patience = {.tv_sec = 30, .tv_usec = 0};  // a test that hangs is to fail instead
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), kept_(std::move(other.kept_)) {}
  ~RawClient() { close(); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  // Nothing more is to be sent; replies still come.
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  bool is_connected() const { return socket_ >= 0; }

  // False: the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // The next bytes; fewer when the connection ends before.
  std::string read(size_t bytes) {
    while (kept_.size() < bytes && receive()) {
    }
    return take(bytes);
  }
  // All until the server closes the connection.
  std::string read_to_end() {
    while (receive()) {
    }
    return take(kept_.size());
  }
  // Up to and without the next CR LF.
  std::string line() {
    while (kept_.find("\r\n") == std::string::npos && receive()) {
    }
    const size_t end = kept_.find("\r\n");
    std::string result = take(end == std::string::npos ? kept_.size() : end);
    take(2);
    return result;
  }

  // Whether the next bytes are these.
  testing::AssertionResult gives(std::string_view expected) {
    size_t checked = 0;
    const auto fits = [&] {
      const size_t end = std::min(kept_.size(), expected.size());
      const std::string_view fresh = std::string_view(kept_).substr(checked, end - checked);
      return fresh == expected.substr(std::exchange(checked, end), fresh.size());
    };
    bool fit = fits();
    while (fit && checked < expected.size() && receive()) fit = fits();
    if (fit && checked == expected.size()) {
      take(expected.size());
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure()
           << "expected " << testing::PrintToString(expected.substr(0, 300)) << ", got "
           << testing::PrintToString(kept_.substr(0, 300));
  }
  // Whether a command that is typed in a line is answered with these bytes.
  testing::AssertionResult answers(std::string_view line, std::string_view expected) {
    send(std::string(line) + "\r\n");
    return gives(expected) << " to " << line;
  }
  // Whether nothing more comes and the connection ends.
  testing::AssertionResult is_closed() {
    const std::string rest = read_to_end();
    if (rest.empty() && has_ended_) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "it is open, or there is more: " << testing::PrintToString(rest.substr(0, 300));
  }

  // The text of a bulk that answers a command.
  std::string text_of(std::string_view line) {
    send(std::string(line) + "\r\n");
    const std::string header = this->line();
    if (!header.starts_with('$') && !header.starts_with('=')) return header;
    const size_t size = std::stoul(header.substr(1));
    std::string text = read(size);
    read(2);
    return text;
  }
  std::string id() {
    send("CLIENT ID\r\n");
    return line().substr(1);
  }

 private:
  void set(int level, int name, int value) {
    ::setsockopt(socket_, level, name, &value, sizeof value);
  }
  bool receive() {
    char buffer[64 * 1024];
    const ssize_t bytes = ::recv(socket_, buffer, sizeof buffer, 0);
    has_ended_ = bytes == 0 || (bytes < 0 && errno == ECONNRESET);
    if (bytes <= 0) return false;
    kept_.append(buffer, static_cast<size_t>(bytes));
    return true;
  }
  std::string take(size_t bytes) {
    std::string result = kept_.substr(0, bytes);
    kept_.erase(0, bytes);
    return result;
  }

  int socket_;
  std::string kept_;  // received, not looked at
  bool has_ended_ = false;
};

}  // namespace redstart::server_tests
