// WaitRegistry: who watches which key (WATCH) and who waits for which (BLPOP and its kind).
//
// Each shard's part is guarded by that shard's lock, so that a change and its being noticed are one step.
// Threads: shard-local parts as said; the timeouts have a mutex of their own, taken last.
// Ownership: waiters are shared between the session, the queues of their keys, and the timeouts.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/access.h"
#include "execution/session.h"

namespace redstart {

struct WaitKey {
  int db;
  std::string_view key;  // a view into Waiter::args
  uint64_t hash;
};

// A blocked command.
struct Waiter {
  Session* session;
  const CommandSpec* spec;
  std::vector<std::string> args;
  std::vector<std::string_view> words;  // views of args
  std::vector<WaitKey> keys;            // waited for
  std::vector<uint16_t> shards;         // of all keys that the command touches
  int db;
  Type type;  // what the keys must hold to be of use
  int64_t deadline_ms;
  bool timeout_is_array;
  std::optional<Reply> timeout_reply;  // replied instead, where the command says so
  bool wants_loss = false;             // to be tried again too when a key is gone or of another type
  // Set under the locks of `shards` by whoever ends the wait.
  bool finished = false;
};

class WaitRegistry {
 public:
  explicit WaitRegistry(Keyspace& keyspace);
  ~WaitRegistry();

  // REQUIRES for the following: the key's shard is locked.
  void add_watch(Session& session, int db, std::string_view key, uint64_t hash);
  void remove_watch(Session& session, const Watch& watch);
  void add_waiter(const std::shared_ptr<Waiter>& waiter);
  // Takes the waiter out of all its queues; REQUIRES: all its shards are locked.
  void remove_waiter(const std::shared_ptr<Waiter>& waiter);
  // Marks watching sessions, and says whether somebody who waits for the key is to be tried.
  bool key_changed(const KeyChange& change);
  // The waiters of a key, first come first.
  std::vector<std::shared_ptr<Waiter>> waiters_of(int db, std::string_view key, uint64_t hash) const;

  // Waits whose time has come by `now_ms` (monotonic).
  std::vector<std::shared_ptr<Waiter>> take_due(int64_t now_ms);
  size_t blocked_count() const { return blocked_count_.load(std::memory_order_relaxed); }
  // Keys that somebody waits for.
  size_t key_count() const { return key_count_.load(std::memory_order_relaxed); }
  // Of these, those whose loss somebody wants to be told of (Waiter::wants_loss).
  size_t loss_key_count() const { return loss_key_count_.load(std::memory_order_relaxed); }

 private:
  using KeyId = std::pair<int, std::string>;
  struct KeyIdLess {
    using is_transparent = void;
    using View = std::pair<int, std::string_view>;
    bool operator()(const View& a, const View& b) const { return a < b; }
  };
  struct Observers {
    std::vector<Session*> watchers;
    std::deque<std::shared_ptr<Waiter>> waiters;
    size_t loss_waiters = 0;  // of `waiters`, those that want to be told of a loss
    bool empty() const { return watchers.empty() && waiters.empty(); }
  };
  using Part = std::map<KeyId, Observers, KeyIdLess>;

  Part& part(uint64_t hash) { return parts_[Keyspace::shard_index(hash)]; }
  Observers& observers(int db, std::string_view key, uint64_t hash);
  // Removes an entry that nobody needs any more.
  void tidy(int db, std::string_view key, uint64_t hash);

  Keyspace& keyspace_;
  std::vector<Part> parts_;
  std::atomic<size_t> blocked_count_{0}, key_count_{0}, loss_key_count_{0};
  std::mutex timeouts_mutex_;
  std::multimap<int64_t, std::weak_ptr<Waiter>> timeouts_;
};

}  // namespace redstart
