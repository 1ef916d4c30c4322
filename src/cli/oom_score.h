// OomScore: how gladly the kernel kills this process when memory runs out (`oom-score-adj`).
//
// Threads: apply() by one thread at a time.
#pragma once

#include <optional>
#include <string>

#include "execution/config.h"

namespace redstart {

class OomScore {
 public:
  // Notes what the process has at the start.
  OomScore();
  // Sets what the configuration says. Returns what went wrong.
  std::optional<std::string> apply(const Config& config);

 private:
  int initial_ = 0;
  bool is_changed_ = false;
};

}  // namespace redstart
