// AclCommands: random users with random rules, and questions about them (ACL, AUTH).
//
// A few users exist, "a0" to "a3" and "b0" to "b3"; connections become users of the first kind, those of the
// second are deleted from time to time. The user "default" is left alone, so that nobody locks the test out.
// What rules about commands come to is asked by calls and by DRYRUN: ACL LIST may say it in many ways.
//
// Threads: thread-compatible. Determinism: by the random numbers that are given.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/differential/grammar.h"
#include "tests/differential/random_draws.h"

namespace redstart::oracle {

class AclCommands : private RandomDraws {
 public:
  // `call` makes up a call of some command, for DRYRUN.
  AclCommands(const Grammar& grammar, std::mt19937_64& random, std::function<Argv()> call);
  Argv next();

 private:
  std::string user(bool may_be_odd);
  std::string command_name();
  std::string command_rule();
  std::string pattern_rule();
  std::string password_rule();
  std::string rule();
  void add_selector(Argv& argv);
  Argv set_user();

  const std::function<Argv()> call_;
  std::vector<std::string> names_;  // of commands and subcommands: "get", "config|get"
};

// A text of ACL LIST or GETUSER without what is said about commands.
std::string without_command_rules(const std::string& text);

}  // namespace redstart::oracle
