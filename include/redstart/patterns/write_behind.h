// WriteBehind: updates that are in the cache at once and in the database a little later.
//
//   redstart::WriteBehind users(client, cache, [&](const redstart::QueuedUpdate& update) {
//     database.save_user(update.key, update.value, update.sequence);   // throws to say failure
//   });
//   users.update<User>("42", user).value();                            // returns when the store has it
//   auto user = users.get_or_load<User>("42", [&] { return database.find_user("42"); });
//
// What it guarantees:
//   - update() puts the value into the cache and the update into the queue in one step. An update that was accepted is
//     as durable as the store: it is lost only if the store loses it.
//   - Readers never see the database's old value: pending updates are what get_or_load() gives until they are written,
//     even when the cache has lost the entry.
//   - Each update is written at least once. A worker that dies, in whatever process, gives its update back when
//     `claim_ttl` has passed. The updates of one key are written in their order, one at a time; a worker that was taken
//     for dead may still write late: let the database refuse a `sequence` that is not greater than what it has,
//     then nothing is ever written in the wrong order or twice. A sequence is made of the store's clock, so that it is
//     greater than those before even when the store has lost them (FLUSHALL, a failover to a replica that lags, a
//     crash) or `partitions` has changed. Clocks of servers must not differ by more than a failover takes.
//   - With `coalesce`, only the newest update of a key is written.
//   - An update that fails `attempts_max` times becomes a dead letter, and the cache forgets its value.
//
// Works on a Redis Cluster: a key's entry and its part of the queue have a hash tag in common, one of `partitions`.
// All stores: Redis 7.0 or newer, Redstart. Do not let the store evict it: no allkeys-* policy; and let it keep a log.
// check() tells.
//
// Threads: thread-safe. The writer runs on `threads` threads of its own; keys are independent of each other.
// Ownership: shares the client's store; borrows the cache, which must outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/cache.h"
#include "redstart/patterns/clock.h"

namespace redstart {

struct WriteBehindOptions {
  std::string name = "write-behind";  // below the cache's prefix
  uint32_t partitions = 16;           // the same in all processes
  bool coalesce = true;
  // Keys with pending updates in one partition, and, without coalescing, updates of one key: beyond it update() fails
  // with queue_full.
  size_t pending_keys_max = 100'000;
  size_t updates_of_key_max = 1000;
  int attempts_max = 8;
  std::chrono::milliseconds retry_delay_min{100}, retry_delay_max{30'000};  // doubled each time
  // A worker that has not ended by then is taken for dead.
  std::chrono::milliseconds claim_ttl{30'000};
  // Zero: this process only adds updates, unless it calls write_due().
  size_t threads = 2;
  // How often updates of other processes are looked for; at least 1 ms. Own ones are known at once.
  std::chrono::milliseconds poll_interval{50};
  // Hears, on a worker's thread, of each `store_errors`: the worker goes on by itself. What the writer throws is not
  // among them: see failed_attempts and dead_letters().
  std::function<void(const Error&)> on_error = {};
  UnixClock clock = {};  // for tests; empty: the store's
};

// An update on its way to the database.
struct QueuedUpdate {
  std::string key;
  std::string value;      // as serialized
  // Grows with every update of the key: the store's time in microseconds, or one more than the last.
  uint64_t sequence = 0;
  int attempt = 1;
  template <class T>
  std::optional<T> as() const {
    return CacheSerializer<T>::decode(value);
  }
};

struct DeadUpdate {
  QueuedUpdate update;
  std::string reason;
  int64_t at_unix_ms = 0;
};

// Of one moment. accepted, rejected and unknown count this process's updates, the others what this process's workers
// did. Over all processes together, as long as the store forgets nothing and nobody dies:
//   offered = accepted + rejected + unknown, and
//   accepted = written + coalesced + dead + those that still wait, whoever has them in flight;
// of the unknown, some may be on the right, too, and dead letters that were retried are there once more.
struct WriteBehindStats {
  uint64_t accepted = 0, rejected = 0;  // rejected: queue_full, closed, invalid, or the store refused it
  uint64_t unknown = 0;                 // the store has not answered: the update may be in the queue
  uint64_t in_flight = 0;               // taken by a worker, and neither written nor given back yet
  uint64_t written = 0;
  uint64_t coalesced = 0;  // never written, since a newer one of the key was; counted when that has ended
  uint64_t failed_attempts = 0;
  uint64_t dead = 0;
  uint64_t lost_claims = 0;  // ended after claim_ttl: another worker has the update
  uint64_t store_errors = 0;  // of workers: see WriteBehindOptions::on_error
};

class WriteBehind {
 public:
  using Writer = std::function<void(const QueuedUpdate&)>;

  // Starts the workers.
  WriteBehind(Client client, Cache& cache, Writer writer, WriteBehindOptions options = {});
  // As stop(0): what is pending stays in the store, for the next process.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;

  // Accepts an update; its sequence. Errors: queue_full, closed, the store's; with Outcome::unknown it may have been
  // accepted. invalid_argument: a ttl (the cache's default_ttl, if there is none) or claim_ttl below 1 ms, no attempts
  // at all, negative delays.
  template <class T>
  result<uint64_t> update(std::string_view key, T value, std::optional<std::chrono::milliseconds> ttl = std::nullopt) {
    return update_bytes(key, CacheSerializer<T>::encode(std::move(value)), ttl);
  }
  // The newest value: from the cache, of a pending update, or from `loader` (see Cache::get_or_load).
  template <class T, class Loader>
  result<std::optional<T>> get_or_load(std::string_view key, Loader loader, const LoadOptions& options = {}) {
    auto pending_first = [this, key = std::string(key), loader = std::move(loader)]() mutable -> std::optional<T> {
      if (auto waiting = pending_or_throw(key)) return CacheSerializer<T>::decode(std::move(*waiting));
      return loader();
    };
    return cache_.get_or_load<T>(entry_key(key), std::move(pending_first), options);
  }
  // The newest pending update's value; nothing when all of them are written.
  result<std::optional<std::string>> pending(std::string_view key);
  // Keys with pending updates, of all partitions.
  result<size_t> pending_count();
  // The cache's key of an object.
  std::string entry_key(std::string_view key) const;

  // Writes on the calling thread what is due now; how many updates it took. For programs that have threads of their own
  // for that (WriteBehindOptions::threads = 0), and for tests.
  size_t write_due();
  // Waits until nothing is pending anywhere. False: not within `timeout`.
  bool drain(std::chrono::milliseconds timeout);
  // Accepts nothing more, lets the workers work until nothing is pending or `timeout` has passed, and ends them. How
  // many keys still have pending updates; they stay in the store. A writer that runs beyond `timeout` is not waited
  // for: it is one of `in_flight`, and the destructor waits for it.
  result<size_t> stop(std::chrono::milliseconds timeout);

  result<std::vector<DeadUpdate>> dead_letters();
  // Puts the dead letters of a key back into the queue, unless newer updates of it are pending; the number.
  result<size_t> retry_dead_letters(std::string_view key);
  // Forgets them; the number.
  result<size_t> discard_dead_letters(std::string_view key);
  // What endangers the queue: an empty text, or for example that the store evicts under allkeys-lru, or keeps no log.
  // On a cluster, of one of its nodes.
  result<std::string> check() const;
  WriteBehindStats stats() const;

 private:
  struct State;
  result<uint64_t> update_bytes(std::string_view key, std::string value,
                                std::optional<std::chrono::milliseconds> ttl);
  std::optional<std::string> pending_or_throw(const std::string& key);

  Cache& cache_;
  std::unique_ptr<State> state_;
};

}  // namespace redstart
