// redstart serve: runs a server until it is told to stop.
#pragma once

#include <span>
#include <string>

namespace redstart {

// Returns the program's exit code.
int serve(std::span<const std::string> arguments);

}  // namespace redstart
