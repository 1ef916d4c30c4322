// Reduction: from a history of thousands of commands to the few that show a difference.
//
// The history is replayed against both servers, emptied before, with ever larger parts left out, as
// long as some reply or the data set still differs (delta debugging, Zeller and Hildebrandt 2002).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/differential/pair.h"
#include "tests/differential/shared_clock.h"

namespace redstart::oracle {

struct SentCommand {
  size_t connection = 0;
  int protocol = 2;
  Argv argv;
};

using History = std::vector<SentCommand>;

// What stands in a history where the shared clock was moved on.
Argv clock_step(int64_t step_ms);
bool is_clock_step(const Argv& argv);
// The clock of a replay: null when there is none.
struct ReplayClock {
  SharedClock* clock = nullptr;
  int64_t start_ms = 0;
};

// The shortest history found that still shows a difference in the replies to commands like
// `failing`, or in the data sets; empty when the whole one does not show it again (random commands
// are left out of replays). `make_pair` opens connections with the protocol given.
using MakePair = std::function<std::unique_ptr<ConnectionPair>(int protocol)>;
History reduce(const History& history, const Argv& failing, bool in_dataset,
               const MakePair& make_pair, ReplayClock clock);

}  // namespace redstart::oracle
