// Checker: is there an order of the operations, possible in real time, in which a sequential store
// gives exactly the recorded replies?
//
// The search of Wing and Gong (1993) with Lowe's memory of visited configurations (2017). A client
// has one operation at a time, or a pipeline whose operations take effect in order, so a
// configuration is how far each client has come plus the state of the model. Next may come any
// client's next operation that was invoked before every other client's next operation had returned.
//
// Cost: exponential in the number of clients in the worst case, close to linear in practice.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/linearizability/model.h"

namespace redstart::linearizability {

// The operations of each client, in its program order.
using ClientHistory = std::vector<Operation>;

struct Verdict {
  enum class Kind { linearizable, violation, undecided } kind = Kind::linearizable;
  // The largest number of operations that could be put in order, and how far each client had come
  // then.
  size_t ordered_max = 0;
  std::vector<size_t> progress;
};

// `configurations_max` bounds the search; reaching it is `undecided`.
Verdict check(const std::vector<ClientHistory>& clients, size_t configurations_max = 2'000'000);

// The history as a table for people, the operations that could not be placed marked.
std::string describe(const std::vector<ClientHistory>& clients, const Verdict& verdict);

}  // namespace redstart::linearizability
