// FUNCTION LOAD, DELETE, LIST, STATS, DUMP, RESTORE, FLUSH, KILL, HELP: libraries of functions.
#include "base/crc64.h"
#include "base/glob.h"
#include "base/quoted_words.h"
#include "base/text.h"
#include "durability/byte_source.h"
#include "durability/rdb/payload.h"
#include "durability/rdb/reader.h"
#include "durability/rdb/writer.h"
#include "execution/command_context.h"
#include "execution/client_registry.h"
#include "execution/commands/replies.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/scripting/script_runner.h"

namespace redstart {
namespace {

constexpr size_t kFooterBytes = 10;  // version and checksum of a payload

FunctionLibraries& libraries_of(CommandContext& c) { return c.executor().scripting().functions(); }

ScriptRunner& runner_of(CommandContext& c) { return ScriptRunner::of(c.executor().thread_context(), c.executor()); }

// FUNCTION LOAD [REPLACE] code
void run_load(CommandContext& c) {
  bool replace = false;
  for (size_t i = 2; i + 1 < c.arg_count(); ++i) {
    if (!c.arg_is(i, "REPLACE"))
      return c.error("ERR Unknown option given: " + quoted_in_error(c.arg(i), std::string_view::npos));
    replace = true;
  }
  const std::string_view code = c.arg(c.arg_count() - 1);
  // Whether the name is free is said before the code runs.
  const auto head = read_library_head(code);
  if (!head) return c.error(head.error());
  if (!replace && libraries_of(c).all()->libraries.contains(head->name)) {
    return c.error("ERR Library '" + head->name + "' already exists");
  }
  const auto library = runner_of(c).load_library(code);
  if (!library) return c.error(library.error());
  if (const auto error = libraries_of(c).add(*library, replace)) return c.error(*error);
  c.access().count_change();
  c.reply().bulk((*library)->name);
}

void run_delete(CommandContext& c) {
  if (!libraries_of(c).remove(c.arg(2))) return c.error("ERR Library not found");
  c.access().count_change();
  c.reply().ok();
}

void reply_function(ReplySink& reply, const LibraryFunction& function) {
  reply.map(3);
  reply.bulk("name");
  reply.bulk(function.name);
  reply.bulk("description");
  function.description ? reply.bulk(*function.description) : reply.null();
  reply.bulk("flags");
  const auto flags = script_flag_names(function.flags);
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.simple(flag);
}

void reply_library(ReplySink& reply, const FunctionLibrary& library, bool with_code) {
  reply.map(with_code ? 4 : 3);
  reply.bulk("library_name");
  reply.bulk(library.name);
  reply.bulk("engine");
  reply.bulk("LUA");
  reply.bulk("functions");
  reply.array(library.functions.size());
  for (const LibraryFunction& function : library.functions) reply_function(reply, function);
  if (!with_code) return;
  reply.bulk("library_code");
  reply.bulk(library.code);
}

// FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]
void run_list(CommandContext& c) {
  bool with_code = false;
  std::optional<std::string_view> pattern;
  for (size_t i = 2; i < c.arg_count(); ++i) {
    if (!with_code && c.arg_is(i, "WITHCODE")) {
      with_code = true;
    } else if (!pattern && c.arg_is(i, "LIBRARYNAME")) {
      if (i + 1 >= c.arg_count()) return c.error("ERR library name argument was not given");
      pattern = c.arg(++i);
    } else {
      return c.error("ERR Unknown argument " + in_one_line(c.arg(i).substr(0, c.arg(i).find('\0'))));
    }
  }
  const auto all = libraries_of(c).all();
  std::vector<const FunctionLibrary*> shown;
  for (const auto& [name, library] : all->libraries) {
    if (!pattern || glob_match(*pattern, name, true)) shown.push_back(library.get());
  }
  c.reply().array(shown.size());
  for (const FunctionLibrary* library : shown) reply_library(c.reply(), *library, with_code);
}

void reply_running(CommandContext& c) {
  const auto running = c.executor().scripting().long_scripts().running_function();
  if (!running) return c.reply().null();
  c.reply().map(3);
  c.reply().bulk("name");
  c.reply().bulk(running->name);
  c.reply().bulk("command");
  c.reply().array(running->command.size());
  for (const std::string& word : running->command) c.reply().bulk(word);
  c.reply().bulk("duration_ms");
  c.reply().integer(static_cast<int64_t>(running->duration_ms));
}

void run_stats(CommandContext& c) {
  if (c.executor().clients().is_busy() && !c.executor().scripting().long_scripts().running_function()) {
    return c.error(c.executor().scripting().long_scripts().busy_text());
  }
  const auto all = libraries_of(c).all();
  c.reply().map(2);
  c.reply().bulk("running_script");
  reply_running(c);
  c.reply().bulk("engines");
  c.reply().map(1);
  c.reply().bulk("LUA");
  c.reply().map(2);
  c.reply().bulk("libraries_count");
  c.reply().integer(static_cast<int64_t>(all->libraries.size()));
  c.reply().bulk("functions_count");
  c.reply().integer(static_cast<int64_t>(all->functions.size()));
}

// The libraries in the snapshot format: opcode and code of each | version (2) | crc64 (8).
void run_dump(CommandContext& c) {
  std::string payload;
  RdbWriter writer(payload, c.executor().config().rdb_compression());
  for (const auto& [name, library] : libraries_of(c).all()->libraries) {
    writer.opcode(rdb::Opcode::function_2);
    writer.string(library->code);
  }
  payload.push_back(static_cast<char>(rdb::kVersion & 0xff));
  payload.push_back(static_cast<char>(rdb::kVersion >> 8));
  const uint64_t checksum = crc64(0, payload);
  for (int shift = 0; shift < 64; shift += 8) payload.push_back(static_cast<char>(checksum >> shift));
  c.reply().bulk(payload);
}

using Libraries = std::vector<std::shared_ptr<const FunctionLibrary>>;

// The libraries of a payload; false: the error has been replied.
bool read_payload(CommandContext& c, std::string_view payload, Libraries& libraries) {
  if (!rdb::is_intact(payload)) return c.error("ERR DUMP payload version or checksum are wrong"), false;
  payload.remove_suffix(kFooterBytes);
  ByteSource source(payload);
  RdbReader reader(source, c.limits());
  while (source.bytes_left() > 0) {
    const auto opcode = static_cast<rdb::Opcode>(reader.byte());
    if (opcode == rdb::Opcode::function_pre_release) {
      return c.error("ERR Pre-release function format not supported"), false;
    }
    if (opcode != rdb::Opcode::function_2) return c.error("ERR given type is not a function"), false;
    const std::string code = reader.string_copy();
    if (reader.failed()) return c.error("ERR Failed loading library data"), false;
    const auto library = runner_of(c).load_library(code);
    if (!library) return c.error(library.error()), false;
    libraries.push_back(*library);
  }
  return true;
}

// FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE]
void run_restore(CommandContext& c) {
  using Restore = FunctionLibraries::Restore;
  if (c.arg_count() > 4) return reply_subcommand_syntax_error(c);
  Restore policy = Restore::append;
  if (c.arg_count() == 4) {
    if (c.arg_is(3, "FLUSH")) {
      policy = Restore::flush;
    } else if (c.arg_is(3, "REPLACE")) {
      policy = Restore::replace;
    } else if (!c.arg_is(3, "APPEND")) {
      return c.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
  }
  Libraries libraries;
  if (!read_payload(c, c.arg(2), libraries)) return;
  if (const auto error = libraries_of(c).restore(libraries, policy)) return c.error(*error);
  c.access().count_change();
  c.reply().ok();
}

void run_flush(CommandContext& c) {
  if (c.arg_count() > 3) return reply_subcommand_syntax_error(c);
  if (c.arg_count() == 3 && !c.arg_is(2, "SYNC") && !c.arg_is(2, "ASYNC")) {
    return c.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  libraries_of(c).clear();
  c.access().count_change();
  c.reply().ok();
}

void run_kill(CommandContext& c) {
  const auto error = c.executor().scripting().long_scripts().kill(true);
  error ? c.error(*error) : c.reply().ok();
}

void run_help(CommandContext& c) { reply_help(c); }

constexpr Argument kLoadArguments[] = {
    {.name = "replace", .type = ArgumentType::pure_token, .token = "REPLACE", .flags = kOptional},
    {.name = "function-code"},
};
constexpr Argument kDeleteArguments[] = {{.name = "library-name"}};
constexpr Argument kListArguments[] = {
    {.name = "library-name-pattern", .token = "LIBRARYNAME", .flags = kOptional},
    {.name = "withcode", .type = ArgumentType::pure_token, .token = "WITHCODE", .flags = kOptional},
};
constexpr Argument kPolicies[] = {
    {.name = "flush", .type = ArgumentType::pure_token, .token = "FLUSH"},
    {.name = "append", .type = ArgumentType::pure_token, .token = "APPEND"},
    {.name = "replace", .type = ArgumentType::pure_token, .token = "REPLACE"},
};
constexpr Argument kRestoreArguments[] = {
    {.name = "serialized-value"},
    {.name = "policy", .type = ArgumentType::one_of, .flags = kOptional, .children = kPolicies},
};
constexpr Argument kFlushModes[] = {
    {.name = "async", .type = ArgumentType::pure_token, .token = "ASYNC"},
    {.name = "sync", .type = ArgumentType::pure_token, .token = "SYNC"},
};
constexpr Argument kFlushArguments[] = {
    {.name = "async", .type = ArgumentType::one_of, .flags = kOptional, .children = kFlushModes},
};

constexpr std::string_view kWriteTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};
constexpr std::string_view kListTips[] = {"nondeterministic_output_order"};
constexpr std::string_view kKillTips[] = {"request_policy:all_shards", "response_policy:one_succeeded"};
constexpr std::string_view kStatsTips[] = {"nondeterministic_output", "request_policy:all_shards",
                                           "response_policy:special"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "delete",
     .summary = "Deletes a library with its functions.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = 3,
     .flags = kWrite | kNoScript,
     .acl_categories = "scripting",
     .lock_scope = LockScope::keyspace,
     .arguments = kDeleteArguments,
     .tips = kWriteTips,
     .run = run_delete},
    {.name = "dump",
     .summary = "Tells all libraries as bytes that FUNCTION RESTORE understands.",
     .complexity = "O(N), N: functions",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = 2,
     .flags = kNoScript,
     .acl_categories = "scripting",
     .run = run_dump},
    {.name = "flush",
     .summary = "Deletes all libraries.",
     .complexity = "O(N), N: functions",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = -2,
     .flags = kWrite | kNoScript,
     .acl_categories = "scripting",
     .lock_scope = LockScope::keyspace,
     .arguments = kFlushArguments,
     .tips = kWriteTips,
     .run = run_flush},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "scripting",
     .run = run_help},
    {.name = "kill",
     .summary = "Ends a function that runs for too long and has not written.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl_categories = "scripting",
     .tips = kKillTips,
     .run = run_kill},
    {.name = "list",
     .summary = "Lists libraries and their functions.",
     .complexity = "O(N), N: functions",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = -2,
     .flags = kNoScript,
     .acl_categories = "scripting",
     .arguments = kListArguments,
     .tips = kListTips,
     .run = run_list},
    {.name = "load",
     .summary = "Loads a library of functions.",
     .complexity = "O(1), compiling the code not counted",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = -3,
     .flags = kWrite | kDenyOom | kNoScript,
     .acl_categories = "scripting",
     .lock_scope = LockScope::keyspace,
     .arguments = kLoadArguments,
     .tips = kWriteTips,
     .run = run_load},
    {.name = "restore",
     .summary = "Loads the libraries that FUNCTION DUMP told.",
     .complexity = "O(N), N: functions in it",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = -3,
     .flags = kWrite | kDenyOom | kNoScript,
     .acl_categories = "scripting",
     .lock_scope = LockScope::keyspace,
     .arguments = kRestoreArguments,
     .tips = kWriteTips,
     .run = run_restore},
    {.name = "stats",
     .summary = "Tells which function runs for long, and how many there are.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::scripting,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl_categories = "scripting",
     .tips = kStatsTips,
     .run = run_stats},
};

}  // namespace

REDSTART_COMMAND(function) = {
    .name = "function",
    .summary = "Manages libraries of functions.",
    .complexity = "See the subcommands",
    .since = "7.0.0",
    .group = CommandGroup::scripting,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
