// The range commands: what ZRANGE and its older relatives ask for, and the bodies that read, count,
// store or remove such a range.
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"
#include "types/zset/sorted_set.h"

namespace redstart {

enum class RangeBy : uint8_t { rank, score, lex };

// What a command's name says about the range; ZRANGE's says nothing and leaves it to options.
struct RangeKind {
  std::optional<RangeBy> by = {};
  std::optional<bool> reversed = {};
};

// ZRANGE, ZREVRANGE, Z[REV]RANGEBYSCORE, Z[REV]RANGEBYLEX.
void run_range(CommandContext& c, RangeKind kind);
void run_range_store(CommandContext& c);
// ZREMRANGEBYRANK, -SCORE, -LEX: key, first bound, second bound.
void run_remove_range(CommandContext& c, RangeBy by);
// ZCOUNT and ZLEXCOUNT: the same arguments.
void run_count_range(CommandContext& c, RangeBy by);
// ZRANK and ZREVRANK.
void run_rank(CommandContext& c, bool reversed);

}  // namespace redstart
