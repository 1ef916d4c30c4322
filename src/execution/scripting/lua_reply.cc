#include "execution/scripting/lua_reply.h"

#include <cmath>

#include "base/numbers.h"
#include "base/text.h"

namespace redstart {
namespace {

constexpr int kStackPerLevel = 6;

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
  while (text.starts_with('\r') || text.starts_with('\n')) text.remove_prefix(1);
  return text;
}

// Pushes the field of the table on top; false, with nothing pushed, when it is not of this type.
bool push_field(lua_State* lua, const char* name, int type) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  if (lua_type(lua, -1) == type) return true;
  lua_pop(lua, 1);
  return false;
}

// As C converts a double that does not fit on x86.
int64_t truncated(double value) {
  if (!(value > -9223372036854775808.0 && value < 9223372036854775808.0)) return INT64_MIN;
  return static_cast<int64_t>(value);
}

size_t pair_count(lua_State* lua) {
  size_t count = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) ++count;
  return count;
}

// The table on top as a map, or its keys as a set.
void reply_with_pairs(lua_State* lua, ReplySink& reply, int protocol, bool with_values) {
  const size_t count = pair_count(lua);
  with_values ? reply.map(count) : reply.set(count);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0;) {
    if (!with_values) lua_pop(lua, 1);
    lua_pushvalue(lua, with_values ? -2 : -1);  // the key, which lua_next must find unchanged
    reply_with_lua_value(lua, reply, protocol);
    if (with_values) reply_with_lua_value(lua, reply, protocol);
  }
}

void reply_with_array(lua_State* lua, ReplySink& reply, int protocol) {
  int count = 0;
  for (lua_rawgeti(lua, -1, 1); !lua_isnil(lua, -1); lua_rawgeti(lua, -1, count + 1)) {
    lua_pop(lua, 1);
    ++count;
  }
  lua_pop(lua, 1);
  reply.array(static_cast<size_t>(count));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(lua, -1, i);
    reply_with_lua_value(lua, reply, protocol);
  }
}

bool reply_with_verbatim(lua_State* lua, ReplySink& reply) {
  if (!push_field(lua, "verbatim_string", LUA_TTABLE)) return false;
  if (push_field(lua, "string", LUA_TSTRING)) {
    const std::string text(view_of(lua, -1));
    lua_pop(lua, 1);
    if (push_field(lua, "format", LUA_TSTRING)) {
      std::string format(view_of(lua, -1).substr(0, 3));
      format.resize(3, ' ');
      reply.verbatim(format, text);
      lua_pop(lua, 2);
      return true;
    }
  }
  lua_pop(lua, 1);
  return false;
}

void reply_with_error(lua_State* lua, ReplySink& reply) {
  const std::string text = lua_tostring(lua, -1);  // up to the first zero byte, as in Redis
  lua_pop(lua, 1);
  const bool is_known = push_field(lua, kKnownErrorField, LUA_TBOOLEAN);
  if (is_known) lua_pop(lua, 1);
  is_known ? reply.known_error(text) : reply.error(text);
}

void reply_with_table(lua_State* lua, ReplySink& reply, int protocol) {
  if (push_field(lua, "err", LUA_TSTRING)) {
    reply_with_error(lua, reply);
  } else if (push_field(lua, "ok", LUA_TSTRING)) {
    reply.simple(in_one_line(lua_tostring(lua, -1)));
    lua_pop(lua, 1);
  } else if (push_field(lua, "double", LUA_TNUMBER)) {
    reply.number(lua_tonumber(lua, -1));
    lua_pop(lua, 1);
  } else if (push_field(lua, "map", LUA_TTABLE)) {
    reply_with_pairs(lua, reply, protocol, true);
    lua_pop(lua, 1);
  } else if (push_field(lua, "set", LUA_TTABLE)) {
    reply_with_pairs(lua, reply, protocol, false);
    lua_pop(lua, 1);
  } else if (push_field(lua, "big_number", LUA_TSTRING)) {
    reply.big_number(in_one_line(view_of(lua, -1)));
    lua_pop(lua, 1);
  } else if (!reply_with_verbatim(lua, reply)) {
    reply_with_array(lua, reply, protocol);
  }
}

}  // namespace

void LuaSink::add() {
  while (!open_.empty()) {
    Open& innermost = open_.back();
    --innermost.missing;
    if (innermost.kind == Container::array) {
      lua_rawseti(lua_, -2, innermost.next++);
    } else if (innermost.kind == Container::set) {
      lua_pushboolean(lua_, 1);
      lua_rawset(lua_, -3);
    } else if (innermost.missing % 2 == 0) {
      lua_rawset(lua_, -3);
    }
    if (innermost.missing > 0) return;
    close();
  }
}

