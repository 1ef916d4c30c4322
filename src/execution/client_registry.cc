#include "execution/client_registry.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace redstart {
namespace {

// A connection with its socket's buffers unused: the session itself, its parser, what the lists above cost.
constexpr uint64_t kIdleClientBytes = sizeof(Session) + 512;

}  // namespace

void ClientRegistry::attach(Session& session) {
  const std::lock_guard lock(mutex_);
  sessions_.emplace(session.id, &session);
  count_.store(sessions_.size(), std::memory_order_relaxed);
  connections_received.fetch_add(1, std::memory_order_relaxed);
}

void ClientRegistry::detach(Session& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session.id);
  counted_bytes_.fetch_sub(session.shown_bytes.exchange(0));
  count_.store(sessions_.size(), std::memory_order_relaxed);
}

void ClientRegistry::for_each(const std::function<void(Session&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, session] : sessions_) visit(*session);
}

bool ClientRegistry::with(uint64_t id, const std::function<void(Session&)>& visit) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  visit(*found->second);
  return true;
}

void ClientRegistry::kill(Session& session) {
  if (session.killed.exchange(true)) return;
  session.on_kill();
}

void ClientRegistry::count_bytes(Session& session) {
  const size_t bytes = session.buffer_bytes() + session.shown_multi_bytes.load(std::memory_order_relaxed);
  const size_t before = session.shown_bytes.load(std::memory_order_relaxed);
  if (bytes == before) return;
  session.shown_bytes.store(bytes, std::memory_order_relaxed);
  counted_bytes_.fetch_add(bytes - before, std::memory_order_relaxed);  // wraps rightly when it shrinks
}

uint64_t ClientRegistry::bytes_of(const Session& session) {
  return kIdleClientBytes + session.shown_bytes.load(std::memory_order_relaxed);
}

uint64_t ClientRegistry::total_bytes() const {
  return count() * kIdleClientBytes + counted_bytes_.load(std::memory_order_relaxed);
}

void ClientRegistry::evict_down_to(uint64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  uint64_t total = 0;
  std::vector<std::pair<uint64_t, Session*>> by_size;
  for (const auto& [id, session] : sessions_) {
    if (session->killed) continue;  // its owner is about to free it
    const uint64_t bytes = bytes_of(*session);
    total += bytes;
    if (!session->no_evict && session->transport().fd >= 0) by_size.emplace_back(bytes, session);
  }
  std::ranges::sort(by_size, std::greater(), &std::pair<uint64_t, Session*>::first);
  for (const auto& [bytes, session] : by_size) {
    if (total <= bytes_max) return;
    total -= bytes;
    evicted_clients.fetch_add(1, std::memory_order_relaxed);
    kill(*session);
  }
}

void ClientRegistry::pause(Pause kind, int64_t end_unix_ms) {
  pause_end_unix_ms_.store(end_unix_ms, std::memory_order_relaxed);
  pause_.store(kind, std::memory_order_release);
  note_state();
}

void ClientRegistry::unpause() {
  if (pause_.exchange(Pause::none) == Pause::none) return;
  note_state();
  for_each([](Session& session) { session.on_resume(); });
}

void ClientRegistry::set_busy(bool busy) {
  if (busy_.exchange(busy) == busy) return;
  note_state();
  // What was held back while it was busy goes on.
  if (!busy) for_each([](Session& session) { session.on_resume(); });
}

void ClientRegistry::end_pause_if_due(int64_t now_unix_ms) {
  if (!is_paused() || now_unix_ms < pause_end_unix_ms_.load(std::memory_order_relaxed)) return;
  unpause();
}

}  // namespace redstart
