// The options of SET, MSETEX and GETEX, and the expiry times of SETEX and PSETEX.
//
// Threads: as CommandContext.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "execution/command_context.h"
#include "types/string/commands/comparison.h"

namespace redstart {

// An expiry as a client says it: EX, PX, EXAT or PXAT with a number.
struct Expiration {
  enum class Unit : uint8_t { none, seconds, milliseconds, unix_seconds, unix_milliseconds };
  Unit unit = Unit::none;
  size_t index = 0;  // of the number among the arguments
  explicit operator bool() const { return unit != Unit::none; }
  bool is_absolute() const { return unit >= Unit::unix_seconds; }
};

// The expiry as Unix milliseconds; kNoDeadline without one. False: the error has been replied.
bool parse_deadline(CommandContext& c, const Expiration& expiration, int64_t& deadline_ms);

struct StringOptions {
  bool if_missing = false;  // NX
  bool if_present = false;  // XX
  bool get = false;
  bool keep_deadline = false;
  bool persist = false;
  Comparison comparison;  // IFEQ and its like
  Expiration expiration;
};

// Which command's options are meant: each knows some that others do not.
enum class OptionsOf : uint8_t { set, msetex, getex };

// Reads the options from argument `first` on. False: the error has been replied.
bool parse_options(CommandContext& c, size_t first, OptionsOf command, StringOptions& options);

// Sets `key`, with its effect in absolute time.
void set_until(CommandContext& c, Edit& edit, std::string_view key, std::string_view value,
               int64_t deadline_ms);
// SETEX and PSETEX.
void set_with_expiration(CommandContext& c, Expiration::Unit unit);

}  // namespace redstart
