#include "tests/differential/coverage.h"

#include <cstdio>

namespace redstart::oracle {

void Coverage::note(const Argv& argv, char reply_kind) {
  const Command* command = find_command(grammar_, argv);
  if (command == nullptr) return;
  std::string name = command->words[0];
  for (size_t i = 1; i < command->words.size(); ++i) name += " " + command->words[i];
  Counts& counts = counts_[name];
  ++(reply_kind == '-' || reply_kind == '!' ? counts.errors : counts.answers);
}

Coverage::Counts Coverage::counts_of(const std::string& name) const {
  const auto found = counts_.find(name);
  return found == counts_.end() ? Counts{} : found->second;
}

void Coverage::print(const std::vector<std::string>& commands) const {
  std::printf("  %-22s %10s %10s\n", "command", "answered", "refused");
  for (const std::string& name : commands) {
    const Counts counts = counts_of(name);
    std::printf("  %-22s %10llu %10llu\n", name.c_str(),
                static_cast<unsigned long long>(counts.answers),
                static_cast<unsigned long long>(counts.errors));
  }
}

std::vector<std::string> Coverage::never_answered(const std::vector<std::string>& commands) const {
  std::vector<std::string> missing;
  for (const std::string& name : commands) {
    if (counts_of(name).answers == 0) missing.push_back(name);
  }
  return missing;
}

}  // namespace redstart::oracle
