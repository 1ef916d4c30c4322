#include "execution/scripting/interpreter.h"

#include <cstring>

#include "base/heap.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/run.h"
#include "execution/scripting/libraries/libraries.h"
#include "execution/scripting/lua_reply.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr int kHookInstructions = 100'000;  // between looks at the clock
constexpr uint64_t kLoadNsMax = 500'000'000;
// What stands at the bottom of the stack for good.
constexpr int kGlobals = 1, kKeysName = 2, kArgumentsName = 3, kErrorHandler = 4, kBottom = 4;

// The position of a running Lua function: the one that failed, or that called the C function which did.
bool find_position(lua_State* lua, lua_Debug& position) {
  for (int level = 1; level <= 2; ++level) {
    if (!lua_getstack(lua, level, &position)) return false;
    lua_getinfo(lua, "Sl", &position);
    if (std::string_view(position.what) != "C") break;
  }
  return true;
}

// Makes a table of whatever was raised, with its position.
int handle_error(lua_State* lua) {
  if (!lua_istable(lua, 1)) {
    std::string text = "ERR ";
    if (lua_isstring(lua, 1)) {
      text += view_of(lua, 1);
    } else if (lua_isboolean(lua, 1)) {
      text += lua_toboolean(lua, 1) ? "true" : "false";
    } else {
      text += luaL_typename(lua, 1);
    }
    lua_settop(lua, 0);
    lua_newtable(lua);
    push_text(lua, text);
    lua_setfield(lua, 1, "err");
  }
  lua_Debug position{};
  if (!find_position(lua, position)) return 1;
  lua_pushstring(lua, position.source);
  lua_setfield(lua, 1, "source");
  lua_pushnumber(lua, position.currentline);
  lua_setfield(lua, 1, "line");
  return 1;
}

// A raw field of the table at the top, as text; empty: there is none.
std::string text_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  std::string text;
  if (lua_isstring(lua, -1)) text = lua_tostring(lua, -1);  // up to the first zero byte, as in Redis
  lua_pop(lua, 1);
  return text;
}

bool has_text_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const bool is_text = lua_isstring(lua, -1) != 0;
  lua_pop(lua, 1);
  return is_text;
}

bool has_true_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const bool is_true = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  return is_true;
}

