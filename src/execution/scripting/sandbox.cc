#include "execution/scripting/sandbox.h"

#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "execution/scripting/interpreter.h"
#include "execution/scripting/libraries/libraries.h"

namespace redstart {
namespace {

constexpr std::string_view kGlobals[] = {
    "_VERSION", "assert",       "bit",    "cjson",  "cmsgpack", "collectgarbage", "coroutine", "error",
    "gcinfo",   "getmetatable", "ipairs", "load",   "loadstring", "math",         "next",      "pairs",
    "pcall",    "rawequal",     "rawget", "rawset", "redis",    "select",         "setmetatable", "string",
    "struct",   "table",        "tonumber", "tostring", "type", "unpack",         "xpcall"};
constexpr const char* kTables[] = {"bit",    "cjson", "cmsgpack", "coroutine", "math",
                                   "redis",  "string", "struct",  "table"};
// Debian's cjson has more than Redis's.
constexpr std::string_view kCjson[] = {
    "_NAME", "_VERSION", "decode", "decode_invalid_numbers", "decode_max_depth", "encode", "encode_invalid_numbers",
    "encode_keep_buffer", "encode_max_depth", "encode_number_precision", "encode_sparse_array", "new", "null"};

Sandbox& sandbox_of(lua_State* lua) { return Interpreter::of(lua).sandbox(); }

// Drops all keys of the table at the stack's top but these.
template <size_t N>
void keep_only(lua_State* lua, const std::string_view (&names)[N]) {
  std::vector<std::string> dropped;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
    const std::string_view name = view_of(lua, -2);
    if (std::ranges::find(names, name) == std::end(names)) dropped.emplace_back(name);
  }
  for (const std::string& name : dropped) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name.c_str());
  }
}

int refuse_change(lua_State* lua) { return luaL_error(lua, kReadonlyError); }

// For functions that are called with the table: Redis names no line there.
int refuse_raw_change(lua_State* lua) {
  lua_pushstring(lua, kReadonlyError);
  return lua_error(lua);
}

int refuse_unknown_global(lua_State* lua) {
  const char* name = lua_tostring(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name ? name : "");
}

// --- Functions that would see that read-only tables are not what they show, or could change them.

int next_entry(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  if (sandbox_of(lua).push_real(lua, 1)) lua_replace(lua, 1);
  if (lua_next(lua, 1)) return 2;
  lua_pushnil(lua);
  return 1;
}

int all_pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));  // next
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int raw_get(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  if (sandbox_of(lua).push_real(lua, 1)) lua_replace(lua, 1);
  lua_rawget(lua, 1);
  return 1;
}

int raw_set(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  luaL_checkany(lua, 3);
  if (sandbox_of(lua).is_protected(lua, 1)) return refuse_raw_change(lua);
  lua_settop(lua, 3);
  lua_rawset(lua, 1);
  return 1;
}

