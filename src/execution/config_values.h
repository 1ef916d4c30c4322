// What the values of directives look like: texts to numbers and back, with Redis's rules and complaints.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "execution/directives.h"

namespace redstart {

// Keyspace notifications, as in `notify-keyspace-events`.
enum NotifyFlag : uint32_t {
  kNotifyKeyspace = 1u << 0,
  kNotifyKeyevent = 1u << 1,
  kNotifyGeneric = 1u << 2,
  kNotifyString = 1u << 3,
  kNotifyList = 1u << 4,
  kNotifySet = 1u << 5,
  kNotifyHash = 1u << 6,
  kNotifyZset = 1u << 7,
  kNotifyExpired = 1u << 8,
  kNotifyEvicted = 1u << 9,
  kNotifyStream = 1u << 10,
  kNotifyKeyMiss = 1u << 11,
  kNotifyModule = 1u << 13,
  kNotifyNewKey = 1u << 14,
  kNotifyAll = kNotifyGeneric | kNotifyString | kNotifyList | kNotifySet | kNotifyHash |
               kNotifyZset | kNotifyExpired | kNotifyEvicted | kNotifyStream | kNotifyModule,
};

// "100mb": k, m, g are powers of 1000; kb, mb, gb of 1024; b or nothing is bytes.
std::optional<uint64_t> parse_memory(std::string_view text);

// The number that a word means for a numeric directive, or what is wrong with it.
std::expected<int64_t, std::string> parse_directive_number(const Directive& directive,
                                                           std::string_view word);
// The same for choices.
std::expected<int64_t, std::string> parse_directive_choices(const Directive& directive,
                                                            std::span<const std::string> words);
// A number as CONFIG GET shows it.
std::string show_directive_number(const Directive& directive, int64_t number);

// The text that CONFIG GET shows after `words` were assigned to a directive that shows `current` and is
// not numeric, or what is wrong. save adds to `current`; client-output-buffer-limit merges into it.
std::expected<std::string, std::string> assign_directive_words(const Directive& directive,
                                                               std::string_view current,
                                                               std::span<const std::string> words);

std::expected<uint32_t, std::string> parse_notify_events(std::string_view text);
std::vector<std::string> split_words(std::string_view text);
// A number without trailing zeros: "99.9".
std::string trimmed_number(double number);

}  // namespace redstart
