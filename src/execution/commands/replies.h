// Replies that several commands of this folder share.
//
// Threads: as CommandContext.
#pragma once

#include <string>
#include <string_view>

#include "execution/command_context.h"

namespace redstart {

// The reply of a container's HELP subcommand, from the descriptions of its siblings.
void reply_help(CommandContext& c);
// A subcommand that exists got the wrong number of words.
void reply_subcommand_syntax_error(CommandContext& c);
// An integer of 32 bits, with Redis's two complaints; `error` replaces both.
bool parse_int(CommandContext& c, size_t index, int& value, std::string_view error = {});
// A reply of text for people: verbatim in RESP3.
void reply_text(CommandContext& c, std::string_view text);

}  // namespace redstart
