// IoThread: one of the server's threads: waits for its sockets, lets connections read, execute and
// write, and takes messages from other threads.
//
// Threads: post() by any thread, the rest by the thread itself. Ownership: owns its connections.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "execution/executor.h"
#include "execution/persistence.h"
#include "redstart/reply.h"
#include "server/connection.h"
#include "server/socket.h"

namespace redstart {

class IoThread {
 public:
  struct Message {
    enum class Kind : uint8_t { reply, push, kill, resume, adopt, listen };
    Kind kind;
    uint64_t session_id = 0;
    Reply reply = {};
    std::shared_ptr<const Reply> push = {};
    std::unique_ptr<Accepted> accepted = {};
    std::vector<Listener> listeners = {};  // replace those it has
  };
  // Called with each connection that a listener of this thread accepts.
  using OnAccept = std::function<void(Accepted)>;

  IoThread(Executor& executor, int index, OnAccept on_accept);
  ~IoThread();
  IoThread(const IoThread&) = delete;

  void start();
  // Ends the thread; its connections are closed.
  void stop();
  void post(Message message);
  // Replies that waited for the log may go.
  void on_log_progress();
  // Takes what other threads have posted so far. A connection does so before it executes what it has read:
  // who was told of something by one connection finds it in the replies of the others.
  void take_posted() {
    if (has_mail_.load(std::memory_order_acquire)) take_messages();
  }
  // Called on this thread within a command of the connection `running`, which goes on for long: takes what the other
  // connections have for it meanwhile, and sends them their replies.
  void serve_others(uint64_t running);

 private:
  void run();
  void handle_events(std::span<const epoll_event> events);
  void handle_event(uint64_t id, uint32_t events);
  void accept_all(int listener);
  // There are no descriptors left: gives up the spare one to tell the next client so. False: there is none either.
  bool turn_away(int listener, bool is_tls);
  void take_messages();
  void handle(Message& message);
  void adopt(Accepted accepted);
  void listen(std::vector<Listener> listeners);
  // Before a sync, which costs the same for one command as for a thousand: takes what has come meanwhile.
  void gather(std::span<epoll_event> events);
  void send_replies();
  // Has the log brought to where the replies of this round wait for it.
  void push_log_out();
  void note_replied(const Connection& connection);
  void note_held(Connection& connection);
  void take_held();
  // From now on; an event comes at once if there is something already.
  void watch_again(const Connection& connection);
  // Watches for what the connection waits for, and drops it when it is done.
  void settle(Connection& connection);
  void check_connections();
  void wake();

  Executor& executor_;
  const int index_;
  const OnAccept on_accept_;
  FileDescriptor poll_, wake_, spare_;
  std::vector<Listener> listeners_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::unique_ptr<char[]> scratch_;
  std::span<const epoll_event> unhandled_;  // of those that the poll gave last
  // Not zero: a command of this connection goes on for long, and the others are served within it.
  uint64_t running_ = 0;
  std::unique_ptr<char[]> inner_scratch_;  // for these: scratch_ is in use
  std::vector<uint64_t> replied_;  // sessions that may have something to send since the last events
  Persistence::Awaited awaited_;   // by these, of the log
  std::vector<uint64_t> held_;     // sessions whose replies wait for the log
  std::atomic<bool> has_held_{false}, log_progressed_{false}, is_pushing_out_{false};
  std::atomic<bool> stop_{false};
  int64_t next_check_ms_ = 0;

  std::mutex mailbox_mutex_;  // guards mailbox_
  std::vector<Message> mailbox_;
  std::atomic<bool> has_mail_{false};  // changed with the mutex held
  std::thread thread_;
};

}  // namespace redstart
