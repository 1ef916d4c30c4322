// Interpreter: a Lua state in the sandbox that Redis gives its scripts: the same libraries and globals, which cannot
// be changed, and the same errors.
//
// Read-only tables are empty ones whose metatable looks into the real one; the few functions that see through
// metatables (next, pairs, rawget ...) know them. The state of scripts (KEYS, ARGV) stands in the real table of
// globals.
//
// Threads: thread-compatible; used_bytes() by any. Ownership: owns the Lua state.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "execution/scripting/function_library.h"
#include "execution/scripting/lua.h"
#include "execution/scripting/sandbox.h"
#include "execution/scripting/script_call.h"

namespace redstart {

class Executor;

class Interpreter {
 public:
  enum class Kind : uint8_t { scripts, functions };
  // `used_bytes` says what it takes from now on.
  Interpreter(Kind kind, Executor& executor, std::atomic<uint64_t>& used_bytes);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  static Interpreter& of(lua_State* lua);

  // A compiled text, to run or to release. The error is the compiler's.
  using Compiled = int;
  std::expected<Compiled, std::string> compile(std::string_view body);
  void release(Compiled compiled);
  // Runs it and replies with what it returns.
  void run(Compiled compiled, ScriptCall& call);

  // Runs a library's code, which registers its functions. The error is FUNCTION LOAD's.
  struct Loaded {
    std::vector<LibraryFunction> functions;
    std::vector<Compiled> compiled;  // of each
  };
  std::expected<Loaded, std::string> load(std::string_view body);

  // --- For the functions of `redis`.
  ScriptCall* call() { return call_; }
  // Not null while a library is loaded.
  Loaded* loading() { return loading_; }
  Executor& executor() { return executor_; }
  Sandbox& sandbox() { return sandbox_; }
  double random();
  void seed_random(int32_t seed);

 private:
  static void* allocate(void* interpreter, void* block, size_t old_size, size_t new_size);
  static void on_count(lua_State* lua, lua_Debug* event);
  void check_time(lua_State* lua);
  void push_arguments(const ScriptCall& call);
  void reply_error(const ScriptCall& call);

  Executor& executor_;
  const Kind kind_;
  std::atomic<uint64_t>& used_bytes_;
  lua_State* lua_ = nullptr;
  Sandbox sandbox_;
  ScriptCall* call_ = nullptr;
  Loaded* loading_ = nullptr;
  uint64_t loading_ends_cycles_ = 0;
  uint64_t random_state_;
};

}  // namespace redstart
