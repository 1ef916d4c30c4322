// Redaction: which words of a call are secrets, and must show neither in the slow log nor to MONITOR.
//
// Threads: thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace redstart {

inline constexpr std::string_view kRedacted = "(redacted)";

// The words with secrets (passwords of AUTH, HELLO, CONFIG SET, MIGRATE) replaced.
std::vector<std::string_view> redacted(std::span<const std::string_view> words);

}  // namespace redstart
