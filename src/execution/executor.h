// Executor: runs commands of sessions against a keyspace: finds the command, checks it, locks the shards
// of its keys, runs it, and tells whoever waits for what it changed.
//
// There is no executor thread: the caller's own thread runs the command. A pipeline is given as a batch,
// whose keys are prefetched together before the first command runs.
//
// Threads: thread-safe; each session by one thread at a time.
// Ownership: owns the keyspace and the registries around it; sessions belong to their owners.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "command/spec.h"
#include "engine/access.h"
#include "engine/keyspace.h"
#include "execution/session.h"
#include "resp/reply_sink.h"

namespace redstart {

class Acl;               // execution/acl/acl.h
class ClientRegistry;    // execution/client_registry.h
class CommandContext;
class CommandTable;      // command/table.h
class Config;            // execution/config.h
class LatencyMonitor;    // execution/latency_monitor.h
class PubSub;            // execution/pubsub.h
class Scripting;         // execution/scripting/scripting.h
class SlowLog;           // execution/slow_log.h
class Eviction;          // execution/eviction.h
class HotKeys;           // execution/hot_keys.h
class Monitors;          // execution/monitors.h
class Notifications;     // execution/notifications.h
class Persistence;       // execution/persistence.h
class Run;               // execution/run.h
class StoreState;        // execution/store_state.h
class Tracking;          // execution/tracking.h
class WaitRegistry;      // execution/wait_registry.h
struct Waiter;

// One command as it stands in a buffer: words[0] is its name.
using Words = std::span<const std::string_view>;

enum class ExecuteStatus : uint8_t {
  done,     // replied
  blocked,  // no reply yet: Session::on_unblocked will bring it
  paused,   // CLIENT PAUSE or a snapshot holds it back: not executed, try again after Session::on_resume
  close,    // replied; the session is to be closed after the reply is sent (QUIT)
};

class Executor {
 public:
  struct Options {
    int databases = 16;
    const Clock* clock = nullptr;  // null: the system's
    bool embedded = false;         // no socket: SHUTDOWN and the like are refused
  };
  explicit Executor(const Options& options);
  ~Executor();

  // A session becomes known (CLIENT LIST, kill) and is forgotten: its watches, subscriptions and
  // blocked command go.
  void attach(Session& session);
  void detach(Session& session);

  // Runs one command. Views in `words` need to live only for the call.
  ExecuteStatus execute(Session& session, Words words, ReplySink& reply);
  // Runs commands in order with their keys prefetched; stops after one whose status is not `done`.
  // Returns how many were consumed; `status` is that of the last one.
  size_t execute_batch(Session& session, std::span<const Words> commands, ReplySink& reply,
                       ExecuteStatus& status);
  // A blocked command is given up, by its owner. The reply that Redis gives in that case is delivered
  // through on_unblocked, unless the command was served in the meantime (then that reply is).
  enum class Unblock : uint8_t { timeout, error /* CLIENT UNBLOCK ... ERROR */, silent /* the session goes */ };
  bool cancel_wait(const std::shared_ptr<Waiter>& waiter, Unblock why);
  // The monotonic millisecond at which a blocked session's command times out; 0: never.
  static int64_t wait_deadline_ms(const Waiter& waiter);
  // Gives up the waits of which the time has come, and does the other periodic work: active expiry,
  // eviction, samples of INFO's rates. Called about every 10 ms by one thread (see Store).
  void tick();

  Keyspace& keyspace() { return *keyspace_; }
  Config& config() { return *config_; }
  PubSub& pubsub() { return *pubsub_; }
  ClientRegistry& clients() { return *clients_; }
  SlowLog& slow_log() { return *slow_log_; }
  SlowLog& large_request_log() { return *large_request_log_; }
  SlowLog& large_reply_log() { return *large_reply_log_; }
  HotKeys& hot_keys() { return *hot_keys_; }
  LatencyMonitor& latency() { return *latency_; }
  WaitRegistry& waits() { return *waits_; }
  Notifications& notifications() { return *notifications_; }
  Tracking& tracking() { return *tracking_; }
  const CommandTable& commands() const { return *commands_; }
  const Clock& clock() const { return *clock_; }
  const Options& options() const { return options_; }
  // The calling thread's statistics and random numbers in this executor.
  ThreadContext& thread_context();
  // All threads' contexts, for INFO.
  std::vector<ThreadContext*> thread_contexts() const;

