#include "tests/differential/grammar.h"

#include <algorithm>
#include <cctype>

namespace redstart::oracle {
namespace {

// The value of `key` in a RESP2 flattened map; null when absent.
const RawReply* field(const RawReply& map, std::string_view key) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == key) return &map.elements[i + 1];
  }
  return nullptr;
}

std::string text_field(const RawReply& map, std::string_view key) {
  const RawReply* value = field(map, key);
  return value == nullptr ? "" : value->text;
}

std::vector<std::string> texts(const RawReply& list) {
  std::vector<std::string> out;
  for (const RawReply& element : list.elements) out.push_back(element.text);
  return out;
}

std::vector<Argument> read_arguments(const RawReply& map) {
  std::vector<Argument> arguments;
  const RawReply* list = field(map, "arguments");
  if (list == nullptr) return arguments;
  for (const RawReply& node : list->elements) {
    Argument argument;
    argument.name = text_field(node, "name");
    argument.type = text_field(node, "type");
    argument.token = text_field(node, "token");
    argument.has_token = field(node, "token") != nullptr;
    if (const RawReply* flags = field(node, "flags")) {
      for (const std::string& flag : texts(*flags)) {
        argument.optional |= flag == "optional";
        argument.multiple |= flag == "multiple";
        argument.multiple_token |= flag == "multiple_token";
      }
    }
    argument.children = read_arguments(node);
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::vector<std::string> split_name(std::string_view name) {
  std::vector<std::string> words;
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find('|', at), name.size());
    words.push_back(upper(name.substr(at, end - at)));
    at = end + 1;
  }
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

void read_docs(const RawReply& docs, Grammar& grammar) {
  for (size_t i = 0; i + 1 < docs.elements.size(); i += 2) {
    const RawReply& description = docs.elements[i + 1];
    Command command;
    command.words = split_name(docs.elements[i].text);
    command.group = text_field(description, "group");
    command.arguments = read_arguments(description);
    if (const RawReply* subcommands = field(description, "subcommands")) {
      read_docs(*subcommands, grammar);
    } else {
      std::string name = joined(command.words);
      grammar.emplace(std::move(name), std::move(command));
    }
  }
}

void read_info(const RawReply& info, Grammar& grammar) {
  constexpr size_t kName = 0, kArity = 1, kFlags = 2, kTips = 7, kSubcommands = 9;
  for (const RawReply& entry : info.elements) {
    if (entry.elements.size() <= kSubcommands) continue;
    read_info(entry.elements[kSubcommands], grammar);
    const auto found = grammar.find(joined(split_name(entry.elements[kName].text)));
    if (found == grammar.end()) continue;
    found->second.arity = std::stoll(entry.elements[kArity].text);
    found->second.flags = texts(entry.elements[kFlags]);
    found->second.tips = texts(entry.elements[kTips]);
  }
}

}  // namespace

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

bool Command::has_flag(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

bool Command::has_tip(std::string_view tip) const {
  return std::find(tips.begin(), tips.end(), tip) != tips.end();
}

Grammar read_grammar(Wire& server) {
  Grammar grammar;
  read_docs(server.call({"COMMAND", "DOCS"}), grammar);
  read_info(server.call({"COMMAND", "INFO"}), grammar);
  if (grammar.empty()) throw WireError("COMMAND DOCS describes no command");
  return grammar;
}

const Command* find_command(const Grammar& grammar, const Argv& argv) {
  if (argv.empty()) return nullptr;
  const std::string name = upper(argv[0]);
  auto found = grammar.find(name);
  if (found == grammar.end() && argv.size() > 1) found = grammar.find(name + " " + upper(argv[1]));
  return found == grammar.end() ? nullptr : &found->second;
}

bool may_wait(const Grammar& grammar, const Argv& argv) {
  const Command* command = find_command(grammar, argv);
  // Reading streams waits only when it is asked to.
  if (command != nullptr && command->words[0].starts_with("XREAD")) {
    return std::any_of(argv.begin(), argv.end(), [](const std::string& word) { return upper(word) == "BLOCK"; });
  }
  // WAIT has no flag that says so.
  return command != nullptr && (command->has_flag("blocking") || command->words[0] == "WAIT");
}

}  // namespace redstart::oracle
