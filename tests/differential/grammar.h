// Grammar: what commands exist and how their arguments are built, as a server describes itself.
//
// Read from COMMAND DOCS (groups and argument trees) and COMMAND INFO (flags, tips), so that a new
// command is generated without a line of code here.
//
// Threads: immutable once read, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/wire.h"

namespace redstart::oracle {

struct Argument {
  std::string name;
  std::string type;  // string integer double key pattern unix-time pure-token oneof block
  std::string token;
  bool has_token = false;
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::vector<Argument> children;  // of oneof and block
};

struct Command {
  std::vector<std::string> words;  // "OBJECT", "ENCODING"
  std::string group;
  int64_t arity = 0;
  std::vector<std::string> flags;
  std::vector<std::string> tips;
  std::vector<Argument> arguments;

  bool has_flag(std::string_view flag) const;
  bool has_tip(std::string_view tip) const;
};

// Keyed by the full upper-case name: "ZADD", "OBJECT ENCODING".
using Grammar = std::map<std::string, Command>;

Grammar read_grammar(Wire& server);

// The grammar's entry for a command line, subcommands included; null when there is none.
const Command* find_command(const Grammar& grammar, const Argv& argv);
// Whether it may be answered only after a timeout.
bool may_wait(const Grammar& grammar, const Argv& argv);
std::string upper(std::string_view text);

}  // namespace redstart::oracle
