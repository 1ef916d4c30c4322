// StreamArguments: what stands in stream commands where others have plain values: ids that grow with the clock, and
// ids, groups and consumers that were named before.
//
// Threads: thread-compatible.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "tests/differential/grammar.h"

namespace redstart::oracle {

class StreamArguments {
 public:
  explicit StreamArguments(std::mt19937_64& random) : random_(random) {}
  void set_now_ms(int64_t now_ms) { now_ms_ = now_ms; }
  // Whether XSETID succeeds, which may give a stream a last id below those that it has had.
  void set_last_ids_go_back(bool on) { last_ids_go_back_ = on; }

  // A value for an argument of this name in the command `family`, of which `argv` is there yet; nothing: any will do.
  std::optional<std::string> draw(const std::string& family, const Argument& argument, const Argv& argv);

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  std::string fresh_id();
  std::string known_id();
  std::string any_id();
  std::string range_end();
  std::string small_number(uint64_t bound);
  std::string threshold(const Argv& argv);
  std::string read_position(const std::string& family);

  std::mt19937_64& random_;
  int64_t now_ms_ = 1000;
  bool last_ids_go_back_ = true;
  std::array<std::string, 64> known_ids_;  // a ring
  size_t known_count_ = 0;
};

}  // namespace redstart::oracle
