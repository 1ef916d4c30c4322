// What is known of a command before it is sent: its keys, whether it writes, whether doing it twice is harmless.
//
//   auto facts = redstart::facts_of(redstart::WordList("HSET", "user:1", "name", "Ada").span()).value();
//   facts.is_write;        // true
//   facts.keys;            // {"user:1"}
//   facts.is_idempotent;   // true: a second HSET changes nothing
//
// Threads: thread-safe. Cost: a look-up in a table, and linear in the words.
#pragma once

#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct CommandFacts {
  bool is_write = false;
  bool is_read_only = false;
  bool is_blocking = false;      // waits for an element: BLPOP, XREAD with BLOCK
  bool changes_session = false;  // SELECT, MULTI, SUBSCRIBE ...: not for a client that is shared
  bool is_for_scripts = false;   // a script may call it
  // Doing it twice leaves the data as doing it once does, and its reply decides nothing: SET, HSET, ZADD, DEL, EXPIRE.
  // Not INCR, LPUSH, XADD (they add up), nor SET NX, SETNX, GETDEL (the second reply is another). By the words, so
  // ZADD is and ZADD INCR is not. What follows from other clients' writes in between is not asked.
  bool is_idempotent = false;
  // Views of the words given. Empty for commands without keys.
  std::vector<std::string_view> keys;
};

// Errors: invalid_argument for no words, a command that this version does not know, a wrong number of words, or words
// from which its keys cannot be told.
result<CommandFacts> facts_of(WordSpan words);

}  // namespace redstart
