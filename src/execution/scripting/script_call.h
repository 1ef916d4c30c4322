// ScriptCall: one run of a script or function, as its interpreter and the functions of `redis` see it.
//
// Threads: thread-compatible, on the stack of the running thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/cycle_clock.h"
#include "execution/command_context.h"
#include "execution/scripting/long_scripts.h"

namespace redstart {

struct ScriptCall {
  CommandContext& context;
  bool is_function = false;
  std::string_view name;  // the script's fingerprint, or the function's name
  std::span<const std::string_view> keys, arguments;
  bool read_only = false;
  bool allows_oom = false;
  bool over_memory = false;  // when it began
  bool has_written = false;
  int protocol = 2;          // redis.setresp
  uint64_t started_cycles = CycleClock::now();
  std::optional<LongScript> long_script = {};  // once it runs for too long
};

}  // namespace redstart
