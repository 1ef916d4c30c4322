// Generator: random command lines, drawn from the grammar and shaped so that they mean something.
//
// Keys come from small pools, one per type, so that commands meet each other's data; one key in
// eight comes from another type's pool. Values lean on the edges: empty, binary, 64 and 65 bytes,
// numbers around 2^53 and 2^63, NaN, infinities. One command in seven is damaged: arity, order,
// type, token.
//
// What makes two servers differ for no fault of theirs is kept out: without a shared clock relative
// expiry is a day or more (or already over), timeouts of blocking commands are milliseconds, counts
// with repetition are small.
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
#include "tests/differential/grammar.h"
#include "tests/differential/stream_arguments.h"

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
  // A blocking command (BLPOP ...) with a timeout long enough to be served by another connection,
  // and one that may serve it. Only for groups that have such commands.
  bool has_blocking() const { return !blocking_.empty(); }
  Argv next_blocking();
  Argv next_serving();
  // A SCAN-family command without its cursor, for a full iteration: {"HSCAN", key} or {"SCAN"}, and
  // the options that follow the cursor.
  std::pair<Argv, Argv> next_scan();

  uint64_t below(uint64_t bound) {
    return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_);
  }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

  // A call of a command that reads or changes data, now and then a damaged one.
  Argv any_data_command();

  // Whether `word` is a key of the pools.
  static bool is_key(std::string_view word);
  std::vector<std::string> command_names() const;
  // The time on the clock that both servers share: from now on deadlines are near it.
  void set_now_ms(int64_t now_ms) {
    now_ms_ = now_ms;
    streams_.set_now_ms(now_ms);
  }
  void set_asks_idle_time(bool on) { asks_idle_time_ = on; }

 private:
  struct Choice {
    const Command* command;
    double weight;
  };
  enum class Range { index, score, lex };

  void choose_commands(const std::string& group);
  // Whether the group's replies are random, so that judging them takes other commands.
  bool is_left_out(const Command& command) const;
  bool has_sort() const;  // whether the group has SORT
  double weight_of(const Command& command) const;
  const Command& pick();
  Argv generate(const Command& command);
  void add(const Argument& argument, Argv& argv);
  void add_value(const Argument& argument, Argv& argv);
  void add_once(const Argument& argument, Argv& argv);
  size_t repetitions();
  void damage(Argv& argv, const Command& command);
  void fix_ranges(Argv& argv);
  // Replaces numbers that would make the reply depend on timing, or be larger than memory.
  void keep_harmless(Argv& argv, bool in_multi);
  void keep_ties_harmless(Argv& argv);
  void keep_bits_harmless(Argv& argv);
  void keep_expiry_harmless(Argv& argv);
  void keep_lex_harmless(Argv& argv);
  void keep_stream_waits_harmless(Argv& argv, bool in_multi);
  void add_streams(const Argument& argument, Argv& argv);
  void keep_counts_harmless(Argv& argv, bool in_multi);

  std::string key();
  std::string key_of(char pool);
  std::string member();
  std::string value();
  std::string integer(const std::string& name);
  std::string number();
  std::string geo_number(const std::string& name);
  std::string scripting_word(const std::string& name);
  std::string bitmap_word(const std::string& name);
  std::string pattern();
  std::string deadline(const std::string& name);
  std::string near_deadline(bool in_ms, bool absolute);
  std::string lex_bound();
  std::string score_bound();
  template <class Pool>
  std::string one_of(const Pool& pool) {
    return std::string(pool[below(std::size(pool))]);
  }

  std::optional<AclCommands> acl_;  // in the group acl
  const Grammar& grammar_;
  GeneratorOptions options_;
  std::mt19937_64 random_;
  StreamArguments streams_;
  std::vector<Choice> choices_;
  double weight_total_ = 0;
  std::vector<const Command*> others_;  // of the other types, to meet wrong types
  std::vector<const Command*> blocking_;
  bool asks_idle_time_ = true;
  int64_t now_ms_ = 0;    // 0: the servers have clocks of their own
  char pool_ = 's';       // the key pool that the current command prefers
  std::string family_;    // the current command's name
  std::string command_group_;  // and the group that it belongs to
  size_t key_count_ = 1;  // of the last numkeys
  bool key_count_is_exact_ = false;
};

}  // namespace redstart::oracle