void LuaSink::close() {
  const Container kind = open_.back().kind;
  open_.pop_back();
  if (kind != Container::array) lua_setfield(lua_, -2, kind == Container::map ? "map" : "set");
}

void LuaSink::open(Container kind, size_t count) {
  luaL_checkstack(lua_, kStackPerLevel, "too many nested replies");
  if (kind == Container::array) {
    lua_createtable(lua_, static_cast<int>(count), 0);
  } else {
    lua_newtable(lua_);
    lua_newtable(lua_);
  }
  open_.push_back({kind, kind == Container::map ? count * 2 : count});
  if (count > 0) return;
  close();
  add();
}

void LuaSink::wrapped_text(const char* name, std::string_view text) {
  lua_newtable(lua_);
  push_text(lua_, text);
  lua_setfield(lua_, -2, name);
  add();
}

void LuaSink::null() {
  is_resp3() ? lua_pushnil(lua_) : lua_pushboolean(lua_, 0);
  add();
}

void LuaSink::simple(std::string_view text) { wrapped_text("ok", text); }

void LuaSink::integer(int64_t value) {
  lua_pushnumber(lua_, static_cast<lua_Number>(value));
  add();
}

void LuaSink::bulk(std::string_view bytes) {
  push_text(lua_, bytes);
  add();
}

void LuaSink::array(size_t count) { open(Container::array, count); }

void LuaSink::map(size_t count) {
  is_resp3() ? open(Container::map, count) : open(Container::array, count * 2);
}

void LuaSink::set(size_t count) { open(is_resp3() ? Container::set : Container::array, count); }

void LuaSink::number(double value) {
  if (!is_resp3()) {
    char text[kNumberTextBytes];
    return bulk({text, format_double(value, text)});
  }
  lua_newtable(lua_);
  lua_pushnumber(lua_, value);
  lua_setfield(lua_, -2, "double");
  add();
}

void LuaSink::boolean(bool value) {
  if (!is_resp3()) return integer(value);
  lua_pushboolean(lua_, value);
  add();
}

void LuaSink::verbatim(std::string_view format, std::string_view text) {
  if (!is_resp3()) return bulk(text);
  lua_newtable(lua_);
  lua_newtable(lua_);
  push_text(lua_, text);
  lua_setfield(lua_, -2, "string");
  push_text(lua_, format);
  lua_setfield(lua_, -2, "format");
  lua_setfield(lua_, -2, "verbatim_string");
  add();
}

void LuaSink::big_number(std::string_view digits) {
  is_resp3() ? wrapped_text("big_number", digits) : bulk(digits);
}

void LuaSink::write_error(std::string_view text) {
  lua_newtable(lua_);
  push_text(lua_, in_one_line(text));
  lua_setfield(lua_, -2, "err");
  if (open_.empty()) {  // one within an array is not what the command failed with
    lua_pushboolean(lua_, 1);
    lua_setfield(lua_, -2, kKnownErrorField);
  }
  add();
}

void reply_with_lua_value(lua_State* lua, ReplySink& reply, int protocol) {
  if (!lua_checkstack(lua, kStackPerLevel)) {
    reply.error("ERR reached lua stack limit");
    lua_pop(lua, 1);
    return;
  }
  switch (lua_type(lua, -1)) {
    case LUA_TSTRING: reply.bulk(view_of(lua, -1)); break;
    case LUA_TNUMBER: reply.integer(truncated(lua_tonumber(lua, -1))); break;
    case LUA_TTABLE: reply_with_table(lua, reply, protocol); break;
    case LUA_TBOOLEAN:
      if (protocol == 3) {
        reply.boolean(lua_toboolean(lua, -1) != 0);
      } else if (lua_toboolean(lua, -1)) {
        reply.integer(1);
      } else {
        reply.null();
      }
      break;
    default: reply.null();
  }
  lua_pop(lua, 1);
}

void push_error(lua_State* lua, std::string_view text, bool is_known) {
  std::string code = "ERR";
  std::string_view message = without_line_end(text.substr(0, text.find('\0')));
  if (message.starts_with('-')) {
    message.remove_prefix(1);
    const size_t space = message.find(' ');
    if (space != std::string_view::npos) {
      code = message.substr(0, space);
      message.remove_prefix(space + 1);
    }
  }
  lua_newtable(lua);
  push_text(lua, code + " " + std::string(message));
  lua_setfield(lua, -2, "err");
  if (!is_known) return;
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, kKnownErrorField);
}

}  // namespace redstart
