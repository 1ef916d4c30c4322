// SORT and SORT_RO: the elements of a list, set or sorted set in the order of their values, or of
// weights and with contents that are read from other keys.
//
// Threads: as CommandContext; every shard is locked, since the patterns name any key.
#pragma once

#include "execution/command_context.h"

namespace redstart {

void sort_elements(CommandContext& c, bool may_store);

}  // namespace redstart
