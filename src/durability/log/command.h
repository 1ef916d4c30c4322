// What may stand in a log: commands that this build knows, with as many words as they can have, and that change data,
// or read it and nothing else. Whatever acts on a server, a connection or its session (SHUTDOWN, CONFIG SET, WATCH)
// can only come from elsewhere; Redis would execute it.
//
// Threads: thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "command/spec.h"
#include "command/table.h"

namespace redstart {

// Null: there is none.
const CommandSpec* find_logged_command(const CommandTable& commands, std::span<const std::string_view> words);
// Why the words, of which `spec` was found, cannot be a command of a log; nothing: they can.
std::optional<std::string> refuse_logged_command(const CommandSpec* spec, std::span<const std::string_view> words);

// Redis writes XADD and XTRIM with the number of entries that it kept, `= 100`, where the client said `~ 100`, but
// leaves a LIMIT there, which no client may combine with `=`. The number of the word LIMIT, which means nothing then;
// 0: there is none.
size_t void_limit(const CommandSpec& spec, std::span<const std::string_view> words);

}  // namespace redstart
