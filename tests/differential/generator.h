// Generator: random command lines, drawn from the grammar.
//
// It chooses what to call; CommandArguments draws the words. One command in seven is damaged: arity, order, type,
// token. What makes two servers differ for no fault of theirs is kept out (see harmless.h).
//
// Threads: thread-compatible. Determinism: the same seed and the same calls give the same commands.
#pragma once

#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/differential/acl_commands.h"
#include "tests/differential/command_arguments.h"
#include "tests/differential/grammar.h"

namespace redstart::oracle {

struct GeneratorOptions {
  std::string group = "mixed";  // see choose_commands
  uint64_t seed = 1;
  std::set<std::string> skipped;  // upper-case names that are not generated
};

class Generator {
 public:
  // Throws std::invalid_argument when `group` is unknown or the grammar has none of its commands.
  Generator(const Grammar& grammar, const GeneratorOptions& options);

  // The next command for a connection that is, or is not, inside MULTI.
  Argv next(bool in_multi);
  // A blocking command (BLPOP ...) with a timeout long enough to be served by another connection, and one that may
  // serve it. Only for groups that have such commands.
  bool has_blocking() const { return !blocking_.empty(); }
  Argv next_blocking();
  Argv next_serving();
  // A SCAN-family command without its cursor, for a full iteration: {"HSCAN", key} or {"SCAN"}, and the options that
  // follow the cursor.
  std::pair<Argv, Argv> next_scan();

  uint64_t below(uint64_t bound) { return arguments_.below(bound); }
  bool chance(double probability) { return arguments_.chance(probability); }

  // A call of a command that reads or changes data, now and then a damaged one.
  Argv any_data_command();

  std::vector<std::string> command_names() const;
  // The time on the clock that both servers share: from now on deadlines are near it.
  void set_now_ms(int64_t now_ms) { arguments_.set_now_ms(now_ms); }
  void set_last_ids_go_back(bool on) { arguments_.set_last_ids_go_back(on); }
  void set_asks_idle_time(bool on) { asks_idle_time_ = on; }

 private:
  struct Choice {
    const Command* command;
    double weight;
  };

  void choose_commands(const std::string& group);
  // Whether the group's replies are random, so that judging them takes other commands.
  bool is_left_out(const Command& command) const;
  double weight_of(const Command& command) const;
  const Command& pick();
  Argv generate(const Command& command);
  void damage(Argv& argv, const Command& command);
  void fix_ranges(Argv& argv, const Command& command);
  void weaken(Argv& argv, bool in_multi);  // see harmless.h

  std::optional<AclCommands> acl_;  // in the group acl
  const Grammar& grammar_;
  GeneratorOptions options_;
  std::mt19937_64 random_;
  CommandArguments arguments_;
  std::vector<Choice> choices_;
  double weight_total_ = 0;
  std::vector<const Command*> others_;  // of the other types, to meet wrong types
  std::vector<const Command*> blocking_;
  bool asks_idle_time_ = true;
};

}  // namespace redstart::oracle
