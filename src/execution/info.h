// The text of INFO.
//
// Threads: thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace redstart {

class Access;
class Executor;

// The sections that `names` ask for (none: the default ones; "all", "everything" and "default" are
// groups), in Redis's order. `access` is the running command's, see memory_report.
std::string info_text(Executor& executor, Access& access, std::span<const std::string_view> names);

}  // namespace redstart
