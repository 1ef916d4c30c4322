// What a client knows of a command by its words: its specification, and its keys.
//
// Threads: thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "command/keys.h"
#include "command/spec.h"
#include "redstart/client.h"

namespace redstart {

// That of the subcommand where the words name one. Null: a command that this build does not know (a module's).
const CommandSpec* spec_of(WordSpan words);

// The first words of the keys, in their order. Of a command that is not known: its first argument, which is the key in
// nearly all commands; where it is not, a cluster says so by a redirection. Shard channels count as keys here.
std::vector<KeyPosition> keys_of(const CommandSpec* spec, WordSpan words);

// Whether it may change the data: a script may, and so may a command that is not known. EXEC may not: what was queued
// for it has been asked for before.
bool may_write(WordSpan words);

// The value of a tip like "request_policy:all_shards"; empty: there is none.
std::string_view tip_of(const CommandSpec& spec, std::string_view name);

}  // namespace redstart
