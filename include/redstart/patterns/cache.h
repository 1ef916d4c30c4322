// Cache: one call that gives a value from the cache, or has it loaded.
//
//   redstart::Cache cache(client, {.prefix = "shop", .default_ttl = std::chrono::minutes(10)});
//   auto profile = cache.get_or_load<Profile>(cache.key("profile", user_id),
//                                             [&] { return database.find_profile(user_id); });
//
// What it sees to:
//   - one loader call per key and process at a time, and by choice per fleet; the other callers share its outcome
//   - refresh ahead of expiry in the background: by age, and by XFetch ("Optimal Probabilistic Cache Stampede
//     Prevention", Vattani, Chierichetti, Lowenstein, VLDB 2015)
//   - stale values while a new one is loaded, or when the loader fails or is late, within limits
//   - "there is no such object" as an answer with a life of its own
//   - invalidation by key and, in O(1), by tag. Neither can be undone by a load that began before it, in whatever
//     process: a load is stored only on top of what stood there when it began
//   - writing through: the database first, then the cache, the newest version wins
//   - a local level in this process, kept coherent with the other processes'
//   - a store that is down: the loader is called (fail_open)
//
// The loader gives a T, or a std::optional<T> of which nothing means "there is no such object", or throws to say
// failure. A hit and a miss give equal values: both have passed through CacheSerializer<T>.
//
// A loader may be called again later, by a thread of the cache's, for a refresh or when a timeout was set: then it
// must own what it uses. With refresh_ahead_factor = 1 and no stale values or timeouts it never is.
//
// Works on a Redis Cluster: everything about one entry is one key. All stores: Redis 7.0 or newer, Redstart.
//
// Threads: thread-safe. Loaders run on the caller's thread, unless a timeout is set; refreshes on the cache's own.
// Ownership: shares the client's store. The destructor waits for running loaders.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"
#include "redstart/patterns/compressed_value.h"

