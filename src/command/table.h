// CommandTable: finds commands by name, and numbers them densely (subcommands included) for
// statistics.
//
// Threads: immutable once commands run, thread-safe. Ownership: borrows the specs, which are static.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace redstart {

// Every command of this build; the array is generated from the files in commands/ folders.
std::span<const CommandSpec* const> command_specs();

class CommandTable {
 public:
  explicit CommandTable(std::span<const CommandSpec* const> specs);

  // The command with this name in any letter case, or null. No allocation, a few nanoseconds.
  const CommandSpec* find(std::string_view name) const {
    const NameSlot* slot = find_slot(name);
    return slot ? slot->spec : nullptr;
  }
  // The same, if its calls of up to `words_max` words have exactly one key, at position 1, and need no locks
  // beyond its shard's; with its number.
  struct Indexed {
    const CommandSpec* spec = nullptr;  // null: there is none, or it is of another kind
    uint32_t index = 0;
    uint32_t words_max = 0;
    bool has_single_key(size_t word_count) const { return spec && word_count <= words_max; }
  };
  Indexed find_with_single_key(std::string_view name) const {
    const NameSlot* slot = find_slot(name);
    if (!slot || slot->single_key_words_max == 0) return {};
    return {slot->spec, slot->index, slot->single_key_words_max};
  }
  const CommandSpec* find_subcommand(const CommandSpec& container, std::string_view name) const;
  // By full name: "get", "config|set".
  const CommandSpec* find_by_full_name(std::string_view name) const;

  // Gives a command another name; an empty one: nobody can call it any more. Full names stay. Returns what is
  // wrong. REQUIRES: no command has run yet.
  std::optional<std::string> rename(std::string_view from, std::string_view to);

  // Top-level commands that can be called, by name.
  std::span<const CommandSpec* const> all() const { return top_level_; }
  // Commands and subcommands together.
  size_t size() const { return entries_.size(); }

  // REQUIRES for the following: a spec of this table.
  // In [0, size()).
  size_t index_of(const CommandSpec& spec) const { return slot_of(spec).index; }
  const CommandSpec& at(size_t index) const { return *entries_[index].spec; }
  // "config|set" for a subcommand.
  const std::string& full_name(const CommandSpec& spec) const { return full_name(index_of(spec)); }
  const std::string& full_name(size_t index) const { return entries_[index].full_name; }
  // False: it has been renamed to nothing.
  bool is_callable(size_t index) const;
  // Null for a top-level command.
  const CommandSpec* container_of(const CommandSpec& spec) const {
    return entries_[index_of(spec)].container;
  }
  // Whether a RESP2 client with subscriptions may send it.
  bool is_allowed_when_subscribed(const CommandSpec& spec) const {
    return slot_of(spec).allowed_when_subscribed;
  }

 private:
  struct NameSlot {
    uint64_t folded = 0;  // the name's characteristic bytes, see fold()
    const CommandSpec* spec = nullptr;
    uint32_t length = 0;
    uint32_t index = 0;
    // The folded bytes are all of the name, and each stands for one letter: nothing is left to compare.
    bool is_exact = false;
    uint32_t single_key_words_max = 0;  // of calls with one key; 0: it is of another kind
    uint32_t name = 0;  // in names_
  };
  struct Name {
    std::string text;  // in lower case
    const CommandSpec* spec;
  };
  struct SpecSlot {
    const CommandSpec* spec = nullptr;
    uint32_t index = 0;
    bool allowed_when_subscribed = false;
  };
  struct Entry {
    const CommandSpec* spec;
    const CommandSpec* container;
    std::string full_name;
  };

  static uint64_t fold(std::string_view name);
  static size_t hash(uint64_t folded, size_t length) {
    return (folded + length) * 0x9e3779b97f4a7c15;
  }
  const NameSlot* find_slot(std::string_view name) const;
  void add(const CommandSpec& spec, const CommandSpec* container);
  // Makes name_slots_ and top_level_ anew.
  void index_names();
  const SpecSlot& slot_of(const CommandSpec& spec) const {
    size_t at = hash(reinterpret_cast<uintptr_t>(&spec), 0) >> spec_shift_;
    while (spec_slots_[at].spec != &spec) at = (at + 1) & (spec_slots_.size() - 1);
    return spec_slots_[at];
  }

  // Both are open-addressed with linear probing and at most a quarter full.
  std::vector<NameSlot> name_slots_;
  std::vector<SpecSlot> spec_slots_;
  int name_shift_ = 0;
  int spec_shift_ = 0;
  std::vector<Name> names_;  // sorted
  std::vector<Entry> entries_;
  std::vector<const CommandSpec*> top_level_;
};

// The ACL categories of a command, those that its flags imply included, in Redis's order.
std::vector<std::string_view> acl_categories(const CommandSpec& spec);
// All categories in that order.
std::span<const std::string_view> all_acl_categories();
// The flags as COMMAND INFO names them, in Redis's order.
std::vector<std::string_view> flag_names(uint32_t flags);

}  // namespace redstart
