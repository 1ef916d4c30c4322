// Workload: random commands of all kinds over few keys, so that they meet.
//
// Threads: thread-compatible.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace redstart::simulation {

// The next command; several: to be run as MULTI ... EXEC.
std::vector<std::vector<std::string>> next_commands(Random& random);

}  // namespace redstart::simulation
