// LogLevel: how much a line of the server's log matters, as in the directive `loglevel`.
//
// Threads: immutable.
#pragma once

#include <cstdint>

namespace redstart {

enum class LogLevel : uint8_t { debug, verbose, notice, warning };

}  // namespace redstart
