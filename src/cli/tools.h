// The small tools of the program: check-system, layouts, monitor-writes. Each returns the exit code.
#pragma once

#include <span>
#include <string>

namespace redstart {

// Prints which settings of the kernel deviate; 1 when one does.
int check_system(std::span<const std::string> arguments);
// [URL]: prints what the same data costs in different layouts on a store.
int layouts(std::span<const std::string> arguments);
// [URL] [SECONDS] [KEY ...]: prints how a store's writes do, and how long the streams and lists KEY are.
int monitor_writes(std::span<const std::string> arguments);

}  // namespace redstart
