// Sandbox: the globals that scripts see, and their protection. See Interpreter.
//
// Threads: thread-compatible.
#pragma once

#include <vector>

#include "execution/scripting/lua.h"

namespace redstart {

class Sandbox {
 public:
  // Opens the libraries and takes away what scripts may not use. `redis` is to be at the stack's top; taken off.
  // The table of the real globals is left on the stack.
  void open(lua_State* lua, bool for_functions);

  // Pushes the real table behind a read-only one; false, with nothing pushed: it is an ordinary table.
  bool push_real(lua_State* lua, int index) const;
  bool is_protected(lua_State* lua, int index) const { return find(lua, index) != nullptr; }
  // Pushes what getmetatable says of a read-only table.
  void push_shown_metatable(lua_State* lua, int index) const;

  // What a library sees while it is loaded, or all. Only where libraries are.
  void show_loading_globals(lua_State* lua, bool loading) const;

 private:
  struct Protected {
    const void* table;
    int real;       // references in the registry
    int metatable;  // shown; LUA_NOREF: none
  };
  const Protected* find(lua_State* lua, int index) const;
  // Replaces the table at the stack's top by a read-only one that shows it.
  void protect(lua_State* lua, int shown_metatable = LUA_NOREF);
  void protect_field(lua_State* lua, const char* name);
  void replace_functions(lua_State* lua);

  std::vector<Protected> protected_;
  int environment_metatable_ = LUA_NOREF;
  int globals_ = LUA_NOREF, loading_globals_ = LUA_NOREF;
};

// Raised where a read-only table would be changed.
inline constexpr const char* kReadonlyError = "Attempt to modify a readonly table";

}  // namespace redstart
