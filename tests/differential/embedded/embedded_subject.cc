// embedded_subject: the embedded engine behind a socket, for the comparison with redis-server.
//
//   embedded_subject --port 7000
//
// A connection is a dedicated session of one `memory:` client: each command that arrives goes through the library's
// public calls, by itself or, when several arrive together, as a batch, and the Reply that comes back is written in
// RESP3. (A Reply is shaped for RESP3: what a server tells a RESP2 client differs for some commands.) Runs until it is
// killed.
//
// Threads: one for each connection, and one that accepts and notices who has gone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <list>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "resp/output_buffer.h"
#include "resp/reply_builder.h"
#include "resp/request_parser.h"
#include "resp/resp_writer.h"

namespace redstart {
namespace {

class Session {
 public:
  Session(int fd, Client client) : fd_(fd), client_(std::move(client)) {
    client_.on_push([this](const Reply& message) { send({&message, 1}); });
    thread_ = std::thread([this] { serve(); });
  }
  // REQUIRES: the peer has gone.
  ~Session() {
    client_.close();  // a blocked command waits no longer
    thread_.join();
    ::close(fd_);
  }
  Session(const Session&) = delete;

  int fd() const { return fd_; }

 private:
  static constexpr int kProtocol = 3;
  static constexpr size_t kReadBytes = 64 * 1024;

  void serve() {
    std::array<char, kReadBytes> bytes;
    while (true) {
      const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (count <= 0) return;
      input_.append(bytes.data(), static_cast<size_t>(count));
      std::vector<Reply> replies;
      for (result<Reply>& outcome : run(take_commands())) {
        replies.push_back(outcome ? std::move(*outcome) : Reply::error(outcome.error().message));
      }
      if (cannot_go_on_) replies.push_back(Reply::error("ERR Protocol error: " + parser_.error()));
      send(replies);
      if (cannot_go_on_) return;
    }
  }

  // What has arrived in whole.
  Batch take_commands() {
    Batch batch;
    size_t begin = 0;
    while (true) {
      std::vector<std::string_view> words;
      size_t length_bytes = 0;
      const auto status = parser_.next(std::string_view(input_).substr(begin), words, length_bytes);
      if (status == RequestParser::Status::need_more) break;
      if (status == RequestParser::Status::error) {
        cannot_go_on_ = true;
        break;
      }
      if (status == RequestParser::Status::command) batch.commands.emplace_back(words.begin(), words.end());
      begin += length_bytes;
    }
    parser_.restart();
    parser_.release();
    input_.erase(0, begin);
    return batch;
  }

  BatchResult run(Batch batch) {
    if (batch.commands.empty()) return {};
    if (batch.commands.size() > 1) return client_.run_batch(std::move(batch));
    const std::vector<std::string_view> words(batch.commands[0].begin(), batch.commands[0].end());
    return {client_.call(words)};
  }

  // What cannot be sent any more nobody wants: the peer has gone.
  void send(std::span<const Reply> replies) {
    const std::lock_guard lock(output_mutex_);
    for (const Reply& reply : replies) write_reply(reply, writer_);
    while (!output_.empty()) {
      std::array<iovec, 16> pieces;
      msghdr message = {};
      message.msg_iov = pieces.data();
      message.msg_iovlen = output_.gather(pieces);
      const ssize_t count = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (count < 0) return output_.consume(output_.pending_bytes());
      output_.consume(static_cast<size_t>(count));
    }
  }

  const int fd_;
  RequestParser parser_;
  std::string input_;
  bool cannot_go_on_ = false;  // what arrived is no command
  std::mutex output_mutex_;    // guards what follows: messages come on a thread of the client's
  OutputBuffer output_;
  RespWriter writer_{output_, kProtocol};
  Client client_;  // goes first, and no message comes after it
  std::thread thread_;
};

int listen_on(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 64) != 0) {
    throw std::runtime_error("cannot listen on port " + std::to_string(port));
  }
  return fd;
}

[[noreturn]] void serve(uint16_t port) {
  const Client store = open("memory:").value();
  const int listener = listen_on(port);
  std::list<Session> sessions;
  while (true) {
    std::vector<pollfd> watched = {{listener, POLLIN, 0}};
    for (const Session& session : sessions) watched.push_back({session.fd(), POLLRDHUP, 0});
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    std::erase_if(sessions, [at = size_t{0}, &watched](const Session&) mutable { return watched[++at].revents != 0; });
    if (watched[0].revents == 0) continue;
    if (const int fd = ::accept(listener, nullptr, nullptr); fd >= 0) {
      sessions.emplace_back(fd, store.dedicated().value());
    }
  }
}

}  // namespace
}  // namespace redstart

int main(int argc, char** argv) {
  try {
    if (argc != 3 || std::string_view(argv[1]) != "--port") throw std::invalid_argument("--port PORT is missing");
    redstart::serve(static_cast<uint16_t>(std::stoi(argv[2])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "embedded_subject: %s\n", error.what());
  }
  return 2;
}
