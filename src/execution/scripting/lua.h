// Lua 5.1 as its C++ build, in which errors are exceptions: destructors run when a script fails.
//
// Threads: a lua_State is used by one thread at a time.
#pragma once

#include <lua5.1/lua.hpp>

#include <string_view>

namespace redstart {

inline std::string_view view_of(lua_State* lua, int index) {
  size_t size;
  const char* text = lua_tolstring(lua, index, &size);
  return {text, size};
}

inline void push_text(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

}  // namespace redstart
