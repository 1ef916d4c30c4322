// ClientRegistry: the sessions of a store, and what concerns them together: listing, killing, pausing.
//
// Threads: thread-safe. A session that a callback gets stays attached until the callback returns; the
// callback must not attach or detach sessions. Ownership: borrows the sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

#include "command/spec.h"
#include "execution/session.h"

namespace redstart {

class ClientRegistry {
 public:
  void attach(Session& session);
  void detach(Session& session);

  // In the order of their ids, the oldest first.
  void for_each(const std::function<void(Session&)>& visit) const;
  // Calls `visit` with the session of this id; false when there is none.
  bool with(uint64_t id, const std::function<void(Session&)>& visit) const;
  size_t count() const { return count_.load(std::memory_order_relaxed); }
  // The session is closed by its owner, and none of its commands runs from now on.
  void kill(Session& session);

  // --- What the clients take, for maxmemory-clients
  // Counts again what a session holds for its client. By the session's owner.
  void count_bytes(Session& session);
  // What all of them take, as last counted.
  uint64_t total_bytes() const;
  // Kills those that take the most until the others take no more than `bytes_max`. Spares sessions without
  // a socket and those that said CLIENT NO-EVICT.
  void evict_down_to(uint64_t bytes_max);
  // What a session takes, with itself.
  static uint64_t bytes_of(const Session& session);

  // --- CLIENT PAUSE
  enum class Pause : uint8_t { none, write, all };
  // Until `end_unix_ms`; replaces a pause that is on.
  void pause(Pause kind, int64_t end_unix_ms);
  void unpause();
  void end_pause_if_due(int64_t now_unix_ms);
  bool is_paused() const { return pause_.load(std::memory_order_relaxed) != Pause::none; }

  // --- Scripts that run for too long: while there are any, most commands are refused.
  void set_busy(bool busy);
  bool is_busy() const { return busy_.load(std::memory_order_relaxed); }
  // No pause is on, and no script is busy.
  bool is_open() const { return open_.load(std::memory_order_relaxed); }
  // The pause that is on holds back what only reads too.
  bool is_all_paused() const { return pause_.load(std::memory_order_relaxed) == Pause::all; }

  // --- Statistics for INFO, kept by whoever accepts connections.
  std::atomic<uint64_t> connections_received{0};
  std::atomic<uint64_t> connections_rejected{0};
  std::atomic<uint64_t> tls_handshakes_failed{0};
  std::atomic<uint64_t> query_buffer_limit_disconnections{0};
  std::atomic<uint64_t> output_buffer_limit_disconnections{0};
  std::atomic<uint64_t> evicted_clients{0};

 private:
  void note_state() { open_ = !is_paused() && !is_busy(); }

  mutable std::mutex mutex_;  // guards sessions_
  std::map<uint64_t, Session*> sessions_;
  std::atomic<size_t> count_{0};
  std::atomic<uint64_t> counted_bytes_{0};
  std::atomic<Pause> pause_{Pause::none};
  std::atomic<int64_t> pause_end_unix_ms_{0};
  std::atomic<bool> busy_{false};
  std::atomic<bool> open_{true};
};

}  // namespace redstart
