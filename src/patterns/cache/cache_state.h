// What a cache is made of: its levels, its flights, its threads and counts. For the files of the cache only.
//
// Threads: as the comments say. Ownership: owns everything but the client and the options, which are the cache's.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "patterns/cache/change_listener.h"
#include "patterns/cache/entry_store.h"
#include "patterns/cache/local_level.h"
#include "patterns/cache/stripes.h"
#include "patterns/cache/worker_pool.h"
#include "redstart/patterns/cache.h"

namespace redstart {

enum class CacheCount : unsigned char {
  hits, misses, local_hits, negative_hits, stale_hits, shared_loads, fleet_loads, stale_on_error, timeouts, loads,
  load_failures, refreshes, refresh_failures, refreshes_dropped, fills, fills_refused, tag_misses, undecodable,
  store_errors,
};
inline constexpr size_t kCacheCounts = static_cast<size_t>(CacheCount::store_errors) + 1;

// One load of one key, which any number of callers wait for. Guarded by State::mutex.
struct Cache::Flight {
  std::condition_variable changed;
  std::optional<result<std::optional<std::string>>> outcome;
  bool abandoned = false;  // there will be no outcome: who waits looks again
  std::thread::id loading_thread;  // that calls the loader: it cannot wait for itself
  // What it builds upon, once that is known: who has looked later and found something else must not join. Without the
  // store it builds upon nothing, and who could look has a reason not to join.
  uint64_t begun = 0;
  bool has_store = true;
  EntryToken token{};
  std::vector<std::string> tag_versions;
  std::vector<std::string> tags;

  bool is_over() const { return outcome.has_value() || abandoned; }
  bool may_be_joined_by(const Lookup& found) const {
    if (begun == 0 || found.sequence < begun) return true;
    if (!has_store) return found.store_error.has_value();
    return found.has_token && found.token == token && found.tag_versions == tag_versions;
  }
};

struct Cache::FlightJob {
  std::string key;
  BytesLoader loader;
  LoadOptions options;
  std::shared_ptr<Flight> flight;
  std::optional<EntryToken> seen = {};  // what a look has found there
  bool has_token = false;               // what was seen may be built upon: no need to begin
  std::vector<std::string> tag_versions = {};
  bool is_refresh = false;
  bool has_store = true;
};

struct Cache::State {
  State(Client& client, const CacheOptions& options)
      : client(client),
        options(options),
        entries(client, options),
        local(options.local.entries_max, options.local.bytes_max),
        pool(options.threads_max) {
    if (options.local.entries_max > 0) {
      listener.emplace(client, options, entries.changes_channel(), entries.sender(), local);
    }
  }

  bool uses_local_level(const std::string& key) const {
    if (options.local.entries_max == 0) return false;
    // Tracking tells of keys below the prefix only.
    return options.local.coherence == Coherence::publish ||
           (key.starts_with(options.prefix) && key.substr(options.prefix.size()).starts_with(':'));
  }

  // Nobody joins the flight of this key any more.
  void detach(const std::string& key) {
    const std::lock_guard lock(mutex);
    flights.erase(key);
  }
  void detach_tag(std::string_view tag) {
    const std::lock_guard lock(mutex);
    std::erase_if(flights, [&](const auto& flight) {
      return std::ranges::find(flight.second->tags, tag) != flight.second->tags.end();
    });
  }

  void finish(FlightJob& job, std::optional<result<std::optional<std::string>>> outcome) {
    const std::lock_guard lock(mutex);
    Flight& flight = *job.flight;
    flight.abandoned = !outcome;
    flight.outcome = std::move(outcome);
    // An invalidation may have detached it, and a later miss begun its own.
    if (const auto mine = flights.find(job.key); mine != flights.end() && mine->second == job.flight) {
      flights.erase(mine);
    }
    flight.changed.notify_all();
  }

  std::chrono::milliseconds life_of(std::chrono::milliseconds ttl) const {
    return ttl + std::max(options.stale_while_revalidate, options.stale_on_error);
  }
  std::chrono::milliseconds with_jitter(std::chrono::milliseconds ttl) const {
    if (options.ttl_jitter <= 0) return ttl;
    const double part = std::min(options.ttl_jitter, 1.0) * random_part();
    const auto shortened = static_cast<int64_t>(static_cast<double>(ttl.count()) * (1 - part));
    return std::chrono::milliseconds(std::max<int64_t>(1, shortened));
  }
  EntryHead new_head(EntryKind kind, std::chrono::milliseconds ttl, int64_t now_ms) const {
    ttl = with_jitter(ttl);
    return {.kind = kind,
            .token = random_token(),
            .created_ms = now_ms,
            .fresh_until_ms = now_ms + ttl.count(),
            .keep_until_ms = now_ms + (kind == EntryKind::value ? life_of(ttl) : ttl).count()};
  }

  // What stands in the store, and the versions of the tags that the caller names. Nothing: no entry, or an error.
  std::optional<std::string> read(const std::string& key, const std::vector<std::string>& tags, Lookup& found,
                                  std::vector<uint64_t>& tag_tickets);
  // Whether the versions of an entry's tags are those of now; those that the caller does not name are asked for.
  result<bool> tags_stand(EntryView entry, const std::vector<std::string>& tags, const Lookup& found);
  void remember_locally(const std::string& key, const std::string& bytes, int64_t until_ms, uint64_t ticket,
                        const std::vector<std::string>& tags, const Lookup& found,
                        const std::vector<uint64_t>& tag_tickets);
  bool begin(FlightJob& job, const std::function<bool(std::string entry, FlightJob&)>& answer);
  void store_loaded(FlightJob& job, const std::optional<std::string>& value, std::chrono::milliseconds load_time);
  void wait_for_other_process(int attempt) {
    std::unique_lock lock(mutex);
    const std::chrono::milliseconds pause(std::min(2 << std::min(attempt, 5), 50));
    stop_signal.wait_for(lock, pause, [&] { return stopping; });
  }

  Client& client;
  const CacheOptions& options;
  Stripes<CacheCount, kCacheCounts> counts;
  EntryStore entries;
  LocalLevel local;
  std::atomic<uint64_t> sequence{1};  // grows with every load that has begun

  std::mutex mutex;  // guards what follows, and all flights
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights;
  std::unordered_map<std::string, int64_t> no_refresh_before_ms;  // where one has failed
  std::condition_variable stop_signal;
  bool stopping = false;

  WorkerPool pool;
  std::optional<ChangeListener> listener;
};

}  // namespace redstart
