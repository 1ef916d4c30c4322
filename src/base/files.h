// Whole files: read at once, replaced in one step.
//
// Threads: thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace redstart {

// Nothing when it cannot be read; errno says why.
std::optional<std::string> read_whole_file(const std::string& path);
// Writes a new file and puts it in the place of the old one: a crash leaves the one or the other. Returns
// what went wrong, for people to read.
std::optional<std::string> replace_file(const std::string& path, std::string_view text);

}  // namespace redstart
