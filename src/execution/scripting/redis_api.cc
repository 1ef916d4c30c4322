// The table `redis` that scripts see: call, pcall and what else Redis has in it.
#include <array>
#include <cmath>
#include <cstdio>

#include "base/numbers.h"
#include "base/sha1.h"
#include "base/text.h"
#include "command/table.h"
#include "execution/acl/acl.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/monitors.h"
#include "execution/persistence.h"
#include "execution/run.h"
#include "execution/scripting/interpreter.h"
#include "execution/scripting/libraries/libraries.h"
#include "execution/scripting/lua_reply.h"
#include "execution/scripting/script.h"
#include "execution/session.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr std::string_view kBadArgument = "Lua redis lib command arguments must be strings or integers";
constexpr std::string_view kNoArguments = "Please specify at least one argument for this redis lib call";

int raise(lua_State* lua, std::string_view text) {
  push_error(lua, text);
  return lua_error(lua);
}

// The arguments on the stack as words: views of Lua's strings, and of the texts of numbers.
class CallWords {
 public:
  // False: one is neither string nor number.
  bool read(lua_State* lua) {
    const int count = lua_gettop(lua);
    if (static_cast<size_t>(count) > inline_.size()) many_.resize(static_cast<size_t>(count));
    const std::span<std::string_view> words =
        many_.empty() ? std::span(inline_).first(static_cast<size_t>(count)) : std::span(many_);
    for (int i = 0; i < count; ++i) {
      const int type = lua_type(lua, i + 1);
      if (type == LUA_TNUMBER) {
        push_number_text(lua, lua_tonumber(lua, i + 1));
        lua_replace(lua, i + 1);
      } else if (type != LUA_TSTRING) {
        return false;
      }
      words[static_cast<size_t>(i)] = view_of(lua, i + 1);
    }
    words_ = words;
    return true;
  }
  Words words() const { return words_; }

 private:
  static void push_number_text(lua_State* lua, double value) {
    char text[64];
    const double whole = std::trunc(value);
    // Numbers below 2^53 that have no fraction look the same either way.
    if (whole == value && std::abs(value) < 9007199254740992.0 && !(value == 0 && std::signbit(value))) {
      return lua_pushlstring(lua, text, format_int64(static_cast<int64_t>(value), text));
    }
    lua_pushlstring(lua, text, static_cast<size_t>(std::snprintf(text, sizeof text, "%.17g", value)));
  }

  std::array<std::string_view, 16> inline_;
  std::vector<std::string_view> many_;
  Words words_;
};

struct Resolved {
  const CommandSpec* spec = nullptr;
  size_t index = 0;
  std::string_view error = {};
  bool has_single_key = false;
};

Resolved resolve(const CommandTable& table, Words words) {
  const auto single = table.find_with_single_key(words[0]);
  Resolved resolved{single.spec, single.index, {}, single.has_single_key(words.size())};
  if (!resolved.spec) {
    const CommandSpec* spec = table.find(words[0]);
    if (spec && !spec->subcommands.empty() && words.size() > 1) spec = table.find_subcommand(*spec, words[1]);
    if (!spec) return {.error = "Unknown Redis command called from script"};
    resolved.spec = spec;
    resolved.index = table.index_of(*spec);
  }
  if (!resolved.spec->arity_fits(words.size()) || !resolved.spec->run)
    resolved.error = "Wrong number of args calling Redis command from script";
  return resolved;
}

// Whether XREAD or XREADGROUP has the option BLOCK.
bool asks_to_block(Words words) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (equal_ignoring_case(words[i], "BLOCK")) return true;
    if (equal_ignoring_case(words[i], "GROUP")) {
      i += 2;
    } else if (equal_ignoring_case(words[i], "COUNT")) {
      ++i;
    } else if (!equal_ignoring_case(words[i], "NOACK")) {
      return false;
    }
  }
  return false;
}

