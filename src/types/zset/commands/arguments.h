// Arguments of sorted-set commands: score and lexicographic bounds, and ranks.
//
// Each parse_ function that takes a context replies with Redis's error and returns false when the
// arguments are bad.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "execution/command_context.h"
#include "types/zset/sorted_set.h"

namespace redstart {

// The bounds at arguments `min_index` and `max_index`: "5", "(5", "-inf".
bool parse_score_range(CommandContext& c, size_t min_index, size_t max_index, ScoreRange& range);
// The same in member order: "-", "+", "[a", "(a". The bounds are views into the arguments.
bool parse_lex_range(CommandContext& c, size_t min_index, size_t max_index, LexRange& range);
// Ranks as Redis takes them: inclusive, negative from the end. Clamped to `size` elements.
RankRange clamp_ranks(int64_t start, int64_t stop, size_t size);

}  // namespace redstart
