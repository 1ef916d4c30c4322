// Request: commands on their way to a server, and what has become of them.
//
// Threads: guarded by the mutex of the connection that has it, until it is finished; what a caller
// takes out of it then, it takes after it was told so.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/remote/parking.h"
#include "client/remote/socket.h"
#include "redstart/client.h"

namespace redstart::remote {

// How often one may be sent, over connections that were lost.
inline constexpr int kSendsMax = 3;

// "20 ms", for messages.
std::string milliseconds_text(std::chrono::milliseconds duration);

struct Request {
  std::string bytes;            // the commands that are not answered yet, as RESP
  size_t commands = 0;          // of the caller; MULTI and EXEC not counted
  size_t replies_expected = 0;  // 0: only waits for the connection
  bool is_atomic = false;
  bool is_idempotent = false;
  bool is_repeat = false;  // see CallOptions::repeats
  BatchDone done;  // empty: a caller waits
  SteadyClock::time_point deadline = kNever;
  std::chrono::milliseconds timeout{0};
  // On a session: the commands that change how replies come (SUBSCRIBE, MONITOR), by reply.
  std::map<size_t, std::vector<std::string>> session_commands;
  size_t confirmations_missing = 0;  // pushes that the current one still waits for

  // The piece of the same batch that was submitted before it: if that could not be sent, this is not.
  std::shared_ptr<Request> before;

  bool is_taken = false;  // by a writer: its bytes have left or will
  size_t written = 0;     // bytes that the kernel has
  size_t first = 0;       // the reply to the first command in `bytes`
  int times_sent = 0;
  bool may_be_done = false;  // by a connection that was lost since
  SteadyClock::time_point sent_at;

  // Replies that came; those that come after it was finished are counted, not kept.
  size_t answered = 0;
  std::vector<Reply> replies;
  std::optional<Error> failure;  // of the commands without a reply
  bool is_finished = false;      // nothing of its outcome will change
  Parking told;                  // that it is finished, after the mutex was let go

  void add(WordSpan words);
  void add(std::span<const std::string> words);

  // Whether a server runs all of it before it has loaded its data: INFO, CONFIG GET ...
  bool runs_while_loading() const;
  // Whether any of its commands does more than read.
  bool may_write() const;
  // After a lost connection: whether all that may have been executed may be executed again.
  bool may_be_sent_again() const;
  // Makes it look unsent, without the commands that are answered.
  void rewind();
  // Ends it without the missing replies; what that means for the commands is found out here.
  void fail(Error error);
  // The outcome of a single command / of each command.
  result<Reply> take_reply();
  BatchResult take_outcome();

 private:
  bool may_be_executed(size_t command_end) const;
  BatchResult take_atomic_outcome();
};

}  // namespace redstart::remote