int set_metatable(lua_State* lua) {
  const int type = lua_type(lua, 2);
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_argcheck(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  if (sandbox_of(lua).is_protected(lua, 1)) return refuse_raw_change(lua);
  if (luaL_getmetafield(lua, 1, "__metatable")) luaL_error(lua, "cannot change a protected metatable");
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

int get_metatable(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (sandbox_of(lua).is_protected(lua, 1)) {
    sandbox_of(lua).push_shown_metatable(lua, 1);
    return 1;
  }
  if (lua_type(lua, 1) == LUA_TSTRING) {
    lua_pushvalue(lua, lua_upvalueindex(1));
    return 1;
  }
  if (!lua_getmetatable(lua, 1)) {
    lua_pushnil(lua);
    return 1;
  }
  luaL_getmetafield(lua, 1, "__metatable");
  return 1;
}

// Calls the function in the upvalue unless the first argument is a read-only table.
int unless_protected(lua_State* lua) {
  if (lua_istable(lua, 1) && sandbox_of(lua).is_protected(lua, 1)) return refuse_raw_change(lua);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// The same with the real table in its place.
int with_real(lua_State* lua) {
  if (lua_istable(lua, 1) && sandbox_of(lua).push_real(lua, 1)) lua_replace(lua, 1);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// An error table is told as its text.
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  if (status != 0 && lua_istable(lua, -1)) {
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1)) lua_replace(lua, -2);
  }
  lua_pushboolean(lua, status == 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// Compiled code would be checked by nobody: it is read as text, which it is not.
int load_text(lua_State* lua, std::string_view text, const char* chunk) {
  std::string spaced;
  if (text.starts_with(LUA_SIGNATURE[0])) text = spaced = " " + std::string(text);
  lua_pushstring(lua, chunk);  // the parser does not keep its name from being collected
  if (luaL_loadbuffer(lua, text.data(), text.size(), chunk) == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

int load_string(lua_State* lua) {
  size_t size;
  const char* text = luaL_checklstring(lua, 1, &size);
  return load_text(lua, {text, size}, luaL_optstring(lua, 2, text));
}

// load(function [, chunk name]): the pieces that the function gives, put together first.
int load_pieces(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  const char* chunk = luaL_optstring(lua, 2, "=(load)");
  lua_settop(lua, 2);
  std::string text;
  while (true) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) break;
    if (!lua_isstring(lua, -1)) {
      lua_pushnil(lua);
      lua_pushliteral(lua, "reader function must return a string");
      return 2;
    }
    if (view_of(lua, -1).empty()) break;
    text += view_of(lua, -1);
    lua_pop(lua, 1);
  }
  return load_text(lua, text, chunk);
}

// Lua's own counts with an int, and trusts what has overflowed.
int unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const int first = luaL_optint(lua, 2, 1);
  const int last = luaL_opt(lua, luaL_checkint, 3, static_cast<int>(lua_objlen(lua, 1)));
  if (first > last) return 0;
  const int64_t count = int64_t{last} - first + 1;
  if (count > INT_MAX || !lua_checkstack(lua, static_cast<int>(count))) {
    return luaL_error(lua, "too many results to unpack");
  }
  for (int64_t i = first; i <= last; ++i) lua_rawgeti(lua, 1, static_cast<int>(i));
  return static_cast<int>(count);
}

// bit.tohex negates its second argument, and the least integer stays negative: eight digits, as for all beyond.
int bit_to_hex(lua_State* lua) {
  constexpr double kToBits = 6755399441055744.0;  // 2^52 + 2^51: the sum's low bits are the integer, as BitOp has it
  constexpr int kDigitsMax = 8;
  if (!lua_isnoneornil(lua, 2)) {
    const auto digits = static_cast<int32_t>(std::bit_cast<uint64_t>(luaL_checknumber(lua, 2) + kToBits));
    lua_pushinteger(lua, std::clamp(digits, -kDigitsMax, kDigitsMax));
    lua_replace(lua, 2);
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

int math_random(lua_State* lua) {
  const double r = Interpreter::of(lua).random();
  switch (lua_gettop(lua)) {
    case 0: lua_pushnumber(lua, r); return 1;
    case 1: {
      const int upper = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= upper, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(r * upper) + 1);
      return 1;
    }
    case 2: {
      const int lower = luaL_checkint(lua, 1), upper = luaL_checkint(lua, 2);
      luaL_argcheck(lua, lower <= upper, 2, "interval is empty");
      const uint32_t width = static_cast<uint32_t>(upper) - static_cast<uint32_t>(lower) + 1;
      lua_pushnumber(lua, std::floor(r * static_cast<int32_t>(width)) + lower);
      return 1;
    }
    default: return luaL_error(lua, "wrong number of arguments");
  }
}

int math_randomseed(lua_State* lua) {
  Interpreter::of(lua).seed_random(luaL_checkint(lua, 1));
  return 0;
}

void open_library(lua_State* lua, const char* name, lua_CFunction open) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 1);
  if (*name != '\0' && lua_istable(lua, -1)) lua_setglobal(lua, name);
  lua_settop(lua, 1);  // `redis`, which Sandbox::open found there
}

// Gives the table at the stack's top the metatable of the one that the reference is of.
void share_metatable(lua_State* lua, int reference) {
  lua_rawgeti(lua, LUA_REGISTRYINDEX, reference);
  lua_getmetatable(lua, -1);
  lua_setmetatable(lua, -3);
  lua_pop(lua, 1);
}

// The field, a function, of the table at the stack's top goes through `wrapper`.
void wrap_field(lua_State* lua, const char* name, lua_CFunction wrapper) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, wrapper, 1);
  lua_setfield(lua, -2, name);
}

void set_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

}  // namespace

const Sandbox::Protected* Sandbox::find(lua_State* lua, int index) const {
  const void* table = lua_topointer(lua, index);
  for (const Protected& entry : protected_) {
    if (entry.table == table) return &entry;
  }
  return nullptr;
}

bool Sandbox::push_real(lua_State* lua, int index) const {
  const Protected* entry = find(lua, index);
  if (entry) lua_rawgeti(lua, LUA_REGISTRYINDEX, entry->real);
  return entry != nullptr;
}

