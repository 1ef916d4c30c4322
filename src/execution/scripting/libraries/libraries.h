// The libraries that scripts have beside Lua's own. cjson and bit are Debian's (lua-cjson, lua-bitop); the others have
// a file each here.
//
// Threads: as the Lua state.
#pragma once

#include "execution/scripting/lua.h"

extern "C" {
int luaopen_cjson(lua_State* lua);
int luaopen_bit(lua_State* lua);
}

namespace redstart {

// Each leaves the library's table on the stack, as Lua's luaopen_ functions do.
int open_struct(lua_State* lua);
int open_cmsgpack(lua_State* lua);

// redis_api.cc: pushes the table `redis`.
void push_redis_api(lua_State* lua, bool for_functions);
// What of it a library has while it is loaded.
void push_loading_api(lua_State* lua);

}  // namespace redstart
