// ScriptMethods: scripts and functions, as methods with typed replies. See commands.h. What a script returns is
// up to the script: eval<int64_t>(...) says what is expected; without that it is a Reply.
//
// Script, in redstart/script.h, is a script by its fingerprint that loads itself.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

// The words of EVAL's kind of command.
template <class Keys, class Arguments>
WordList script_words(std::string_view command, std::string_view script, const Keys& keys, const Arguments& arguments) {
  WordList words(command, script);
  words.add(static_cast<int64_t>(std::size(keys))).add_all(keys).add_all(arguments);
  return words;
}

template <class Self>
class ScriptMethods {
 public:
  using Strings = std::vector<std::string>;

  // EVAL. With EVAL_RO the script may not write, and the call is repeated after a lost connection.
  template <class T = Reply, class Keys = Strings, class Arguments = Strings>
  auto eval(std::string_view script, const Keys& keys = {}, const Arguments& arguments = {}) {
    return self().run(detail::typed<T>(script_words("EVAL", script, keys, arguments)));
  }
  template <class T = Reply, class Keys = Strings, class Arguments = Strings>
  auto eval_ro(std::string_view script, const Keys& keys = {}, const Arguments& arguments = {}) {
    return self().run(detail::typed<T>(script_words("EVAL_RO", script, keys, arguments)));
  }
  // EVALSHA: a script that the server has seen.
  template <class T = Reply, class Keys = Strings, class Arguments = Strings>
  auto evalsha(std::string_view sha1, const Keys& keys = {}, const Arguments& arguments = {}) {
    return self().run(detail::typed<T>(script_words("EVALSHA", sha1, keys, arguments)));
  }
  // FCALL and FCALL_RO: a function of a library.
  template <class T = Reply, class Keys = Strings, class Arguments = Strings>
  auto fcall(std::string_view function, const Keys& keys = {}, const Arguments& arguments = {}) {
    return self().run(detail::typed<T>(script_words("FCALL", function, keys, arguments)));
  }
  template <class T = Reply, class Keys = Strings, class Arguments = Strings>
  auto fcall_ro(std::string_view function, const Keys& keys = {}, const Arguments& arguments = {}) {
    return self().run(detail::typed<T>(script_words("FCALL_RO", function, keys, arguments)));
  }
  // SCRIPT LOAD: the fingerprint, for EVALSHA.
  auto script_load(std::string_view script) {
    return self().run(detail::typed<std::string>(WordList("SCRIPT", "LOAD", script)));
  }
  // SCRIPT EXISTS: whether the server has each.
  template <class Range>
  auto script_exists(const Range& sha1s) {
    return self().run(detail::typed<std::vector<int64_t>>(WordList("SCRIPT", "EXISTS").add_all(sha1s)));
  }
  // SCRIPT FLUSH.
  auto script_flush() { return self().run(detail::typed<Done>(WordList("SCRIPT", "FLUSH"))); }
  // SCRIPT KILL.
  auto script_kill() { return self().run(detail::typed<Done>(WordList("SCRIPT", "KILL"))); }
  // FUNCTION LOAD, with REPLACE: the library's name.
  auto function_load(std::string_view code) {
    return self().run(detail::typed<std::string>(WordList("FUNCTION", "LOAD", "REPLACE", code)));
  }
  // FUNCTION DELETE.
  auto function_delete(std::string_view library) {
    return self().run(detail::typed<Done>(WordList("FUNCTION", "DELETE", library)));
  }
  // FUNCTION FLUSH.
  auto function_flush() { return self().run(detail::typed<Done>(WordList("FUNCTION", "FLUSH"))); }
  // FUNCTION DUMP and RESTORE: all libraries as bytes.
  auto function_dump() { return self().run(detail::typed<std::string>(WordList("FUNCTION", "DUMP"))); }
  auto function_restore(std::string_view payload) {
    return self().run(detail::typed<Done>(WordList("FUNCTION", "RESTORE", payload)));
  }

  // EVALSHA_RO: as evalsha, for a script that may not write.
  template <class T = Reply, class Keys = Strings, class Arguments = Strings>
  auto evalsha_ro(std::string_view sha1, const Keys& keys = {}, const Arguments& arguments = {}) {
    return self().run(detail::typed<T>(script_words("EVALSHA_RO", sha1, keys, arguments)));
  }
  // FUNCTION KILL.
  auto function_kill() { return self().run(detail::typed<Done>(WordList("FUNCTION", "KILL"))); }
  // FUNCTION LIST and STATS, as the server puts them.
  auto function_list() { return self().run(detail::typed<Reply>(WordList("FUNCTION", "LIST"))); }
  auto function_stats() { return self().run(detail::typed<Reply>(WordList("FUNCTION", "STATS"))); }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
