// What writers tell of ops that were not written, kept for a test to look at.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "redstart/patterns/write_policy.h"

namespace redstart::scenarios {

// Collects what a writer reports as not written.
struct Reported {
  std::mutex mutex;
  std::vector<UnwrittenOp> ops;  // guarded by mutex while the writer runs
  std::function<void(const UnwrittenOp&)> function() {
    return [this](const UnwrittenOp& one) {
      const std::lock_guard lock(mutex);
      ops.push_back(one);
    };
  }
  size_t size() {
    const std::lock_guard lock(mutex);
    return ops.size();
  }
};

}  // namespace redstart::scenarios
