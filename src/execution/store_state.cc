#include "execution/store_state.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "execution/command_context.h"
#include "execution/executor.h"

namespace redstart {
namespace {

constexpr int64_t kFreeNsPerTick = 3'000'000;

std::string random_id() {
  constexpr char kHexDigits[] = "0123456789abcdef";
  Random random(system_seed());
  std::string id(40, '0');
  for (char& digit : id) digit = kHexDigits[random.below(16)];
  return id;
}

// An entry of the table, to tell its shard by.
const Entry* any_entry(EntryTable& table) {
  Random random;
  return table.size() == 0 ? nullptr : table.random(random);
}

size_t shard_of(EntryTable& table) {
  const Entry* entry = any_entry(table);
  return entry ? Keyspace::shard_index(Keyspace::hash(entry->key())) : 0;
}

}  // namespace

StoreState::StoreState(Executor& executor)
    : started_unix_ms(executor.clock().unix_time_ms()),
      started_monotonic_ns(executor.clock().monotonic_time_ns()),
      run_id(random_id()),
      executor_(executor),
      graveyard_(executor.keyspace()),
      replication_id_(random_id()) {}

StoreState::~StoreState() {
  for (EntryTable& table : garbage_) free_table(executor_.keyspace(), table);
}

std::string StoreState::replication_id() const {
  const std::lock_guard lock(mutex_);
  return replication_id_;
}

void StoreState::change_replication_id() {
  const std::lock_guard lock(mutex_);
  replication_id_ = random_id();
}

void StoreState::note_memory(uint64_t used_bytes) {
  uint64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (used_bytes > peak && !peak_bytes_.compare_exchange_weak(peak, used_bytes)) {
  }
}

void StoreState::tick() {
  // Summing over all shards is not for every tick: it would take their lines from the caches.
  if (rates_.sample(executor_)) note_memory(executor_.used_memory_bytes());
  std::vector<std::function<void()>> deferred;
  {
    const std::lock_guard lock(mutex_);
    deferred.swap(deferred_);
  }
  for (const auto& work : deferred) work();
  if (pending_frees() != 0) free_some();
}

void StoreState::run_unlocked(CommandContext& c, std::function<void()> work) {
  if (c.access().locks().empty()) return work();
  const std::lock_guard lock(mutex_);
  deferred_.push_back(std::move(work));
}

void StoreState::free_table(Keyspace& keyspace, EntryTable& table) {
  const heap::AccountScope account(keyspace.shard(shard_of(table)).memory);
  table.clear(Entry::destroy);
}

void StoreState::free_later(std::vector<EntryTable> tables) {
  size_t keys = 0;
  for (const EntryTable& table : tables) keys += table.size();
  const std::lock_guard lock(mutex_);
  std::ranges::move(tables, std::back_inserter(garbage_));
  pending_keys_ += keys;
}

void StoreState::free_some() {
  const int64_t end_ns = executor_.clock().monotonic_time_ns() + kFreeNsPerTick;
  const auto has_time = [&] { return executor_.clock().monotonic_time_ns() < end_ns; };
  while (has_time() && graveyard_.free_piece()) {
  }
  do {
    EntryTable table;
    {
      const std::lock_guard lock(mutex_);
      if (garbage_.empty()) return;
      table = std::move(garbage_.back());
      garbage_.pop_back();
    }
    const size_t keys = table.size();
    ShardLocks locks;
    locks.lock_one(executor_.keyspace(), shard_of(table));
    free_table(executor_.keyspace(), table);
    pending_keys_ -= keys;
    freed_keys_ += keys;
  } while (has_time());
}

void StoreState::on_log(std::function<void(LogLevel, const std::string&)> write) {
  const std::lock_guard lock(mutex_);
  write_log_ = std::move(write);
}

void StoreState::log(const std::string& line, LogLevel level) const {
  const std::lock_guard lock(mutex_);
  if (write_log_) write_log_(level, line);
}

std::string StoreState::supervisor() const {
  const std::lock_guard lock(mutex_);
  return supervisor_;
}

void StoreState::set_supervisor(std::string name) {
  const std::lock_guard lock(mutex_);
  supervisor_ = std::move(name);
}

void StoreState::on_shutdown(std::function<void()> shutdown) {
  const std::lock_guard lock(mutex_);
  shutdown_ = std::move(shutdown);
}

bool StoreState::is_served() const {
  const std::lock_guard lock(mutex_);
  return shutdown_ != nullptr;
}

void StoreState::shut_down() {
  std::function<void()> shutdown;
  {
    const std::lock_guard lock(mutex_);
    shutdown = shutdown_;
  }
  if (shutdown) shutdown();
}

}  // namespace redstart
