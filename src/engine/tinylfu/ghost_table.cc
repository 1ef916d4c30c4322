#include "engine/tinylfu/ghost_table.h"

#include <algorithm>
#include <bit>

namespace redstart {
namespace {

constexpr uint16_t kFingerprintMask = 0xff80;
constexpr uint32_t kPeriodMask = 15;

}  // namespace

uint32_t GhostTable::worth(uint16_t slot, uint32_t period) {
  const uint32_t ended = (period - slot) & kPeriodMask;
  return ended > 2 ? 0 : (slot >> 4 & 7u) >> ended;
}

void GhostTable::fit(size_t keys) {
  const size_t wanted = std::bit_ceil(std::max<size_t>(keys * 2, kSetSlots));
  if (wanted == slots_.size() || wanted * 2 == slots_.size()) return;
  if (wanted < slots_.size()) {
    slots_.resize(wanted);
    slots_.shrink_to_fit();
    return;
  }
  const size_t known = slots_.size();
  slots_.resize(wanted);
  // A set's number has more bits now, which its slots do not tell: they go to each place that they may belong to.
  for (size_t at = known; known != 0 && at < wanted; ++at) slots_[at] = slots_[at & (known - 1)];
}

uint32_t GhostTable::take(uint64_t hash, uint32_t period) {
  if (slots_.empty()) return 0;
  uint16_t* set = set_of(hash);
  for (size_t i = 0; i < kSetSlots; ++i) {
    const uint32_t count = worth(set[i], period);
    if (count == 0 || (set[i] & kFingerprintMask) != fingerprint_of(hash)) continue;
    set[i] = 0;
    return count;
  }
  return 0;
}

void GhostTable::put(uint64_t hash, uint32_t count, uint32_t period, Random& random) {
  if (count == 0 || slots_.empty()) return;
  uint16_t* set = set_of(hash);
  const size_t first = random.below(kSetSlots);  // among equals, any may go
  uint16_t* least = &set[first];
  for (size_t i = 1; i < kSetSlots; ++i) {
    uint16_t* slot = &set[(first + i) % kSetSlots];
    if (worth(*slot, period) < worth(*least, period)) least = slot;
  }
  *least = static_cast<uint16_t>(fingerprint_of(hash) | count << 4 | (period & kPeriodMask));
}

void GhostTable::clear() { *this = GhostTable(); }

}  // namespace redstart