namespace redstart {

// How the local levels of several processes hear of changes.
enum class Coherence : unsigned char {
  publish,   // caches publish what they change, on "{prefix}:changes"; works on a cluster
  tracking,  // the server tells of every change by anybody below "{prefix}:" (CLIENT TRACKING BCAST); one server only
};

// The local level: entries in this process. It is used only while the connection that tells of changes is known to
// work; when that is lost, the level is emptied.
struct LocalLevelOptions {
  size_t entries_max = 0;  // zero: no local level
  size_t bytes_max = 64 << 20;
  // No entry stays longer, and none longer than its remaining life in the store.
  std::chrono::milliseconds ttl_max{10'000};
  Coherence coherence = Coherence::publish;
  // Publishes changes although there is no local level here, because other processes have one.
  bool publishes_without = false;
  // The listening connection is asked this often whether it lives; that long, at most, stale values are given after
  // a silent loss.
  std::chrono::milliseconds heartbeat{1000};
};

struct CacheOptions {
  std::string prefix = "cache";  // key() and all tags of this cache begin with it
  std::chrono::milliseconds default_ttl{std::chrono::hours(1)};
  // Each ttl is shortened by a random part of up to this, so that what was loaded together does not expire together.
  double ttl_jitter = 0;
  // Age, as a part of the ttl, from which a hit starts a refresh. 1: never.
  double refresh_ahead_factor = 0.8;
  // XFetch: a hit starts a refresh by chance, the likelier the nearer the expiry and the slower the loader. 1 is the
  // paper's optimum, more is earlier, 0 is off.
  double xfetch_beta = 0;
  // A failed refresh is not tried again for the same key within this time.
  std::chrono::milliseconds refresh_retry_delay{1000};
  // For how long past its ttl a value is given while it is loaded anew, and when the loader fails or is late.
  std::chrono::milliseconds stale_while_revalidate{0};
  std::chrono::milliseconds stale_on_error{0};
  // A caller that has a stale value waits this long for the loader, any caller at most `load_timeout`, then it fails
  // with timed_out. The load goes on and is stored. Zero: as long as it takes.
  std::chrono::milliseconds soft_load_timeout{0};
  std::chrono::milliseconds load_timeout{0};
  // How long "there is no such object" is remembered. Zero: not at all.
  std::chrono::milliseconds negative_ttl{0};
  // The store fails: call the loader (true), or return the store's error.
  bool fail_open = true;
  // One loader call per key over all processes that share the store; the others wait for it.
  bool one_loader_per_fleet = false;
  // How long a load may take: after that, its result is not stored and another process may load. It is also how long
  // an old entry may outlive a write_through() whose second half never came.
  std::chrono::milliseconds lease_ttl{30'000};
  // Tags know their entries, so that invalidate_by_tag() can remove and count them: one ZADD per tag and load.
  bool index_tags = true;
  // Values are stored compressed where that makes them smaller; entries written otherwise stay readable.
  std::optional<CompressionOptions> compression = std::nullopt;
  LocalLevelOptions local = {};
  size_t refresh_queue_max = 1000;  // refreshes waiting; beyond it none is started
  size_t threads_max = 4;           // of the cache's own, started when needed
  UnixClock clock = {};             // ages are measured with it; processes' clocks should agree
};

// Settings of one call; what is absent is the cache's. A ttl is at least 1 ms; a shorter one is invalid_argument.
struct LoadOptions {
  std::optional<std::chrono::milliseconds> ttl = std::nullopt;
  std::optional<double> refresh_ahead_factor = std::nullopt;
  std::vector<std::string> tags = {};
};

// Settings of one put(); ttl as above. `version`: grows with each change of the object; 0: none.
struct PutOptions {
  std::optional<std::chrono::milliseconds> ttl = std::nullopt;
  std::vector<std::string> tags = {};
  uint64_t version = 0;
};

// Counts since the beginning, all of one moment, exact.
struct CacheStats {
  // --- Requests: each is a hit or a miss.
  uint64_t hits = 0;           // answered by the cache, stale answers included
  uint64_t misses = 0;
  uint64_t local_hits = 0;     // of the hits: answered by the local level
  uint64_t negative_hits = 0;  // of the hits: "no such object"
  uint64_t stale_hits = 0;     // of the hits: past the ttl, while a refresh was on its way
  uint64_t shared_loads = 0;   // of the misses: waited for another caller's load
  uint64_t fleet_loads = 0;    // of the misses: another process, or another load of this one, was quicker
  uint64_t stale_on_error = 0;  // of the misses: a stale value was given since the loader failed or was late
  uint64_t timeouts = 0;        // of the misses: load_timeout passed
  // --- Loader calls, refreshes included.
  uint64_t loads = 0;
  uint64_t load_failures = 0;
  uint64_t refreshes = 0;
  uint64_t refresh_failures = 0;
  uint64_t refreshes_dropped = 0;  // the refresh queue was full
  // --- The store.
  uint64_t fills = 0;          // loaded values that were stored
  uint64_t fills_refused = 0;  // not stored: invalidated or overwritten since the load began
  uint64_t tag_misses = 0;     // entries that were there, but whose tag was invalidated
  uint64_t undecodable = 0;    // entries that the serializer could not read; they were loaded anew
  uint64_t store_errors = 0;
  // --- The local level, now.
  uint64_t local_entries = 0, local_entries_max = 0, local_bytes = 0;
  uint64_t local_resets = 0;  // how often it was emptied because its connection was lost
  uint64_t total_requests() const { return hits + misses; }
  // In per cent with two places; 0 without requests.
  double hit_ratio() const;
  double local_utilization() const;  // entries of entries_max, likewise
};

// How values become bytes. Specialize for own types; decode() gives nothing for bytes that it cannot read. See also
// json_serializer.h and message_pack_serializer.h. Strings are stored as they are, numbers as text, bool as 1 or 0.
template <class T>
struct CacheSerializer;

template <>
struct CacheSerializer<std::string> {
  static std::string encode(std::string value) { return value; }
  static std::optional<std::string> decode(std::string bytes) { return bytes; }
};

template <>
struct CacheSerializer<bool> {
  static std::string encode(bool value) { return value ? "1" : "0"; }
  static std::optional<bool> decode(const std::string& bytes) {
    if (bytes != "0" && bytes != "1") return std::nullopt;
    return bytes == "1";
  }
};

template <class Number>
  requires std::is_arithmetic_v<Number> && (!std::is_same_v<Number, bool>)
struct CacheSerializer<Number> {
  static std::string encode(Number value) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
  }
  static std::optional<Number> decode(const std::string& bytes) {
    Number value{};
    const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), value);
    if (error != std::errc() || end != bytes.data() + bytes.size()) return std::nullopt;
    return value;
  }
};

