#include "execution/scripting/script_runner.h"

#include <cstdlib>

#include "base/hash.h"
#include "base/text.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/eviction.h"
#include "execution/executor.h"
#include "execution/monitors.h"
#include "execution/run.h"
#include "execution/scripting/key_analysis.h"
#include "execution/session.h"

namespace redstart {
namespace {

constexpr size_t kShaDigits = 40;
constexpr std::string_view kNoScriptError = "NOSCRIPT No matching script. Please use EVAL.";

bool is_by_sha(const CommandSpec& spec) { return spec.name.starts_with("evalsha"); }
bool is_of_function(const CommandSpec& spec) { return spec.name.starts_with("fcall"); }

// The keys and arguments of EVAL's kind of call.
struct Operands {
  std::span<const std::string_view> keys, arguments;
};

// Nothing: the error has been replied.
std::optional<Operands> operands_of(CommandContext& c, std::string_view number_error) {
  int64_t keys;
  if (!c.parse_integer(2, keys, number_error)) return std::nullopt;
  if (keys > static_cast<int64_t>(c.arg_count()) - 3) {
    c.error("ERR Number of keys can't be greater than number of args");
    return std::nullopt;
  }
  if (keys < 0) {
    c.error("ERR Number of keys can't be negative");
    return std::nullopt;
  }
  const auto operands = c.args().subspan(3);
  return Operands{operands.first(static_cast<size_t>(keys)), operands.subspan(static_cast<size_t>(keys))};
}

// SELECT within a script is for the script only.
class DatabaseScope {
 public:
  explicit DatabaseScope(Session& session) : session_(session), db_(session.db) {}
  DatabaseScope(const DatabaseScope&) = delete;
  ~DatabaseScope() {
    session_.db = db_;
    session_.shown_db.store(db_, std::memory_order_relaxed);
  }

