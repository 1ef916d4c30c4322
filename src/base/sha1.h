// SHA-1 (FIPS 180-4): for fingerprints that Redis defines with it; not for security.
//
// Threads: thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace redstart {

using Sha1Digest = std::array<uint8_t, 20>;

Sha1Digest sha1(std::string_view bytes);
// 40 hexadecimal digits.
std::string hex_of(const Sha1Digest& digest);

}  // namespace redstart
