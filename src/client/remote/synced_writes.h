// SyncedWrites: writes that are done when their server has them on its disk (Durability::synced).
//
// WAITAOF asks the server for that. It waits for what its own connection has written, and holds the connection up
// meanwhile. So such a write and its WAITAOF leave the connection that threads share for one where only such writes
// go; and since each thread's commands are to be executed in its order, they do it in steps:
//
//   a thread's line:   synced, synced, ordinary, ordinary, synced ...   (from its first synced write on)
//
//     synced     PING on the thread's shared connection is answered, and with it all that the thread has sent there
//                a connection is free: the synced writes that are next, of all lines that are as far, then one WAITAOF
//                their replies: the line goes on.  WAITAOF's reply: the callers hear
//     ordinary   is sent over the shared connection, and the line goes on
//
// So nothing but synced writes waits for a disk as long as one of kConnectionsMax connections is free. Where none is,
// synced writes wait for one together, and share its next WAITAOF; what their own threads send behind them waits too.
// A thread without a line pays for all this with one atomic read.
//
// These connections are sessions: one that was made anew would not know what was written, and WAITAOF would be
// answered at once. What was not sent when one is lost, or may be sent twice, goes over the next in the same order.
//
// Threads: thread-safe; lines are driven by the I/O thread. Ownership: shared with what is under way.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "client/remote/connection.h"

namespace redstart::remote {

class SyncedWrites : public std::enable_shared_from_this<SyncedWrites> {
 public:
  static constexpr size_t kConnectionsMax = 16;

  SyncedWrites(std::shared_ptr<IoThread> io, std::shared_ptr<const RemoteSettings> settings,
               std::shared_ptr<CommandBudget> budget);

  // Requests have a `done`, and their deadlines. `thread` is the caller's, `connection` the shared one of its commands.
  void send(size_t thread, std::shared_ptr<Connection> connection, const std::shared_ptr<Request>& write);
  // One that blocks, as BLMOVE does: over a connection for itself, in no order with others.
  void send_alone(const std::shared_ptr<Request>& write);
  // Over a session, between what its callers send before and after.
  void send_over(std::shared_ptr<Connection> session, const std::shared_ptr<Request>& write, bool blocks);

  // Ordinary commands need to ask for nothing below while this is false, as far as their own thread can tell.
  bool has_lines() const { return line_count_.load(std::memory_order_relaxed) > 0; }
  // An ordinary request of a thread that has a line: takes it. False: the thread has none.
  bool hold(size_t thread, const std::shared_ptr<Connection>& connection, const std::shared_ptr<Request>& request);
  // The same for a call, which waits for its turn here. Error: it did not come before the deadline.
  std::optional<Error> wait_for_turn(size_t thread, const Request& request);
  // Fails what is under way.
  void close(const Error& error);

 private:
  using RequestPointer = std::shared_ptr<Request>;
  enum class State : unsigned char { held, sent, executed, over };
  // One place in a line. Touched by the I/O thread alone once it stands there.
  struct Step {
    RequestPointer request = nullptr;             // null: a call that waits for its turn, or answered
    std::shared_ptr<Connection> connection = {};  // the thread's
    BatchDone done = {};                          // of a synced write
    std::function<void()> tell = {};              // of a call
    bool is_synced = false;
    State state = State::held;
    size_t room = 0;  // of the budget
    int times_sent = 0;
    BatchResult outcome = {};  // the write's, when it is executed
  };
  using StepPointer = std::shared_ptr<Step>;
  enum class Way : unsigned char { in_line, alone, session };
  // The writes of one line in a group.
  struct Part {
    size_t thread = 0;
    std::vector<StepPointer> steps = {};
    size_t unanswered = 0;
  };
  // What goes over a connection up to a WAITAOF.
  struct Group {
    std::shared_ptr<Connection> connection = {};
    Way way = Way::in_line;
    bool blocks = false;
    std::vector<Part> parts = {};
    size_t outstanding = 0;  // replies to writes and to WAITAOF
    bool is_usable = true;   // the connection
    result<Reply> answer = {};
  };
  using GroupPointer = std::shared_ptr<Group>;

  StepPointer make_step(const RequestPointer& write, std::shared_ptr<Connection> connection);
  void watch_deadline(const StepPointer& step, SteadyClock::time_point deadline);
  bool take_room(Step& step);
  void give_room_back(Step& step);
  Error queue_full() const;
  void start_alone(const StepPointer& step);
  void start(const GroupPointer& group);
  RequestPointer make_wait(const GroupPointer& group);
  void submit(Connection& connection, const RequestPointer& request);
  void finish(const StepPointer& step, BatchResult outcome);
  void fail(const StepPointer& step, const Error& error);

  // On the I/O thread.
  void drive(size_t thread);
  StepPointer take_next(size_t thread, StepPointer& live);
  void fence(size_t thread, const Step& step);
  void take_fence(size_t thread, std::optional<Error> problem);
  void serve();
  void take_written(const GroupPointer& group, Part& part, const StepPointer& step, BatchResult outcome);
  void end_part(const GroupPointer& group, Part& part);
  void end_one(const GroupPointer& group);
  void run_late(const StepPointer& step);
  void release(Group& group);

  // REQUIRES for these: mutex_ is held.
  Part take_synced(size_t thread);
  std::shared_ptr<Connection> take_connection();

  const std::shared_ptr<IoThread> io_;
  const std::shared_ptr<const RemoteSettings> settings_;
  const std::shared_ptr<CommandBudget> budget_;
  std::atomic<size_t> line_count_{0};

  std::mutex mutex_;  // guards what follows; not held while anything is sent, posted or told
  std::optional<Error> closed_;
  std::map<size_t, std::deque<StepPointer>> lines_;  // by thread; one that is there is being driven
  std::vector<size_t> ready_;                        // lines that wait for a connection
  struct Idle {
    std::shared_ptr<Connection> connection;
    SteadyClock::time_point since;
  };
  std::vector<Idle> idle_;
  std::vector<std::shared_ptr<Connection>> busy_;
  size_t line_connections_ = 0, alone_connections_ = 0;  // of busy_
};

}  // namespace redstart::remote
