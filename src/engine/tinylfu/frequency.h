// FrequencyMark: what the 24 access bits of an entry hold under the tinylfu policies.
//
//   bits 0..2   how often the key was used of late, up to 7
//   bit 3       it is in the admission window still
//   bits 4..23  when it was last used, in ticks
//
// Sixteen ticks are a period; with each period that has ended since, a count is worth half. Nothing has to be
// swept for that: the count is halved when it is read.
//
// Threads: values.
#pragma once

#include <algorithm>
#include <cstdint>

namespace redstart {

class FrequencyMark {
 public:
  static constexpr uint32_t kCountMax = 7;
  static constexpr uint32_t kTicksPerPeriod = 16;
  static constexpr uint32_t kTickMask = (1u << 20) - 1;

  explicit FrequencyMark(uint32_t bits) : bits_(bits) {}
  FrequencyMark(uint32_t count, bool in_window, uint32_t tick)
      : bits_(count | (in_window ? kWindow : 0) | (tick & kTickMask) << 4) {}

  uint32_t bits() const { return bits_; }
  bool in_window() const { return bits_ & kWindow; }
  uint32_t tick() const { return bits_ >> 4; }
  uint32_t age_ticks(uint32_t now_tick) const { return (now_tick - tick()) & kTickMask; }
  uint32_t count(uint32_t now_tick) const {
    const uint32_t periods = ((now_tick & kTickMask) / kTicksPerPeriod - tick() / kTicksPerPeriod) &
                             (kTickMask / kTicksPerPeriod);
    return periods > 2 ? 0 : (bits_ & kCountMax) >> periods;
  }

  // After one more use. A count that is above `count_max` already stays.
  FrequencyMark used(uint32_t now_tick, uint32_t count_max) const {
    const uint32_t before = count(now_tick);
    return {before < count_max ? before + 1 : before, in_window(), now_tick};
  }
  FrequencyMark out_of_window() const { return FrequencyMark(bits_ & ~kWindow); }

  // Which of two is the better one to evict: less often used, or as often and longer ago.
  bool is_worth_less_than(FrequencyMark other, uint32_t now_tick) const {
    const uint32_t mine = count(now_tick), theirs = other.count(now_tick);
    return mine != theirs ? mine < theirs : age_ticks(now_tick) > other.age_ticks(now_tick);
  }

 private:
  static constexpr uint32_t kWindow = 8;
  uint32_t bits_;
};

// What can be chosen about the policy; see Tuner.
struct TinyLfuTuning {
  uint32_t window_permille;  // of the keys, the admission window's share
  uint32_t count_max;        // how high a count may go
  uint32_t period_uses;      // uses per key until counts are halved
};

}  // namespace redstart
