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
  // PUBLISH: how many received it.
  auto publish(std::string_view channel, std::string_view message) {
    return self().run(detail::typed<int64_t>(WordList("PUBLISH", channel, message)));
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
