// Scripts: random Lua scripts and libraries of functions, put together of templates with random pieces: values in
// both directions, errors, calls of commands, the libraries with arguments that they may not like.
//
// Whatever they say is the same on every server: nothing random, no addresses of tables.
//
// Threads: thread-compatible. Determinism: as the random numbers.
#pragma once

#include <random>
#include <string>

namespace redstart::oracle {

class Scripts {
 public:
  explicit Scripts(std::mt19937_64& random) : random_(random) {}

  std::string script();
  std::string library();
  // A name that a library may have registered.
  std::string function();
  // 40 digits, of a script that may be in the cache.
  std::string fingerprint();

 private:
  uint64_t below(uint64_t bound) { return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_); }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
  template <class Pool>
  std::string one_of(const Pool& pool) {
    return std::string(pool[below(std::size(pool))]);
  }
  std::string number();
  std::string text();
  std::string value(int depth = 0);
  std::string table(int depth);
  std::string key();
  std::string call();
  std::string json();
  std::string format();
  std::string library_call();
  std::string statement();
  std::string head();

  std::mt19937_64& random_;
};

}  // namespace redstart::oracle
