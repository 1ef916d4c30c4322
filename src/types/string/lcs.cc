#include "types/string/lcs.h"

#include <algorithm>

namespace redstart {

std::optional<uint64_t> LongestCommonSubsequence::table_bytes(size_t a_size, size_t b_size) {
  uint64_t cells, bytes;
  if (__builtin_mul_overflow(a_size + 1, b_size + 1, &cells)) return std::nullopt;
  if (__builtin_mul_overflow(cells, sizeof(uint32_t), &bytes)) return std::nullopt;
  return bytes;
}

LongestCommonSubsequence::LongestCommonSubsequence(std::string_view a, std::string_view b)
    : a_(a), b_(b), table_((a.size() + 1) * (b.size() + 1)) {
  for (size_t i = 1; i <= a.size(); ++i) {
    const uint32_t* above = &table_[(i - 1) * (b.size() + 1)];
    uint32_t* row = &table_[i * (b.size() + 1)];
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = a[i - 1] == b[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
    }
  }
}

template <class Fn>
void LongestCommonSubsequence::walk_back(Fn&& fn) const {
  size_t i = a_.size(), j = b_.size();
  while (i > 0 && j > 0) {
    if (a_[i - 1] == b_[j - 1]) {
      fn(static_cast<uint32_t>(--i), static_cast<uint32_t>(--j));
    } else if (at(i - 1, j) > at(i, j - 1)) {
      --i;
    } else {
      --j;
    }
  }
}

std::string LongestCommonSubsequence::text() const {
  std::string result;
  result.reserve(size());
  walk_back([&](uint32_t i, uint32_t) { result.push_back(a_[i]); });
  std::reverse(result.begin(), result.end());
  return result;
}

std::vector<LongestCommonSubsequence::Match> LongestCommonSubsequence::matches() const {
  std::vector<Match> result;
  walk_back([&](uint32_t i, uint32_t j) {
    if (!result.empty() && result.back().first_in_a == i + 1 && result.back().first_in_b == j + 1) {
      result.back().first_in_a = i;
      result.back().first_in_b = j;
    } else {
      result.push_back({i, i, j, j});
    }
  });
  return result;
}

}  // namespace redstart
