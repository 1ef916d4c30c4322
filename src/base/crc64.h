// CRC-64 with the Jones polynomial, as RDB files and DUMP payloads end with it. Not for security.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace redstart {

// The checksum of what `crc` is the checksum of, followed by `bytes`. Starts from 0.
// Cost: about a byte a cycle and better.
uint64_t crc64(uint64_t crc, std::string_view bytes);

}  // namespace redstart
