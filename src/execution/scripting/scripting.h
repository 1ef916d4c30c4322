// Scripting: what a store knows of scripts: the cache that EVALSHA looks in, the libraries of functions, and the
// scripts that run for too long. The interpreters themselves belong to threads: see ScriptRunner.
//
// Threads: thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "command/spec.h"
#include "execution/scripting/function_library.h"
#include "execution/scripting/long_scripts.h"
#include "execution/scripting/script.h"

namespace redstart {

class Executor;
class ThreadContext;

class Scripting {
 public:
  explicit Scripting(Executor& executor);

  // --- The cache of scripts
  std::shared_ptr<const Script> find(std::string_view lower_case_sha) const;
  void add(std::shared_ptr<const Script> script);
  void flush();
  // Changes when scripts have left the cache.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  size_t count() const;
  uint64_t cached_bytes() const;

  FunctionLibraries& functions() { return functions_; }
  LongScripts& long_scripts() { return long_scripts_; }

  // Whether this call of a script may need more shards than those of its keys.
  bool needs_token(ThreadContext& thread, const CommandSpec& spec, std::span<const std::string_view> words);

  // What the interpreters of all threads take.
  struct Memory {
    uint64_t eval_bytes = 0;
    uint64_t function_bytes = 0;
  };
  Memory memory() const;

 private:
  Executor& executor_;
  mutable std::shared_mutex mutex_;  // guards scripts_
  std::unordered_map<std::string, std::shared_ptr<const Script>> scripts_;
  std::atomic<uint64_t> version_{1};
  FunctionLibraries functions_;
  LongScripts long_scripts_;
};

}  // namespace redstart
