#include "execution/commands/command_docs.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "command/keys.h"

namespace redstart {
namespace {

void reply_names(ReplySink& reply, const std::vector<std::string_view>& names,
                 std::string_view prefix = "") {
  reply.set(names.size());
  for (const std::string_view name : names) {
    reply.simple(std::string(prefix) + std::string(name));
  }
}

void pair(ReplySink& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

void pair(ReplySink& reply, std::string_view name, std::string_view value) {
  reply.bulk(name);
  reply.bulk(value);
}

// --- Key positions as they were told before key specifications: first, last, step.

struct LegacyRange {
  int first = 0, last = 0, step = 0;
  bool is_complete = true;  // no key stands elsewhere
};

bool is_plain_range(const KeySpec& key) {
  return key.begin == KeySpec::Begin::index && key.find == KeySpec::Find::range;
}

LegacyRange range_of(const KeySpec& key) {
  return {.first = key.index,
          .last = key.last >= 0 ? key.index + key.last : key.last,
          .step = key.step,
          .is_complete = !(key.flags & kKeyIncomplete)};
}

// Joins the key specifications that follow each other without a gap; -1, the last word, is the
// greatest.
LegacyRange legacy_range(const CommandSpec& spec) {
  if (spec.keys.empty()) return {};
  if (spec.keys.size() == 1 && is_plain_range(spec.keys[0])) return range_of(spec.keys[0]);
  LegacyRange joined;
  for (const KeySpec& key : spec.keys) {
    const LegacyRange range = range_of(key);
    const bool follows = joined.last == 0 || joined.last == key.index - 1;
    if (!is_plain_range(key) || key.step != 1 || !follows) {
      joined.is_complete = false;
      continue;
    }
    if (!range.is_complete) joined.is_complete = false;
    joined.first = joined.first == 0 ? range.first : std::min(joined.first, range.first);
    const auto rank = [](int last) { return static_cast<unsigned>(last); };
    if (rank(range.last) > rank(joined.last)) joined.last = range.last;
    joined.step = 1;
  }
  return joined;
}

// --- Key specifications

void reply_begin_search(ReplySink& reply, const KeySpec& key) {
  reply.bulk("begin_search");
  reply.map(2);
  switch (key.begin) {
    case KeySpec::Begin::index:
      pair(reply, "type", "index");
      reply.bulk("spec");
      reply.map(1);
      return pair(reply, "index", key.index);
    case KeySpec::Begin::keyword:
      pair(reply, "type", "keyword");
      reply.bulk("spec");
      reply.map(2);
      pair(reply, "keyword", key.keyword);
      return pair(reply, "startfrom", key.start_from);
    case KeySpec::Begin::unknown:
      break;
  }
  pair(reply, "type", "unknown");
  reply.bulk("spec");
  reply.map(0);
}

void reply_find_keys(ReplySink& reply, const KeySpec& key) {
  reply.bulk("find_keys");
  reply.map(2);
  switch (key.find) {
    case KeySpec::Find::range:
      pair(reply, "type", "range");
      reply.bulk("spec");
      reply.map(3);
      pair(reply, "lastkey", key.last);
      pair(reply, "keystep", key.step);
      return pair(reply, "limit", key.limit);
    case KeySpec::Find::keynum:
      pair(reply, "type", "keynum");
      reply.bulk("spec");
      reply.map(3);
      pair(reply, "keynumidx", key.keynum_index);
      pair(reply, "firstkey", key.first);
      return pair(reply, "keystep", key.step);
    case KeySpec::Find::unknown:
      break;
  }
  pair(reply, "type", "unknown");
  reply.bulk("spec");
  reply.map(0);
}

void reply_key_specs(ReplySink& reply, const CommandSpec& spec) {
  reply.set(spec.keys.size());
  for (const KeySpec& key : spec.keys) {
    reply.map(key.notes.empty() ? 3 : 4);
    if (!key.notes.empty()) pair(reply, "notes", key.notes);
    reply.bulk("flags");
    reply_names(reply, key_flag_names(key.flags));
    reply_begin_search(reply, key);
    reply_find_keys(reply, key);
  }
}

// --- Argument trees

std::string_view name_of(ArgumentType type) {
  switch (type) {
    case ArgumentType::string:
      return "string";
    case ArgumentType::integer:
      return "integer";
    case ArgumentType::number:
      return "double";
    case ArgumentType::key:
      return "key";
    case ArgumentType::pattern:
      return "pattern";
    case ArgumentType::unix_time:
      return "unix-time";
    case ArgumentType::pure_token:
      return "pure-token";
    case ArgumentType::one_of:
      return "oneof";
    case ArgumentType::block:
      return "block";
  }
  return "";
}

void reply_arguments(ReplySink& reply, std::span<const Argument> arguments);

void reply_argument(ReplySink& reply, const Argument& argument) {
  std::vector<std::string_view> flags;
  if (argument.flags & kOptional) flags.push_back("optional");
  if (argument.flags & kMultiple) flags.push_back("multiple");
  if (argument.flags & kMultipleToken) flags.push_back("multiple_token");
  size_t pairs = 2;
  if (argument.key_spec >= 0) ++pairs;
  const bool has_token = argument.type == ArgumentType::pure_token || !argument.token.empty();
  if (has_token) ++pairs;
  if (!argument.since.empty()) ++pairs;
  if (!argument.deprecated_since.empty()) ++pairs;
  if (!flags.empty()) ++pairs;
  if (!argument.children.empty()) ++pairs;
  reply.map(pairs);
  pair(reply, "name", argument.name);
  pair(reply, "type", name_of(argument.type));
  if (argument.key_spec >= 0) pair(reply, "key_spec_index", argument.key_spec);
  if (has_token) pair(reply, "token", argument.token);
  if (!argument.since.empty()) pair(reply, "since", argument.since);
  if (!argument.deprecated_since.empty()) {
    pair(reply, "deprecated_since", argument.deprecated_since);
  }
  if (!flags.empty()) {
    reply.bulk("flags");
    reply_names(reply, flags);
  }
  if (!argument.children.empty()) {
    reply.bulk("arguments");
    reply_arguments(reply, argument.children);
  }
}

void reply_arguments(ReplySink& reply, std::span<const Argument> arguments) {
  reply.array(arguments.size());
  for (const Argument& argument : arguments) reply_argument(reply, argument);
}

// --- History: what a command has learned to take since it came

// Since which version, and what. By version.
using History = std::multimap<std::string_view, std::string>;

// The words that an argument brings: its token, else those of its alternatives that came with it, else its name.
void add_words(const Argument& argument, std::string& text) {
  if (argument.token.empty() && !argument.children.empty()) {
    for (const Argument& child : argument.children) {
      if (child.since.empty() || child.since == argument.since) add_words(child, text);
    }
    return;
  }
  text += text.empty() ? "Takes `" : ", `";
  text.append(argument.token.empty() ? argument.name : argument.token).append("`");
}

void add_arguments(std::span<const Argument> arguments, std::map<std::string_view, std::string>& words,
                   std::string_view told = {}) {
  for (const Argument& argument : arguments) {
    const bool is_news = !argument.since.empty() && argument.since != told;
    if (is_news) add_words(argument, words[argument.since]);
    add_arguments(argument.children, words, is_news ? argument.since : told);
  }
}

History history_of(const CommandSpec& spec) {
  std::map<std::string_view, std::string> words;
  add_arguments(spec.arguments, words);
  History history;
  for (const auto& [version, text] : words) history.emplace(version, text + ".");
  for (const HistoryEntry& entry : spec.history) history.emplace(entry.since, entry.change);
  return history;
}

void reply_history(ReplySink& reply, const History& history) {
  reply.bulk("history");
  reply.set(history.size());
  for (const auto& [version, text] : history) {
    reply.array(2);
    reply.bulk(version);
    reply.bulk(text);
  }
}

// What only Redis itself sends, or its tests.
constexpr std::string_view kSystemCommands[] = {"debug", "pfdebug", "pfselftest", "replconf", "restore-asking"};

bool is_system_command(const CommandTable& table, const CommandSpec& spec) {
  return std::ranges::find(kSystemCommands, table.full_name(spec)) != std::end(kSystemCommands);
}

}  // namespace

void reply_command_info(ReplySink& reply, const CommandTable& table, const CommandSpec& spec) {
  const LegacyRange range = legacy_range(spec);
  uint32_t flags = spec.flags;
  if (!range.is_complete) flags |= kMovableKeys;
  reply.array(10);
  reply.bulk(table.full_name(spec));
  reply.integer(spec.arity);
  reply_names(reply, flag_names(flags));
  reply.integer(range.first);
  reply.integer(range.last);
  reply.integer(range.step);
  reply_names(reply, acl_categories(spec), "@");
  reply.set(spec.tips.size());
  for (const std::string_view tip : spec.tips) reply.bulk(tip);
  reply_key_specs(reply, spec);
  spec.subcommands.empty() ? reply.set(0) : reply.array(spec.subcommands.size());
  for (const CommandSpec& subcommand : spec.subcommands) {
    reply_command_info(reply, table, subcommand);
  }
}

void reply_command_docs(ReplySink& reply, const CommandTable& table, const CommandSpec& spec) {
  const History history = history_of(spec);
  const bool is_deprecated = !spec.deprecated_since.empty();
  std::vector<std::string_view> flags;
  if (is_deprecated) flags.push_back("deprecated");
  if (is_system_command(table, spec)) flags.push_back("syscmd");
  size_t pairs = 3;
  if (!spec.complexity.empty()) ++pairs;
  if (!flags.empty()) ++pairs;
  if (is_deprecated) ++pairs;
  if (!spec.replaced_by.empty()) ++pairs;
  if (!history.empty()) ++pairs;
  if (!spec.arguments.empty()) ++pairs;
  if (!spec.subcommands.empty()) ++pairs;
  reply.bulk(table.full_name(spec));
  reply.map(pairs);
  pair(reply, "summary", spec.summary);
  pair(reply, "since", spec.since);
  pair(reply, "group", redstart::name_of(spec.group));
  if (!spec.complexity.empty()) pair(reply, "complexity", spec.complexity);
  if (!flags.empty()) {
    reply.bulk("doc_flags");
    reply_names(reply, flags);
  }
  if (is_deprecated) pair(reply, "deprecated_since", spec.deprecated_since);
  if (!spec.replaced_by.empty()) pair(reply, "replaced_by", spec.replaced_by);
  if (!history.empty()) reply_history(reply, history);
  if (!spec.arguments.empty()) {
    reply.bulk("arguments");
    reply_arguments(reply, spec.arguments);
  }
  if (spec.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(spec.subcommands.size());
  for (const CommandSpec& subcommand : spec.subcommands) {
    reply_command_docs(reply, table, subcommand);
  }
}

}  // namespace redstart
