// Connection: one connection to a server, shared by any number of callers, whose commands are
// pipelined.
//
//   caller --submit()--> unsent_ --writer--> sent_ --reader--> finished
//
// Whoever submits writes, unless another is writing: then that one takes the new request along, and
// many callers' commands leave in one system call. A caller that is alone reads its reply itself:
// three system calls and no switch. Where several wait, or nobody does, the I/O thread reads, and
// tells each what has come.
//
// The roles, of which each is at most one thread's:
//   reader   free -> caller       a caller waits, and no crowd with it
//            caller -> free       it has its reply, and nothing else is in flight
//            caller -> background something else is
//            free -> background   something is in flight, and no caller reads (keep_reading())
//            background -> free   nothing is, no messages out of turn are awaited, and no crowd is at work
//   writer   free -> caller       a request is submitted
//            caller -> free       everything is written
//            caller -> background the socket is full, or one caller has written for others long enough
//            background -> free   everything is written
// A loss frees both, in settle().
//
// Invariants:
//  1. Replies come in the order of sent_, which is the order in which bytes were written.
//  2. The parser belongs to the reader, writing_ to the writer. Neither holds the mutex in a system
//     call, nor while it tells callers (Lock).
//  3. The socket is closed by settle() only, when nobody is inside a system call on it (in_calls_
//     is 0).
//  4. A request is finished once. One that timed out stays in its queue, and its reply is dropped
//     when it comes, so that it cannot become another's.
//  5. After a loss, requests that were written and are not safe to repeat fail with
//     Outcome::unknown; nothing is written twice that may have been executed, unless it may be
//     executed twice.
//  6. Whenever the mutex is free and the connection is ready, what is unsent has a writer, and what is
//     in flight has a reader, or a caller that writes and sees to one before it leaves (is_attended()).
//
// A connection on which nothing comes any more is given up, and what was sent on it may still arrive:
// packets are lost and sent again, a server stands still. It must not be executed behind what is
// sent later. So the next connection ends the silent one on the server (CLIENT KILL) before it sends
// anything, and where it may not, it repeats no writes (SilentConnections).
//
// Many callers at once cost one switch of threads each and little else: those that a batch of
// replies has set free come back together (crowd_), so the first of them gives way to the others
// before it writes, and each gives way for a while before it sleeps, because what wakes a sleeping
// thread costs more than all the rest of a call.
//
// A server that is still loading its data refuses most commands, and may be done in the middle of a
// pipeline: it would run the second of two writes and not the first. So the connection asks, by
// PING, before it sends anything, and as long as it is told so refuses these commands itself.
//
// While a server cannot be reached, calls fail at once with the reason of the last attempt;
// attempts are made when a call asks for one, and not before the back-off has passed.
//
// Threads: thread-safe. Ownership: shared with its callers; shares the I/O thread.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "client/remote/greeting.h"
#include "client/remote/io_thread.h"
#include "client/remote/request.h"
#include "client/remote/silent_connections.h"
#include "client/remote/socket.h"
#include "resp/reply_parser.h"

namespace redstart::remote {

struct RemoteSettings {
  Endpoint endpoint;
  OpenOptions options;
  std::shared_ptr<const TlsContext> tls = {};  // null: plain connections
  ServerRole role = ServerRole::any;
  std::shared_ptr<SilentConnections> silent = std::make_shared<SilentConnections>();
  // For tests: called where a thread has left a system call and has not got the mutex yet, to be late
  // there.
  std::function<void()> dawdle = {};
};

// The commands that wait in all connections of a client together.
class CommandBudget {
 public:
  explicit CommandBudget(size_t commands_max) : commands_max_(commands_max) {}
  bool take(size_t commands) {
    if (waiting_.fetch_add(commands, std::memory_order_relaxed) + commands <= commands_max_) {
      return true;
    }
    give_back(commands);
    return false;
  }
  void give_back(size_t commands) { waiting_.fetch_sub(commands, std::memory_order_relaxed); }
  size_t commands_max() const { return commands_max_; }

 private:
  const size_t commands_max_;
  std::atomic<size_t> waiting_{0};
};

class Connection final : public Watched, public std::enable_shared_from_this<Connection> {
 public:
  // `is_session`: its state is the caller's, so that it is not made anew when it is lost.
  static std::shared_ptr<Connection> make(std::shared_ptr<IoThread> io,
                                          std::shared_ptr<const RemoteSettings> settings,
                                          std::shared_ptr<CommandBudget> budget, bool is_session);
  ~Connection() override;

  // Connects unless it is connected.
  result<void> connect();
  // Takes a request, or says why not. Connects when needed. REQUIRES: the request has `done`.
  std::optional<Error> submit(const std::shared_ptr<Request>& request);
  // The same for a request without `done`: waits until it is finished, at most until its deadline.
  std::optional<Error> call(const std::shared_ptr<Request>& request);
  // Fails what is pending with `error`; whatever is submitted later fails too.
  void close(const Error& error);
  // As if the connection had been lost for that reason.
  void give_up(const Error& reason);
  // Messages out of turn. A session tells its own loss by a push of "connection_lost" and the
  // reason.
  void set_push_handler(std::shared_ptr<const PushHandler> handler);

  void on_events(uint32_t events, uint16_t generation) override;
  void on_timer() override;

 private:
  enum class State : unsigned char { offline, connecting, greeting, ready };
  enum class Role : unsigned char { free, caller, background };
  enum Subscriptions : size_t { kChannels, kPatterns, kShardChannels, kSubscriptionKinds };
  using RequestPointer = std::shared_ptr<Request>;