 private:
  Session& session_;
  const int db_;
};

// Before the commands that it runs, which are shown one by one.
void show_to_monitors(CommandContext& c) {
  Executor& executor = c.executor();
  if (!executor.monitors().any()) return;
  executor.monitors().feed_script(c.session(), executor.commands().full_name(c.spec()), c.args(),
                                  executor.clock().unix_time_us());
}

}  // namespace

size_t ScriptRunner::TextHash::operator()(std::string_view text) const { return hash_bytes(text); }

ScriptRunner& ScriptRunner::of(ThreadContext& thread, Executor& executor) {
  if (!thread.scripts) thread.scripts = std::make_unique<ScriptRunner>(executor, thread);
  return *thread.scripts;
}

Interpreter& ScriptRunner::scripts() {
  if (!scripts_) {
    scripts_ = std::make_unique<Interpreter>(Interpreter::Kind::scripts, executor_, thread_.script_memory.eval_bytes);
  }
  return *scripts_;
}

Interpreter& ScriptRunner::functions() {
  if (!functions_) {
    functions_ =
        std::make_unique<Interpreter>(Interpreter::Kind::functions, executor_, thread_.script_memory.function_bytes);
  }
  return *functions_;
}

// --- Scripts

void ScriptRunner::follow_cache() {
  const uint64_t version = executor_.scripting().version();
  if (version == cache_version_) return;
  cache_version_ = version;
  last_ = nullptr;
  by_text_.clear();
  by_sha_.clear();
  scripts_.reset();  // as SCRIPT FLUSH does in Redis: what scripts have set in libraries goes too
}

std::expected<ScriptRunner::CompiledScript*, std::string> ScriptRunner::compile(
    std::shared_ptr<const Script> script) {
  const auto found = by_sha_.find(script->sha);
  if (found != by_sha_.end()) return &found->second;
  const auto compiled = scripts().compile(script->body());
  if (!compiled) return std::unexpected(compiled.error());
  const std::string sha = script->sha;
  return &by_sha_.emplace(sha, CompiledScript{std::move(script), *compiled}).first->second;
}

void ScriptRunner::publish(CompiledScript& compiled) {
  if (compiled.is_published) return;
  executor_.scripting().add(compiled.script);
  compiled.is_published = true;
}

ScriptRunner::CompiledScript* ScriptRunner::find_sha(std::string_view sha) {
  follow_cache();
  if (sha.size() != kShaDigits) return nullptr;
  if (last_ && last_->script->sha == sha) return last_;
  auto found = by_sha_.find(sha);
  if (found != by_sha_.end() && found->second.is_published) return last_ = &found->second;
  auto script = executor_.scripting().find(lower_case(sha));
  if (!script) return nullptr;
  const auto compiled = compile(std::move(script));
  if (!compiled) return nullptr;
  (*compiled)->is_published = true;
  return last_ = *compiled;
}

ScriptRunner::CompiledScript* ScriptRunner::find_text(std::string_view text, std::string& error) {
  follow_cache();
  if (const auto found = by_text_.find(text); found != by_text_.end()) return found->second;
  auto made = make_script(text);
  if (!made) return error = std::move(made.error()), nullptr;
  made->stays_with_its_keys = stays_with_its_keys(made->body(), executor_.commands());
  const auto compiled = compile(std::make_shared<const Script>(std::move(*made)));
  if (!compiled) return error = compiled.error(), nullptr;
  by_text_.emplace(text, *compiled);
  return *compiled;
}

std::expected<std::shared_ptr<const Script>, std::string> ScriptRunner::load(std::string_view text) {
  std::string error;
  CompiledScript* compiled = find_text(text, error);
  if (!compiled) return std::unexpected(std::move(error));
  publish(*compiled);
  return compiled->script;
}

bool ScriptRunner::needs_token(const CommandSpec& spec, std::span<const std::string_view> words) {
  if (words.size() < 2) return true;
  if (is_of_function(spec)) return function_needs_token(words[1]);
  std::string error;
  const CompiledScript* compiled = is_by_sha(spec) ? find_sha(words[1]) : find_text(words[1], error);
  return compiled && !compiled->script->stays_with_its_keys;
}

uint32_t ScriptRunner::flags_of(const CommandSpec& spec, std::span<const std::string_view> words) {
  if (is_of_function(spec)) {
    follow_libraries();
    const auto found = libraries_->functions.find(lower_case(words[1]));
    if (found == libraries_->functions.end()) return kScriptCompatible;
    return found->second.library->functions[found->second.index].flags;
  }
  std::string error;
  const CompiledScript* compiled = is_by_sha(spec) ? find_sha(words[1]) : find_text(words[1], error);
  return compiled ? compiled->script->flags : kScriptCompatible;
}

bool ScriptRunner::declares_writes(const CommandSpec& spec, std::span<const std::string_view> words) {
  return !(flags_of(spec, words) & (kScriptCompatible | kScriptNoWrites));
}

bool ScriptRunner::declares_no_writes(const CommandSpec& spec, std::span<const std::string_view> words) {
  return flags_of(spec, words) & kScriptNoWrites;
}

// Null: the error has been replied.
const ScriptRunner::CompiledScript* ScriptRunner::find_for(CommandContext& c) {
  if (!is_by_sha(c.spec())) {
    std::string error;
    CompiledScript* compiled = find_text(c.arg(1), error);
    if (!compiled) return c.error(error), nullptr;
    publish(*compiled);
    return compiled;
  }
  const CompiledScript* compiled = find_sha(c.arg(1));
  // It may have come into the cache since the locks were chosen: then this call was earlier.
  const ShardLocks& locks = c.access().locks();
  const bool is_late = compiled && !compiled->script->stays_with_its_keys && !locks.has_token() && !locks.holds_all();
  if (compiled && !is_late) return compiled;
  c.error(kNoScriptError);
  return nullptr;
}

// The checks that flags ask for before anything runs; false: the error has been replied.
bool ScriptRunner::may_run(ScriptCall& call, uint32_t flags) {
  CommandContext& c = call.context;
  const bool is_ro_command = c.spec().has(kReadonly);
  Eviction& eviction = executor_.eviction();
  call.over_memory = !eviction.has_room();
  call.read_only = is_ro_command;
  if (flags & kScriptCompatible) return true;
  if (is_ro_command && !(flags & kScriptNoWrites)) {
    c.error("ERR Can not execute a script with write flag using *_ro command.");
    return false;
  }
  if (call.over_memory && !(flags & (kScriptAllowOom | kScriptNoWrites))) {
    c.error("OOM command not allowed when used memory > 'maxmemory'.");
    return false;
  }
  call.read_only = is_ro_command || (flags & kScriptNoWrites);
  call.allows_oom = flags & kScriptAllowOom;
  return true;
}

void ScriptRunner::eval(CommandContext& c) {
  show_to_monitors(c);
  if (is_by_sha(c.spec()) && c.arg(1).size() != kShaDigits) return c.error(kNoScriptError);
  const auto operands = operands_of(c, "ERR value is not an integer or out of range");
  if (!operands) return;
  const CompiledScript* found = find_for(c);
  if (!found) return;
  const CompiledScript compiled = *found;  // the script must outlive a SCRIPT FLUSH meanwhile
  ScriptCall call{.context = c, .name = compiled.script->sha, .keys = operands->keys, .arguments = operands->arguments};
  if (!may_run(call, compiled.script->flags)) return;
  const DatabaseScope database(c.session());
  c.run().begin_unit();
  scripts().run(compiled.compiled, call);
  c.run().end_unit();
}

// --- Functions

void ScriptRunner::follow_libraries() {
  FunctionLibraries& all = executor_.scripting().functions();
  const uint64_t version = all.version();
  if (version == libraries_version_) return;
  libraries_version_ = version;
  libraries_ = all.all();
  std::erase_if(compiled_libraries_, [&](const auto& entry) {
    const auto found = libraries_->libraries.find(entry.second.library->name);
    if (found != libraries_->libraries.end() && found->second->id == entry.first) return false;
    for (const Interpreter::Compiled compiled : entry.second.functions) functions().release(compiled);
    return true;
  });
}

const ScriptRunner::CompiledLibrary* ScriptRunner::compile(const std::shared_ptr<const FunctionLibrary>& library) {
  const auto found = compiled_libraries_.find(library->id);
  if (found != compiled_libraries_.end()) return &found->second;
  const auto head = read_library_head(library->code);
  auto loaded = functions().load(std::string_view(library->code).substr(head->shebang_bytes));
  // It did once, where it was loaded.
  if (!loaded || loaded->functions.size() != library->functions.size()) return nullptr;
  return &compiled_libraries_.emplace(library->id, CompiledLibrary{library, std::move(loaded->compiled)}).first->second;
}

std::expected<std::shared_ptr<const FunctionLibrary>, std::string> ScriptRunner::load_library(std::string_view code) {
  const auto head = read_library_head(code);
  if (!head) return std::unexpected(head.error());
  auto loaded = functions().load(code.substr(head->shebang_bytes));
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const bool stays = library_stays_with_its_keys(code.substr(head->shebang_bytes), executor_.commands());
  auto library = std::make_shared<FunctionLibrary>(FunctionLibrary{.name = head->name,
                                                                   .code = std::string(code),
                                                                   .id = FunctionLibraries::next_id(),
                                                                   .functions = std::move(loaded->functions),
                                                                   .stays_with_its_keys = stays});
  compiled_libraries_.emplace(library->id, CompiledLibrary{library, std::move(loaded->compiled)});
  return library;
}

bool ScriptRunner::function_needs_token(std::string_view name) {
  follow_libraries();
  const auto found = libraries_->functions.find(lower_case(name));
  return found == libraries_->functions.end() || !found->second.library->stays_with_its_keys;
}

void ScriptRunner::call_function(CommandContext& c) {
  show_to_monitors(c);
  // Without the token, the locks were chosen for a library that stays with its keys. Another may have replaced it
  // since: then this call was earlier.
  const ShardLocks& locks = c.access().locks();
  if (locks.has_token() || locks.holds_all()) follow_libraries();
  const auto found = libraries_->functions.find(lower_case(c.arg(1)));
  if (found == libraries_->functions.end()) return c.error("ERR Function not found");
  const auto operands = operands_of(c, "ERR Bad number of keys provided");
  if (!operands) return;
  const LibrarySet::Found function = found->second;
  const CompiledLibrary* compiled = compile(function.library);
  if (!compiled) return c.error("ERR Function not found");
  const LibraryFunction& described = function.library->functions[function.index];
  ScriptCall call{.context = c,
                  .is_function = true,
                  .name = described.name,
                  .keys = operands->keys,
                  .arguments = operands->arguments};
  if (!may_run(call, described.flags)) return;
  const DatabaseScope database(c.session());
  c.run().begin_unit();
  functions().run(compiled->functions[function.index], call);
  c.run().end_unit();
}

}  // namespace redstart
