// The conditions of SET and DELEX on what a key holds: IFEQ, IFNE value, IFDEQ, IFDNE digest; and the digest.
//
// Threads: as CommandContext.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "command/spec.h"
#include "engine/entry.h"
#include "execution/command_context.h"

namespace redstart {

// The XXH3 of a value in 64 bits, as 16 hexadecimal digits: the same in every process, as in Redis.
std::string value_digest(std::string_view bytes);

// A comparison with the string at a key.
struct Comparison {
  enum class Kind : uint8_t { none, equal, not_equal, digest_equal, digest_not_equal };
  Kind kind = Kind::none;
  size_t index = 0;  // of what is compared with among the arguments
  explicit operator bool() const { return kind != Kind::none; }
};

// Which comparison argument `index` names, if any.
Comparison::Kind comparison_at(const CommandContext& c, size_t index);
// Whether what is compared with is well-formed. False: the error has been replied.
bool check_comparison(CommandContext& c, const Comparison& comparison);
// A missing key (null) equals nothing. REQUIRES: check_comparison(); the entry holds a string.
bool holds(const CommandContext& c, const Comparison& comparison, const Entry* entry);

inline constexpr Argument kComparisonArguments[] = {
    {.name = "ifeq-value", .type = ArgumentType::string, .token = "IFEQ"},
    {.name = "ifne-value", .type = ArgumentType::string, .token = "IFNE"},
    {.name = "ifdeq-digest", .type = ArgumentType::string, .token = "IFDEQ"},
    {.name = "ifdne-digest", .type = ArgumentType::string, .token = "IFDNE"},
};

}  // namespace redstart
