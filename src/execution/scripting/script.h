// Script: a text that EVAL runs, with what its first line says about it.
//
//   #!lua flags=no-writes,allow-oom
//   return redis.call('get', KEYS[1])
//
// Threads: immutable.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

enum ScriptFlag : uint32_t {
  kScriptNoWrites = 1,
  kScriptAllowOom = 2,
  kScriptAllowStale = 4,
  kScriptNoCluster = 8,
  kScriptAllowCrossSlot = 16,
  // It has no first line of this kind: it runs by the rules from before there were flags.
  kScriptCompatible = 32,
};

// The flag of this name; 0: there is none.
uint32_t script_flag_named(std::string_view name);
std::vector<std::string_view> script_flag_names(uint32_t flags);

struct Script {
  std::string sha;   // 40 hexadecimal digits
  std::string text;
  uint32_t flags = kScriptCompatible;
  size_t shebang_bytes = 0;  // what of the text is not Lua
  // Whatever it does, it touches no keys but those it was given.
  bool stays_with_its_keys = false;

  std::string_view body() const { return std::string_view(text).substr(shebang_bytes); }
};

// Reads the first line. The error is Redis's, with its code.
std::expected<Script, std::string> make_script(std::string_view text);

}  // namespace redstart
