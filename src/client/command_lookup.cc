#include "client/command_lookup.h"

#include "base/text.h"
#include "command/table.h"

namespace redstart {
namespace {

const CommandTable& table() {
  static const CommandTable table(command_specs());
  return table;
}

bool names_shard_channels(std::string_view name) {
  return name == "spublish" || name == "ssubscribe" || name == "sunsubscribe";
}

}  // namespace

const CommandSpec* spec_of(WordSpan words) {
  const CommandSpec* const spec = words.empty() ? nullptr : table().find(words[0]);
  if (!spec || spec->subcommands.empty() || words.size() < 2) return spec;
  const CommandSpec* const subcommand = table().find_subcommand(*spec, words[1]);
  return subcommand ? subcommand : spec;
}

std::vector<KeyPosition> keys_of(const CommandSpec* spec, WordSpan words) {
  std::vector<KeyPosition> keys;
  if (!spec) {
    if (words.size() > 1) keys.push_back({1, 0});
  } else if (names_shard_channels(spec->name)) {
    const size_t end = spec->name == "spublish" ? std::min<size_t>(2, words.size()) : words.size();
    for (size_t i = 1; i < end; ++i) keys.push_back({static_cast<uint32_t>(i), 0});
  } else {
    extract_keys(*spec, words, keys);
  }
  return keys;
}

bool may_write(WordSpan words) {
  const CommandSpec* const spec = spec_of(words);
  if (!spec || spec->is_write()) return true;
  // Scripts name keys and do not say what they do to them.
  return spec->has(kMovableKeys) && !spec->has(kReadonly);
}

std::string_view tip_of(const CommandSpec& spec, std::string_view name) {
  for (const std::string_view tip : spec.tips) {
    if (tip.starts_with(name) && tip.substr(name.size()).starts_with(':')) return tip.substr(name.size() + 1);
  }
  return {};
}

}  // namespace redstart
