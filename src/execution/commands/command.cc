// COMMAND [COUNT | DOCS | GETKEYS | INFO | LIST ...]: the commands themselves.
#include <algorithm>
#include <vector>

#include "base/glob.h"
#include "base/text.h"
#include "command/keys.h"
#include "command/table.h"
#include "execution/command_context.h"
#include "execution/commands/command_docs.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"

namespace redstart {
namespace {

// The command that the words from the third on call, or null.
const CommandSpec* called(CommandContext& c) {
  const CommandTable& table = c.executor().commands();
  const CommandSpec* spec = table.find(c.arg(2));
  if (!spec || spec->subcommands.empty() || c.arg_count() == 3) return spec;
  return table.find_subcommand(*spec, c.arg(3));
}

bool has_keys(const CommandSpec& spec) {
  return std::ranges::any_of(spec.keys,
                             [](const KeySpec& key) { return !(key.flags & kKeyNotKey); });
}

// False: the error has been replied.
bool extract(CommandContext& c, std::vector<KeyPosition>& positions) {
  const CommandSpec* spec = called(c);
  const auto words = c.args().subspan(2);
  const auto count = static_cast<int>(words.size());
  if (!spec) {
    c.error("ERR Invalid command specified");
  } else if (!has_keys(*spec)) {
    c.error("ERR The command has no key arguments");
  } else if (spec->arity >= 0 ? count != spec->arity : count < -spec->arity) {
    c.error("ERR Invalid number of arguments specified for command");
  } else if (extract_keys(*spec, words, positions) == KeyExtraction::ok &&
             (!positions.empty() || spec->has(kNoMandatoryKeys))) {
    return true;
  } else if (spec->has(kNoMandatoryKeys)) {
    positions.clear();
    return true;
  } else {
    c.error("ERR Invalid arguments specified for command");
  }
  return false;
}

bool is_filter(CommandContext& c) {
  return c.arg_is(3, "MODULE") || c.arg_is(3, "ACLCAT") || c.arg_is(3, "PATTERN");
}

bool fits_filter(CommandContext& c, const CommandTable& table, size_t index) {
  const std::string_view value = c.arg(4);
  if (c.arg_is(3, "PATTERN")) return glob_match(value, table.full_name(index), true);
  if (!c.arg_is(3, "ACLCAT")) return false;  // no command comes from a module
  const auto categories = acl_categories(table.at(index));
  return std::ranges::any_of(
      categories, [&](std::string_view category) { return equal_ignoring_case(category, value); });
}

void run(CommandContext& c) {
  const CommandTable& table = c.executor().commands();
  c.reply().array(table.all().size());
  for (const CommandSpec* spec : table.all()) reply_command_info(c.reply(), table, *spec);
}

void run_count(CommandContext& c) {
  c.reply().integer(static_cast<int64_t>(c.executor().commands().all().size()));
}

void run_docs(CommandContext& c) {
  const CommandTable& table = c.executor().commands();
  std::vector<const CommandSpec*> specs(table.all().begin(), table.all().end());
  if (c.arg_count() > 2) {
    specs.clear();
    for (const std::string_view name : c.args().subspan(2)) {
      if (const CommandSpec* spec = table.find_by_full_name(name)) specs.push_back(spec);
    }
  }
  c.reply().map(specs.size());
  for (const CommandSpec* spec : specs) reply_command_docs(c.reply(), table, *spec);
}

void run_getkeys(CommandContext& c) {
  std::vector<KeyPosition> positions;
  if (!extract(c, positions)) return;
  c.reply().array(positions.size());
  for (const KeyPosition& position : positions) c.reply().bulk(c.arg(2 + position.index));
}

void run_getkeysandflags(CommandContext& c) {
  std::vector<KeyPosition> positions;
  if (!extract(c, positions)) return;
  c.reply().array(positions.size());
  for (const KeyPosition& position : positions) {
    c.reply().array(2);
    c.reply().bulk(c.arg(2 + position.index));
    const auto flags = key_flag_names(position.flags);
    c.reply().set(flags.size());
    for (const std::string_view flag : flags) c.reply().simple(flag);
  }
}

void run_help(CommandContext& c) { reply_help(c); }

void run_info(CommandContext& c) {
  if (c.arg_count() == 2) return run(c);
  const CommandTable& table = c.executor().commands();
  c.reply().array(c.arg_count() - 2);
  for (const std::string_view name : c.args().subspan(2)) {
    const CommandSpec* spec = table.find_by_full_name(name);
    spec ? reply_command_info(c.reply(), table, *spec) : c.reply().null();
  }
}

void run_list(CommandContext& c) {
  const CommandTable& table = c.executor().commands();
  const bool has_filter = c.arg_count() == 5 && c.arg_is(2, "FILTERBY");
  if (c.arg_count() != 2 && !has_filter) return c.syntax_error();
  std::vector<std::string_view> names;
  for (size_t i = 0; i < table.size(); ++i) {
    if (!table.is_callable(i)) continue;
    if (!has_filter || fits_filter(c, table, i)) names.push_back(table.full_name(i));
  }
  if (has_filter && !is_filter(c)) return c.syntax_error();
  c.reply().array(names.size());
  for (const std::string_view name : names) c.reply().bulk(name);
}

constexpr Argument kCommandDocsArguments[] = {
    {.name = "command-name", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kCommandDocsTips[] = {"nondeterministic_output_order"};

constexpr Argument kCommandInfoArguments[] = {
    {.name = "command-name", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kCommandInfoTips[] = {"nondeterministic_output_order"};

constexpr Argument kCommandListArgumentsFilterby[] = {
    {.name = "module-name", .type = ArgumentType::string, .token = "MODULE"},
    {.name = "category", .type = ArgumentType::string, .token = "ACLCAT"},
    {.name = "pattern", .type = ArgumentType::pattern, .token = "PATTERN"},
};

constexpr Argument kCommandListArguments[] = {
    {.name = "filterby",
     .type = ArgumentType::one_of,
     .token = "FILTERBY",
     .flags = kOptional,
     .children = kCommandListArgumentsFilterby},
};

constexpr std::string_view kCommandListTips[] = {"nondeterministic_output_order"};

constexpr HistoryEntry kCommandInfoHistory[] = {
    {"7.0.0", "Without names it tells of all commands."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "count",
     .summary = "Counts the commands.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_count},
    {.name = "docs",
     .summary = "Describes commands for people and tools.",
     .complexity = "O(N), N: commands named, or all",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kCommandDocsArguments,
     .tips = kCommandDocsTips,
     .run = run_docs},
    {.name = "getkeys",
     .summary = "Picks the keys out of a call.",
     .complexity = "O(N), N: words of the call",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getkeys},
    {.name = "getkeysandflags",
     .summary = "Picks the keys out of a call, and tells what happens to each.",
     .complexity = "O(N), N: words of the call",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -4,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getkeysandflags},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_help},
    {.name = "info",
     .summary = "Describes commands for clients.",
     .complexity = "O(N), N: commands named, or all",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kCommandInfoArguments,
     .history = kCommandInfoHistory,
     .tips = kCommandInfoTips,
     .run = run_info},
    {.name = "list",
     .summary = "Lists the names of commands.",
     .complexity = "O(N), N: commands there are",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kCommandListArguments,
     .tips = kCommandListTips,
     .run = run_list},
};

constexpr std::string_view kTips[] = {"nondeterministic_output_order"};

}  // namespace

REDSTART_COMMAND(command) = {
    .name = "command",
    .summary = "Describes all commands for clients.",
    .complexity = "O(N), N: commands there are",
    .since = "2.8.13",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kLoading | kStale,
    .acl_categories = "connection",
    .tips = kTips,
    .subcommands = kSubcommands,
    .run = run,
};

}  // namespace redstart
