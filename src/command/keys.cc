#include "command/keys.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace redstart {
namespace {

using Words = std::span<const std::string_view>;

struct FlagName {
  uint16_t flag;
  std::string_view name;
};
constexpr FlagName kKeyFlagNames[] = {
    {kKeyRO, "RO"},
    {kKeyRW, "RW"},
    {kKeyOW, "OW"},
    {kKeyRM, "RM"},
    {kKeyAccess, "access"},
    {kKeyUpdate, "update"},
    {kKeyInsert, "insert"},
    {kKeyDelete, "delete"},
    {kKeyNotKey, "not_key"},
    {kKeyIncomplete, "incomplete"},
    {kKeyVariableFlags, "variable_flags"},
};

// A run of keys: first, first + step ... last.
struct KeyRange {
  int64_t first;
  int64_t last;
  int64_t step;
};

size_t value_words(const Argument& argument) {
  if (argument.type == ArgumentType::pure_token) return 0;
  return argument.type == ArgumentType::block ? argument.children.size() : 1;
}

const Argument* option_named(std::span<const Argument> arguments, std::string_view word) {
  for (const Argument& argument : arguments) {
    if (!argument.token.empty() && equal_ignoring_case(argument.token, word)) return &argument;
  }
  return nullptr;
}

// Keys that no position tells: the argument tree knows the option that introduces them (SORT's
// STORE). The last mention counts.
std::optional<int64_t> position_by_option(const CommandSpec& spec, int key_spec, Words words) {
  std::optional<int64_t> found;
  for (size_t i = 2; i < words.size(); ++i) {
    const Argument* option = option_named(spec.arguments, words[i]);
    if (!option) continue;
    const bool is_wanted = option->key_spec == key_spec && option->type == ArgumentType::key;
    if (is_wanted && i + 1 < words.size()) found = static_cast<int64_t>(i + 1);
    i += value_words(*option);
  }
  return found;
}

// A keyword that introduces one key may be said again (GEORADIUS ... STORE a STORE b).
bool may_repeat(const KeySpec& key) {
  return key.begin == KeySpec::Begin::keyword && key.start_from > 0 &&
         key.find == KeySpec::Find::range && key.last == 0;
}

// 0: no such place in this call. A keyword is looked for from `from` on.
int64_t begin_of(const KeySpec& key, Words words, int64_t from = 0) {
  const auto count = static_cast<int64_t>(words.size());
  if (key.begin == KeySpec::Begin::index) return key.index;
  const bool forwards = key.start_from > 0;
  const int64_t start =
      forwards ? std::max<int64_t>(key.start_from, from) : count + key.start_from;
  const int64_t step = forwards ? 1 : -1;
  const int64_t end = forwards ? count - 1 : 1;
  for (int64_t i = start; i > 0 && i < count && i != end; i += step) {
    if (equal_ignoring_case(words[static_cast<size_t>(i)], key.keyword)) return i + 1;
  }
  return 0;
}

// As Redis counts keys before a command runs (its atoi): what follows the number is not looked at,
// and bits beyond 32 are cut. The command itself then reads its number strictly.
int32_t leading_integer(std::string_view text) {
  size_t at = text.find_first_not_of(" \t\n\v\f\r");
  if (at == std::string_view::npos) return 0;
  const bool negative = text[at] == '-';
  if (negative || text[at] == '+') ++at;
  constexpr uint64_t kMax = INT64_MAX;
  uint64_t magnitude = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const auto digit = static_cast<uint64_t>(text[at] - '0');
    magnitude = magnitude > (kMax - digit) / 10 ? kMax + negative : magnitude * 10 + digit;
    if (magnitude >= kMax) break;
  }
  return static_cast<int32_t>(negative ? 0 - magnitude : magnitude);
}

// Nothing: invalid.
std::optional<KeyRange> range_of(const KeySpec& key, int64_t first, Words words) {
  const auto count = static_cast<int64_t>(words.size());
  KeyRange range{first, 0, key.step};
  if (key.find == KeySpec::Find::range) {
    const int64_t available = key.limit == 0 ? count : first + (count - first) / key.limit;
    range.last = key.last >= 0 ? first + key.last : available + key.last;
  } else {
    if (first + key.keynum_index >= count) return std::nullopt;
    const int64_t keys = leading_integer(words[static_cast<size_t>(first + key.keynum_index)]);
    if (keys < 0 || keys > count) return std::nullopt;
    range.first += key.first;
    range.last = range.first + (keys - 1) * key.step;
  }
  if (range.last >= count || range.last < range.first || range.first >= count) return std::nullopt;
  return range;
}

// The flags of calls whose options decide them: SET reads as well when it has GET; BITFIELD only
// reads when nothing but whole GETs are asked.
uint16_t flags_of(const CommandSpec& spec, const KeySpec& key, Words words) {
  if (!(key.flags & kKeyVariableFlags)) return key.flags;
  if (spec.group == CommandGroup::string) {
    const auto options = words.subspan(std::min<size_t>(3, words.size()));
    const auto is_get = [](std::string_view word) { return equal_ignoring_case(word, "get"); };
    if (std::ranges::any_of(options, is_get)) return kKeyRW | kKeyAccess | kKeyUpdate;
    return kKeyOW | kKeyUpdate;
  }
  for (size_t i = 2; i < words.size(); ++i) {
    const size_t left = words.size() - i - 1;
    if (equal_ignoring_case(words[i], "get") && left >= 2) {
      i += 2;
    } else if (equal_ignoring_case(words[i], "overflow") && left >= 1) {
      ++i;
    } else {
      return kKeyRW | kKeyAccess | kKeyUpdate;
    }
  }
  return kKeyRO | kKeyAccess;
}

}  // namespace

KeyExtraction extract_keys(const CommandSpec& spec, Words words,
                           std::vector<KeyPosition>& positions) {
  const size_t count_before = positions.size();
  for (size_t i = 0; i < spec.keys.size(); ++i) {
    const KeySpec& key = spec.keys[i];
    if (key.flags & kKeyNotKey) continue;
    if (key.begin == KeySpec::Begin::unknown || key.find == KeySpec::Find::unknown) {
      const auto position = position_by_option(spec, static_cast<int>(i), words);
      if (position) positions.push_back({static_cast<uint32_t>(*position), key.flags});
      continue;
    }
    const uint16_t flags = flags_of(spec, key, words);
    for (int64_t first = begin_of(key, words); first != 0;) {
      const auto range = range_of(key, first, words);
      if (!range) {
        positions.resize(count_before);
        return KeyExtraction::invalid;
      }
      for (int64_t at = range->first; at <= range->last; at += range->step) {
        positions.push_back({static_cast<uint32_t>(at), flags});
      }
      first = may_repeat(key) ? begin_of(key, words, first + 1) : 0;
    }
  }
  return KeyExtraction::ok;
}

std::vector<std::string_view> key_flag_names(uint16_t flags) {
  std::vector<std::string_view> result;
  for (const FlagName& flag : kKeyFlagNames) {
    if (flags & flag.flag) result.push_back(flag.name);
  }
  return result;
}

}  // namespace redstart
