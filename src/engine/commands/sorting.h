// SORT and SORT_RO: the elements of a list, set or sorted set in the order of their values, or of
// weights and with contents that are read from other keys.
//
// Threads: as CommandContext; every shard is locked, since the patterns name any key.
#pragma once

#include "execution/command_context.h"

namespace redstart {

void sort_elements(CommandContext& c, bool may_store);

// --- What SORT and SORT_RO declare alike.
inline constexpr Argument kSortLimitArguments[] = {
    {.name = "offset", .type = ArgumentType::integer},
    {.name = "count", .type = ArgumentType::integer},
};

inline constexpr Argument kSortOrderArguments[] = {
    {.name = "asc", .type = ArgumentType::pure_token, .token = "ASC"},
    {.name = "desc", .type = ArgumentType::pure_token, .token = "DESC"},
};

}  // namespace redstart
