// ConnectionPair: one connection to the oracle and one to the subject, which are told the same.
//
// Threads: thread-compatible.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/grammar.h"
#include "tests/differential/judge.h"
#include "tests/differential/wire.h"

namespace redstart::oracle {

struct Servers {
  Address oracle;
  Address subject;
};

// A reply that differs, in an exchange of several commands.
struct Mismatch {
  size_t index = 0;
  std::string oracle;
  std::string subject;
};

class ConnectionPair {
 public:
  ConnectionPair(const Servers& servers, int protocol, const JudgeContext& context);

  // Sends all commands to both and compares reply by reply; the first difference that is not
  // allowed. What may wait is sent by itself: while the clock is moved for it, nothing else may be on its way, since
  // the two would do that at different times. `random_checks`: indices of commands whose reply must be drawn from the
  // subject's next reply.
  std::optional<Mismatch> exchange(const std::vector<Argv>& commands,
                                   const std::vector<size_t>& random_checks = {});
  // The subject's reply to command `index` of the last exchange.
  std::string_view subject_reply(size_t index) const { return subject_replies_[index]; }
  // For blocking commands: the two halves of an exchange of one command.
  void send(const Argv& argv);
  std::optional<Mismatch> receive(const Argv& argv);

  int protocol() const { return protocol_; }
  Wire& oracle() { return oracle_; }
  Wire& subject() { return subject_; }
  const std::string& oracle_id() const { return oracle_id_; }
  const std::string& subject_id() const { return subject_id_; }

 private:
  std::optional<Mismatch> compare(const Argv& argv, std::string_view oracle,
                                  std::string_view subject);
  // Whether it is executed at once and may block.
  bool would_wait(const Argv& argv) const;
  // The commands before the first that would wait when its turn comes.
  std::span<const Argv> until_one_waits(std::span<const Argv> commands) const;
  std::optional<Mismatch> exchange_flight(std::span<const Argv> commands, bool waits);
  // Moves the shared clock on while the oracle waits for the timeout of a blocking command.
  void let_timeouts_pass();
  void follow_transaction(const Argv& argv, std::string_view oracle_reply);
  void note_coverage(const Argv& argv, std::string_view oracle_reply);

  int protocol_;
  JudgeContext context_;
  Wire oracle_;
  Wire subject_;
  std::string oracle_id_;
  std::string subject_id_;
  bool in_multi_ = false;  // after what was sent
  std::vector<Argv> queued_;
  std::deque<std::string> subject_bytes_;
  std::vector<std::string_view> subject_replies_;  // into subject_bytes_
};

// Whether MULTI is open on a connection after `argv`, when it was or was not before.
bool in_multi_after(const Argv& argv, bool in_multi);

}  // namespace redstart::oracle
