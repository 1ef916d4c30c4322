// What list commands that work at the ends of lists share: pushing, popping, moving, and waiting to
// pop.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"
#include "types/list/list.h"

namespace redstart {

// LPUSH, RPUSH.
void run_push(CommandContext& c, List::End end);
// LPUSHX, RPUSHX.
void run_push_existing(CommandContext& c, List::End end);
// LPOP, RPOP.
void run_pop(CommandContext& c, List::End end);
// BLPOP, BRPOP.
void run_blocking_pop(CommandContext& c, List::End end);
// LMPOP, BLMPOP.
void run_pop_of_many(CommandContext& c);
void run_blocking_pop_of_many(CommandContext& c);

// LEFT or RIGHT in argument `index`; anything else is a syntax error.
bool parse_list_end(CommandContext& c, size_t index, List::End& end);

struct ListMove {
  List::End from;
  List::End to;
};
// LMOVE, RPOPLPUSH: from the list in argument 1 to the one in argument 2.
void run_move(CommandContext& c, const ListMove& move);
// BLMOVE, BRPOPLPUSH; `timeout_index` is the timeout's argument.
void run_blocking_move(CommandContext& c, const ListMove& move, size_t timeout_index);

}  // namespace redstart
