#include "redstart/command_facts.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "client/command_idempotence.h"
#include "client/session_commands.h"
#include "command/keys.h"
#include "command/table.h"

namespace redstart {
namespace {

const CommandTable& table() {
  static const CommandTable all(command_specs());
  return all;
}

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(message)});
}

// The specification of the command or subcommand that is called, or what is wrong.
result<const CommandSpec*> spec_of(WordSpan words) {
  if (words.empty()) return invalid("a command without words");
  const CommandSpec* spec = table().find(words[0]);
  if (!spec) return invalid("unknown command '" + std::string(words[0]) + "'");
  if (!spec->subcommands.empty() && words.size() > 1) {
    const CommandSpec* const sub = table().find_subcommand(*spec, words[1]);
    if (!sub && !spec->run) {
      return invalid("unknown subcommand '" + std::string(words[1]) + "' of '" + std::string(words[0]) + "'");
    }
    if (sub) spec = sub;
  }
  if (!spec->arity_fits(words.size())) {
    return invalid("wrong number of arguments for '" + table().full_name(*spec) + "'");
  }
  return spec;
}

}  // namespace

result<CommandFacts> facts_of(WordSpan words) {
  const auto spec = spec_of(words);
  if (!spec) return std::unexpected(spec.error());
  CommandFacts facts;
  std::vector<KeyPosition> positions;
  // A script without keys says so: EVAL text 0.
  const bool has_none = (*spec)->has(kNoMandatoryKeys) && words.size() > 2 && words[2] == "0";
  if (!has_none && extract_keys(**spec, words, positions) != KeyExtraction::ok) {
    return invalid("the keys of '" + table().full_name(**spec) + "' cannot be told from its words");
  }
  facts.keys.reserve(positions.size());
  for (const KeyPosition& position : positions) {
    if (!(position.flags & kKeyNotKey)) facts.keys.push_back(words[position.index]);
  }
  const CommandKind kind = kind_of(words);
  facts.is_write = (*spec)->is_write();
  facts.is_read_only = (*spec)->has(kReadonly);
  facts.is_blocking = kind == CommandKind::blocking;
  facts.changes_session = kind == CommandKind::session;
  facts.is_for_scripts = !(*spec)->has(kNoScript);
  facts.is_idempotent = facts.is_read_only || is_idempotent_write(table().full_name(**spec), words, facts.keys);
  return facts;
}

}  // namespace redstart
