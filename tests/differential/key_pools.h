// Key pools: the few keys that random commands share, a pool for each type of value. A key is its pool's letter and a
// digit: "s0" to "s7" are strings.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace redstart::oracle {

inline constexpr size_t kKeysPerPool = 8;
// Strings, lists, hashes, sets, sorted sets, HyperLogLogs, streams, sorted sets of positions.
inline constexpr std::string_view kPools = "slhtzpxg";
// Sorted sets whose members all have the same score: only there are ranges by member defined.
inline constexpr char kLexPool = 'y';
// Keys of no type.
inline constexpr std::string_view kOddKeys[] = {"", std::string_view("k\0\xff", 3), "{tag}s1", "missing",
                                                "a key with spaces"};

inline char pool_of_group(std::string_view group) {
  if (group == "list") return 'l';
  if (group == "hash") return 'h';
  if (group == "set") return 't';
  if (group == "sorted-set") return 'z';
  if (group == "hyperloglog") return 'p';
  if (group == "stream") return 'x';
  if (group == "geo") return 'g';
  return 's';
}

inline bool is_lex_key(std::string_view word) { return word.size() == 2 && word[0] == kLexPool; }

// Whether `word` is a key of the pools.
inline bool is_key(std::string_view word) {
  const bool is_of_pool = word.size() == 2 && (word[0] == kLexPool || kPools.find(word[0]) != std::string_view::npos) &&
                          word[1] >= '0' && word[1] < '0' + static_cast<char>(kKeysPerPool);
  return is_of_pool || std::ranges::find(kOddKeys, word) != std::end(kOddKeys);
}

}  // namespace redstart::oracle