// Why the script may not run the command; empty: it may.
std::string refusal(ScriptCall& call, const CommandSpec& spec, Words words) {
  if (spec.has(kNoScript)) return "This Redis command is not allowed from script";
  CommandContext& c = call.context;
  if (auto forbidden = c.executor().forbidden_in_script(c.session(), spec, words)) return std::move(*forbidden);
  if (call.read_only && spec.has(kWrite | kMayReplicate)) {
    return "Write commands are not allowed from read-only scripts.";
  }
  // What has begun to write is not cut in half.
  const Persistence& persistence = c.executor().persistence();
  if (spec.is_write() && !call.has_written && persistence.refuses_writes()) return "-" + persistence.refusal();
  if (call.over_memory && !call.allows_oom && !call.has_written && spec.has(kDenyOom)) {
    return "-OOM command not allowed when used memory > 'maxmemory'.";
  }
  if (spec.has(kBlocking) && asks_to_block(words)) {
    return std::string(words[0]) + " command is not allowed with BLOCK option from scripts";
  }
  return {};
}

// Makes sure that the keys' shards are held.
bool reach(ScriptCall& call, const Resolved& command, Words words) {
  CommandContext& c = call.context;
  if (!command.has_single_key) return c.run().reach(*command.spec, words);
  const uint64_t hash = Keyspace::hash(words[1]);
  if (!c.access().locks().holds(Keyspace::shard_index(hash)) && !c.run().reach(*command.spec, words)) return false;
  c.access().remember_hash(words[1], hash);
  return true;
}

// The command's error before it ran: it is counted here, and pushed.
void push_refusal(lua_State* lua, ScriptCall& call, const Resolved& command, std::string_view text) {
  ThreadContext& thread = call.context.run().thread();
  push_error(lua, text, true);
  lua_getfield(lua, -1, "err");
  const std::string_view error = view_of(lua, -1);
  thread.record_error(error.substr(0, error.find(' ')));
  if (command.spec) thread.record_rejected(command.index);
  lua_pop(lua, 1);
}

// Leaves the command's reply on the stack.
void run_command(lua_State* lua, ScriptCall& call, const Resolved& command, Words words) {
  CommandContext& c = call.context;
  Executor& executor = c.executor();
  if (command.spec->is_write()) {
    call.has_written = true;
    if (call.long_script) call.long_script->has_written = true;
  }
  if (executor.monitors().any() && !command.spec->has(kSkipMonitor | kAdmin)) {
    const std::string& full_name = executor.commands().full_name(*command.spec);
    executor.monitors().feed_from_script(c.session(), full_name, words, executor.clock().unix_time_us());
  }
  LuaSink sink(lua, call.protocol);
  c.run().restart_clock();
  c.run().run_command(*command.spec, command.index, words, sink, false);
}

// Leaves a reply or an error table.
void call_command(lua_State* lua) {
  ScriptCall* call = Interpreter::of(lua).call();
  if (lua_gettop(lua) == 0) return push_error(lua, kNoArguments);
  if (!call) return push_error(lua, "redis.call/pcall can only be called inside a script invocation");
  CallWords arguments;
  if (!arguments.read(lua)) return push_error(lua, kBadArgument);
  luaL_checkstack(lua, LUA_MINSTACK, "too many arguments");
  const Words words = arguments.words();
  const Resolved command = resolve(call->context.executor().commands(), words);
  if (!command.error.empty()) return push_refusal(lua, *call, command, command.error);
  const std::string refused = refusal(*call, *command.spec, words);
  if (!refused.empty()) return push_refusal(lua, *call, command, refused);
  if (!reach(*call, command, words)) {
    return push_refusal(lua, *call, command, "Script attempted to access keys that were not declared");
  }
  run_command(lua, *call, command, words);
}

int redis_call(lua_State* lua) {
  call_command(lua);
  if (!lua_istable(lua, -1)) return 1;
  lua_pushliteral(lua, "err");
  lua_rawget(lua, -2);
  const bool failed = !lua_isnil(lua, -1);
  lua_pop(lua, 1);
  return failed ? lua_error(lua) : 1;
}

int redis_pcall(lua_State* lua) {
  call_command(lua);
  return 1;
}

int redis_acl_check_cmd(lua_State* lua) {
  ScriptCall* call = Interpreter::of(lua).call();
  if (lua_gettop(lua) == 0) return raise(lua, kNoArguments);
  if (!call) return raise(lua, "redis.acl_check_cmd can only be called inside a script invocation");
  CallWords arguments;
  if (!arguments.read(lua)) return raise(lua, kBadArgument);
  CommandContext& c = call->context;
  const Resolved command = resolve(c.executor().commands(), arguments.words());
  if (!command.spec) return raise(lua, "Invalid command passed to redis.acl_check_cmd()");
  const auto user = c.session().identity.user();
  const AclDecision decision = c.executor().acl().check_user(*user, *command.spec, arguments.words());
  lua_pushboolean(lua, decision.denial == AclDenial::none);
  return 1;
}

