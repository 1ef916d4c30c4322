// result<T>: a value, or the Error that says why there is none.
//
// Every call of the library that can fail returns one; nothing throws for a server's or the network's
// fault. `Error::code` is for programs, `Error::message` for people; for an error reply of the server
// the message is the server's whole text, code word included ("WRONGTYPE Operation against ...").
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace redstart {

enum class ErrorCode : unsigned char {
  server,              // the store refused the command: `message` is its reply
  wrong_type,          // -WRONGTYPE
  out_of_memory,       // -OOM
  misconfigured,       // -MISCONF: persistence is failing, writes are refused
  loading,             // -LOADING
  read_only,           // -READONLY
  busy,                // -BUSY
  no_auth,             // -NOAUTH, -WRONGPASS, -NOPERM
  cross_slot,          // the keys of one command or transaction are in several slots of a cluster
  cluster_down,        // -CLUSTERDOWN, -MASTERDOWN, -TRYAGAIN: the cluster cannot serve this now
  transaction_aborted, // EXEC answered nil (a watched key changed) or EXECABORT
  bad_url,             // the URL names no store that can be opened
  cannot_open,         // a store's files are damaged, in use by another process, or cannot be read or written
  invalid_argument,    // refused before anything was sent
  connection_refused,  // no server listens there, or the name does not resolve
  connection_lost,     // see Error::outcome for what that means for a write
  timed_out,           // the deadline passed; see Error::outcome
  queue_full,          // a bounded queue refused the command
  closed,              // the client was closed
  protocol,            // the peer does not speak RESP
  unexpected_reply,    // the reply has not the shape that this typed call promises
  not_repeated,        // what was sent before may still arrive: see CallOptions::repeats
  callback_failed,     // a function of the application's, which a pattern called, threw: a loader, a database write
};

// What is known of a failed call's effect on the store.
enum class Outcome : unsigned char {
  not_done,  // it was not executed: safe to send again
  unknown,   // it was sent and no reply came: it may have been executed. Or it was, and is not known to be on disk
};

struct Error {
  ErrorCode code = ErrorCode::server;
  Outcome outcome = Outcome::not_done;
  std::string message;

  // The code word of a server's reply ("WRONGTYPE", "ERR", "MOVED").
  std::string_view prefix() const {
    return std::string_view(message).substr(0, message.find(' '));
  }
};

template <class T>
using result = std::expected<T, Error>;

// The Error for an error reply of a server (text without the leading '-').
Error error_from_reply(std::string text);

std::string_view name_of(ErrorCode code);

}  // namespace redstart
