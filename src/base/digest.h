// A digest of bytes that is the same in every process and on every machine, for names made out of contents.
// Not for keys that others choose with ill will: it has no seed.
//
// Threads: thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace redstart {

// XXH3 with 128 bits, as 32 hexadecimal digits.
std::string stable_digest(std::string_view bytes);

}  // namespace redstart
