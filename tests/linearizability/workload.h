// Workload: several clients at once on the same three keys, and what they saw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/linearizability/checker.h"
#include "tests/linearizability/target.h"

namespace redstart::linearizability {

struct WorkloadOptions {
  size_t client_count = 4;
  size_t operations_per_client = 24;
  uint64_t seed = 1;
};

// Runs one round on an empty store; every client is a thread. The keys are new for every seed.
std::vector<ClientHistory> record(std::vector<std::unique_ptr<Target>>& targets,
                                  const WorkloadOptions& options);

}  // namespace redstart::linearizability
