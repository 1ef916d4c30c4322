#include "execution/wait_registry.h"

#include <algorithm>

namespace redstart {

WaitRegistry::WaitRegistry(Keyspace& keyspace)
    : keyspace_(keyspace), parts_(Keyspace::kShards) {}

WaitRegistry::~WaitRegistry() = default;

WaitRegistry::Observers& WaitRegistry::observers(int db, std::string_view key, uint64_t hash) {
  keyspace_.shard(Keyspace::shard_index(hash)).set_observed_by(kWaiting, true);
  Part& keys = part(hash);
  const auto found = keys.find(std::pair(db, key));
  if (found != keys.end()) return found->second;
  return keys[KeyId(db, key)];
}

void WaitRegistry::tidy(int db, std::string_view key, uint64_t hash) {
  Part& keys = part(hash);
  const auto found = keys.find(std::pair(db, key));
  if (found != keys.end() && found->second.empty()) keys.erase(found);
  if (keys.empty()) keyspace_.shard(Keyspace::shard_index(hash)).set_observed_by(kWaiting, false);
}

void WaitRegistry::add_watch(Session& session, int db, std::string_view key, uint64_t hash) {
  observers(db, key, hash).watchers.push_back(&session);
}

void WaitRegistry::remove_watch(Session& session, const Watch& watch) {
  auto& watchers = observers(watch.db, watch.key, watch.hash).watchers;
  const auto found = std::find(watchers.begin(), watchers.end(), &session);
  if (found != watchers.end()) watchers.erase(found);
  tidy(watch.db, watch.key, watch.hash);
}

void WaitRegistry::add_waiter(const std::shared_ptr<Waiter>& waiter) {
  for (const WaitKey& key : waiter->keys) {
    Observers& of_key = observers(key.db, key.key, key.hash);
    auto& waiters = of_key.waiters;
    if (!waiters.empty() && waiters.back() == waiter) continue;  // a key that is named twice is waited for once
    waiters.push_back(waiter);
    if (waiters.size() == 1) key_count_.fetch_add(1, std::memory_order_relaxed);
    if (waiter->wants_loss && ++of_key.loss_waiters == 1) loss_key_count_.fetch_add(1, std::memory_order_relaxed);
  }
  blocked_count_.fetch_add(1, std::memory_order_relaxed);
  if (waiter->deadline_ms == 0) return;
  const std::lock_guard lock(timeouts_mutex_);
  timeouts_.emplace(waiter->deadline_ms, waiter);
}

void WaitRegistry::remove_waiter(const std::shared_ptr<Waiter>& waiter) {
  for (const WaitKey& key : waiter->keys) {
    Observers& of_key = observers(key.db, key.key, key.hash);
    if (std::erase(of_key.waiters, waiter) != 0) {
      if (of_key.waiters.empty()) key_count_.fetch_sub(1, std::memory_order_relaxed);
      if (waiter->wants_loss && --of_key.loss_waiters == 0) loss_key_count_.fetch_sub(1, std::memory_order_relaxed);
    }
    tidy(key.db, key.key, key.hash);
  }
  blocked_count_.fetch_sub(1, std::memory_order_relaxed);
}

bool WaitRegistry::key_changed(const KeyChange& change) {
  Part& keys = part(change.hash);
  const auto found = keys.find(std::pair(change.db, change.key));
  if (found == keys.end()) return false;
  if (change.audience == ChangeAudience::nobody) return false;
  if (change.audience == ChangeAudience::all) {
    for (Session* session : found->second.watchers) {
      session->watch_touched.store(true, std::memory_order_relaxed);
    }
  }
  const auto& waiters = found->second.waiters;
  if (change.exists_now) return !waiters.empty();
  return std::ranges::any_of(waiters, [](const auto& waiter) { return waiter->wants_loss; });
}

std::vector<std::shared_ptr<Waiter>> WaitRegistry::waiters_of(int db, std::string_view key,
                                                              uint64_t hash) const {
  const Part& keys = parts_[Keyspace::shard_index(hash)];
  const auto found = keys.find(std::pair(db, key));
  if (found == keys.end()) return {};
  return {found->second.waiters.begin(), found->second.waiters.end()};
}

std::vector<std::shared_ptr<Waiter>> WaitRegistry::take_due(int64_t now_ms) {
  std::vector<std::shared_ptr<Waiter>> due;
  const std::lock_guard lock(timeouts_mutex_);
  while (!timeouts_.empty() && timeouts_.begin()->first <= now_ms) {
    if (auto waiter = timeouts_.begin()->second.lock()) due.push_back(std::move(waiter));
    timeouts_.erase(timeouts_.begin());
  }
  return due;
}

}  // namespace redstart