  // Holds the mutex. When it lets go, callers are told what was finished meanwhile: then none of
  // them wakes up only to wait for the mutex.
  class Lock {
   public:
    explicit Lock(Connection& connection) : connection_(connection) { lock(); }
    ~Lock() {
      if (is_held_) unlock();
    }
    Lock(const Lock&) = delete;
    void lock();
    void unlock();

   private:
    Connection& connection_;
    bool is_held_ = false;
  };

  Connection(std::shared_ptr<IoThread> io, std::shared_ptr<const RemoteSettings> settings,
             std::shared_ptr<CommandBudget> budget, bool is_session);

  // REQUIRES for all that follows: `lock` is held on entry; those that say so let it go meanwhile.
  std::optional<Error> refuse(const Request& request, SteadyClock::time_point now) const;
  std::optional<Error> enqueue(Lock& lock, const RequestPointer& request);  // lets go
  // False: it was not told what has become of the request before its deadline.
  bool wait_until_told(Lock& lock, Request& request);  // lets go
  bool is_crowded() const;
  bool is_attended() const;
  void start_connecting(Lock& lock);
  void connect_now();  // on the I/O thread, without the lock
  void try_next_address(Lock& lock);
  void on_connected(Lock& lock);
  // False: the TLS handshake goes on, or has failed.
  bool secure(Lock& lock);
  void greet(Lock& lock, Greeting::Purpose purpose);
  void send_greeting(Lock& lock);
  void take_greeting(Lock& lock, Reply reply);
  void connect_failed(Lock& lock, Error error);
  void fail_unsent(const Error& error);
  void fail_unsent_while_loading();
  void fail_unsent_repeats();

  void start_writing(Lock& lock, Role role);  // lets go
  void await_crowd(Lock& lock);               // lets go
  void write_all(Lock& lock);  // lets go
  void gather(SteadyClock::time_point now);
  void count_written(size_t bytes);
  bool receive();  // without the lock; false: nothing more to read now
  void take_received(Lock& lock);
  void read_for(Lock& lock, const Request& request);  // lets go
  void read_in_background(Lock& lock);                // lets go
  bool must_listen() const;
  void keep_reading();
  void arm();

  void accept(Lock& lock, Reply reply);
  bool is_out_of_turn(const Reply& reply) const;
  void take_push(Reply reply);
  bool confirms_subscription(const Reply& push);
  void note_session_command(const std::vector<std::string>& words);
  void pop_answered(const RequestPointer& request);

  void finish(const RequestPointer& request);
  void fail(const RequestPointer& request, Error error);
  void time_out(Lock& lock, const RequestPointer& request);
  void leave_call(Lock& lock);  // ends a system call's section
  void lose(Lock& lock, Error error);
  void lose_silent(Lock& lock, Error error);
  void settle(Lock& lock);
  void disconnect();
  Error lost_error(std::string reason) const;
  void deliver(Reply push);
  void hand_over(const Reply& push);  // on the I/O thread, without the lock

  const std::shared_ptr<IoThread> io_;
  const std::shared_ptr<const RemoteSettings> settings_;
  const std::shared_ptr<CommandBudget> budget_;
  const bool is_session_;
  uint64_t id_ = 0;

  std::mutex mutex_;  // guards what follows, roles excepted as said above
  State state_ = State::offline;
  Socket socket_;
  uint16_t generation_ = 0;  // of the socket
  std::vector<SocketAddress> addresses_;
  size_t next_address_ = 0;
  std::optional<Greeting> greeting_;
  SteadyClock::time_point connect_deadline_ = kNever;
  uint64_t server_id_ = 0;  // see SilentConnection
  SteadyClock::time_point began_at_, introduced_at_;
  SteadyClock::time_point repeats_from_ = SteadyClock::time_point::min();  // until then no writes are repeated
  int failed_attempts_ = 0;
  SteadyClock::time_point not_before_ = SteadyClock::time_point::min();
  Error last_failure_;
  std::optional<Error> closed_;  // closed, or a lost session

  std::vector<RequestPointer> finished_;  // whose callers are told when the mutex is let go
  size_t callers_ = 0;                    // that wait for a request that is not finished
  size_t crowd_ = 0;                      // how many they have been of late
  std::atomic<int> patience_{1};          // how often a caller of a crowd yields before it sleeps

  std::deque<RequestPointer> unsent_;
  std::deque<RequestPointer> sent_;
  std::deque<RequestPointer> writing_;  // the part of sent_ that the kernel has not wholly taken
  Role reader_ = Role::free;
  Role writer_ = Role::free;
  int in_calls_ = 0;
  std::optional<Error> loading_;  // what the server has said, and has not taken back
  bool is_lost_ = false;  // waits to be settled
  Error loss_;
  ReplyParser parser_;           // the reader's
  std::vector<Reply> received_;  // the reader's
  std::optional<Error> receive_failure_;
  uint32_t armed_events_ = 0;  // 0: not armed
  SteadyClock::time_point last_used_, last_received_;

  struct Deadline {
    SteadyClock::time_point when;
    std::weak_ptr<Request> request;
    bool operator<(const Deadline& other) const { return when > other.when; }
  };
  std::priority_queue<Deadline> deadlines_;  // of requests that nobody waits for

  std::shared_ptr<const PushHandler> push_handler_;
  std::array<std::set<std::string>, kSubscriptionKinds> subscriptions_;
  bool is_monitoring_ = false;
  int protocol_ = 3;
};

}  // namespace redstart::remote
