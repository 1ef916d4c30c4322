// Cache: cache-aside with one loader call per key at a time, refresh ahead of expiry, negative entries,
// tags and exact statistics.
//
//   redstart::Cache cache(client, {.prefix = "shop"});
//   auto profile = cache.get_or_load<Profile>(cache.key("profile", user_id),
//                                             [&] { return database.find_profile(user_id); });
//
// A hit and a miss give equal values: what the loader returned passes through the serializer in both
// cases. Concurrent callers of a missing key wait for one loader call and share its outcome. When a value
// is older than refresh_ahead_factor of its life, it is returned and loaded anew in the background, once.
// When the store is down, the loader is called instead (fail_open).
//
// Threads: thread-safe; the loader runs on the caller's thread, refreshes on the cache's own.
// Ownership: shares the client's store. The destructor waits for a running refresh.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct CacheOptions {
  std::string prefix = "cache";  // every key and tag of this cache begins with it
  std::chrono::milliseconds default_ttl{std::chrono::hours(1)};
  // Age, as a part of the ttl, from which a hit starts a refresh. 1: never.
  double refresh_ahead_factor = 0.8;
  // How long "there is no such object" is remembered. Zero: not at all.
  std::chrono::milliseconds negative_ttl{0};
  // The store fails: call the loader (true), or return the store's error.
  bool fail_open = true;
  size_t refresh_queue_max = 1000;  // refreshes waiting; beyond it none is started
};

// Settings of one call; what is absent is the cache's.
struct LoadOptions {
  std::optional<std::chrono::milliseconds> ttl = std::nullopt;
  std::optional<double> refresh_ahead_factor = std::nullopt;
  std::vector<std::string> tags = {};
};

// All counts are exact.
struct CacheStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t negative_hits = 0;  // hits that say "no such object"; counted in hits too
  uint64_t shared_loads = 0;   // misses that waited for another caller's load
  uint64_t loads = 0;
  uint64_t load_failures = 0;
  uint64_t refreshes = 0;
  uint64_t refresh_failures = 0;
  uint64_t refreshes_dropped = 0;  // the refresh queue was full
  uint64_t store_errors = 0;
  uint64_t total_requests() const { return hits + misses; }
  // In per cent with two places; 0 without requests.
  double hit_ratio() const;
};

// How values become bytes. Specialize for own types; strings are stored as they are.
template <class T>
struct CacheSerializer;

template <>
struct CacheSerializer<std::string> {
  static std::string encode(const std::string& value) { return value; }
  static std::optional<std::string> decode(std::string bytes) { return bytes; }
};

// Arguments of a cached function as unambiguous text: each with its type and length, so that ("1", 2) and
// ("12") and (12) all differ.
class CacheKeyBuilder {
 public:
  explicit CacheKeyBuilder(std::string_view name) { text_.append(name); }
  CacheKeyBuilder& add(std::string_view text) { return part('s', text); }
  CacheKeyBuilder& add(const std::string& text) { return part('s', text); }
  CacheKeyBuilder& add(const char* text) { return part('s', text); }
  CacheKeyBuilder& add(bool value) { return part('b', value ? "1" : "0"); }
  CacheKeyBuilder& add(double value);
  template <class Integer>
    requires std::is_integral_v<Integer>
  CacheKeyBuilder& add(Integer value) {
    return part('i', std::to_string(value));
  }
  // The canonical text that is hashed.
  const std::string& text() const { return text_; }

 private:
  CacheKeyBuilder& part(char type, std::string_view text);
  std::string text_;
};

class Cache {
 public:
  explicit Cache(Client client, CacheOptions options = {});
  ~Cache();
  Cache(const Cache&) = delete;

  // "{prefix}:{name}:{hash}": equal arguments give equal keys, different ones different keys. `name` should
  // say which function is cached; the hash has 128 bits.
  template <class... Arguments>
  std::string key(std::string_view name, const Arguments&... arguments) const {
    CacheKeyBuilder builder(name);
    (builder.add(arguments), ...);
    return key_of(name, builder.text());
  }

  // The cached value, or what `loader` returns (nothing: there is no such object). A loader says failure by
  // an exception, which becomes an Error with ErrorCode::server and its text for every caller that
  // waited; nothing is cached then.
  template <class T>
  result<std::optional<T>> get_or_load(const std::string& key,
                                       std::function<std::optional<T>()> loader,
                                       const LoadOptions& options = {}) {
    auto bytes = load_bytes(
        key,
        [loader = std::move(loader)]() -> std::optional<std::string> {
          std::optional<T> value = loader();
          if (!value) return std::nullopt;
          return CacheSerializer<T>::encode(*value);
        },
        options);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (!*bytes) return std::optional<T>();
    auto value = CacheSerializer<T>::decode(std::move(**bytes));
    if (!value) {
      return std::unexpected(Error{ErrorCode::unexpected_reply, Outcome::not_done,
                                   "the cached bytes under '" + key + "' cannot be decoded"});
    }
    return value;
  }

  // Removes an entry; a load that runs meanwhile does not bring the old value back. True: it was there.
  result<bool> invalidate(const std::string& key);
  // Removes every entry with this tag, and the tag. The number of entries that were really removed.
  result<size_t> invalidate_by_tag(std::string_view tag);

  CacheStats stats() const;
  // Waits until no refresh is waiting or running.
  void drain_refreshes();

 private:
  using BytesLoader = std::function<std::optional<std::string>()>;
  struct State;
  struct Flight;
  std::string key_of(std::string_view name, const std::string& canonical) const;
  std::string tag_key(std::string_view tag) const;
  result<std::optional<std::string>> load_bytes(const std::string& key, BytesLoader loader,
                                                const LoadOptions& options);
  result<std::optional<std::string>> load_alone(const std::string& key, const BytesLoader& loader,
                                                const LoadOptions& options, Flight& flight);
  void store(const std::string& key, const std::optional<std::string>& value,
             const LoadOptions& options, Flight& flight);
  void refresh_in_background(const std::string& key, BytesLoader loader, LoadOptions options);
  void run_refreshes();

  Client client_;
  const CacheOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
