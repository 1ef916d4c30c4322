// FunctionLibrary: a library of functions as FUNCTION LOAD takes it, and the set of all of a store.
//
//   #!lua name=mylib
//   redis.register_function('myfunction', function(keys, args) return redis.call('get', keys[1]) end)
//
// A set is immutable: loading or deleting makes another one. Each thread compiles a library for itself when it first
// calls a function of it.
//
// Threads: immutable; FunctionLibraries is thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

struct LibraryFunction {
  std::string name;
  std::optional<std::string> description;
  uint32_t flags = 0;  // ScriptFlag
};

struct FunctionLibrary {
  std::string name;
  std::string code;  // all of it
  uint64_t id = 0;   // no two that ever were have the same
  std::vector<LibraryFunction> functions;
  // Whatever its functions do, they touch no keys but those they were given.
  bool stays_with_its_keys = false;
};

// What the first line of a library says.
struct LibraryHead {
  std::string name;
  size_t shebang_bytes = 0;
};
std::expected<LibraryHead, std::string> read_library_head(std::string_view code);
// Names of libraries and functions: letters, digits, underscores.
bool is_library_name(std::string_view name);
inline constexpr std::string_view kLibraryNameError =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

struct LibrarySet {
  std::map<std::string, std::shared_ptr<const FunctionLibrary>, std::less<>> libraries;
  struct Found {
    std::shared_ptr<const FunctionLibrary> library;
    size_t index = 0;
  };
  std::map<std::string, Found, std::less<>> functions;  // by name in lower case

  // The error, or nothing.
  std::optional<std::string> add(std::shared_ptr<const FunctionLibrary> library, bool replace);
  bool remove(std::string_view name);
};

class FunctionLibraries {
 public:
  FunctionLibraries() : set_(std::make_shared<const LibrarySet>()) {}

  std::shared_ptr<const LibrarySet> all() const;
  // What the libraries' texts take.
  uint64_t code_bytes() const;
  // Changes when the set does: whoever has copied it may look whether that still holds.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  static uint64_t next_id();
  std::optional<std::string> add(std::shared_ptr<const FunctionLibrary> library, bool replace);
  bool remove(std::string_view name);
  void clear();
  enum class Restore : uint8_t { append, replace, flush };
  // All or none.
  std::optional<std::string> restore(std::span<const std::shared_ptr<const FunctionLibrary>> libraries, Restore policy);

 private:
  void publish(std::shared_ptr<const LibrarySet> set);

  mutable std::mutex mutex_;  // guards set_
  std::shared_ptr<const LibrarySet> set_;
  std::atomic<uint64_t> version_{1};
};

}  // namespace redstart