// Whether a cache can keep a T.
template <class T>
concept CacheSerializable = requires(T value, std::string bytes) {
  { CacheSerializer<T>::encode(std::move(value)) } -> std::convertible_to<std::string>;
  { CacheSerializer<T>::decode(std::move(bytes)) } -> std::convertible_to<std::optional<T>>;
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

// What a plain look into the cache found. "Nothing is known" and "it is known that there is nothing" differ.
enum class CacheSource : unsigned char { none, local, store };
template <class T>
struct CacheFound {
  CacheSource source = CacheSource::none;  // none: a miss
  std::optional<T> value = std::nullopt;   // nothing, with a source: there is no such object
};

// What became of a write_through() whose database write succeeded.
struct WrittenThrough {
  enum class InCache : unsigned char {
    stored,      // the cache has the new value
    superseded,  // not stored: a newer version was there, or the entry has gone meanwhile
    failed,      // the store did not answer: an old entry may be given for lease_ttl at most
  };
  uint64_t version = 0;  // as the database gave it
  InCache in_cache = InCache::stored;
  std::optional<Error> store_error = std::nullopt;
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

  // The cached value, or what `loader` returns. Errors: callback_failed when the loader threw (with its text, for every
  // caller that waited; nothing is cached then), invalid_argument when the key's own loader asks for it, timed_out, and
  // without fail_open the store's. Loaders on two threads that ask for each other's keys wait until load_timeout.
  // Cost of a hit: one GET, and one more for each tag, all in one round trip.
  template <class T, class Loader>
  result<std::optional<T>> get_or_load(const std::string& key, Loader&& loader, const LoadOptions& options = {}) {
    static_assert(CacheSerializable<T>,
                  "this type has no CacheSerializer: specialize it, or see patterns/json_serializer.h");
    if (auto refused = refusal(options.ttl)) return std::unexpected(std::move(*refused));
    Lookup found = look_up(key, options);
    if (found.is_answer() && !found.refresh_due) {
      auto value = decode_answer<T>(found);
      if (value) return *std::move(value);
    }
    BytesLoader load = [loader = std::forward<Loader>(loader)]() mutable -> std::optional<std::string> {
      std::optional<T> value = loader();
      if (!value) return std::nullopt;
      return CacheSerializer<T>::encode(*std::move(value));
    };
    if (found.is_answer()) {
      refresh_in_background(key, load, options, found);
      auto value = decode_answer<T>(found);
      if (value) return *std::move(value);
    }
    auto bytes = load_missing(key, std::move(load), options, found);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (!*bytes) return std::optional<T>();
    auto value = CacheSerializer<T>::decode(std::move(**bytes));
    if (!value) return std::unexpected(undecodable(key));
    return value;
  }

  // What is cached, without loading. Stale values are a miss. Errors: the store's.
  template <class T>
  result<CacheFound<T>> get(const std::string& key, const std::vector<std::string>& tags = {}) {
    static_assert(CacheSerializable<T>,
                  "this type has no CacheSerializer: specialize it, or see patterns/json_serializer.h");
    Lookup found = look_up(key, {.tags = tags});
    if (found.store_error) return std::unexpected(std::move(*found.store_error));
    const CacheSource source = found.source;
    std::optional<std::optional<T>> value;
    if (found.state == Lookup::State::fresh) value = decode_answer<T>(found);
    if (!value) {
      count_miss();
      return CacheFound<T>();
    }
    return CacheFound<T>{source, std::move(*value)};
  }

  // Stores a value in all levels; loads that run meanwhile do not replace it. With a version: unless the entry has a
  // newer one (false). Errors: invalid_argument for a ttl below 1 ms, the store's.
  template <class T>
  result<bool> put(const std::string& key, T value, const PutOptions& options = {}) {
    static_assert(CacheSerializable<T>,
                  "this type has no CacheSerializer: specialize it, or see patterns/json_serializer.h");
    return put_bytes(key, CacheSerializer<T>::encode(std::move(value)), options, {});
  }

  // Writes the database, then the cache. `write_database()` commits and returns the object's version, which grows with
  // each commit (a row version, a sequence); it throws to say failure: then the result is an Error and the
  // cache is as it was. Two writers may end in either order: the newest version is kept. Should this process die
  // between the two, an old entry lives for lease_ttl at most.
  template <class T, class DatabaseWrite>
  result<WrittenThrough> write_through(const std::string& key, T value, DatabaseWrite&& write_database,
                                       const PutOptions& options = {}) {
    static_assert(CacheSerializable<T>,
                  "this type has no CacheSerializer: specialize it, or see patterns/json_serializer.h");
    return write_bytes_through(key, CacheSerializer<T>::encode(std::move(value)),
                               [&] { return static_cast<uint64_t>(write_database()); }, options);
  }

  // Removes an entry in all levels; a load that runs meanwhile does not bring the old value back. True: it was there.
  result<bool> invalidate(const std::string& key);
  // Makes every entry with this tag invalid, in one step of O(1). Their memory comes back as they expire.
  result<void> invalidate_tag(std::string_view tag);
  // The same, then removes the entries, a thousand at a time. The number that was really removed. REQUIRES index_tags.
  result<size_t> invalidate_by_tag(std::string_view tag);

  // The bytes of a new entry with this value, and how long the store keeps it: for what stores entries together with
  // other changes, in a script of its own. Such a script publishes the key as changes_message() says.
  struct NewEntry {
    std::string bytes;
    std::chrono::milliseconds life;
  };
  NewEntry new_entry(std::string_view value, std::optional<std::chrono::milliseconds> ttl = std::nullopt) const;
  // The channel to PUBLISH to, and what stands before the key there; an empty channel when nobody listens.
  std::pair<std::string, std::string> changes_message() const;
  // Forgets what this process holds of the key; to be called after such a script.
  void changed_in_store(const std::string& key);

  CacheStats stats() const;
  // Waits until no refresh is waiting or running.
  void drain_refreshes();
  // Waits until the local level is in use. False: not within `timeout`.
  bool wait_for_local_level(std::chrono::milliseconds timeout);
  const CacheOptions& options() const { return options_; }

 private:
  using BytesLoader = std::function<std::optional<std::string>()>;
  struct State;
  struct Flight;
  struct FlightJob;

  // What the levels know of a key.
  struct Lookup {
    enum class State : unsigned char {
      absent,
      expired,  // past all limits but that of stale_on_error
      stale,    // past its ttl, within stale_while_revalidate
      fresh,
    };
    State state = State::absent;
    CacheSource source = CacheSource::none;
    bool is_negative = false;
    bool refresh_due = false;
    bool has_token = false;
    std::array<char, 8> token{};  // of the entry as it stood there
    uint64_t sequence = 0;        // the cache's, before the look
    std::string bytes;
    std::vector<std::string> tag_versions;  // of LoadOptions::tags; empty: there is none
    std::optional<Error> store_error;
    bool is_answer() const { return state >= State::stale; }
  };

  // The value of an answer; nothing when its bytes cannot be decoded: then `found` is a miss.
  template <class T>
  std::optional<std::optional<T>> decode_answer(Lookup& found) {
    if (found.is_negative) {
      count_hit(found);
      return std::optional<T>();
    }
    auto value = CacheSerializer<T>::decode(std::move(found.bytes));
    if (!value) {
      note_undecodable(found);
      return std::nullopt;
    }
    count_hit(found);
    return value;
  }

  std::string key_of(std::string_view name, const std::string& canonical) const;
  static Error undecodable(const std::string& key);
  std::optional<Error> refusal(std::optional<std::chrono::milliseconds> ttl) const;
  Lookup look_up(const std::string& key, const LoadOptions& options);
  bool look_up_locally(const std::string& key, const LoadOptions& options, int64_t now_ms, Lookup& found);
  void look_up_in_store(const std::string& key, const LoadOptions& options, int64_t now_ms, Lookup& found);
  void judge(std::string bytes, const LoadOptions& options, int64_t now_ms, Lookup& found);
  void count_hit(const Lookup& found);
  void count_miss();
  void note_undecodable(Lookup& found);
  result<std::optional<std::string>> load_missing(const std::string& key, BytesLoader loader,
                                                  const LoadOptions& options, Lookup& found);
  std::shared_ptr<Flight> join_or_start(const std::string& key, BytesLoader& loader, const LoadOptions& options,
                                        const Lookup& found, bool own_thread);
  void refresh_in_background(const std::string& key, const BytesLoader& loader, const LoadOptions& options,
                             const Lookup& found);
  void run_flight(FlightJob& job);
  result<bool> put_bytes(const std::string& key, std::string bytes, const PutOptions& options,
                         const std::string& token);
  result<WrittenThrough> write_bytes_through(const std::string& key, std::string bytes,
                                             const std::function<uint64_t()>& write_database,
                                             const PutOptions& options);

  Client client_;
  const CacheOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
