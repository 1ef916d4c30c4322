// Scripts: random Lua scripts and libraries of functions, put together of templates with random pieces: values in
// both directions, errors, calls of commands, the libraries with arguments that they may not like.
//
// Whatever they say is the same on every server: nothing random, no addresses of tables.
//
// Threads: thread-compatible. Determinism: as the random numbers.
#pragma once

#include <random>
#include <string>

#include "tests/differential/random_draws.h"

namespace redstart::oracle {

class Scripts : private RandomDraws {
 public:
  explicit Scripts(std::mt19937_64& random) : RandomDraws(random) {}

  std::string script();
  std::string library();
  // A name that a library may have registered.
  std::string function();
  // 40 digits, of a script that may be in the cache.
  std::string fingerprint();

 private:
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
};

}  // namespace redstart::oracle
