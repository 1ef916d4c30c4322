// CommandArguments: the words of a command, drawn along its tree of arguments and shaped so that they mean something.
//
// Keys come from small pools, one per type, so that commands meet each other's data; one key in eight comes from
// another type's pool. Values lean on the edges: empty, binary, 64 and 65 bytes, and what value_pools.h has.
//
// Threads: thread-compatible. Determinism: by the random numbers that are given.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/differential/grammar.h"
#include "tests/differential/random_draws.h"
#include "tests/differential/stream_arguments.h"

namespace redstart::oracle {

class CommandArguments : public RandomDraws {
 public:
  explicit CommandArguments(std::mt19937_64& random) : RandomDraws(random), streams_(random) {}

  // The time on the clock that both servers share: from now on deadlines are near it.
  void set_now_ms(int64_t now_ms) {
    now_ms_ = now_ms;
    streams_.set_now_ms(now_ms);
  }
  void set_last_ids_go_back(bool on) { streams_.set_last_ids_go_back(on); }
  bool has_shared_clock() const { return now_ms_ != 0; }

  // A call of `command` whose keys come from `pool`, most of them.
  Argv draw(const Command& command, char pool);

  // Single words, as they suit the command that was drawn last.
  std::string key();
  std::string key_of(char pool);
  std::string member();
  std::string value();
  std::string integer(const std::string& name);  // `name`: the argument's
  std::string pattern();
  std::string lex_bound();
  std::string score_bound();
  // How often an argument that may be repeated is there: once or a few times, rarely hundreds.
  size_t repetitions();

 private:
  void add(const Argument& argument, Argv& argv);
  void add_once(const Argument& argument, Argv& argv);
  void add_value(const Argument& argument, Argv& argv);
  void add_streams(const Argument& argument, Argv& argv);

  std::string number();
  std::string geo_number(const std::string& name);
  std::string scripting_word(const std::string& name);
  std::string bitmap_word(const std::string& name);
  std::string deadline(const std::string& name);
  std::string near_deadline(bool in_ms, bool absolute);

  StreamArguments streams_;
  int64_t now_ms_ = 0;    // 0: the servers have clocks of their own
  char pool_ = 's';       // that the current command prefers
  std::string family_;    // the current command's name
  std::string group_;     // and the group that it belongs to
  size_t key_count_ = 1;  // of the last numkeys
  bool key_count_is_exact_ = false;
};

}  // namespace redstart::oracle
