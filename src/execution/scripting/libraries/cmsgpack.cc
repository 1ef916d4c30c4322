// The Lua library `cmsgpack`: values to MessagePack and back. A table with the keys 1 to n becomes an array, any other
// a map; tables nested deeper than 16 become nil, as what MessagePack has no word for.
//
// Threads: as the Lua state.
#include <bit>
#include <climits>
#include <cmath>
#include <cstring>
#include <string>

#include "execution/scripting/libraries/libraries.h"

namespace redstart {
namespace {

constexpr int kNestingMax = 16;

// --- Packing

template <class Integer>
void put(std::string& out, uint8_t code, Integer value) {
  out.push_back(static_cast<char>(code));
  const auto bits = static_cast<uint64_t>(value);
  for (size_t i = sizeof value; i > 0; --i) out.push_back(static_cast<char>(bits >> (8 * (i - 1))));
}

void pack_integer(std::string& out, int64_t value) {
  if (value >= 0) {
    if (value <= 127) return out.push_back(static_cast<char>(value));
    if (value <= 0xff) return put(out, 0xcc, static_cast<uint8_t>(value));
    if (value <= 0xffff) return put(out, 0xcd, static_cast<uint16_t>(value));
    if (value <= 0xffffffff) return put(out, 0xce, static_cast<uint32_t>(value));
    return put(out, 0xcf, static_cast<uint64_t>(value));
  }
  if (value >= -32) return out.push_back(static_cast<char>(value));
  if (value >= INT8_MIN) return put(out, 0xd0, static_cast<int8_t>(value));
  if (value >= INT16_MIN) return put(out, 0xd1, static_cast<int16_t>(value));
  if (value >= INT32_MIN) return put(out, 0xd2, static_cast<int32_t>(value));
  put(out, 0xd3, value);
}

bool is_integer(double value) {
  return value >= -9223372036854775808.0 && value < 9223372036854775808.0 && value == std::trunc(value);
}

void pack_number(std::string& out, double value) {
  if (is_integer(value)) return pack_integer(out, static_cast<int64_t>(value));
  const auto shorter = static_cast<float>(value);
  if (static_cast<double>(shorter) == value) return put(out, 0xca, std::bit_cast<uint32_t>(shorter));
  put(out, 0xcb, std::bit_cast<uint64_t>(value));
}

void pack_text(std::string& out, std::string_view text) {
  if (text.size() < 32) {
    out.push_back(static_cast<char>(0xa0 | text.size()));
  } else if (text.size() <= 0xff) {
    put(out, 0xd9, static_cast<uint8_t>(text.size()));
  } else if (text.size() <= 0xffff) {
    put(out, 0xda, static_cast<uint16_t>(text.size()));
  } else {
    put(out, 0xdb, static_cast<uint32_t>(text.size()));
  }
  out.append(text);
}

void pack_size(std::string& out, size_t size, uint8_t few, uint8_t code) {
  if (size <= 15) return out.push_back(static_cast<char>(few | size));
  if (size <= 0xffff) return put(out, code, static_cast<uint16_t>(size));
  put(out, static_cast<uint8_t>(code + 1), static_cast<uint32_t>(size));
}

// Whether the table at the top has the keys 1 to n and no others.
bool is_array(lua_State* lua) {
  double greatest = 0;
  size_t count = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; ++count) {
    lua_pop(lua, 1);
    const double key = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
    if (key <= 0 || !is_integer(key)) {
      lua_pop(lua, 1);
      return false;
    }
    greatest = std::max(greatest, key);
  }
  return greatest == static_cast<double>(count);
}

void pack_value(lua_State* lua, std::string& out, int depth);

void pack_table(lua_State* lua, std::string& out, int depth) {
  luaL_checkstack(lua, 4, "in function mp_encode_lua_table");
  if (is_array(lua)) {
    const size_t size = lua_objlen(lua, -1);
    pack_size(out, size, 0x90, 0xdc);
    for (size_t i = 1; i <= size; ++i) {
      lua_pushnumber(lua, static_cast<double>(i));
      lua_gettable(lua, -2);
      pack_value(lua, out, depth + 1);
    }
    return;
  }
  size_t size = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) ++size;
  pack_size(out, size, 0x80, 0xde);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0;) {
    lua_pushvalue(lua, -2);
    pack_value(lua, out, depth + 1);
    pack_value(lua, out, depth + 1);
  }
}

// Takes the value off the stack.
void pack_value(lua_State* lua, std::string& out, int depth) {
  const int type = lua_type(lua, -1);
  if (type == LUA_TSTRING) {
    pack_text(out, view_of(lua, -1));
  } else if (type == LUA_TBOOLEAN) {
    out.push_back(static_cast<char>(lua_toboolean(lua, -1) ? 0xc3 : 0xc2));
  } else if (type == LUA_TNUMBER) {
    pack_number(out, lua_tonumber(lua, -1));
  } else if (type == LUA_TTABLE && depth < kNestingMax) {
    pack_table(lua, out, depth);
  } else {
    out.push_back(static_cast<char>(0xc0));
  }
  lua_pop(lua, 1);
}

int pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  if (!lua_checkstack(lua, count)) return luaL_argerror(lua, 0, "Too many arguments for MessagePack pack.");
  std::string out;
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(lua, i);
    pack_value(lua, out, 0);
  }
  push_text(lua, out);
  return 1;
}

// --- Unpacking

class Unpacker {
 public:
  Unpacker(lua_State* lua, std::string_view bytes) : lua_(lua), rest_(bytes) {}

  size_t left() const { return rest_.size(); }

