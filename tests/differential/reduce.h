// Reduction: from a history of thousands of commands to the few that show a difference.
//
// The history is replayed against both servers, emptied before, with ever larger parts left out, as
// long as some reply or the data set still differs (delta debugging, Zeller and Hildebrandt 2002).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/differential/pair.h"

namespace redstart::oracle {

struct SentCommand {
  size_t connection = 0;
  int protocol = 2;
  Argv argv;
};

using History = std::vector<SentCommand>;

// The shortest history found that still shows a difference; empty when the whole one does not show
// it again (random commands are left out of replays). `make_pair` opens connections with the
// protocol given.
using MakePair = std::function<std::unique_ptr<ConnectionPair>(int protocol)>;
History reduce(const History& history, const Argv& failing, const MakePair& make_pair);

}  // namespace redstart::oracle
