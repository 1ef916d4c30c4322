// CommandSpec: what a command is, as data. Dispatch, arity and ACL checks, key extraction, COMMAND
// INFO/DOCS/GETKEYS, the documentation and the test generators all read it; nothing is said twice.
//
// A file in a `commands/` folder says `REDSTART_COMMAND(name) = {...};` at the start of a line, and the
// build collects it into the table. A command with subcommands (CONFIG, CLIENT) is one
// spec whose `subcommands` points at further specs.
//
// Threads: immutable, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace redstart {

class CommandContext;

enum class CommandGroup : uint8_t {
  string, list, set, sorted_set, hash, generic, transactions, connection, server, pubsub,
  scripting, stream, bitmap, hyperloglog, geo, cluster,
};
std::string_view name_of(CommandGroup group);

// Redis's command flags.
enum CommandFlag : uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kAsking = 1u << 11,
  kFast = 1u << 12,
  kNoAuth = 1u << 13,
  kMayReplicate = 1u << 14,
  kNoAsyncLoading = 1u << 15,
  kNoMandatoryKeys = 1u << 16,
  kAllowBusy = 1u << 17,
  kNoMulti = 1u << 18,
  kMovableKeys = 1u << 19,
};

// Which shards a command needs locked while it runs.
enum class LockScope : uint8_t {
  keys,      // the shards of its keys (none when it has no keys)
  keyspace,  // every shard: FLUSHALL, SWAPDB, KEYS, SORT with patterns
  self,      // takes what it needs itself, shard by shard: SCAN, RANDOMKEY; inside MULTI: every shard
  script,    // the shards of its keys, and more while it runs unless the script is known to need no more
};

enum KeySpecFlag : uint16_t {
  kKeyRO = 1u << 0, kKeyRW = 1u << 1, kKeyOW = 1u << 2, kKeyRM = 1u << 3,
  kKeyAccess = 1u << 4, kKeyUpdate = 1u << 5, kKeyInsert = 1u << 6, kKeyDelete = 1u << 7,
  kKeyNotKey = 1u << 8, kKeyIncomplete = 1u << 9, kKeyVariableFlags = 1u << 10,
};

// Where the keys stand among the arguments, in the two steps of Redis's key specifications: find the
// place where they begin, then find them from there.
struct KeySpec {
  enum class Begin : uint8_t { index, keyword, unknown };
  enum class Find : uint8_t { range, keynum, unknown };
  uint16_t flags = 0;
  Begin begin = Begin::index;
  int index = 0;                  // Begin::index: argument position
  std::string_view keyword = {};  // Begin::keyword
  int start_from = 0;             // Begin::keyword: negative searches backwards from the end
  Find find = Find::range;
  int last = 0;    // Find::range: relative to the begin; negative counts from the end (-1: last)
  int step = 1;    // distance between keys
  int limit = 0;   // Find::range with last -1: stop after 1/limit of the arguments
  int keynum_index = 0;  // Find::keynum: where the number of keys stands, relative to the begin
  int first = 0;         // Find::keynum: where the first key stands, relative to the begin
  std::string_view notes = {};  // for people: why it is as it is
};

// Keys behind their number, which stands at `index`: numkeys key [key ...].
constexpr KeySpec counted_keys(uint16_t flags, int index, std::string_view notes = {}) {
  return {.flags = flags,
          .index = index,
          .find = KeySpec::Find::keynum,
          .keynum_index = 0,
          .first = 1,
          .notes = notes};
}

enum class ArgumentType : uint8_t {
  string, integer, number /* double */, key, pattern, unix_time, pure_token, one_of, block,
};
enum ArgumentFlag : uint8_t { kOptional = 1, kMultiple = 2, kMultipleToken = 4 };

// A node of the argument tree that COMMAND DOCS shows and the test generators walk.
struct Argument {
  std::string_view name;
  ArgumentType type = ArgumentType::string;
  int key_spec = -1;
  std::string_view token = {};
  uint8_t flags = 0;
  std::string_view since = {};
  std::string_view deprecated_since = {};
  std::span<const Argument> children = {};  // one_of, block
};

// What a command has learned since it came.
struct HistoryEntry {
  std::string_view since;
  std::string_view change;
};

struct CommandSpec {
  std::string_view name;  // lower case; a subcommand's own name without its container's
  std::string_view summary;
  std::string_view complexity;
  std::string_view since;
  CommandGroup group;
  int arity;  // counts the name; negative: at least
  uint32_t flags = 0;
  std::string_view acl_categories = {};  // beyond those that the flags imply: "string keyspace"
  LockScope lock_scope = LockScope::keys;
  // Where the first field or member stands that the command looks up in the collection at its key; 0: none. A
  // hint for prefetching.
  int element_index = 0;
  std::span<const KeySpec> keys = {};
  std::span<const Argument> arguments = {};
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  std::span<const HistoryEntry> history = {};  // beyond what `since` of arguments tells
  std::span<const std::string_view> tips = {};
  std::span<const CommandSpec> subcommands = {};
  void (*run)(CommandContext&) = nullptr;  // null for a pure container

  bool has(uint32_t flag) const { return (flags & flag) != 0; }
  bool is_write() const { return has(kWrite); }
  // Whether a call may have this many words, the name included.
  bool arity_fits(size_t word_count) const {
    const int count = static_cast<int>(word_count);
    return arity >= 0 ? count == arity : count >= -arity;
  }
};

// Begins the definition of a command's specification, the constant `<name>_command`. It is declared first,
// since a constant is otherwise local to its file.
#define REDSTART_COMMAND(name)               \
  extern const CommandSpec name##_command;   \
  const CommandSpec name##_command

}  // namespace redstart
