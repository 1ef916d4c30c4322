// StoreState: what a store knows about itself beside its data: since when it runs, its ids, its peaks and
// rates, and the work that is put off until no lock is held.
//
// Threads: thread-safe; tick() by one thread at a time. Ownership: owns what it was given to free.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/graveyard.h"
#include "engine/keyspace.h"
#include "execution/log_level.h"
#include "execution/rates.h"

namespace redstart {

class CommandContext;
class Executor;

class StoreState {
 public:
  explicit StoreState(Executor& executor);
  ~StoreState();

  const int64_t started_unix_ms;
  const int64_t started_monotonic_ns;
  const std::string run_id;  // 40 hexadecimal digits

  std::string replication_id() const;
  void change_replication_id();

  uint64_t peak_memory_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }
  // The most that was in use until now, `used_bytes` included.
  void note_memory(uint64_t used_bytes);
  const Rates& rates() const { return rates_; }

  // Called by the maintenance thread about every 10 ms, with no lock held.
  void tick();

  // Runs `work` at once, or at the next tick when the command runs inside a transaction that holds locks
  // (the work may take some itself).
  void run_unlocked(CommandContext& c, std::function<void()> work);

  // Tables that a flush took out of the keyspace: freed bit by bit by tick().
  void free_later(std::vector<EntryTable> tables);
  // Large values that go one by one: likewise.
  Graveyard& graveyard() { return graveyard_; }
  size_t pending_frees() const {
    return pending_keys_.load(std::memory_order_relaxed) + graveyard_.pending_count();
  }
  uint64_t lazily_freed() const {
    return freed_keys_.load(std::memory_order_relaxed) + graveyard_.freed_count();
  }
  // Frees a table that came from this keyspace. REQUIRES: the lock of its shard is held, or all are.
  static void free_table(Keyspace& keyspace, EntryTable& table);

  // Where lines for the server's log go; without a log they are dropped.
  void on_log(std::function<void(LogLevel, const std::string&)> write);
  void log(const std::string& line, LogLevel level = LogLevel::warning) const;

  // What looks after the process ("systemd", "upstart"), or "no".
  std::string supervisor() const;
  void set_supervisor(std::string name);

  // What SHUTDOWN does: set by the program that serves the store.
  void on_shutdown(std::function<void()> shutdown);
  // False: nobody serves this store, there is nothing to shut down.
  bool is_served() const;
  void shut_down();

 private:
  void free_some();

  Executor& executor_;
  Graveyard graveyard_;
  Rates rates_;
  std::atomic<uint64_t> peak_bytes_{0};
  std::atomic<size_t> pending_keys_{0};
  std::atomic<uint64_t> freed_keys_{0};
  mutable std::mutex mutex_;  // guards the following
  std::string replication_id_;
  std::vector<EntryTable> garbage_;
  std::vector<std::function<void()>> deferred_;
  std::function<void()> shutdown_;
  std::function<void(LogLevel, const std::string&)> write_log_;
  std::string supervisor_ = "no";
};

}  // namespace redstart
