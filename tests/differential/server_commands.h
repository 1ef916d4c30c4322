// Commands of the group `server`: COMMAND, CONFIG, INFO, LATENCY, SLOWLOG, CLUSTER, MODULE and their kind,
// with the arguments that mean something to them, and some that do not.
//
// Threads: thread-compatible. Determinism: as the generator.
#pragma once

#include "tests/differential/generator.h"

namespace redstart::oracle {

// The next one, drawn with `generator`'s random numbers; names of commands come from `grammar`.
Argv next_server_command(Generator& generator, const Grammar& grammar);

}  // namespace redstart::oracle
