// Arguments that commands of several collection types take.
//
// Each function replies with Redis's error and returns false when the argument is bad.
//
// Threads: as CommandContext.
#pragma once

#include <cstdint>
#include <string_view>

#include "execution/command_context.h"

namespace redstart {

// An integer of at least `min`; `error` is said of whatever else stands there, other text included.
bool parse_whole_number(CommandContext& c, size_t index, int64_t min, int64_t& value,
                        std::string_view error);
// A count of elements to take: 0 or more.
bool parse_pop_count(CommandContext& c, size_t index, int64_t& count);
// The count of HRANDFIELD and SRANDMEMBER: negative allows repetitions.
bool parse_random_count(CommandContext& c, size_t index, int64_t& count);

}  // namespace redstart
