// Glob patterns as in KEYS and PSUBSCRIBE: * ? [abc] [^a] [a-z] and \ before a literal character. The empty text
// is matched by the empty pattern alone, as in Redis.
//
// Threads: thread-safe. Cost: linear in the text for patterns with one star; bounded backtracking, so no
// pattern takes exponential time.
#pragma once

#include <string_view>

namespace redstart {

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace redstart
