#include "execution/scripting/scripting.h"

#include "execution/command_stats.h"
#include "execution/executor.h"
#include "execution/scripting/script_runner.h"

namespace redstart {

Scripting::Scripting(Executor& executor) : executor_(executor), long_scripts_(executor.clients()) {}

std::shared_ptr<const Script> Scripting::find(std::string_view lower_case_sha) const {
  const std::shared_lock lock(mutex_);
  const auto found = scripts_.find(std::string(lower_case_sha));
  return found == scripts_.end() ? nullptr : found->second;
}

void Scripting::add(std::shared_ptr<const Script> script) {
  const std::lock_guard lock(mutex_);
  scripts_.try_emplace(script->sha, script);
}

void Scripting::flush() {
  const std::lock_guard lock(mutex_);
  scripts_.clear();
  version_.fetch_add(1, std::memory_order_release);
}

size_t Scripting::count() const {
  const std::shared_lock lock(mutex_);
  return scripts_.size();
}

uint64_t Scripting::cached_bytes() const {
  const std::shared_lock lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& [sha, script] : scripts_) bytes += sizeof(Script) + sha.capacity() + script->text.capacity();
  return bytes;
}

bool Scripting::needs_token(ThreadContext& thread, const CommandSpec& spec, std::span<const std::string_view> words) {
  return ScriptRunner::of(thread, executor_).needs_token(spec, words);
}

Scripting::Memory Scripting::memory() const {
  Memory memory;
  for (const ThreadContext* thread : executor_.thread_contexts()) {
    memory.eval_bytes += thread->script_memory.eval_bytes.load(std::memory_order_relaxed);
    memory.function_bytes += thread->script_memory.function_bytes.load(std::memory_order_relaxed);
  }
  return memory;
}

}  // namespace redstart