void push_table(lua_State* lua, std::span<const std::string_view> words) {
  lua_createtable(lua, static_cast<int>(words.size()), 0);
  for (size_t i = 0; i < words.size(); ++i) {
    push_text(lua, words[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

}  // namespace

Interpreter::Interpreter(Kind kind, Executor& executor, std::atomic<uint64_t>& used_bytes)
    : executor_(executor), kind_(kind), used_bytes_(used_bytes), random_state_(system_seed()) {
  lua_ = lua_newstate(allocate, this);
  push_redis_api(lua_, kind == Kind::functions);
  sandbox_.open(lua_, kind == Kind::functions);
  lua_pushliteral(lua_, "KEYS");
  lua_pushliteral(lua_, "ARGV");
  lua_pushcfunction(lua_, handle_error);
}

Interpreter::~Interpreter() { lua_close(lua_); }

Interpreter& Interpreter::of(lua_State* lua) {
  void* interpreter;
  lua_getallocf(lua, &interpreter);
  return *static_cast<Interpreter*>(interpreter);
}

// The engine's heap is quick with small blocks, and takes their sizes back as Lua gives them. They are not charged to
// the shard whose lock the script holds.
void* Interpreter::allocate(void* self, void* block, size_t old_size, size_t new_size) {
  auto& used = static_cast<Interpreter*>(self)->used_bytes_;
  const size_t old_bytes = block ? heap::allocated_size(old_size) : 0;
  const size_t new_bytes = new_size == 0 ? 0 : heap::allocated_size(new_size);
  if (block && old_bytes == new_bytes) return block;
  used.store(used.load(std::memory_order_relaxed) + new_bytes - old_bytes, std::memory_order_relaxed);
  void* fresh = new_size == 0 ? nullptr : heap::allocate_uncharged(new_size);
  if (block) {
    if (fresh) std::memcpy(fresh, block, std::min(old_size, new_size));
    heap::deallocate_uncharged(block, old_size);
  }
  return fresh;
}

// The generator of drand48, so that a seed gives the numbers that it gives in Redis.
double Interpreter::random() {
  constexpr uint64_t kMultiplier = 0x5deece66d, kIncrement = 0xb, kMask = (uint64_t{1} << 48) - 1;
  random_state_ = (random_state_ * kMultiplier + kIncrement) & kMask;
  constexpr int32_t kMax = INT32_MAX;
  return static_cast<double>((random_state_ >> 17) % kMax) / kMax;
}

void Interpreter::seed_random(int32_t seed) {
  random_state_ = uint64_t{static_cast<uint32_t>(seed)} << 16 | 0x330e;
}

std::expected<Interpreter::Compiled, std::string> Interpreter::compile(std::string_view body) {
  std::string spaced;
  if (body.starts_with(LUA_SIGNATURE[0])) body = spaced = " " + std::string(body);
  if (luaL_loadbuffer(lua_, body.data(), body.size(), "@user_script") != 0) {
    std::string error = "ERR Error compiling script (new function): " + std::string(view_of(lua_, -1));
    lua_settop(lua_, kBottom);
    return std::unexpected(std::move(error));
  }
  return luaL_ref(lua_, LUA_REGISTRYINDEX);
}

void Interpreter::release(Compiled compiled) { luaL_unref(lua_, LUA_REGISTRYINDEX, compiled); }

// --- Running

void Interpreter::on_count(lua_State* lua, lua_Debug*) { of(lua).check_time(lua); }

// Redis looks at the clock as often. Once a script is told to end, every further line raises the error again: no
// pcall holds it back.
void Interpreter::check_time(lua_State* lua) {
  if (!call_) {
    if (CycleClock::now() < loading_ends_cycles_) return;
    push_error(lua, "FUNCTION LOAD timeout");
    lua_error(lua);
  }
  const int64_t threshold_ms = executor_.config().busy_reply_threshold_ms();
  const uint64_t elapsed_ns = CycleClock::to_ns(CycleClock::now() - call_->started_cycles);
  if (threshold_ms <= 0 || elapsed_ns < static_cast<uint64_t>(threshold_ms) * 1'000'000) return;
  CommandContext& c = call_->context;
  auto& entry = call_->long_script;
  if (!entry) {
    entry.emplace();
    entry->session = &c.session();
    entry->is_function = call_->is_function;
    entry->name = call_->name;
    entry->command.assign(c.args().begin(), c.args().end());
    entry->started_cycles = call_->started_cycles;
    entry->has_written = call_->has_written;
    executor_.scripting().long_scripts().add(*entry);
    executor_.state().log("A script runs for longer than busy-reply-threshold allows: " + std::string(call_->name));
  }
  c.access().locks().mark_stuck();
  c.session().on_long_script();
  if (!entry->killed) return;
  lua_sethook(lua, on_count, LUA_MASKLINE, 0);
  push_error(lua, "Script killed by user with SCRIPT KILL...");
  lua_error(lua);
}

void Interpreter::push_arguments(const ScriptCall& call) {
  if (kind_ == Kind::functions) {
    push_table(lua_, call.keys);
    push_table(lua_, call.arguments);
    return;
  }
  lua_pushvalue(lua_, kKeysName);
  push_table(lua_, call.keys);
  lua_rawset(lua_, kGlobals);
  lua_pushvalue(lua_, kArgumentsName);
  push_table(lua_, call.arguments);
  lua_rawset(lua_, kGlobals);
}

void Interpreter::run(Compiled compiled, ScriptCall& call) {
  ScriptCall* const outer = std::exchange(call_, &call);
  lua_sethook(lua_, on_count, LUA_MASKCOUNT, kHookInstructions);
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, compiled);
  push_arguments(call);
  const int status = lua_pcall(lua_, kind_ == Kind::functions ? 2 : 0, 1, kErrorHandler);
  if (call.long_script) executor_.scripting().long_scripts().remove(*call.long_script);
  if (status == 0) {
    reply_with_lua_value(lua_, call.context.reply(), call.protocol);
  } else {
    reply_error(call);
  }
  lua_settop(lua_, kBottom);
  call_ = outer;
}

void Interpreter::reply_error(const ScriptCall& call) {
  ReplySink& reply = call.context.reply();
  if (!lua_istable(lua_, -1)) {  // raised while another error was handled, or no memory
    const std::string text = lua_isstring(lua_, -1) ? std::string(view_of(lua_, -1)) : "execution failure";
    return reply.error("ERR Error running script " + std::string(call.name) + ", " + text.substr(0, 100));
  }
  const std::string source = text_field(lua_, "source"), line = text_field(lua_, "line");
  std::string text = text_field(lua_, "err");
  if (!has_text_field(lua_, "err")) text = "ERR unknown error";
  if (!source.empty() && !line.empty()) {
    text += " script: " + std::string(call.name) + ", on " + source + ":" + line + ".";
  }
  has_true_field(lua_, kKnownErrorField) ? reply.known_error(text) : reply.error(text);
}

// --- Libraries

std::expected<Interpreter::Loaded, std::string> Interpreter::load(std::string_view body) {
  Loaded loaded;
  std::string spaced;
  if (body.starts_with(LUA_SIGNATURE[0])) body = spaced = " " + std::string(body);
  if (luaL_loadbuffer(lua_, body.data(), body.size(), "@user_function") != 0) {
    std::string error = "ERR Error compiling function: " + std::string(view_of(lua_, -1));
    lua_settop(lua_, kBottom);
    return std::unexpected(std::move(error));
  }
  loading_ = &loaded;
  loading_ends_cycles_ = CycleClock::now() + CycleClock::from_ns(kLoadNsMax);
  lua_sethook(lua_, on_count, LUA_MASKCOUNT, kHookInstructions);
  sandbox_.show_loading_globals(lua_, true);
  const int status = lua_pcall(lua_, 0, 0, kErrorHandler);
  sandbox_.show_loading_globals(lua_, false);
  loading_ = nullptr;
  std::string error;
  if (status != 0) {
    error = "ERR Error registering functions: " +
            (lua_istable(lua_, -1) ? text_field(lua_, "err") : std::string(view_of(lua_, -1)));
  } else if (loaded.functions.empty()) {
    error = "ERR No functions registered";
  }
  lua_settop(lua_, kBottom);
  if (error.empty()) return loaded;
  for (const Compiled compiled : loaded.compiled) release(compiled);
  return std::unexpected(std::move(error));
}

}  // namespace redstart
