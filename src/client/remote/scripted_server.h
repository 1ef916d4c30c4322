// ScriptedServer: a server for tests that answers as a function says.
//
// Threads: its own; the function is called by them.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "redstart/client.h"
#include "resp/request_parser.h"

namespace redstart::remote {

inline BatchResult submit_and_wait(Backend& backend, std::vector<std::vector<std::string>> commands) {
  std::promise<BatchResult> answered;
  backend.submit({.commands = std::move(commands), .options = {}},
                 [&](BatchResult outcome) { answered.set_value(std::move(outcome)); });
  return answered.get_future().get();
}

class ScriptedServer {
 public:
  // The bytes of the reply to a command; called by one thread for each connection.
  using Answer = std::function<std::string(std::span<const std::string_view> words)>;
  // The command's last word. To HELLO too, from which a client learns nothing.
  static std::string echo(std::span<const std::string_view> words) {
    return "$" + std::to_string(words.back().size()) + "\r\n" + std::string(words.back()) + "\r\n";
  }

  // `blocking`: a command whose answer takes its time; those to what came before it leave first.
  explicit ScriptedServer(Answer answer, std::string blocking = {})
      : answer_(std::move(answer)), blocking_(std::move(blocking)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (auto& peer : peers_) peer.join();
    ::close(listener_);
  }
  uint16_t port() const { return port_; }

 private:
  void accept_all() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      peers_.emplace_back([this, fd] {
        serve(fd);
        ::close(fd);
      });
    }
  }

  void serve(int fd) const {
    RequestParser parser;
    std::string buffer;
    std::vector<std::string_view> words;
    char room[16 * 1024];
    while (true) {
      const ssize_t got = ::recv(fd, room, sizeof room, 0);
      if (got <= 0) return;
      buffer.append(room, static_cast<size_t>(got));
      std::string answers;
      size_t begin = 0, length = 0;
      words.clear();
      while (parser.next(std::string_view(buffer).substr(begin), words, length) == RequestParser::Status::command) {
        if (words[0] == blocking_ && !flush(fd, answers)) return;
        answers += answer_(words);
        begin += length;
        words.clear();
      }
      parser.restart();
      buffer.erase(0, begin);
      if (!flush(fd, answers)) return;
    }
  }
  static bool flush(int fd, std::string& answers) {
    const ssize_t sent = ::send(fd, answers.data(), answers.size(), MSG_NOSIGNAL);
    answers.clear();
    return sent >= 0;
  }

  const Answer answer_;
  const std::string blocking_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
  std::vector<std::thread> peers_;
};

}  // namespace redstart::remote
