// Redaction: which words of a call are secrets, and must show neither in the slow log nor to MONITOR.
//
// Threads: thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace redstart {

inline constexpr std::string_view kRedacted = "(redacted)";

// The words of a call of the command `full_name` ("config|set") with secrets replaced: passwords of AUTH,
// HELLO, CONFIG SET, MIGRATE, ACL SETUSER. A command may be called by another name (rename-command).
std::vector<std::string_view> redacted(std::string_view full_name, std::span<const std::string_view> words);

}  // namespace redstart
