#include "durability/log/command.h"

#include <algorithm>
#include <iterator>

#include "base/quoted_words.h"
#include "base/text.h"

namespace redstart {
namespace {

bool may_be_logged(const CommandSpec& spec) {
  // Data that is waited for is logged as if it had been there. Old versions did not do so for this one.
  if (spec.has(kBlocking)) return spec.name == "brpoplpush";
  if (spec.has(kWrite | kMayReplicate | kReadonly)) return true;
  if (spec.group == CommandGroup::connection) {
    return spec.name == "select" || spec.name == "ping" || spec.name == "echo";
  }
  // Before Redis 7 scripts were logged, and not only what they did.
  constexpr std::string_view kScriptCommands[] = {"eval", "evalsha", "fcall", "load", "flush"};
  return spec.group == CommandGroup::scripting &&
         std::ranges::find(kScriptCommands, spec.name) != std::end(kScriptCommands);
}

}  // namespace

const CommandSpec* find_logged_command(const CommandTable& commands, std::span<const std::string_view> words) {
  const CommandSpec* spec = commands.find(words[0]);
  if (!spec || spec->subcommands.empty()) return spec;
  return words.size() > 1 ? commands.find_subcommand(*spec, words[1]) : nullptr;
}

std::optional<std::string> refuse_logged_command(const CommandSpec* spec, std::span<const std::string_view> words) {
  if (!spec || !spec->run) return "there is no command '" + quoted_in_error(words[0]) + "'";
  if (!may_be_logged(*spec)) return "the command '" + quoted_in_error(words[0]) + "' never stands in a log";
  if (spec->arity_fits(words.size())) return std::nullopt;
  return "the command '" + quoted_in_error(words[0]) + "' cannot have " + std::to_string(words.size() - 1) +
         " arguments";
}

size_t void_limit(const CommandSpec& spec, std::span<const std::string_view> words) {
  if (spec.group != CommandGroup::stream || (spec.name != "xadd" && spec.name != "xtrim")) return 0;
  bool is_exact = false;
  for (size_t i = 2; i + 1 < words.size(); ++i) {
    if (equal_ignoring_case(words[i], "LIMIT")) return is_exact ? i : 0;
    if (equal_ignoring_case(words[i], "NOMKSTREAM")) continue;
    if (!equal_ignoring_case(words[i], "MAXLEN") && !equal_ignoring_case(words[i], "MINID")) return 0;
    is_exact = words[i + 1] == "=";
    i += is_exact || words[i + 1] == "~" ? 2 : 1;  // the threshold
  }
  return 0;
}

}  // namespace redstart
