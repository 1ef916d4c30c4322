#include "tests/differential/acl_commands.h"

#include <array>
#include <cctype>
#include <set>
#include <sstream>

namespace redstart::oracle {
namespace {

using namespace std::string_view_literals;

constexpr std::array kCategories = {
    "keyspace"sv, "read"sv,  "write"sv, "set"sv,  "sortedset"sv, "list"sv,     "hash"sv,       "string"sv,
    "pubsub"sv,   "admin"sv, "fast"sv,  "slow"sv, "blocking"sv,  "dangerous"sv, "connection"sv,
    "transaction"sv, "all"sv, "ALL"sv, "nosuch"sv, ""sv};
constexpr std::array kPatterns = {"s*"sv, "h*"sv, "l?"sv, "t[0-3]"sv, "*"sv,   "s1"sv, "[^s]*"sv,
                                  "*1"sv, ""sv,   "a b"sv, "\\*"sv,   "news.*"sv, "news.a"sv};
constexpr std::array kPrefixes = {
    "~"sv, "~"sv, "%R~"sv, "%W~"sv, "%RW~"sv, "%wr~"sv, "&"sv, "&"sv, "%X~"sv, "%~"sv, "%R"sv};
constexpr std::array kWords = {
    "on"sv, "on"sv, "off"sv, "allkeys"sv, "resetkeys"sv, "resetkeys"sv, "allchannels"sv, "resetchannels"sv,
    "allcommands"sv, "nocommands"sv, "nopass"sv, "resetpass"sv, "reset"sv, "clearselectors"sv, "sanitize-payload"sv,
    "skip-sanitize-payload"sv, "ON"sv, "~*"sv, "&*"sv, ""sv, ")"sv, "("sv, "foo"sv};
// SHA-256 of "p1", and what is none.
constexpr std::array kDigests = {"f64551fcd6f07823cb87971cfb91446425da18286b3ab1ef935e0cbd7a69f68a"sv, "abc"sv, ""sv};
constexpr std::array kPasswords = {"p1"sv, "p2"sv, ""sv, "a b"sv};
constexpr std::array kChannelCalls = {"PUBLISH"sv, "SUBSCRIBE"sv, "PSUBSCRIBE"sv, "SPUBLISH"sv, "SSUBSCRIBE"sv,
                                      "UNSUBSCRIBE"sv};

}  // namespace

AclCommands::AclCommands(const Grammar& grammar, std::mt19937_64& random, std::function<Argv()> call)
    : RandomDraws(random), call_(std::move(call)) {
  // Groups that every subject has as a whole.
  static const std::set<std::string> groups = {"string",     "list",   "hash",       "set",
                                               "sorted-set", "pubsub", "connection", "transactions"};
  for (const auto& [name, command] : grammar) {
    if (!groups.contains(command.group)) continue;
    std::string rule_name;
    for (const char c : name) {
      rule_name += c == ' ' ? '|' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    names_.push_back(rule_name);
  }
}

std::string AclCommands::user(bool may_be_odd) {
  if (may_be_odd && below(30) == 0) return one_of(std::array{"nobody"sv, ""sv, "a b"sv, "A0"sv});
  return (below(2) == 0 ? "a" : "b") + std::to_string(below(4));
}

std::string AclCommands::command_name() {
  switch (below(12)) {
    case 0:
      return one_of(std::array{"nosuch"sv, "config|nosuch"sv, "config|get|x"sv, "get|"sv, ""sv});
    case 1:
      return one_of(std::array{"select|1"sv, "get|s1"sv, "select|0"sv});
    default:
      return names_[below(names_.size())];
  }
}

std::string AclCommands::command_rule() {
  const std::string sign = below(3) == 0 ? "-" : "+";
  return sign + (below(3) == 0 ? "@" + one_of(kCategories) : command_name());
}

std::string AclCommands::pattern_rule() { return one_of(kPrefixes) + one_of(kPatterns); }

std::string AclCommands::password_rule() {
  if (below(3) == 0) return one_of(std::array{"#"sv, "!"sv}) + one_of(kDigests);
  return one_of(std::array{">"sv, ">"sv, "<"sv}) + one_of(kPasswords);
}

std::string AclCommands::rule() {
  switch (below(10)) {
    case 0:
      return one_of(kWords);
    case 1:
      return password_rule();
    case 2:
    case 3:
    case 4:
      return pattern_rule();
    default:
      return command_rule();
  }
}

void AclCommands::add_selector(Argv& argv) {
  Argv words;
  for (uint64_t i = 1 + below(3); i > 0; --i) {
    words.push_back(below(2) == 0 ? command_rule() : pattern_rule());
  }
  words.front().insert(0, "(");
  if (below(20) != 0) words.back() += ")";
  if (below(2) == 0) {
    argv.insert(argv.end(), words.begin(), words.end());
    return;
  }
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  argv.push_back(joined);
}

// Users that may do nothing are of no use: most begin with something.
Argv AclCommands::set_user() {
  Argv argv = {"ACL", "SETUSER", user(true)};
  if (below(2) == 0) {
    argv.insert(argv.end(), {"reset", "on", "nopass", below(2) == 0 ? "+@all" : "+@read"});
  }
  for (uint64_t i = below(5); i > 0; --i) argv.push_back(rule());
  if (below(5) == 0) add_selector(argv);
  return argv;
}

Argv AclCommands::next() {
  switch (below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return set_user();
    case 4:
      return {"ACL", "GETUSER", user(true)};
    case 5:
      return {"ACL", one_of(std::array{"LIST"sv, "USERS"sv, "WHOAMI"sv, "CAT"sv})};
    case 6:
      return {"ACL", "DELUSER", "b" + std::to_string(below(4)), one_of(std::array{"b0"sv, "nobody"sv, "default"sv})};
    case 7:
      return {"AUTH", "default", "x"};
    case 8:
    case 9:
    case 10:
      return {"AUTH", "a" + std::to_string(below(4)), one_of(kPasswords)};
    case 11:
      return {"ACL", "DRYRUN", user(true), one_of(kChannelCalls), one_of(kPatterns), one_of(kPatterns)};
    case 12:
      return {"ACL", "DRYRUN", user(false), one_of(std::array{"CONFIG"sv, "CLIENT"sv, "OBJECT"sv}),
              one_of(std::array{"GET"sv, "ID"sv, "ENCODING"sv, "LIST"sv, "nosuch"sv}), "s1"};
    default: {
      Argv argv = {"ACL", "DRYRUN", user(true)};
      const Argv call = call_();
      argv.insert(argv.end(), call.begin(), call.end());
      return argv;
    }
  }
}

std::string without_command_rules(const std::string& text) {
  std::istringstream words(text);
  std::string rest;
  for (std::string word; words >> word;) {
    if (word[0] == '+' || word[0] == '-') word = word.ends_with(')') ? ")" : "";
    if (!word.empty()) rest += word + " ";
  }
  return rest;
}

}  // namespace redstart::oracle
