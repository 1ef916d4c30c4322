// Words in quotes, as in inline commands and configuration files: "double" with \n \r \t \b \a \xHH
// escapes, 'single' with \' only, or bare.
//
// Threads: thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

// Nothing when a quote is not closed, or is followed by anything but space.
std::optional<std::vector<std::string>> split_quoted_words(std::string_view line);

// `word` in double quotes with what cannot be printed escaped.
std::string quote(std::string_view word);

// A client's word as Redis shows it in an error: up to its first zero byte, and no more than `bytes_max`.
std::string quoted_in_error(std::string_view word, size_t bytes_max = 128);

}  // namespace redstart
