// Greeting: what a client says to a server before its first command, and what it makes of the
// answers: HELLO 3 with user, password and name; where the server is too old for it, AUTH and
// CLIENT SETNAME; SELECT. Also the PING with which a connection is checked: whether an idle one
// still lives, and whether the server has loaded its data.
//
// Threads: thread-compatible. No sockets: bytes and replies.
#pragma once

#include <optional>
#include <string>

#include "redstart/client.h"

namespace redstart::remote {

// The error of a reply that says that the server is loading its data, if it does.
std::optional<Error> loading_error(const Reply& reply);

class Greeting {
 public:
  enum class Purpose : unsigned char { introduce, check };
  // `reads_replica`: the server may be a replica of a cluster, to be read all the same.
  Greeting(const OpenOptions& options, Purpose purpose, bool reads_replica);

  // The command to send now. REQUIRES: !is_done().
  std::string bytes() const;
  // Takes its reply. Errors: no_auth, or what the server says against us.
  result<void> take(const Reply& reply);
  bool is_done() const { return step_ == Step::done; }
  Purpose purpose() const { return purpose_; }
  // What PING was answered, if the server is still loading.
  const std::optional<Error>& loading() const { return loading_; }
  // 3, or 2 when the server does not know HELLO.
  int protocol() const { return protocol_; }

 private:
  enum class Step : unsigned char { ping, hello, auth, set_name, select, read_only, done };
  void advance(Step next);
  result<void> refused(const Reply& reply) const;

  const OpenOptions& options_;
  const Purpose purpose_;
  const bool reads_replica_;
  Step step_;
  int protocol_ = 3;
  std::optional<Error> loading_;
};

}  // namespace redstart::remote
