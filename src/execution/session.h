// Session: one client's state (selected database, transaction, watches, subscriptions, name), for a
// socket connection or an embedded client alike.
//
// Threads: a session is used by one thread at a time (its owner); the on_* functions are the exception,
// they are called by any thread and hand something over to the owner. `shared` is guarded by its mutex.
// Ownership: the owner; the executor knows it between attach() and detach().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "command/spec.h"
#include "execution/acl/user.h"
#include "redstart/reply.h"

namespace redstart {

struct ChangedKey;      // execution/tracking.h
struct TrackingClient;  // execution/tracking.h
struct Waiter;
class ThreadContext;

struct QueuedCommand {
  const CommandSpec* spec;
  std::vector<std::string> args;
};

// A watched key. `touched` is set by whoever changes the key, under the key's shard lock.
struct Watch {
  int db;
  std::string key;
  uint64_t hash;
};

// A blocked session's waiter. Set by the owner's side, looked at by others (CLIENT UNBLOCK).
class WaiterSlot {
 public:
  WaiterSlot() = default;
  WaiterSlot& operator=(std::shared_ptr<Waiter> waiter) {
    const std::lock_guard lock(mutex_);
    waiter_ = std::move(waiter);
    return *this;
  }
  std::shared_ptr<Waiter> get() const {
    const std::lock_guard lock(mutex_);
    return waiter_;
  }
  operator std::shared_ptr<Waiter>() const { return get(); }
  explicit operator bool() const { return get() != nullptr; }
  void reset() { *this = nullptr; }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Waiter> waiter_;
};

class Session {
 public:
  Session();
  virtual ~Session();
  Session(const Session&) = delete;

  // --- Called by other threads.
  // A blocked command has got its reply; the owner delivers it and goes on with the session's commands.
  virtual void on_unblocked(Reply reply) = 0;
  // A message out of turn: pub/sub, MONITOR.
  virtual void on_push(std::shared_ptr<const Reply> message) = 0;
  // CLIENT KILL: the owner closes it soon. Nothing it sends from now on is executed.
  virtual void on_kill() = 0;
  // Commands that were held back may be tried again: CLIENT PAUSE is over.
  virtual void on_resume() {}
  // Whether its thread serves others, too, while a command of it is held back, and tries that again after on_resume(),
  // which may be called before it was told of it. Else its thread waits within the command where there is something to
  // be waited for.
  virtual bool can_be_held_back() const { return false; }
  // A script of this session runs for long: called now and then by the thread that runs it, so that its
  // other sessions get an answer (BUSY), and one of them may stop the script.
  virtual void on_long_script() {}

  // --- Called by the owner's thread, behind the replies of what was executed.
  // Sends own_pushes, and empties it.
  virtual void send_own_pushes();

  // --- What CLIENT LIST shows of the transport.
  struct TransportInfo {
    std::string address, local_address;
    int fd = -1;
    size_t query_buffer_bytes = 0, query_buffer_free_bytes = 0;
    size_t output_buffer_bytes = 0, output_list_length = 0, output_list_bytes = 0;
    bool unix_socket = false;
  };
  virtual TransportInfo transport() const { return {}; }
  // What its buffers take.
  virtual size_t buffer_bytes() const { return 0; }

  // --- The owner's.
  const uint64_t id;
  int protocol = 2;
  int db = 0;
  AclIdentity identity;  // who it is; other threads look at it under `mutex`
  bool in_multi = false;
  bool multi_failed = false;  // a command could not be queued: EXEC will abort
  std::vector<QueuedCommand> queue;
  std::vector<Watch> watches;
  std::atomic<bool> watch_touched{false};
  bool close_after_reply = false;
  // Up to where the log must have come before its replies may be seen, and where its own last write stands.
  uint64_t log_position = 0, own_log_position = 0;
  bool reply_off = false, reply_skip_next = false, reply_skip_this = false;  // CLIENT REPLY
  std::set<std::string, std::less<>> channels, patterns, shard_channels;
  bool in_subscribe_mode() const {  // RESP2: only subscription commands are allowed
    return protocol == 2 && subscription_count() != 0;
  }
  // No state of it asks for more than running a permitted command. Commands with one key do not change that.
  bool is_plain() const { return !in_multi && !close_after_reply && !in_subscribe_mode() && !monitoring; }
  size_t subscription_count() const { return channels.size() + patterns.size() + shard_channels.size(); }
  WaiterSlot waiter;  // set while blocked
  std::shared_ptr<TrackingClient> tracking;  // null: has never tracked; set with `mutex` held
  bool caching_given = false;                // CLIENT CACHING, until the next command has run
  std::vector<ChangedKey> changed_keys;      // in this batch, as long as somebody tracks prefixes
  // What its own commands have caused to be told to itself.
  std::vector<std::shared_ptr<const Reply>> own_pushes;

  // --- Shown to other clients by CLIENT LIST; guarded by `mutex` where not atomic.
  mutable std::mutex mutex;
  std::string name, lib_name, lib_version;
  std::atomic<const CommandSpec*> last_command{nullptr};
  std::atomic<int> shown_db{0};
  std::atomic<int> shown_multi{-1};
  std::atomic<size_t> shown_multi_bytes{0};  // of the queued commands
  std::atomic<size_t> shown_bytes{0};        // what it holds for its client, as ClientRegistry counts it
  std::atomic<int> shown_watches{0};
  std::atomic<int> shown_subscriptions{0}, shown_pattern_subscriptions{0}, shown_shard_subscriptions{0};
  std::atomic<int> shown_protocol{2};
  std::atomic<bool> shown_blocked{false};
  std::atomic<size_t> shown_waiting_bytes{0};  // of the words of the call that blocked last
  std::atomic<bool> no_evict{false}, no_touch{false};  // CLIENT NO-EVICT, CLIENT NO-TOUCH
  std::atomic<bool> monitoring{false};
  std::atomic<bool> killed{false};
  bool is_shown_subscribed() const {
    return shown_subscriptions + shown_pattern_subscriptions + shown_shard_subscriptions > 0;
  }
  std::atomic<int64_t> created_ms{0}, last_interaction_ms{0};
};

}  // namespace redstart
