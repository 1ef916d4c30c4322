// redstart serve: runs a server until it is told to stop.
#pragma once

#include <span>
#include <string>

namespace redstart {

// `program` is what the process was started as. Returns its exit code.
int serve(const std::string& program, std::span<const std::string> arguments);

}  // namespace redstart
