// Commands that change the state of a session. On a client that many callers share they would
// change it under the others' feet, so a shared client refuses them; Client::dedicated() gives a
// session to which they belong.
//
// Threads: thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

enum class CommandKind : unsigned char {
  ordinary,
  session,   // SELECT, MULTI, WATCH, SUBSCRIBE ...
  blocking,  // BLPOP ...: needs a connection of its own while it waits
};
CommandKind kind_of(WordSpan words);

// Whether a session may be another after the command than before it: one that has state a session command sets, or that
// this build does not know.
bool changes_session(WordSpan words);

// Whether a command only reads, so that running it once more changes nothing. `name` is in lower
// case.
bool is_read_only(std::string_view name);

// The Error with which a shared client refuses a session command.
Error shared_session_error(std::string_view command);

}  // namespace redstart
