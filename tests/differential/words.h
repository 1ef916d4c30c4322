// Small questions about the words of a command line.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "tests/differential/grammar.h"

namespace redstart::oracle {

inline bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// Whether `token`, which is in upper case, is among the words in any case.
inline bool contains_token(const Argv& argv, std::string_view token) {
  return std::ranges::any_of(argv, [&](const std::string& word) { return upper(word) == token; });
}

}  // namespace redstart::oracle
