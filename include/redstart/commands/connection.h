// ConnectionMethods: the commands about the clients of a store, as methods with typed replies. See commands.h.
//
// What changes the session itself (CLIENT TRACKING, REPLY, NO-EVICT ...) is for a client of its own: see
// Client::dedicated, whose push handler also gets the invalidations of CLIENT TRACKING.
#pragma once

#include <map>

#include "redstart/commands/typed.h"

namespace redstart {

// A client as CLIENT LIST shows it.
struct ClientInfo {
  uint64_t id = 0;
  std::string address, local_address, name;
  std::string flags;  // letters, as CLIENT LIST explains them: "N", "P", "tB" ...
  std::string user, library_name, library_version;
  std::string command;  // the last one: "get", "client|list"
  std::chrono::seconds age{}, idle{};
  int db = 0, protocol = 2;
  int subscriptions = 0, pattern_subscriptions = 0;
  uint64_t total_bytes = 0;
  std::map<std::string, std::string, std::less<>> fields;  // all of them, by their names
};

// Which clients client_kill means: those that fit everything that is set.
struct ClientFilter {
  std::optional<uint64_t> id = {};
  std::string_view type = {};  // "normal", "pubsub", "replica"
  std::string_view address = {}, local_address = {}, user = {};
  bool skip_me = true;  // the connection that asks stays
  WordList apply(WordList words) const;
};

enum class PauseKind : unsigned char { all, write };
enum class UnblockAs : unsigned char { timeout, error };

template <class Self>
class ConnectionMethods {
 public:
  // CLIENT LIST: the oldest first.
  auto client_list() { return self().run(detail::typed<std::vector<ClientInfo>>(WordList("CLIENT", "LIST"))); }
  // CLIENT LIST TYPE.
  auto client_list(std::string_view type) {
    return self().run(detail::typed<std::vector<ClientInfo>>(WordList("CLIENT", "LIST", "TYPE", type)));
  }
  // CLIENT INFO: of the connection that runs the command.
  auto client_info() { return self().run(detail::typed<ClientInfo>(WordList("CLIENT", "INFO"))); }
  // CLIENT KILL: how many are closed.
  auto client_kill(const ClientFilter& filter) {
    return self().run(detail::typed<int64_t>(filter.apply(WordList("CLIENT", "KILL"))));
  }
  // CLIENT UNBLOCK: whether it was blocked.
  auto client_unblock(uint64_t id, UnblockAs as = UnblockAs::timeout) {
    const std::string_view how = as == UnblockAs::error ? "ERROR" : "TIMEOUT";
    return self().run(detail::typed<bool>(WordList("CLIENT", "UNBLOCK", id, how)));
  }
  // CLIENT PAUSE: nobody's commands, or nobody's writes, run until then.
  auto client_pause(std::chrono::milliseconds duration, PauseKind kind = PauseKind::all) {
    const std::string_view what = kind == PauseKind::write ? "WRITE" : "ALL";
    return self().run(
        detail::typed<Done>(WordList("CLIENT", "PAUSE", static_cast<int64_t>(duration.count()), what)));
  }
  // CLIENT UNPAUSE.
  auto client_unpause() { return self().run(detail::typed<Done>(WordList("CLIENT", "UNPAUSE"))); }

  // CLIENT GETNAME: absent when it has none.
  auto client_getname() {
    return self().run(detail::typed<std::optional<std::string>>(WordList("CLIENT", "GETNAME")));
  }
  // CLIENT ID of the connection that runs the command.
  auto client_id() { return self().run(detail::typed<int64_t>(WordList("CLIENT", "ID"))); }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace redstart
