// Where the keys of one call stand, by the command's key specifications.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace redstart {

struct KeyPosition {
  uint32_t index;  // among the words, the command's name being 0
  uint16_t flags;  // KeySpecFlag bits
};

enum class KeyExtraction : uint8_t {
  ok,
  invalid,  // the words contradict the specification: a bad count of keys, too few words
};

// Appends the positions of all keys of the call `words`. When it is invalid, nothing is appended;
// the command itself then refuses the call before it touches a key. Cost: linear in the words.
KeyExtraction extract_keys(const CommandSpec& spec, std::span<const std::string_view> words,
                           std::vector<KeyPosition>& positions);

// The names of a key specification's flags, in Redis's order ("RW", "ACCESS" ...).
std::vector<std::string_view> key_flag_names(uint16_t flags);

}  // namespace redstart
