// Methods: every typed method of include/redstart/commands, with how its arguments are drawn and its result compared.
// tests/layout/check.py sees to it that none is missing.
//
// Threads: thread-compatible.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "tests/differential/typed/draws.h"
#include "tests/differential/typed/outcome.h"

namespace redstart::oracle {

// A method with its arguments, ready to be called on one store after another.
using PreparedCall = std::function<Outcome(Client&)>;

struct Method {
  std::string name;
  std::function<PreparedCall(Draws&)> draw;
  double weight = 1;            // how often it is called
  bool is_newer = false;        // than the oracle
  bool may_wait = false;        // until a timeout: the clock has to move
  bool is_ever_refused = false;  // here, by every store
  bool needs_disk = false;       // and is refused by a store in memory
};

class Methods {
 public:
  // `draw` takes Draws and returns what takes a Client and returns a result or an Outcome.
  template <class Draw>
  Method& add(std::string_view name, Draw draw) {
    const auto prepare = [draw](Draws& d) -> PreparedCall {
      return [call = draw(d)](Client& c) { return Outcome(call(c)); };
    };
    return list_.emplace_back(Method{std::string(name), prepare});
  }
  template <class Draw>
  Method& add_newer(std::string_view name, Draw draw) {
    Method& method = add(name, std::move(draw));
    method.is_newer = true;
    return method;
  }
  template <class Draw>
  Method& add_waiting(std::string_view name, Draw draw) {
    Method& method = add(name, std::move(draw));
    method.may_wait = true;
    return method;
  }

  const std::vector<Method>& list() const { return list_; }

 private:
  std::vector<Method> list_;
};

// For a method that takes a key of the pool and nothing else: `call` takes the Client and the key.
template <class Call>
auto of_key(char pool, Call call) {
  return [=](Draws& d) { return [=, key = d.key(pool)](Client& c) { return call(c, key); }; };
}
// For one that takes keys.
template <class Call>
auto of_keys(char pool, Call call) {
  return [=](Draws& d) { return [=, keys = d.keys(pool)](Client& c) { return call(c, keys); }; };
}
// For one that takes nothing.
template <class Call>
auto of_nothing(Call call) {
  return [=](Draws&) { return call; };
}

// One for each header.
void add_string_methods(Methods& methods);
void add_bitmap_methods(Methods& methods);
void add_hyperloglog_methods(Methods& methods);
void add_geo_methods(Methods& methods);
void add_key_methods(Methods& methods);
void add_list_methods(Methods& methods);
void add_hash_methods(Methods& methods);
void add_set_methods(Methods& methods);
void add_sorted_set_methods(Methods& methods);
void add_stream_methods(Methods& methods);
void add_connection_methods(Methods& methods);
void add_script_methods(Methods& methods);
void add_server_methods(Methods& methods);
Methods all_methods();

}  // namespace redstart::oracle
