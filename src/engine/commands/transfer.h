// Keys that move: RENAME and RENAMENX to another name, MOVE and COPY to another database as well.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

void rename_key(CommandContext& c, bool only_if_new);

// Whether there is such a key. To ask is an access to it.
bool is_taken(CommandContext& c, int db, std::string_view key);

// The database that argument `index` names. False: the error has been replied.
bool parse_database(CommandContext& c, size_t index, int& db);

}  // namespace redstart
