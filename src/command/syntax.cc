#include "command/syntax.h"

#include "base/text.h"

namespace redstart {
namespace {

std::string alternatives(std::span<const Argument> arguments);
std::string sequence(std::span<const Argument> arguments);

// An argument's value, without its token and brackets.
std::string value_of(const Argument& argument) {
  switch (argument.type) {
    case ArgumentType::pure_token:
      return std::string();
    case ArgumentType::one_of:
      return alternatives(argument.children);
    case ArgumentType::block:
      return sequence(argument.children);
    default:
      return "<" + std::string(argument.name) + ">";
  }
}

std::string once(const Argument& argument) {
  std::string text(argument.token);
  const std::string value = value_of(argument);
  if (!text.empty() && !value.empty()) text += " ";
  return text + value;
}

std::string syntax(const Argument& argument) {
  std::string text = once(argument);
  if (argument.flags & kMultiple) {
    const bool token_again = argument.flags & kMultipleToken;
    text += " [" + (token_again ? once(argument) : value_of(argument)) + " ...]";
  }
  return argument.flags & kOptional ? "[" + text + "]" : text;
}

std::string alternatives(std::span<const Argument> arguments) {
  std::string text;
  for (const Argument& argument : arguments) {
    text += (text.empty() ? "" : "|") + syntax(argument);
  }
  return text;
}

std::string sequence(std::span<const Argument> arguments) {
  std::string text;
  for (const Argument& argument : arguments) {
    text += (text.empty() ? "" : " ") + syntax(argument);
  }
  return text;
}

std::string heading(std::string_view name) {
  return upper_case(name) + " <subcommand> [<argument> ...]. Subcommands:";
}

}  // namespace

std::string syntax_of(std::span<const Argument> arguments) { return sequence(arguments); }

std::vector<std::string> help_lines(const CommandSpec& container) {
  std::vector<std::string> lines{heading(container.name)};
  for (const CommandSpec& subcommand : container.subcommands) {
    const std::string arguments = sequence(subcommand.arguments);
    lines.push_back(upper_case(subcommand.name) + (arguments.empty() ? "" : " ") + arguments);
    lines.push_back("    " + std::string(subcommand.summary));
  }
  return lines;
}

std::vector<std::string> help_lines(std::string_view name, std::span<const HelpEntry> entries) {
  std::vector<std::string> lines{heading(name)};
  for (const HelpEntry& entry : entries) {
    lines.emplace_back(entry.usage);
    lines.push_back("    " + std::string(entry.summary));
  }
  return lines;
}

}  // namespace redstart