// {name = text}, of one string argument; anything else is an error, which is returned.
int single_field(lua_State* lua, const char* name) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    push_error(lua, "wrong number or type of arguments");
    return 1;
  }
  lua_newtable(lua);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, name);
  return 1;
}

int redis_status_reply(lua_State* lua) { return single_field(lua, "ok"); }

int redis_error_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) return single_field(lua, "err");
  std::string text(view_of(lua, 1));
  if (!text.starts_with('-')) text.insert(0, "-");
  push_error(lua, text);
  return 1;
}

int redis_sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "wrong number of arguments");
  size_t size = 0;
  const char* text = lua_tolstring(lua, 1, &size);
  push_text(lua, hex_of(sha1({text ? text : "", size})));
  return 1;
}

int redis_log(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count < 2) return raise(lua, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(lua, -count)) return raise(lua, "First argument must be a number (log level).");
  const auto level = static_cast<int64_t>(lua_tonumber(lua, 1));
  if (level < 0 || level > 3) return raise(lua, "Invalid debug level.");
  std::string line;
  for (int i = 2; i <= count; ++i) {
    if (!lua_isstring(lua, i)) continue;
    if (!line.empty()) line += " ";
    line += view_of(lua, i);
  }
  Executor& executor = Interpreter::of(lua).executor();
  constexpr std::string_view kLevels[] = {"debug", "verbose", "notice", "warning"};
  const std::string threshold = executor.config().value_of("loglevel").value_or("notice");
  const auto shown = std::ranges::find(kLevels, threshold) - std::begin(kLevels);
  if (level >= shown) executor.state().log(line);
  return 0;
}

int redis_setresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "redis.setresp() requires one argument.");
  const auto protocol = static_cast<int>(lua_tonumber(lua, 1));
  if (protocol != 2 && protocol != 3) return raise(lua, "RESP version must be 2 or 3.");
  if (ScriptCall* call = Interpreter::of(lua).call()) call->protocol = protocol;
  return 0;
}

