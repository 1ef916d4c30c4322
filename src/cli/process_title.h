// ProcessTitle: what ps and top show of the process: `proc-title-template`, filled in.
//
// Threads: set() by one thread at a time.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "execution/config.h"

namespace redstart {

class ProcessTitle {
 public:
  // Takes over the memory in which the arguments and the environment of the process stand; the environment is
  // copied first. Call it once, before the first thread. The arguments themselves are lost with the first set().
  static void prepare(int argc, char** argv);
  // Cut to what that memory holds. Without prepare(): does nothing.
  static void set(std::string_view title);
};

// The directive with its variables replaced; `program` is what the process was started as.
std::string process_title(const Config& config, const std::string& program);

}  // namespace redstart
