// Tracking: which client may hold which keys in a cache of its own, and the invalidations that tell it when
// one of them has changed (CLIENT TRACKING).
//
// In the default mode the keys that a client reads are remembered in a table. Each shard's part of it is
// guarded by that shard's lock, so that reading a value and being remembered are one step, and so are a change
// and its invalidation: a client that has got everything that was sent before some moment holds nothing that
// was stale by then. The table is bounded by `tracking-table-max-keys`; who is dropped from it is told that the
// key changed.
//
// In the broadcasting mode nothing is remembered: clients name prefixes and hear of every change of a key
// that begins with one. What a batch of commands has changed is told together when the batch has ended.
//
// As in Redis the table knows names of keys, not databases.
//
// Threads: thread-safe; the parts are shard-local. Lock order: a shard, then the prefixes, then a client, then
// the registry of clients, then whatever Session::on_push takes.
// Ownership: shares the clients with their sessions; borrows the sessions, which forget() before they go.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "engine/access.h"
#include "redstart/reply.h"

namespace redstart {

class ClientRegistry;
class Config;
class Session;

enum TrackingFlag : uint16_t {
  kTrackingOn = 1 << 0,
  kTrackingBroadcast = 1 << 1,       // BCAST
  kTrackingOptIn = 1 << 2,           // only what is read after CLIENT CACHING YES
  kTrackingOptOut = 1 << 3,          // all but what is read after CLIENT CACHING NO
  kTrackingNoLoop = 1 << 4,          // the client's own changes are not told
  kTrackingBrokenRedirect = 1 << 5,  // the client to which invalidations go is gone
};

// A session as tracking sees it. It outlives the session in the entries of keys.
struct TrackingClient {
  explicit TrackingClient(Session& of);

  const uint64_t id;
  std::atomic<uint16_t> flags{0};            // of TrackingFlag
  std::atomic<uint64_t> redirect_id{0};      // who gets the invalidations; 0: the client itself
  std::vector<std::string> prefixes;         // sorted; the session's owner's
  std::mutex mutex;                          // guards session
  Session* session;                          // null once it is gone

  bool has(uint16_t flag) const { return (flags.load(std::memory_order_relaxed) & flag) != 0; }
  bool remembers_reads() const {
    const uint16_t mode = flags.load(std::memory_order_relaxed);
    return (mode & (kTrackingOn | kTrackingBroadcast)) == kTrackingOn;
  }
  // Whether what is read now is to be remembered. `caching_given`: CLIENT CACHING came before.
  bool wants(bool caching_given) const {
    return !(has(kTrackingOptIn) && !caching_given) && !(has(kTrackingOptOut) && caching_given);
  }
};

struct TrackingOptions {
  uint16_t flags = 0;  // of TrackingFlag, without kTrackingOn
  uint64_t redirect_id = 0;
  std::vector<std::string> prefixes;
};

// A key that a session has changed since its batch began.
struct ChangedKey {
  std::string key;
  bool by_itself;  // expired or evicted, not changed by the session's command
  auto operator<=>(const ChangedKey&) const = default;
};

class Tracking {
 public:
  Tracking(Keyspace& keyspace, ClientRegistry& clients, const Config& config);
  ~Tracking();

  // --- By the session's owner.
  // Begins to track, or goes on with other options; prefixes are added to those it has.
  void enable(Session& session, const TrackingOptions& options);
  void disable(Session& session);
  // The session goes.
  void forget(Session& session);

  // --- REQUIRES: the key's shard is locked.
  void remember(const std::shared_ptr<TrackingClient>& client, std::string_view key, uint64_t hash,
                Random& random);
  // Tells who remembers the key. What `runner` itself is to hear waits in its own_pushes.
  void key_changed(const KeyChange& change, Session& runner);

  // --- Broadcasting
  bool has_prefixes() const { return prefix_count_.load(std::memory_order_relaxed) != 0; }
  // Tells and forgets the session's changed_keys.
  void broadcast(Session& runner);

  // Everything may have changed: tells all tracking clients and empties the table.
  // REQUIRES: every shard is locked.
  void flush(Session& runner);
  // Brings the table back under its limit, as far as one round of bounded work gets.
  // REQUIRES: no shard is locked by this thread.
  void trim(Random& random);

  size_t client_count() const { return client_count_.load(std::memory_order_relaxed); }
  size_t key_count() const { return key_count_.load(std::memory_order_relaxed); }
  size_t item_count() const { return item_count_.load(std::memory_order_relaxed); }
  // What the table takes, about.
  size_t memory_bytes() const;
  size_t prefix_count() const { return prefix_count_.load(std::memory_order_relaxed); }

 private:
  class Invalidation;
  using Clients = std::vector<std::shared_ptr<TrackingClient>>;  // by id
  struct StringHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return hash_bytes(text); }
  };
  using Part = std::unordered_map<std::string, Clients, StringHash, std::equal_to<>>;

  void send(TrackingClient& client, Invalidation& invalidation, Session* runner);
  void send_to(Session& target, Invalidation& invalidation, bool is_redirected, Session* runner);
  void take_out(size_t part_index, Part::iterator entry);
  // Drops some key from the part, but not `kept`.
  void evict_one(size_t part_index, Random& random, std::optional<std::string_view> kept);
  void broadcast_to(TrackingClient& client, Invalidation& all, std::span<const ChangedKey* const> keys,
                    Session& runner);
  void add_prefixes(const std::shared_ptr<TrackingClient>& client,
                    const std::vector<std::string>& prefixes);
  void remove_prefixes(TrackingClient& client);

  Keyspace& keyspace_;
  ClientRegistry& clients_;
  const Config& config_;
  std::vector<Part> parts_;
  std::atomic<size_t> client_count_{0}, key_count_{0}, item_count_{0}, prefix_count_{0};
  std::atomic<size_t> key_bytes_{0};
  size_t next_trimmed_ = 0;  // by the thread that calls trim()
  mutable std::shared_mutex prefixes_mutex_;  // guards prefixes_
  std::map<std::string, Clients> prefixes_;
  std::mutex tracked_mutex_;  // guards tracked_
  std::map<uint64_t, std::shared_ptr<TrackingClient>> tracked_;
};

}  // namespace redstart
