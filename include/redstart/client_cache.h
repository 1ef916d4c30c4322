// ClientCache: values of a store kept in this process, which the store itself invalidates when they change
// (CLIENT TRACKING over RESP3).
//
//   auto cache = redstart::ClientCache::open(client, {.bytes_max = 64 << 20}).value();
//   std::string value;
//   if (cache.get("user:1", value).value()) use(value);      // a hit is answered in about 100 ns
//
// What it promises:
//   - A value that get() returns was the store's at some moment of the last `staleness_max`, whatever happens to
//     connections and this process, and when a master becomes a replica; one that is cut off and does not know that it
//     was replaced is believed for longer (docs/guide/clusters.md). Invalidations take about half a round trip.
//   - A value that was read before its key was invalidated is never kept after that, however late its reply comes.
//   - A lost connection empties the cache: what would have been invalidated meanwhile is not known.
//   - After forget(key), get(key) asks the store: so that one reads what one has written.
// What it does not promise: that two keys are of the same moment; that one's own writes are seen without forget().
//
// While the store does not say what changes (it is not reachable, or the connection was just lost), get() asks it each
// time, as client.get() would. On a cluster, each master tells of its own keys; in the broadcasting mode a master that
// joins is heard from when the client has learnt of it.
//
// Threads: thread-safe. Ownership: has a session and a thread of its own; shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct ClientCacheOptions {
  size_t bytes_max = size_t{64} << 20;  // entries with all that belongs to them
  size_t entry_bytes_max = size_t{1} << 20;  // larger ones are not kept
  // See above. The store is asked for a sign of life four times as often.
  std::chrono::milliseconds staleness_max{1000};
  // Off: the store remembers which keys this cache has read, and tells of those. On: it remembers nothing, and tells of
  // every change below `prefixes` (empty: of any key). For many caches of the same keys.
  bool broadcasts = false;
  std::vector<std::string> prefixes = {};
};

// Totals of one moment, except for what is said to be of now.
struct ClientCacheStats {
  uint64_t hits = 0, misses = 0;
  uint64_t bypassed = 0;       // reads that asked the store since nobody vouched for the cache
  uint64_t invalidations = 0;  // keys that the store said have changed
  uint64_t flushes = 0;        // of the whole store, as it said
  uint64_t late_fills = 0;     // values that were out of date when they came
  uint64_t evictions = 0;
  uint64_t losses = 0;  // of the connection
  size_t entries = 0, bytes = 0;  // now
  // What an invalidation takes to get here, at most: a round trip of the last sign of life, and the longest of all.
  std::chrono::microseconds delay{0}, delay_max{0};
  // The oldest that a value could have been that was returned, by the signs of life: never above staleness_max.
  std::chrono::microseconds staleness_seen{0};
  double hit_ratio() const {
    return hits + misses ? static_cast<double>(hits) / static_cast<double>(hits + misses) : 0;
  }
};

class ClientCache {
 public:
  // Errors: those of the connection; server, when the store has no CLIENT TRACKING; invalid_argument.
  static result<ClientCache> open(Client client, ClientCacheOptions options = {});
  ClientCache(ClientCache&&) noexcept;
  ClientCache& operator=(ClientCache&&) noexcept;
  ~ClientCache();

  // GET. Nothing: no such key, which is kept as well.
  result<std::optional<std::string>> get(std::string_view key);
  // The same into the caller's string, whose room is used again. False: no such key.
  result<bool> get(std::string_view key, std::string& value);
  // Calls `use` with the value, without a copy when it is here: under a lock, so it must be short and not use the
  // cache.
  result<void> read(std::string_view key, const std::function<void(std::optional<std::string_view>)>& use);
  // MGET: one element per key, what is missing here in one round trip.
  result<std::vector<std::optional<std::string>>> mget(std::span<const std::string> keys);

  // Drops the key here, and does not keep what is on its way.
  void forget(std::string_view key);
  void clear();

  ClientCacheStats stats() const;
  // Whether reads may be answered from here now.
  bool is_vouched_for() const;

 private:
  class State;
  explicit ClientCache(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace redstart
