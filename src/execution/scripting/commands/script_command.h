// What EVAL, EVALSHA, FCALL and their read-only kinds share: what is called, numkeys, keys, arguments.
//
// Threads: as commands.
#pragma once

#include <array>
#include <string_view>

#include "command/spec.h"
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/scripting/script_runner.h"

namespace redstart {

inline void run_script(CommandContext& c) { ScriptRunner::of(c.executor().thread_context(), c.executor()).eval(c); }
inline void run_function(CommandContext& c) {
  ScriptRunner::of(c.executor().thread_context(), c.executor()).call_function(c);
}

inline constexpr uint32_t kScriptCommandFlags =
    kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys;

inline constexpr std::string_view kUpToTheScript =
    "What is done with them is up to the script: the most that it could be.";
inline constexpr std::string_view kUpToTheFunction =
    "What is done with them is up to the function: the most that it could be.";

constexpr std::array<KeySpec, 1> keys_of_writer(std::string_view notes = {}) {
  return {counted_keys(kKeyRW | kKeyAccess | kKeyUpdate, 2, notes)};
}
constexpr std::array<KeySpec, 1> keys_of_reader(std::string_view notes = {}) {
  return {counted_keys(kKeyRO | kKeyAccess, 2, notes)};
}

// `what` is the name of the first argument.
constexpr std::array<Argument, 4> call_arguments(std::string_view what) {
  return {{
      {.name = what},
      {.name = "numkeys", .type = ArgumentType::integer},
      {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kOptional | kMultiple},
      {.name = "arg", .flags = kOptional | kMultiple},
  }};
}

}  // namespace redstart
