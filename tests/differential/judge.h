// Judge: decides whether two servers' replies to one command say the same.
//
// By default they must be equal byte for byte. Where Redis promises less, the judge asks for
// exactly what is promised: replies without order as multisets, random ones by their properties,
// times within a tolerance, cursors not at all. Differences that are meant stand in a file, with
// their reasons.
//
// Threads: thread-compatible.
#pragma once

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/differential/coverage.h"
#include "tests/differential/grammar.h"
#include "tests/differential/shared_clock.h"

namespace redstart::oracle {

// A difference that is meant: one line of a file, `command | oracle's reply | subject's reply |
// reason`, the first three regular expressions that must match the whole text as to_text() prints
// it; or `skip COMMAND | reason`. A command that begins with `@group,group` is meant in those groups
// only. Before it, `apart` says that the servers hold different data from then on.
class AllowedDifferences {
 public:
  // Throws std::invalid_argument with the line that cannot be read.
  AllowedDifferences(const std::vector<std::string>& paths, const std::string& group);

  bool allows(const std::string& command_line, const std::string& oracle,
              const std::string& subject);
  // Whether what was allowed since start() leaves different data behind: nothing can be compared after it.
  bool has_parted() const { return has_parted_; }
  void start() { has_parted_ = false; }
  const std::set<std::string>& skipped() const { return skipped_; }
  // How often each was met, for the closing report.
  std::vector<std::pair<std::string, uint64_t>> uses() const;

 private:
  void read(const std::string& path, const std::string& group);

  struct Rule {
    std::regex command, oracle, subject;
    std::string reason;
    bool parts;
    uint64_t uses = 0;
  };
  bool has_parted_ = false;
  std::vector<Rule> rules_;
  std::set<std::string> skipped_;
};

// How two replies of a command are compared.
enum class Mode {
  exact,
  unordered,
  unordered_pairs,
  random_elements,
  scan,
  near,
  description,  // of commands: without texts for people
  field_names,  // of INFO
  directives,   // of CONFIG GET
  sorted,
  acl_rules,
  nearest,
  kind_only,
  stream_info
};
Mode mode_of(const Grammar& grammar, const Argv& argv);

// What the judge goes by. With a shared clock times are compared exactly.
struct JudgeContext {
  const Grammar& grammar;
  AllowedDifferences& allowed;
  Coverage& coverage;
  SharedClock* clock = nullptr;
  // The subject's replies are values of the library, written in RESP3: of numbers the value counts, not the digits.
  bool is_embedded = false;
};

// Whether the replies say the same, or differ as is allowed. For EXEC, `queued` holds the commands
// whose replies it carries.
bool agree(const JudgeContext& context, const Argv& argv, const std::vector<Argv>& queued,
           const RawReply& oracle, const RawReply& subject);

// The reply with its numbers in one form, alike for equal values.
RawReply with_plain_numbers(RawReply reply);

// Whether SORT with these options may return elements in an order of the server's choice.
bool sorts_in_any_order(const Argv& argv);

// Whether every element of a random reply (SRANDMEMBER ...) stands in `members`, what the same
// server says is in the key.
bool drawn_from(const RawReply& random_reply, const RawReply& members);

}  // namespace redstart::oracle
