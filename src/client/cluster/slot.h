// Slots: the 16,384 parts into which a Redis Cluster divides its keys.
//
// Threads: thread-safe.
#pragma once

#include <string_view>

namespace redstart {

inline constexpr int kSlots = 16'384;

// The slot of a key: CRC16 (XMODEM) of its hash tag, the part between its first '{' and the next
// '}' unless that is empty, else of the whole key (CLUSTER KEYSLOT).
int slot_of(std::string_view key);

}  // namespace redstart
