// Script: a Lua script that is called by its fingerprint, so that its text need not travel, and that brings the text
// along when the server does not know it (any more).
//
//   const redstart::Script take("local left = redis.call('decr', KEYS[1]) return left >= 0");
//   const bool taken = take.run<bool>(client, {"tickets"}).value();
//
// Scripts that touch only keys which they get as KEYS[...], and call commands by literal names, run in parallel on a
// Redstart store; others run one at a time.
//
// Threads: immutable.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

class Script {
 public:
  using Words = std::vector<std::string>;

  explicit Script(std::string text);

  const std::string& text() const { return text_; }
  // 40 hexadecimal digits.
  const std::string& sha1() const { return sha1_; }

  // EVALSHA, and EVAL when that says NOSCRIPT (then nothing has been executed). Errors: the script's own.
  template <class T = Reply>
  result<T> run(Client& client, const Words& keys = {}, const Words& arguments = {}) const {
    auto first = client.evalsha<T>(sha1_, keys, arguments);
    if (first || !is_unknown(first.error())) return first;
    return client.eval<T>(text_, keys, arguments);
  }
  // Adds a call to a pipeline or transaction. The text travels ahead of its first call, once for each run, so that no
  // call has to be repaired behind the others.
  template <class T = Reply>
  Pending<T> run(Pipeline& pipeline, const Words& keys = {}, const Words& arguments = {}) const {
    pipeline.provide_script(sha1_, text_);
    return pipeline.evalsha<T>(sha1_, keys, arguments);
  }

 private:
  // The server has no such script.
  static bool is_unknown(const Error& error);

  std::string text_;
  std::string sha1_;
};

}  // namespace redstart
