// ZADD, ZINCRBY and GEOADD: all add or change members under conditions.
//
// Threads: thread-compatible.
#pragma once

#include <cstddef>
#include <span>

#include "execution/command_context.h"

namespace redstart {

// Runs the command; `increments` as if INCR were among the options.
void run_zadd(CommandContext& c, bool increments);

struct AddOptions {
  bool only_new = false;       // NX
  bool only_existing = false;  // XX
  bool only_greater = false;   // GT
  bool only_less = false;      // LT
  bool count_changed = false;  // CH
  bool increments = false;     // INCR
  bool conditional() const {
    return only_new || only_existing || only_greater || only_less || increments;
  }
};
// Which words are the members.
struct MemberWords {
  size_t first_index, step;
};
// Gives the members at the command's key these scores, one each, and replies how many there were.
void add_scored(CommandContext& c, const AddOptions& options, std::span<const double> scores,
                const MemberWords& members);

}  // namespace redstart
