// MurmurHash64A by Austin Appleby: a fixed hash for what is kept or exchanged, such as HyperLogLog
// registers. For tables see hash.h, whose seed differs between processes.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace redstart {

uint64_t murmur_hash(std::string_view bytes, uint64_t seed);

}  // namespace redstart
