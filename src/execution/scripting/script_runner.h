// ScriptRunner: a thread's interpreters for one store, and what it has compiled.
//
// Two interpreters, as in Redis: one for scripts, one for functions; each is made when it is first needed. Texts
// come from the store's cache (see Scripting) and are compiled once in each thread that runs them.
//
// Threads: thread-compatible. Ownership: belongs to the thread's ThreadContext, and so to the store.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "execution/scripting/interpreter.h"
#include "execution/scripting/scripting.h"

namespace redstart {

class ThreadContext;

class ScriptRunner {
 public:
  ScriptRunner(Executor& executor, ThreadContext& thread) : executor_(executor), thread_(thread) {}
  // The thread's own, made when it has none.
  static ScriptRunner& of(ThreadContext& thread, Executor& executor);

  // EVAL and EVALSHA, told apart by the command; FCALL.
  void eval(CommandContext& c);
  void call_function(CommandContext& c);
  // Compiles a script and adds it to the store's cache. The error is SCRIPT LOAD's.
  std::expected<std::shared_ptr<const Script>, std::string> load(std::string_view text);
  // Runs a library's code and tells what it registers.
  std::expected<std::shared_ptr<const FunctionLibrary>, std::string> load_library(std::string_view code);
  // Whether a call of a script may need more shards than those of its keys.
  bool needs_token(const CommandSpec& spec, std::span<const std::string_view> words);
  // Whether the script has flags, and no-writes is none of them. What has none is asked command by command.
  bool declares_writes(const CommandSpec& spec, std::span<const std::string_view> words);
  // Whether no-writes is one of its flags.
  bool declares_no_writes(const CommandSpec& spec, std::span<const std::string_view> words);

 private:
  // Of the script or function that a command calls; kScriptCompatible where there is none.
  uint32_t flags_of(const CommandSpec& spec, std::span<const std::string_view> words);

  struct CompiledScript {
    std::shared_ptr<const Script> script;
    Interpreter::Compiled compiled;
    // It is in the store's cache. A call that fails before it runs brings no script there.
    bool is_published = false;
  };
  struct CompiledLibrary {
    std::shared_ptr<const FunctionLibrary> library;
    std::vector<Interpreter::Compiled> functions;
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const;
  };
  template <class Value>
  using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  Interpreter& scripts();
  Interpreter& functions();
  // What is in the store's cache no more goes from here.
  void follow_cache();
  void follow_libraries();
  bool function_needs_token(std::string_view name);
  CompiledScript* find_sha(std::string_view sha);
  // Null: the error is in `error`.
  CompiledScript* find_text(std::string_view text, std::string& error);
  std::expected<CompiledScript*, std::string> compile(std::shared_ptr<const Script> script);
  void publish(CompiledScript& compiled);
  const CompiledScript* find_for(CommandContext& c);
  const CompiledLibrary* compile(const std::shared_ptr<const FunctionLibrary>& library);
  bool may_run(ScriptCall& call, uint32_t flags);

  Executor& executor_;
  ThreadContext& thread_;
  std::unique_ptr<Interpreter> scripts_, functions_;
  TextMap<CompiledScript> by_sha_;
  TextMap<CompiledScript*> by_text_;  // so that a text that is run again needs no fingerprint
  CompiledScript* last_ = nullptr;    // what was found by its fingerprint: it is asked for twice in a call, and again
  uint64_t cache_version_ = 0;
  std::shared_ptr<const LibrarySet> libraries_;
  uint64_t libraries_version_ = 0;
  std::unordered_map<uint64_t, CompiledLibrary> compiled_libraries_;  // by id
};

}  // namespace redstart