// Where effects go is not for scripts to say here, but their calls are taken.
int redis_set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "redis.set_repl() requires two arguments.");
  const auto flags = static_cast<int64_t>(lua_tonumber(lua, 1));
  if (flags & ~int64_t{3}) {
    return raise(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

int redis_replicate_commands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

// There is no debugger here: nobody stops, nothing is shown.
int redis_breakpoint(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}

int redis_debug(lua_State* lua) {
  static_cast<void>(lua);
  return 0;
}

// --- Libraries of functions

// The flags of a list like {'no-writes'} at the top; false: one is not known.
bool read_flags(lua_State* lua, uint32_t& flags) {
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    const int type = lua_type(lua, -1);
    const uint32_t flag = type == LUA_TSTRING ? script_flag_named(view_of(lua, -1)) : 0;
    lua_pop(lua, 1);
    if (type == LUA_TNIL) return true;
    if (flag == 0) return false;
    flags |= flag;
  }
}

// What register_function{...} says; the callback is left on the stack. The error, or nothing.
std::string_view read_named_arguments(lua_State* lua, LibraryFunction& function) {
  int callback = 0;
  for (lua_pushnil(lua); lua_next(lua, 1) != 0; lua_pop(lua, 1)) {
    if (lua_type(lua, -2) != LUA_TSTRING) return "unknown argument given to redis.register_function";
    const std::string_view key = view_of(lua, -2);
    const bool is_text = lua_type(lua, -1) == LUA_TSTRING || lua_type(lua, -1) == LUA_TNUMBER;
    if (key == "function_name") {
      if (!is_text) return "function_name argument given to redis.register_function must be a string";
      lua_pushvalue(lua, -1);
      function.name = view_of(lua, -1);
      lua_pop(lua, 1);
    } else if (key == "description") {
      if (!is_text) return "description argument given to redis.register_function must be a string";
      lua_pushvalue(lua, -1);
      function.description = view_of(lua, -1);
      lua_pop(lua, 1);
    } else if (key == "callback") {
      if (!lua_isfunction(lua, -1)) return "callback argument given to redis.register_function must be a function";
      callback = 1;
    } else if (key == "flags") {
      if (!lua_istable(lua, -1)) {
        return "flags argument to redis.register_function must be a table representing function flags";
      }
      if (!read_flags(lua, function.flags)) return "unknown flag given";
    } else {
      return "unknown argument given to redis.register_function";
    }
  }
  if (function.name.empty()) return "redis.register_function must get a function name argument";
  if (callback == 0) return "redis.register_function must get a callback argument";
  lua_getfield(lua, 1, "callback");
  return {};
}

std::string_view read_positional_arguments(lua_State* lua, LibraryFunction& function) {
  if (lua_type(lua, 1) != LUA_TSTRING && lua_type(lua, 1) != LUA_TNUMBER) {
    return "first argument to redis.register_function must be a string";
  }
  function.name = view_of(lua, 1);
  if (!lua_isfunction(lua, 2)) return "second argument to redis.register_function must be a function";
  lua_pushvalue(lua, 2);
  return {};
}

int redis_register_function(lua_State* lua) {
  Interpreter::Loaded* loading = Interpreter::of(lua).loading();
  if (!loading) return raise(lua, "redis.register_function can only be called on FUNCTION LOAD command");
  const int count = lua_gettop(lua);
  if (count < 1 || count > 2) return raise(lua, "wrong number of arguments to redis.register_function");
  if (count == 1 && !lua_istable(lua, 1)) {
    return raise(lua,
                 "calling redis.register_function with a single argument is only applicable to Lua table "
                 "(representing named arguments).");
  }
  LibraryFunction function;
  const std::string_view error =
      count == 1 ? read_named_arguments(lua, function) : read_positional_arguments(lua, function);
  if (!error.empty()) return raise(lua, error);
  if (!is_library_name(function.name)) return raise(lua, kLibraryNameError);
  for (const LibraryFunction& other : loading->functions) {
    if (other.name == function.name) return raise(lua, "Function already exists in the library");
  }
  loading->functions.push_back(std::move(function));
  loading->compiled.push_back(luaL_ref(lua, LUA_REGISTRYINDEX));
  return 0;
}

// --- The tables

struct Function {
  const char* name;
  lua_CFunction function;
};
constexpr Function kFunctions[] = {
    {"call", redis_call},           {"pcall", redis_pcall},
    {"log", redis_log},             {"setresp", redis_setresp},
    {"sha1hex", redis_sha1hex},     {"error_reply", redis_error_reply},
    {"status_reply", redis_status_reply}, {"set_repl", redis_set_repl},
    {"acl_check_cmd", redis_acl_check_cmd},
};
constexpr Function kScriptFunctions[] = {
    {"replicate_commands", redis_replicate_commands}, {"breakpoint", redis_breakpoint}, {"debug", redis_debug},
};
struct Constant {
  const char* name;
  int value;
};
constexpr Constant kLogLevels[] = {{"LOG_DEBUG", 0}, {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2}, {"LOG_WARNING", 3}};
constexpr Constant kReplication[] = {
    {"REPL_NONE", 0}, {"REPL_AOF", 1}, {"REPL_SLAVE", 2}, {"REPL_REPLICA", 2}, {"REPL_ALL", 3}};
constexpr const char* kVersion = "7.0.15";
constexpr int kVersionNumber = 0x0007000f;

void add_functions(lua_State* lua, std::span<const Function> functions) {
  for (const Function& entry : functions) {
    lua_pushcfunction(lua, entry.function);
    lua_setfield(lua, -2, entry.name);
  }
}

void add_constants(lua_State* lua, std::span<const Constant> constants) {
  for (const Constant& constant : constants) {
    lua_pushnumber(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
}

void add_common(lua_State* lua) {
  add_constants(lua, kLogLevels);
  lua_pushstring(lua, kVersion);
  lua_setfield(lua, -2, "REDIS_VERSION");
  lua_pushnumber(lua, kVersionNumber);
  lua_setfield(lua, -2, "REDIS_VERSION_NUM");
}

}  // namespace

void push_redis_api(lua_State* lua, bool for_functions) {
  lua_newtable(lua);
  add_common(lua);
  add_constants(lua, kReplication);
  add_functions(lua, kFunctions);
  if (!for_functions) add_functions(lua, kScriptFunctions);
}

void push_loading_api(lua_State* lua) {
  lua_newtable(lua);
  add_common(lua);
  constexpr Function kLoadingFunctions[] = {{"log", redis_log}, {"register_function", redis_register_function}};
  add_functions(lua, kLoadingFunctions);
}

}  // namespace redstart