  // Pushes the next value.
  void value() {
    luaL_checkstack(lua_, 1, "too many return values at once; use unpack_one or unpack_limit instead.");
    const auto code = static_cast<uint8_t>(take(1)[0]);
    if (code < 0x80) return lua_pushnumber(lua_, code);
    if (code >= 0xe0) return lua_pushnumber(lua_, static_cast<int8_t>(code));
    if (code < 0x90) return map(code & 0xf);
    if (code < 0xa0) return array(code & 0xf);
    if (code < 0xc0) return push_text(lua_, take(code & 0x1f));
    switch (code) {
      case 0xc0: return lua_pushnil(lua_);
      case 0xc2: return lua_pushboolean(lua_, 0);
      case 0xc3: return lua_pushboolean(lua_, 1);
      case 0xca: return lua_pushnumber(lua_, static_cast<double>(std::bit_cast<float>(integer<uint32_t>())));
      case 0xcb: return lua_pushnumber(lua_, std::bit_cast<double>(integer<uint64_t>()));
      case 0xcc: return lua_pushnumber(lua_, integer<uint8_t>());
      case 0xcd: return lua_pushnumber(lua_, integer<uint16_t>());
      case 0xce: return lua_pushnumber(lua_, integer<uint32_t>());
      case 0xd0: return lua_pushnumber(lua_, static_cast<int8_t>(integer<uint8_t>()));
      case 0xd1: return lua_pushnumber(lua_, static_cast<int16_t>(integer<uint16_t>()));
      case 0xd2: return lua_pushnumber(lua_, static_cast<int32_t>(integer<uint32_t>()));
      case 0xcf:  // a signed one, as in Redis
      case 0xd3:
        return lua_pushnumber(lua_, static_cast<double>(static_cast<int64_t>(integer<uint64_t>())));
      case 0xd9: return push_text(lua_, take(integer<uint8_t>()));
      case 0xda: return push_text(lua_, take(integer<uint16_t>()));
      case 0xdb: return push_text(lua_, take(integer<uint32_t>()));
      case 0xdc: return array(integer<uint16_t>());
      case 0xdd: return array(integer<uint32_t>());
      case 0xde: return map(integer<uint16_t>());
      case 0xdf: return map(integer<uint32_t>());
      default: luaL_error(lua_, "Bad data format in input.");
    }
  }

 private:
  std::string_view take(size_t size) {
    if (rest_.size() < size) luaL_error(lua_, "Missing bytes in input.");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Integer>
  Integer integer() {
    Integer value = 0;
    for (const char byte : take(sizeof(Integer))) value = static_cast<Integer>(value << 8 | static_cast<uint8_t>(byte));
    return value;
  }
  void array(size_t size) {
    lua_newtable(lua_);
    luaL_checkstack(lua_, 1, "in function mp_decode_to_lua_array");
    for (size_t i = 1; i <= size; ++i) {
      lua_pushnumber(lua_, static_cast<double>(i));
      value();
      lua_settable(lua_, -3);
    }
  }
  void map(size_t size) {
    lua_newtable(lua_);
    for (size_t i = 0; i < size; ++i) {
      value();
      value();
      lua_settable(lua_, -3);
    }
  }

  lua_State* const lua_;
  std::string_view rest_;
};

// REQUIRES: the text is all that is on the stack.
int unpack_some(lua_State* lua, lua_Integer limit, lua_Integer offset) {
  size_t length;
  const char* text = luaL_checklstring(lua, 1, &length);
  const bool takes_all = limit == 0 && offset == 0;
  if (offset < 0 || limit < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", static_cast<int>(offset),
                      static_cast<int>(length));
  }
  if (static_cast<size_t>(offset) > length) {
    return luaL_error(lua, "Start offset %d greater than input length %d.", static_cast<int>(offset),
                      static_cast<int>(length));
  }
  if (takes_all) limit = INT_MAX;
  Unpacker unpacker(lua, std::string_view(text, length).substr(static_cast<size_t>(offset)));
  int count = 0;
  for (; unpacker.left() > 0 && count < limit; ++count) unpacker.value();
  if (takes_all) return count;
  luaL_checkstack(lua, 1, "in function mp_unpack_full");
  lua_pushinteger(lua, unpacker.left() == 0 ? -1 : static_cast<lua_Integer>(length - unpacker.left()));
  lua_insert(lua, 2);
  return count + 1;
}

int unpack(lua_State* lua) { return unpack_some(lua, 0, 0); }

int unpack_one(lua_State* lua) {
  const lua_Integer offset = luaL_optinteger(lua, 2, 0);
  lua_settop(lua, 1);
  return unpack_some(lua, 1, offset);
}

int unpack_limit(lua_State* lua) {
  const lua_Integer limit = luaL_checkinteger(lua, 2), offset = luaL_optinteger(lua, 3, 0);
  lua_settop(lua, 1);
  return unpack_some(lua, limit, offset);
}

}  // namespace

int open_cmsgpack(lua_State* lua) {
  constexpr luaL_Reg kFunctions[] = {
      {"pack", pack}, {"unpack", unpack}, {"unpack_one", unpack_one}, {"unpack_limit", unpack_limit}};
  constexpr const char* kTexts[][2] = {{"_NAME", "cmsgpack"},
                                       {"_VERSION", "lua-cmsgpack 0.4.0"},
                                       {"_DESCRIPTION", "MessagePack C implementation for Lua"}};
  lua_newtable(lua);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
  for (const auto& text : kTexts) {
    lua_pushstring(lua, text[1]);
    lua_setfield(lua, -2, text[0]);
  }
  return 1;
}

}  // namespace redstart
