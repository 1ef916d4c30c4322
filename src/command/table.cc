#include "command/table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/text.h"

namespace redstart {
namespace {

constexpr std::string_view kAclCategories[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};

struct FlagName {
  uint32_t flag;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr std::string_view kAllowedWhenSubscribed[] = {
    "ping",       "subscribe",    "ssubscribe", "unsubscribe", "sunsubscribe",
    "psubscribe", "punsubscribe", "quit",       "reset",
};

bool names_category(std::string_view list, std::string_view category) {
  while (!list.empty()) {
    const size_t space = list.find(' ');
    if (list.substr(0, space) == category) return true;
    list.remove_prefix(space == std::string_view::npos ? list.size() : space + 1);
  }
  return false;
}

bool flags_imply(const CommandSpec& spec, std::string_view category) {
  if (category == "write") return spec.has(kWrite);
  if (category == "read") {
    return spec.has(kReadonly) && !names_category(spec.acl_categories, "scripting");
  }
  if (category == "admin") return spec.has(kAdmin);
  if (category == "dangerous") return spec.has(kAdmin);
  if (category == "pubsub") return spec.has(kPubsub);
  if (category == "fast") return spec.has(kFast);
  if (category == "slow") return !spec.has(kFast);
  if (category == "blocking") return spec.has(kBlocking);
  return false;
}

// How many words a call may have in which the only key is the first argument; 0: there are no such calls.
uint32_t single_key_words_max(const CommandSpec& spec) {
  if (spec.keys.size() != 1 || spec.lock_scope != LockScope::keys || !spec.run) return 0;
  const KeySpec& key = spec.keys[0];
  if (key.begin != KeySpec::Begin::index || key.index != 1 || key.find != KeySpec::Find::range ||
      (key.flags & kKeyNotKey)) {
    return 0;
  }
  constexpr uint32_t kNameAndKey = 2;  // DEL key [key ...]
  return key.last == 0 ? std::numeric_limits<uint32_t>::max() : key.last == -1 ? kNameAndKey : 0;
}

// A folded byte in a..z comes from that letter alone, in either case.
bool folds_exactly(std::string_view name) {
  return name.size() <= 8 && std::ranges::all_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

size_t slot_count(size_t elements) { return std::bit_ceil(std::max<size_t>(elements, 4) * 4); }

}  // namespace

std::string_view name_of(CommandGroup group) {
  switch (group) {
    case CommandGroup::string:
      return "string";
    case CommandGroup::list:
      return "list";
    case CommandGroup::set:
      return "set";
    case CommandGroup::sorted_set:
      return "sorted-set";
    case CommandGroup::hash:
      return "hash";
    case CommandGroup::generic:
      return "generic";
    case CommandGroup::transactions:
      return "transactions";
    case CommandGroup::connection:
      return "connection";
    case CommandGroup::server:
      return "server";
    case CommandGroup::pubsub:
      return "pubsub";
    case CommandGroup::scripting:
      return "scripting";
    case CommandGroup::stream:
      return "stream";
    case CommandGroup::bitmap:
      return "bitmap";
    case CommandGroup::hyperloglog:
      return "hyperloglog";
    case CommandGroup::geo:
      return "geo";
    case CommandGroup::cluster:
      return "cluster";
  }
  return "";
}

// Up to eight bytes of the name with bit 0x20 set, which lowers letters. Names of up to eight bytes
// keep all of theirs.
uint64_t CommandTable::fold(std::string_view name) {
  constexpr uint64_t kLowerBits = 0x2020202020202020;
  const char* data = name.data();
  uint64_t bytes = 0;
  if (name.size() >= 8) {
    std::memcpy(&bytes, data, 8);
  } else if (name.size() >= 4) {
    uint32_t front, back;
    std::memcpy(&front, data, 4);
    std::memcpy(&back, data + name.size() - 4, 4);
    bytes = front | uint64_t{back} << 32;
  } else if (!name.empty()) {
    const auto at = [&](size_t i) { return uint64_t{static_cast<uint8_t>(data[i])}; };
    bytes = at(0) | at(name.size() / 2) << 8 | at(name.size() - 1) << 16;
  }
  return bytes | kLowerBits;
}

CommandTable::CommandTable(std::span<const CommandSpec* const> specs) {
  size_t total = 0;
  for (const CommandSpec* spec : specs) {
    names_.push_back({std::string(spec->name), spec});
    total += 1 + spec->subcommands.size();
  }
  std::ranges::sort(names_, {}, &Name::text);
  spec_slots_.resize(slot_count(total));
  spec_shift_ = 64 - std::countr_zero(spec_slots_.size());
  entries_.reserve(total);
  for (const Name& name : names_) {
    add(*name.spec, nullptr);
    for (const CommandSpec& subcommand : name.spec->subcommands) add(subcommand, name.spec);
  }
  index_names();
}

void CommandTable::index_names() {
  name_slots_.assign(slot_count(names_.size()), {});
  name_shift_ = 64 - std::countr_zero(name_slots_.size());
  top_level_.clear();
  for (const Name& name : names_) {
    const uint64_t folded = fold(name.text);
    size_t at = hash(folded, name.text.size()) >> name_shift_;
    while (name_slots_[at].spec) at = (at + 1) & (name_slots_.size() - 1);
    name_slots_[at] = {.folded = folded,
                       .spec = name.spec,
                       .length = static_cast<uint32_t>(name.text.size()),
                       .index = static_cast<uint32_t>(index_of(*name.spec)),
                       .is_exact = folds_exactly(name.text),
                       .single_key_words_max = single_key_words_max(*name.spec),
                       .name = static_cast<uint32_t>(top_level_.size())};
    top_level_.push_back(name.spec);
  }
}

std::optional<std::string> CommandTable::rename(std::string_view from, std::string_view to) {
  const auto is_named = [](std::string_view text) {
    return [text](const Name& name) { return equal_ignoring_case(name.text, text); };
  };
  const auto found = std::ranges::find_if(names_, is_named(from));
  if (found == names_.end()) return "No such command in rename-command";
  const CommandSpec* spec = found->spec;
  names_.erase(found);
  if (!to.empty()) {
    if (std::ranges::any_of(names_, is_named(to))) return "Target command name already exists";
    names_.push_back({lower_case(to), spec});
    std::ranges::sort(names_, {}, &Name::text);
  }
  index_names();
  return std::nullopt;
}

bool CommandTable::is_callable(size_t index) const {
  const Entry& entry = entries_[index];
  const CommandSpec* top_level = entry.container ? entry.container : entry.spec;
  return std::ranges::find(top_level_, top_level) != top_level_.end();
}

void CommandTable::add(const CommandSpec& spec, const CommandSpec* container) {
  size_t at = hash(reinterpret_cast<uintptr_t>(&spec), 0) >> spec_shift_;
  while (spec_slots_[at].spec) at = (at + 1) & (spec_slots_.size() - 1);
  const bool allowed = !container && std::ranges::find(kAllowedWhenSubscribed, spec.name) !=
                                         std::end(kAllowedWhenSubscribed);
  spec_slots_[at] = {&spec, static_cast<uint32_t>(entries_.size()), allowed};
  std::string full_name;
  if (container) full_name.append(container->name).append("|");
  entries_.push_back({&spec, container, full_name.append(spec.name)});
}

const CommandTable::NameSlot* CommandTable::find_slot(std::string_view name) const {
  const uint64_t folded = fold(name);
  size_t at = hash(folded, name.size()) >> name_shift_;
  for (; name_slots_[at].spec; at = (at + 1) & (name_slots_.size() - 1)) {
    const NameSlot& slot = name_slots_[at];
    if (slot.folded != folded || slot.length != name.size()) continue;
    if (slot.is_exact || equal_ignoring_case(names_[slot.name].text, name)) return &slot;
  }
  return nullptr;
}

const CommandSpec* CommandTable::find_subcommand(const CommandSpec& container,
                                                 std::string_view name) const {
  for (const CommandSpec& subcommand : container.subcommands) {
    if (equal_ignoring_case(subcommand.name, name)) return &subcommand;
  }
  return nullptr;
}

const CommandSpec* CommandTable::find_by_full_name(std::string_view name) const {
  const size_t bar = name.find('|');
  const CommandSpec* spec = find(name.substr(0, bar));
  if (!spec || bar == std::string_view::npos) return spec;
  return find_subcommand(*spec, name.substr(bar + 1));
}

std::span<const std::string_view> all_acl_categories() { return kAclCategories; }

std::vector<std::string_view> acl_categories(const CommandSpec& spec) {
  std::vector<std::string_view> result;
  for (const std::string_view category : kAclCategories) {
    if (flags_imply(spec, category) || names_category(spec.acl_categories, category)) {
      result.push_back(category);
    }
  }
  return result;
}

std::vector<std::string_view> flag_names(uint32_t flags) {
  std::vector<std::string_view> result;
  for (const FlagName& flag : kFlagNames) {
    if (flags & flag.flag) result.push_back(flag.name);
  }
  return result;
}

}  // namespace redstart
