// Coverage: how often each command was answered, and how often only with an error; a comparison
// says nothing of a command whose every form was refused.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/grammar.h"

namespace redstart::oracle {

class Coverage {
 public:
  explicit Coverage(const Grammar& grammar) : grammar_(grammar) {}

  // One reply's first byte; a queued command is noted when EXEC answers it.
  void note(const Argv& argv, char reply_kind);
  // A line for each of `commands` (names as the grammar has them).
  void print(const std::vector<std::string>& commands) const;
  // Those of `commands` that were never answered but with an error.
  std::vector<std::string> never_answered(const std::vector<std::string>& commands) const;

 private:
  struct Counts {
    uint64_t answers = 0;
    uint64_t errors = 0;
  };
  Counts counts_of(const std::string& name) const;

  const Grammar& grammar_;
  std::map<std::string, Counts> counts_;
};

}  // namespace redstart::oracle
