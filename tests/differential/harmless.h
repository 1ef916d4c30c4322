// What makes two servers differ for no fault of theirs, or takes more time or memory than a test has, is weakened
// here: deadlines that would pass in between, timeouts of blocking commands, counts with repetition, bits far away,
// ranges by member where scores differ, ties in distance.
#pragma once

#include "tests/differential/command_arguments.h"
#include "tests/differential/grammar.h"

namespace redstart::oracle {

// Where a command is going to be run.
struct Surroundings {
  bool in_multi = false;  // inside MULTI
  bool has_sort = false;  // among commands of a group that has SORT
  bool asks_idle_time = true;
};

// Replaces what would do harm in `argv`, a call of a command of `grammar`, by words that `arguments` draws.
void keep_harmless(Argv& argv, const Surroundings& surroundings, const Grammar& grammar, CommandArguments& arguments);

}  // namespace redstart::oracle
