// ServerMethods: the commands of the server and of connections, as methods with typed replies. See commands.h.
#pragma once

#include "redstart/commands/typed.h"

namespace redstart {

template <class Self>
class ServerMethods {
 public:
  // PING.
  auto ping() { return self().run(detail::typed<std::string>(WordList("PING"))); }
  // ECHO.
  auto echo(std::string_view text) {
    return self().run(detail::typed<std::string>(WordList("ECHO", text)));
  }
  // DBSIZE.
  auto dbsize() { return self().run(detail::typed<int64_t>(WordList("DBSIZE"))); }
  // FLUSHDB.
  auto flushdb() { return self().run(detail::typed<Done>(WordList("FLUSHDB"))); }
  // FLUSHALL.
  auto flushall() { return self().run(detail::typed<Done>(WordList("FLUSHALL"))); }
  // INFO, of one section or all default ones.
  auto info(std::string_view section = "default") {
    return self().run(detail::typed<std::string>(WordList("INFO", section)));
  }
  // CONFIG GET.
  auto config_get(std::string_view pattern) {
    return self().run(detail::typed<StringPairs>(WordList("CONFIG", "GET", pattern)));
  }
  // CONFIG SET.
  auto config_set(std::string_view name, std::string_view value) {
    return self().run(detail::typed<Done>(WordList("CONFIG", "SET", name, value)));
  }
  // ACL WHOAMI.
  auto acl_whoami() { return self().run(detail::typed<std::string>(WordList("ACL", "WHOAMI"))); }
  // ACL SETUSER: creates a user or changes it, all rules or none: {"on", ">secret", "~app:*", "+@read"}.
  template <class Range = std::initializer_list<std::string_view>>
  auto acl_setuser(std::string_view name, const Range& rules) {
    WordList words("ACL", "SETUSER", name);
    for (const auto& rule : rules) words.add(rule);
    return self().run(detail::typed<Done>(std::move(words)));
  }
  // ACL DELUSER: how many of the users there were.
  template <class Range = std::initializer_list<std::string_view>>
  auto acl_deluser(const Range& names) {
    WordList words("ACL", "DELUSER");
    for (const auto& name : names) words.add(name);
    return self().run(detail::typed<int64_t>(std::move(words)));
  }
  // ACL LIST: the users as lines of a configuration file.
  auto acl_list() {
    return self().run(detail::typed<std::vector<std::string>>(WordList("ACL", "LIST")));
  }
  // ACL USERS: their names.
  auto acl_users() {
    return self().run(detail::typed<std::vector<std::string>>(WordList("ACL", "USERS")));
  }
  // ACL GENPASS: a password of that many bits in hexadecimal digits.
  auto acl_genpass(int64_t bits = 256) {
    return self().run(detail::typed<std::string>(WordList("ACL", "GENPASS", bits)));
  }
  // PUBLISH: how many received it.
  auto publish(std::string_view channel, std::string_view message) {
    return self().run(detail::typed<int64_t>(WordList("PUBLISH", channel, message)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