  // --- For the parts of execution.
  const AccessSettings& access_settings() const { return access_settings_; }
  // Whether commands say what they did, for a log. REQUIRES for the second: all shards are locked.
  void record_effects(bool on);
  void record_effects_locked(bool on) { access_settings_.records_effects = on; }
  // Has a keyless wait reply this: at its timeout, or now.
  void answer_wait(const std::shared_ptr<Waiter>& waiter, Reply reply, bool now);
  // Maximum-memory policy and limits may have changed: takes them over from the configuration.
  void apply_config();
  // From how many cycles on a command is looked at more closely: the slow log or the latency monitor may
  // want it. 0 while sizes of requests and replies are logged, or hot keys are looked for.
  void apply_attention();
  uint64_t attention_cycles() const { return attention_cycles_.load(std::memory_order_relaxed); }
  // What the data takes, bookkeeping included.
  uint64_t used_memory_bytes() const;
  Acl& acl() { return *acl_; }
  Eviction& eviction() { return *eviction_; }
  Monitors& monitors() { return *monitors_; }
  StoreState& state() { return *state_; }
  Scripting& scripting() { return *scripting_; }
  // Why the session's user may not run this command within a script; nothing: it may.
  std::optional<std::string> forbidden_in_script(Session& session, const CommandSpec& spec, Words words);
  Persistence& persistence() { return *persistence_; }

 private:
  struct Planned;
  const CommandSpec* resolve(Session& session, Words words, ReplySink& reply);
  // `run` has finished what came before.
  ExecuteStatus dispatch(Session& session, ThreadContext& thread, const CommandSpec& spec,
                         Words words, ReplySink& reply, Run& run);
  // A script runs for too long: refuses the command or, if it is one that may run nevertheless and needs locks,
  // has it wait. True: it may run.
  bool admit_while_busy(Session& session, ThreadContext& thread, const CommandSpec& spec, ReplySink& reply,
                        ExecuteStatus& status);
  // Whether CLIENT PAUSE holds the command back now.
  bool is_paused_for(const Session& session, ThreadContext& thread, const CommandSpec& spec, Words words);
  // The state checks before a command may run; false: refused, with the error replied.
  bool admit(Session& session, ThreadContext& thread, const CommandSpec& spec, Words words,
             ReplySink& reply, ExecuteStatus& status);
  // Why the disk's state, or loading, forbids the command now.
  std::optional<std::string> refusal_by_persistence(const CommandSpec& spec) const;
  // Makes room if the memory limit is exceeded; false: there is none, and the command, which takes memory, is refused.
  bool may_take_memory(Session& session, ThreadContext& thread, const CommandSpec& spec,
                       ReplySink& reply);
  static bool takes_memory(const Session& session, const CommandSpec& spec);
  void refuse(Session& session, ThreadContext& thread, const CommandSpec& spec, ReplySink& reply,
              std::string_view error);
  void enqueue_in_multi(Session& session, const CommandSpec& spec, Words words, ReplySink& reply);
  // No state of the store asks for more than running a permitted command.
  bool is_plain() const;
  size_t run_batch(Session& session, std::span<const Words> commands, ReplySink& reply,
                   ExecuteStatus& status);
  // What follows a batch when all its replies are said.
  void end_batch(Session& session);
  // Before a large collection is changed that a snapshot has yet to write: has it written, in pieces, so that its shard
  // is not locked for all of it at once.
  enum class Preserving : uint8_t {
    done,
    paused,  // not yet: the session is to try again
    stuck,   // the shard is held by a script that runs for too long
  };
  // REQUIRES: the key's shard is locked, alone. It still is if the first is returned, else nothing is.
  Preserving preserve(Session& session, Run& run, int db, std::string_view key, uint64_t hash);
  // The same for all keys that the command, or what EXEC would run, may change. Nothing is locked before and after.
  Preserving preserve_keys(Session& session, Run& run, const CommandSpec& spec, Words words);
  Preserving preserve_keys_in(Session& session, Run& run, int db, const CommandSpec& spec, Words words);
  void plan(Session& session, std::span<const Words> commands, std::span<Planned> planned);
  // Prefetches what the planned commands look up in collections.
  void plan_elements(Session& session, std::span<const Words> commands, std::span<const Planned> planned);
  void expire_due_keys(int64_t now_ms);

  Options options_;
  SystemClock system_clock_;
  const Clock* clock_;
  AccessSettings access_settings_;
  std::unique_ptr<CommandTable> commands_;
  std::unique_ptr<Config> config_;
  std::unique_ptr<Acl> acl_;
  std::unique_ptr<Keyspace> keyspace_;
  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<ClientRegistry> clients_;
  std::unique_ptr<SlowLog> slow_log_, large_request_log_, large_reply_log_;
  std::unique_ptr<HotKeys> hot_keys_;
  std::unique_ptr<LatencyMonitor> latency_;
  std::atomic<uint64_t> attention_cycles_{UINT64_MAX};
  std::unique_ptr<WaitRegistry> waits_;
  std::unique_ptr<Notifications> notifications_;
  std::unique_ptr<Tracking> tracking_;
  std::unique_ptr<Eviction> eviction_;
  std::unique_ptr<Monitors> monitors_;
  std::unique_ptr<Scripting> scripting_;
  struct Threads;
  std::unique_ptr<Threads> threads_;
  class BackgroundSession;
  std::unique_ptr<BackgroundSession> background_;
  size_t next_expiry_shard_ = 0;
  std::unique_ptr<StoreState> state_;
  std::unique_ptr<Persistence> persistence_;  // the last: it may be saving what is above
};

}  // namespace redstart
