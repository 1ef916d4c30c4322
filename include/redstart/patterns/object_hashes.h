// ObjectHashes: many small objects in few hashes, each hash small enough for its compact encoding.
//
//   redstart::ObjectHashes users(client, {.prefix = "users", .objects_expected = 1'000'000});
//   users.put("4711", json).value();
//   std::optional<std::string> json = users.get("4711").value();
//
// A key for each object costs its name and an entry of the keyspace; a field of a compact hash a few bytes. Objects are
// spread over hashes {prefix}:0, {prefix}:1 ... by a digest of their id, so that a hash has about two thirds of the
// fields that the server still keeps compact (hash-max-listpack-entries). How many hashes there are is decided once, by
// whoever comes first, and stands in {prefix}:layout. Values of more bytes than hash-max-listpack-value make their hash
// a table; compress them (compressed_value.h) or give them keys of their own.
//
// Objects have no time to live of their own.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

struct ObjectHashesOptions {
  std::string prefix = "objects";
  size_t objects_expected = 100'000;
};

class ObjectHashes {
 public:
  explicit ObjectHashes(Client client, ObjectHashesOptions options = {});
  ~ObjectHashes();

  // True: it is new.
  result<bool> put(std::string_view id, std::string_view value);
  // One HSET for each hash, in one pipeline; the number of new objects.
  result<size_t> put_many(const StringPairs& objects);
  result<std::optional<std::string>> get(std::string_view id);
  // True: it was there.
  result<bool> remove(std::string_view id);
  // Where an object is.
  result<std::string> hash_of(std::string_view id);
  result<size_t> hashes();

 private:
  struct State;
  Client client_;
  const ObjectHashesOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
