// The longest common subsequence of two strings, by the classic table (Wagner and Fischer 1974),
// and the ranges in which it runs through both of them.
//
// Threads: thread-compatible. Cost: time and 4 bytes of memory for each pair of bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

class LongestCommonSubsequence {
 public:
  // A run that both strings have in common, first and last byte included.
  struct Match {
    uint32_t first_in_a, last_in_a;
    uint32_t first_in_b, last_in_b;
    uint32_t size() const { return last_in_a - first_in_a + 1; }
  };

  // What the table for strings of these sizes takes; nothing when it does not fit 64 bits.
  static std::optional<uint64_t> table_bytes(size_t a_size, size_t b_size);

  // The strings must stay. REQUIRES: table_bytes() was found bearable.
  LongestCommonSubsequence(std::string_view a, std::string_view b);

  uint32_t size() const { return at(a_.size(), b_.size()); }
  std::string text() const;
  // From the strings' ends to their beginnings.
  std::vector<Match> matches() const;

 private:
  uint32_t at(size_t i, size_t j) const { return table_[i * (b_.size() + 1) + j]; }
  // Calls fn(i, j) for each pair of equal bytes on the way back through the table.
  template <class Fn>
  void walk_back(Fn&& fn) const;

  const std::string_view a_, b_;
  std::vector<uint32_t> table_;  // [i][j]: for the first i bytes of a and j of b
};

}  // namespace redstart
