// One connection under many threads that are late wherever they can be.
#include "client/remote/connection.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <barrier>
#include <future>
#include <random>
#include <thread>

#include "client/remote/remote_backend.h"
#include "resp/request_parser.h"

namespace redstart::remote {
namespace {

// Answers each command with its last word; knows no HELLO of which anything would follow.
class EchoServer {
 public:
  EchoServer() {
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
  ~EchoServer() {
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
      peers_.emplace_back([fd] {
        serve(fd);
        ::close(fd);
      });
    }
  }

  static void serve(int fd) {
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
        answers += "$" + std::to_string(words.back().size()) + "\r\n" + std::string(words.back()) + "\r\n";
        begin += length;
        words.clear();
      }
      parser.restart();
      buffer.erase(0, begin);
      if (::send(fd, answers.data(), answers.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
  std::vector<std::thread> peers_;
};

// Nothing, a yield, or a pause that others overtake.
void dawdle_at_random() {
  thread_local std::minstd_rand random(std::random_device{}());
  const auto choice = random() % 8;
  if (choice < 4) return;
  if (choice < 6) return std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
}

struct Rig {
  EchoServer server;
  std::shared_ptr<IoLease> io = std::make_shared<IoLease>(IoThread::start().value());
  RemoteBackend backend{io,
                        std::make_shared<const RemoteSettings>(
                            RemoteSettings{.endpoint = {"127.0.0.1", server.port(), {}},
                                           .options = {.call_timeout = std::chrono::milliseconds(10'000)},
                                           .dawdle = dawdle_at_random}),
                        std::make_shared<CommandBudget>(1'000'000), RemoteBackend::Kind::shared};
};

// How many of the calls of one thread did not get their own reply, and why the last of them.
struct Wrongs {
  std::atomic<int> count{0};
  std::mutex mutex;
  std::string last;
  void check(const result<Reply>& reply, const std::string& expected) {
    if (reply && reply->text() == expected) return;
    ++count;
    const std::lock_guard lock(mutex);
    last = reply ? "'" + reply->text().substr(0, 40) + "' instead of '" + expected.substr(0, 40) + "'"
                 : reply.error().message;
  }
};

void call_from(Rig& rig, int thread, int calls, Wrongs& wrongs, size_t padding_bytes = 0) {
  for (int i = 0; i < calls; ++i) {
    const std::string mine = std::to_string(thread) + ":" + std::to_string(i) + std::string(padding_bytes, '.');
    const std::string_view words[] = {"ECHO", mine};
    wrongs.check(rig.backend.call(words, {}), mine);
  }
}

// Submits without waiting, in bursts.
void submit_from(Rig& rig, int thread, int bursts, Wrongs& wrongs) {
  for (int i = 0; i < bursts; ++i) {
    const std::string mine = std::to_string(thread) + ":" + std::to_string(i);
    std::promise<BatchResult> answered[3];
    for (auto& one : answered) {
      rig.backend.submit({.commands = {{"ECHO", mine}, {"ECHO", mine + "b"}}, .options = {}},
                         [&one](BatchResult outcome) { one.set_value(std::move(outcome)); });
    }
    for (auto& one : answered) {
      const BatchResult outcome = one.get_future().get();
      wrongs.check(outcome[0], mine);
      wrongs.check(outcome[1], mine + "b");
    }
  }
}

// Callers that come together and then leave: nobody comes later who would read for those who still wait.
TEST(RemoteConnection, answers_the_last_caller_when_all_others_have_left) {
  constexpr int kRounds = 400;
  for (const int callers : {3, 4, 6}) {
    Rig rig;
    Wrongs wrongs;
    std::barrier together(callers);
    std::vector<std::thread> threads;
    for (int t = 0; t < callers; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds && wrongs.count == 0; ++i) {
          together.arrive_and_wait();
          call_from(rig, t, 1, wrongs);
        }
        together.arrive_and_drop();
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrongs.count, 0) << callers << " callers: " << wrongs.last;
  }
}

TEST(RemoteConnection, answers_every_caller_however_late_other_threads_are) {
  for (const int callers : {2, 3, 5, 24}) {
    Rig rig;
    Wrongs wrongs;
    std::vector<std::thread> threads;
    for (int t = 0; t < callers; ++t) threads.emplace_back([&, t] { call_from(rig, t, 3000 / callers, wrongs); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrongs.count, 0) << callers << " callers: " << wrongs.last;
  }
}

TEST(RemoteConnection, answers_callers_that_wait_and_callers_that_do_not) {
  for (const int waiting : {0, 1, 4}) {
    Rig rig;
    Wrongs wrongs;
    std::vector<std::thread> threads;
    for (int t = 0; t < waiting; ++t) threads.emplace_back([&, t] { call_from(rig, t, 600, wrongs); });
    for (int t = 0; t < 2; ++t) threads.emplace_back([&, t] { submit_from(rig, 100 + t, 200, wrongs); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrongs.count, 0) << waiting << " that wait: " << wrongs.last;
  }
}

// The server stops reading while nobody reads what it says.
TEST(RemoteConnection, reads_while_it_waits_for_a_full_socket) {
  Rig rig;
  Wrongs wrongs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back([&, t] { call_from(rig, t, 4, wrongs, 2'000'000); });
  for (int t = 3; t < 5; ++t) threads.emplace_back([&, t] { call_from(rig, t, 100, wrongs); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrongs.count, 0) << wrongs.last;
}

}  // namespace
}  // namespace redstart::remote
