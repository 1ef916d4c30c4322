// SessionStore: sessions that live as long as they are used.
//
//   redstart::SessionStore sessions(client, {.ttl = std::chrono::hours(24)});
//   std::string id = sessions.create({{"user_id", "7"}, {"email", "ada@example.com"}}).value();
//   auto session = sessions.get(id).value();        // and it lives for another 24 hours
//   sessions.increment(id, "page_views").value();
//
// A session is created with its life in one step, so none is immortal; and nothing brings a session back that has
// expired or was removed: updates say "gone" (false, or nothing) instead. Ids have 128 random bits of the system's.
//
// Redis 7.0 or newer, Redstart; a cluster too: one key for each session.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

struct SessionStoreOptions {
  std::string name = "session";  // keys are "name:id"
  std::chrono::milliseconds ttl = std::chrono::hours(24);
  bool sliding = true;  // each use begins the life anew
};

class SessionStore {
 public:
  using Fields = std::map<std::string, std::string>;

  explicit SessionStore(Client client, SessionStoreOptions options = {});
  // The new session's id. Errors: invalid_argument without any field, and, here and below, for a ttl below 1 ms.
  result<std::string> create(const Fields& fields);
  // Nothing: there is no such session.
  result<std::optional<Fields>> get(std::string_view id);
  // Sets fields. False: there is no such session.
  result<bool> update(std::string_view id, const Fields& fields);
  // The new value; nothing: there is no such session.
  result<std::optional<int64_t>> increment(std::string_view id, std::string_view field, int64_t amount = 1);
  // Begins the life anew, also when sessions do not slide. False: there is no such session.
  result<bool> touch(std::string_view id);
  // What is left of its life; nothing: there is no such session.
  result<std::optional<std::chrono::milliseconds>> remaining(std::string_view id);
  // False: there was none.
  result<bool> remove(std::string_view id);
  std::string key(std::string_view id) const { return options_.name + ":" + std::string(id); }

 private:
  Client client_;
  const SessionStoreOptions options_;
};

}  // namespace redstart
