// Greeting: what a client says to a server before its first command, and what it makes of the
// answers: HELLO 3 with user, password and name; where the server is too old for it, AUTH and
// CLIENT SETNAME; SELECT; and the end of connections that have gone silent (CLIENT KILL), before anything that may have
// been sent over them is sent again. Also the PING with which a connection is checked: whether an idle one
// still lives, and whether the server has loaded its data. What the server says of itself in HELLO shows whether it is
// the master that a client wants.
//
// Threads: thread-compatible. No sockets: bytes and replies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/remote/silent_connections.h"
#include "redstart/client.h"

namespace redstart::remote {

// The error of a reply that says that the server is loading its data, if it does.
std::optional<Error> loading_error(const Reply& reply);

// What a server has to be for a connection to it.
enum class ServerRole : unsigned char {
  any,
  cluster_replica,  // may be a replica of a cluster, to be read all the same (READONLY)
  // A master of a cluster that works: a session finds out with each PING. Commands with keys are redirected.
  cluster_master,
  master,  // without a cluster; a replica is not even connected to
};

// The error of a reply to HELLO that shows a replica.
std::optional<Error> replica_error(const Reply& hello);
// The error of a reply to CLUSTER INFO of a node for which the cluster does not work: it may itself be cut off.
std::optional<Error> cut_off_error(const Reply& cluster_info);

class Greeting {
 public:
  enum class Purpose : unsigned char { introduce, check };
  Greeting(const OpenOptions& options, Purpose purpose, ServerRole wanted, std::vector<SilentConnection> silent = {});

  // The command to send now. REQUIRES: !is_done().
  std::string bytes() const;
  // Takes its reply. Errors: no_auth, connection_refused (a replica where a master is wanted), or what the server says
  // against us.
  result<void> take(const Reply& reply);
  bool is_done() const { return step_ == Step::done; }
  Purpose purpose() const { return purpose_; }
  // What PING was answered, if the server is still loading.
  const std::optional<Error>& loading() const { return loading_; }
  // 3, or 2 when the server does not know HELLO.
  int protocol() const { return protocol_; }
  // The server's number for this connection, 0 when it has not told it.
  uint64_t server_id() const { return server_id_; }
  // Those of the silent connections over which nothing can come any more.
  const std::vector<SilentConnection>& ended() const { return ended_; }
  // Whether the server does not let this client end the others.
  bool leaves_any() const { return leaves_any_; }

 private:
  enum class Step : unsigned char {
    ping, hello, auth, set_name, select, role, read_only, find_silent, end_silent, done
  };
  void advance(Step next);
  void settle_silent(bool is_ended);
  result<void> refused(const Reply& reply) const;

  const OpenOptions& options_;
  const Purpose purpose_;
  const ServerRole wanted_;
  std::vector<SilentConnection> silent_, ended_;  // the last of silent_ is what a step is about
  bool leaves_any_ = false;
  Step step_;
  int protocol_ = 3;
  uint64_t server_id_ = 0;
  std::optional<Error> loading_;
};

}  // namespace redstart::remote
