// FaultProxy: stands between a client and a server, and does to their connections what networks do.
//
// Threads: thread-safe. Ownership: owns its threads and sockets, which end with it.
#pragma once

#include <poll.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/scenarios/server_process.h"

namespace redstart::scenarios {

class FaultProxy {
 public:
  enum class Mode : unsigned char {
    pass,
    dribble,      // one byte at a time, both ways
    delay,        // replies come `amount` milliseconds later
    freeze,       // forwards nothing, keeps the connections
    cut_request,  // forwards `amount` more bytes to the server, then cuts
    cut_reply,    // forwards requests, and cuts after `amount` more bytes of replies
    refuse,       // cuts everything, new connections at once
    reset,        // resets everything (RST), new connections at once
    reset_reply,  // forwards requests, and resets the client's connection after `amount` more bytes of replies
    black_hole,   // takes everything and forwards nothing, of new connections neither; a connection of which it has
                  // taken something is good for nothing afterwards
    hold_request,  // holds the next bytes for the server until deliver(), even if the client has gone; that connection
                   // is silent meanwhile, others are not
  };

  explicit FaultProxy(uint16_t server_port) : server_port_(server_port) {
    listener_ = listen_on(port_);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~FaultProxy() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : forwarders_) thread.join();
  }

  void set(Mode mode, int64_t amount = 0) {
    amount_ = amount;
    mode_ = mode;
  }
  // hold_request for the next bytes with this text in them.
  void hold(std::string text) {
    {
      const std::lock_guard lock(mutex_);
      held_text_ = std::move(text);
    }
    mode_ = Mode::hold_request;
  }
  // Lets what hold_request has taken go to the server, and returns when it is there or the server has closed.
  void deliver() {
    delivering_ = true;
    while (held_ > 0 && !stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    delivering_ = false;
  }
  int held() const { return held_; }
  // What cuts or resets after some bytes puts the mode back to pass: one fault for each set().
  Mode mode() const { return mode_; }
  uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  int accepted() const { return accepted_; }

 private:
  void accept_all() {
    while (!stopping_) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) continue;
      ++accepted_;
      const int server = is_closed() ? -1 : connect_to(server_port_);
      if (server < 0 && mode_ != Mode::black_hole) {
        if (mode_ == Mode::reset) reset_on_close(client);
        ::close(client);
        continue;
      }
      forwarders_.emplace_back([this, client, server] {
        forward(client, server);
        if (mode_ == Mode::reset) {
          reset_on_close(client);
          reset_on_close(server);
        }
        ::close(client);
        if (server >= 0) ::close(server);
      });
    }
  }

  bool is_closed() const { return mode_ == Mode::refuse || mode_ == Mode::reset; }

  static void reset_on_close(int fd) {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }

  void forward(int client, int server) {
    bool is_swallowed = server < 0;
    while (!stopping_ && !is_closed()) {
      if (mode_ == Mode::freeze) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      pollfd both[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(both, 2, 5) <= 0 || mode_ == Mode::freeze) continue;
      if (is_swallowed || mode_ == Mode::black_hole) {
        char bytes[65536];
        for (const pollfd& one : both) {
          if (one.revents && ::recv(one.fd, bytes, sizeof bytes, 0) <= 0) return;
        }
        is_swallowed = true;
        continue;
      }
      if (both[0].revents && !move_request(client, server)) return;
      if (both[1].revents && !move_reply(server, client)) return;
    }
  }

  bool move_request(int client, int server) {
    char bytes[65536];
    if (mode_ == Mode::hold_request) return hold_request(client, server, bytes, sizeof bytes);
    if (mode_ != Mode::cut_request) return move(client, server, bytes, sizeof bytes);
    const int64_t allowed = amount_;
    if (allowed > 0) {
      const ssize_t moved = move(client, server, bytes, std::min<int64_t>(allowed, sizeof bytes));
      amount_ = allowed - moved;
      if (moved == 0) return false;
    }
    if (amount_ > 0) return true;
    // The server must have what was let through before it sees the end.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    mode_ = Mode::pass;
    return false;
  }

  bool hold_request(int client, int server, char* bytes, size_t bytes_max) {
    const ssize_t got = ::recv(client, bytes, bytes_max, 0);
    if (got <= 0) return false;
    {
      const std::lock_guard lock(mutex_);
      if (!std::string_view(bytes, static_cast<size_t>(got)).contains(held_text_)) {
        return ::send(server, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) == got;
      }
      held_text_.clear();
    }
    mode_ = Mode::pass;
    ++held_;
    while (!delivering_ && !stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The server answers when it has executed it, or closes.
    pollfd answer = {server, POLLIN, 0};
    if (::send(server, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) > 0) ::poll(&answer, 1, 2000);
    --held_;
    return true;
  }

  bool move_reply(int server, int client) {
    char bytes[65536];
    if (mode_ == Mode::delay) std::this_thread::sleep_for(std::chrono::milliseconds(amount_));
    const bool resets = mode_ == Mode::reset_reply;
    if (mode_ != Mode::cut_reply && !resets) return move(server, client, bytes, sizeof bytes);
    const int64_t allowed = amount_;
    if (allowed > 0) {
      const ssize_t moved = move(server, client, bytes, std::min<int64_t>(allowed, sizeof bytes));
      amount_ = allowed - moved;
      if (moved == 0) return false;
    }
    if (amount_ > 0) return true;
    if (resets) reset_on_close(client);
    mode_ = Mode::pass;
    return false;
  }

  // The number of bytes moved; 0 at the end of the connection.
  ssize_t move(int from, int to, char* bytes, size_t bytes_max) {
    const ssize_t got = ::recv(from, bytes, mode_ == Mode::dribble ? 1 : bytes_max, 0);
    if (got <= 0) return 0;
    for (ssize_t sent = 0; sent < got;) {
      const ssize_t part = ::send(to, bytes + sent, static_cast<size_t>(got - sent), MSG_NOSIGNAL);
      if (part <= 0) return 0;
      sent += part;
    }
    return got;
  }

  const uint16_t server_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<Mode> mode_{Mode::pass};
  std::atomic<int64_t> amount_{0};
  std::atomic<bool> stopping_{false}, delivering_{false};
  std::atomic<int> held_{0};
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::string held_text_;  // guarded by mutex_
  std::thread acceptor_;
  std::vector<std::thread> forwarders_;  // the acceptor's, until it has ended
};

}  // namespace redstart::scenarios