void Sandbox::push_shown_metatable(lua_State* lua, int index) const {
  const Protected* entry = find(lua, index);
  if (!entry || entry->metatable == LUA_NOREF) return lua_pushnil(lua);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, entry->metatable);
}

void Sandbox::protect(lua_State* lua, int shown_metatable) {
  lua_newtable(lua);  // the read-only one
  lua_newtable(lua);  // its metatable
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_change);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_insert(lua, -2);
  const int real = luaL_ref(lua, LUA_REGISTRYINDEX);
  protected_.push_back({lua_topointer(lua, -1), real, shown_metatable});
}

void Sandbox::protect_field(lua_State* lua, const char* name) {
  lua_getfield(lua, -1, name);
  protect(lua);
  lua_setfield(lua, -2, name);
}

// REQUIRES: the globals are at the stack's top.
void Sandbox::replace_functions(lua_State* lua) {
  set_function(lua, "next", next_entry);
  lua_getfield(lua, -1, "next");
  lua_pushcclosure(lua, all_pairs, 1);
  lua_setfield(lua, -2, "pairs");
  set_function(lua, "rawget", raw_get);
  set_function(lua, "rawset", raw_set);
  set_function(lua, "setmetatable", set_metatable);
  set_function(lua, "pcall", protected_call);
  set_function(lua, "load", load_pieces);
  set_function(lua, "loadstring", load_string);
  set_function(lua, "unpack", unpack);
  lua_getfield(lua, -1, "table");
  wrap_field(lua, "insert", unless_protected);
  wrap_field(lua, "foreach", with_real);
  lua_pop(lua, 1);
  lua_getfield(lua, -1, "math");
  set_function(lua, "random", math_random);
  set_function(lua, "randomseed", math_randomseed);
  lua_pop(lua, 1);
  lua_getfield(lua, -1, "bit");
  wrap_field(lua, "tohex", bit_to_hex);
  lua_pop(lua, 1);
  lua_getfield(lua, -1, "cjson");
  keep_only(lua, kCjson);
  lua_pop(lua, 1);
}

void Sandbox::open(lua_State* lua, bool for_functions) {
  open_library(lua, "", luaopen_base);
  open_library(lua, LUA_TABLIBNAME, luaopen_table);
  open_library(lua, LUA_STRLIBNAME, luaopen_string);
  open_library(lua, LUA_MATHLIBNAME, luaopen_math);
  open_library(lua, "cjson", luaopen_cjson);
  open_library(lua, "bit", luaopen_bit);
  open_library(lua, "struct", open_struct);
  open_library(lua, "cmsgpack", open_cmsgpack);
  lua_setglobal(lua, "redis");

  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  keep_only(lua, kGlobals);
  replace_functions(lua);
  for (const char* name : kTables) protect_field(lua, name);
  // What getmetatable("") shows.
  lua_newtable(lua);
  lua_getfield(lua, -2, "string");
  lua_setfield(lua, -2, "__index");
  protect(lua);
  lua_pushcclosure(lua, get_metatable, 1);
  lua_setfield(lua, -2, "getmetatable");
  // Globals that are not there are errors.
  lua_newtable(lua);
  lua_pushcfunction(lua, refuse_unknown_global);
  lua_setfield(lua, -2, "__index");
  lua_pushvalue(lua, -1);
  lua_setmetatable(lua, -3);
  protect(lua);
  const int shown = luaL_ref(lua, LUA_REGISTRYINDEX);

  lua_pushvalue(lua, -1);
  globals_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_pushvalue(lua, -1);
  protect(lua, shown);
  lua_getmetatable(lua, -1);
  environment_metatable_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "_G");
  lua_replace(lua, LUA_GLOBALSINDEX);
  if (!for_functions) return;
  // While a library is loaded there is nothing but a smaller `redis`.
  lua_newtable(lua);
  share_metatable(lua, globals_);
  push_loading_api(lua);
  share_metatable(lua, globals_);
  protect(lua);
  lua_setfield(lua, -2, "redis");
  loading_globals_ = luaL_ref(lua, LUA_REGISTRYINDEX);
}

void Sandbox::show_loading_globals(lua_State* lua, bool loading) const {
  lua_rawgeti(lua, LUA_REGISTRYINDEX, environment_metatable_);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, loading ? loading_globals_ : globals_);
  lua_setfield(lua, -2, "__index");
  lua_pop(lua, 1);
}

}  // namespace redstart
