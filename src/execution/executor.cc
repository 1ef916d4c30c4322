#include "execution/executor.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <ranges>
#include <string>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/cycle_clock.h"
#include "base/quoted_words.h"
#include "base/text.h"
#include "command/table.h"
#include "engine/lock_pause.h"
#include "engine/prefetch.h"
#include "execution/acl/acl.h"
#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/eviction.h"
#include "execution/executor_threads.h"
#include "execution/hot_keys.h"
#include "execution/latency_monitor.h"
#include "execution/monitors.h"
#include "execution/notifications.h"
#include "execution/persistence.h"
#include "execution/protection.h"
#include "execution/pubsub.h"
#include "execution/run.h"
#include "execution/scripting/script_runner.h"
#include "execution/scripting/scripting.h"
#include "execution/slow_log.h"
#include "execution/store_state.h"
#include "execution/tracking.h"
#include "execution/transaction.h"
#include "execution/wait_registry.h"

namespace redstart {
namespace {

constexpr size_t kBatchCommands = 32;           // keys that are prefetched together
constexpr size_t kExpiryRecordsPerHold = 64;    // index records looked at under one hold of a lock
constexpr size_t kExpiryShardsPerTick = Keyspace::kShards / 10;  // all of them ten times a second
constexpr size_t kScriptFirstKey = 3;             // EVAL script numkeys key
constexpr std::string_view kOom = "OOM command not allowed when used memory > 'maxmemory'.";
constexpr std::string_view kLoadingError = "LOADING Redis is loading the dataset in memory";
constexpr std::string_view kNoAuthentication = "NOAUTH Authentication required.";

std::string unknown_command_error(Words words) {
  std::string text = "ERR unknown command '" + quoted_in_error(words[0]) + "', with args beginning with: ";
  std::string args;
  for (size_t i = 1; i < words.size() && args.size() < 128; ++i) {
    args += "'" + quoted_in_error(words[i], 128 - args.size()) + "' ";
  }
  return text + args;
}

std::string unknown_subcommand_error(const CommandSpec& container, std::string_view word) {
  return "ERR unknown subcommand '" + quoted_in_error(word) + "'. Try " + upper_case(container.name) + " HELP.";
}

bool runs_script(const CommandTable& commands, std::string_view name) {
  const CommandSpec* spec = commands.find(name);
  return spec && spec->lock_scope == LockScope::script;
}

// The words by which each request of a web page is known. What stands behind them may be commands that its author has
// chosen.
bool is_of_http(std::string_view word) {
  return equal_ignoring_case(word, "post") || equal_ignoring_case(word, "host:");
}

}  // namespace

// The session of the store's own work: expiry and eviction.
class Executor::BackgroundSession final : public Session {
 public:
  void on_unblocked(Reply) override {}
  void on_push(std::shared_ptr<const Reply>) override {}
  void on_kill() override {}
};

Executor::Executor(const Options& options)
    : options_(options), clock_(options.clock ? options.clock : &system_clock_) {
  commands_ = std::make_unique<CommandTable>(command_specs());
  config_ = std::make_unique<Config>();
  acl_ = std::make_unique<Acl>(*this);
  keyspace_ = std::make_unique<Keyspace>(options.databases);
  pubsub_ = std::make_unique<PubSub>();
  clients_ = std::make_unique<ClientRegistry>();
  slow_log_ = std::make_unique<SlowLog>();
  large_request_log_ = std::make_unique<SlowLog>();
  large_reply_log_ = std::make_unique<SlowLog>();
  hot_keys_ = std::make_unique<HotKeys>();
  latency_ = std::make_unique<LatencyMonitor>(*clock_);
  waits_ = std::make_unique<WaitRegistry>(*keyspace_);
  notifications_ = std::make_unique<Notifications>(*config_, *pubsub_);
  tracking_ = std::make_unique<Tracking>(*keyspace_, *clients_, *config_);
  eviction_ = std::make_unique<Eviction>(*this);
  monitors_ = std::make_unique<Monitors>();
  scripting_ = std::make_unique<Scripting>(*this);
  threads_ = std::make_unique<Threads>(commands_->size());
  background_ = std::make_unique<BackgroundSession>();
  state_ = std::make_unique<StoreState>(*this);
  persistence_ = std::make_unique<Persistence>(*this);
  config_->force("databases", std::to_string(options.databases));
  apply_config();
}

Executor::~Executor() = default;

void Executor::apply_config() {
  TinyLfu* tinylfu = eviction_->configure(*config_);
  AccessPolicy policy = config_->access_policy();
  policy.tinylfu = tinylfu;
  {
    // Who reads the settings holds a shard's lock.
    ShardLocks locks;
    locks.lock_all(*keyspace_);
    access_settings_.policy = policy;
    access_settings_.graveyard = &state_->graveyard();
    access_settings_.lazy_eviction = config_->lazyfree_lazy_eviction();
    access_settings_.lazy_expire = config_->lazyfree_lazy_expire();
  }
  slow_log_->configure(*config_);
  large_request_log_->configure(config_->large_request_threshold_bytes(), config_->large_request_log_length_max());
  large_reply_log_->configure(config_->large_reply_threshold_bytes(), config_->large_reply_log_length_max());
  latency_->configure(*config_);
  for (const auto& [from, to] : config_->take_command_renames()) commands_->rename(from, to);
  access_settings_.times_removals = latency_->is_on();
  apply_attention();
  threads_->track_latency(config_->latency_tracking());
  persistence_->follow_config();
}

void Executor::record_effects(bool on) {
  ShardLocks locks;
  locks.lock_all(*keyspace_);
  access_settings_.records_effects = on;
}

void Executor::apply_attention() {
  const bool sizes_wanted =
      large_request_log_->is_on() || large_reply_log_->is_on() || hot_keys_->is_active();
  const uint64_t latency_cycles =
      CycleClock::from_ns(static_cast<uint64_t>(latency_->threshold_ms()) * 1'000'000);
  uint64_t cycles = slow_log_->threshold_cycles();
  if (latency_->is_on()) cycles = std::min(cycles, latency_cycles);
  attention_cycles_ = sizes_wanted ? 0 : cycles;
}

ThreadContext& Executor::thread_context() { return threads_->mine(); }

std::vector<ThreadContext*> Executor::thread_contexts() const {
  const std::lock_guard lock(threads_->mutex);
  std::vector<ThreadContext*> result;
  for (const auto& context : threads_->contexts) result.push_back(context.get());
  return result;
}

void Executor::attach(Session& session) {
  session.created_ms = session.last_interaction_ms = clock_->unix_time_ms();
  acl_->log_out(session);
  clients_->attach(session);
}

void Executor::detach(Session& session) {
  if (const auto waiter = session.waiter.get()) cancel_wait(waiter, Unblock::silent);
  forget_watches(*this, session);
  pubsub_->detach(session);
  tracking_->forget(session);
  monitors_->remove(session);
  clients_->detach(session);
}

// --- Dispatch

void Executor::refuse(Session& session, ThreadContext& thread, const CommandSpec& spec,
                      ReplySink& reply, std::string_view error) {
  thread.record_rejected(commands_->index_of(spec));
  if (spec.name == "exec") {
    discard_transaction(*this, session);
    if (error.starts_with("ERR ")) error.remove_prefix(4);
    reply.error("EXECABORT Transaction discarded because of: " + std::string(error));
  } else {
    reply.error(error);
    // A command that could not be queued spoils the transaction.
    if (session.in_multi) session.multi_failed = true;
  }
  thread.record_error(reply.last_error_code());
}

const CommandSpec* Executor::resolve(Session& session, Words words, ReplySink& reply) {
  const auto reject = [&](const std::string& error) -> const CommandSpec* {
    session.last_command.store(nullptr, std::memory_order_relaxed);
    reply.error(error);
    thread_context().record_error(reply.last_error_code());
    if (session.in_multi) session.multi_failed = true;
    return nullptr;
  };
  const CommandSpec* spec = commands_->find(words[0]);
  if (!spec && !options_.embedded && is_of_http(words[0])) {
    state_->log("Possible SECURITY ATTACK detected: " + session.transport().address +
                " sent POST or Host:, as a browser does that is made to send commands. The connection is closed.");
    session.close_after_reply = true;
  }
  if (!spec) return reject(unknown_command_error(words));
  if (!spec->subcommands.empty() && words.size() > 1) {
    const CommandSpec* subcommand = commands_->find_subcommand(*spec, words[1]);
    if (!subcommand) return reject(unknown_subcommand_error(*spec, words[1]));
    spec = subcommand;
  }
  if (!spec->run || !spec->arity_fits(words.size())) {
    refuse(session, thread_context(), *spec, reply,
           "ERR wrong number of arguments for '" + commands_->full_name(*spec) + "' command");
    return nullptr;
  }
  return spec;
}

// What is queued takes memory too, whatever it is.
bool Executor::takes_memory(const Session& session, const CommandSpec& spec) {
  if (!session.in_multi) return spec.has(kDenyOom);
  if (spec.name == "exec") {
    return std::ranges::any_of(session.queue,
                               [](const auto& queued) { return queued.spec->has(kDenyOom); });
  }
  return spec.name != "discard" && spec.name != "quit" && !is_reset(spec);
}

bool Executor::may_take_memory(Session& session, ThreadContext& thread, const CommandSpec& spec,
                               ReplySink& reply) {
  if (eviction_->has_room() || eviction_->make_room(session, thread)) return true;
  if (!takes_memory(session, spec)) return true;
  refuse(session, thread, spec, reply, kOom);
  return false;
}

std::optional<std::string> Executor::forbidden_in_script(Session& session, const CommandSpec& spec,
                                                         Words words) {
  const AclDecision decision = acl_->check(session, spec, words, AclContext::script);
  if (decision.denial == AclDenial::none) return std::nullopt;
  return std::string(denial_error_in_script(decision.denial));
}

bool Executor::admit_while_busy(Session& session, ThreadContext& thread, const CommandSpec& spec,
                                ReplySink& reply, ExecuteStatus& status) {
  // A session with watches forgets them in the following, which takes their locks; WATCH takes some too.
  constexpr std::string_view kForgets[] = {"exec", "discard", "unwatch", "quit"};
  const bool forgets = std::ranges::find(kForgets, spec.name) != std::end(kForgets) || is_reset(spec);
  const bool needs_locks = spec.name == "watch" || (forgets && !session.watches.empty());
  status = needs_locks ? ExecuteStatus::paused : ExecuteStatus::done;
  if (needs_locks) return false;
  if (spec.has(kAllowBusy)) return true;
  refuse(session, thread, spec, reply, scripting_->long_scripts().busy_text());
  return false;
}

std::optional<std::string> Executor::refusal_by_persistence(const CommandSpec& spec) const {
  if (persistence_->is_loading() && !spec.has(redstart::kLoading)) return std::string(kLoadingError);
  if (persistence_->refuses_writes() && (spec.is_write() || spec.name == "ping")) return persistence_->refusal();
  return std::nullopt;
}

namespace {

// Whether the script that the command runs, or one of the queued commands, says of itself that it may write.
bool runs_writes(Executor& executor, const Session& session, ThreadContext& thread, const CommandSpec& spec,
                 Words words) {
  if (spec.lock_scope == LockScope::script) return ScriptRunner::of(thread, executor).declares_writes(spec, words);
  if (spec.name != "exec") return false;
  return std::ranges::any_of(session.queue, [&](const QueuedCommand& queued) {
    return queued.spec->is_write() || runs_writes(executor, session, thread, *queued.spec, words_of(queued));
  });
}

// Whether a pause of writes concerns the command. A script may write unless it says that it does not.
bool may_write(Executor& executor, const Session& session, ThreadContext& thread, const CommandSpec& spec,
               Words words) {
  if (spec.name == "exec") {
    return std::ranges::any_of(session.queue, [&](const QueuedCommand& queued) {
      return may_write(executor, session, thread, *queued.spec, words_of(queued));
    });
  }
  if (!spec.has(kWrite | kMayReplicate)) return false;
  return spec.lock_scope != LockScope::script || !ScriptRunner::of(thread, executor).declares_no_writes(spec, words);
}

}  // namespace

bool Executor::is_paused_for(const Session& session, ThreadContext& thread, const CommandSpec& spec, Words words) {
  if (!clients_->is_paused()) return false;
  return clients_->is_all_paused() || may_write(*this, session, thread, spec, words);
}

bool Executor::admit(Session& session, ThreadContext& thread, const CommandSpec& spec, Words words,
                     ReplySink& reply, ExecuteStatus& status) {
  if (spec.has(kAdmin)) [[unlikely]] {
    if (const auto refusal = protection_refusal(*this, session, spec)) {
      refuse(session, thread, spec, reply, *refusal);
      return false;
    }
  }
  if (!session.identity.is_authenticated() && !spec.has(kNoAuth) &&
      acl_->requires_authentication()) {
    refuse(session, thread, spec, reply, kNoAuthentication);
    return false;
  }
  const AclContext context = session.in_multi ? AclContext::multi : AclContext::toplevel;
  if (const auto refusal = acl_->refusal(session, spec, words, context)) {
    refuse(session, thread, spec, reply, *refusal);
    return false;
  }
  if (clients_->is_busy() && !admit_while_busy(session, thread, spec, reply, status)) return false;
  if (!may_take_memory(session, thread, spec, reply)) return false;
  if (persistence_->restricts()) [[unlikely]] {
    auto refusal = refusal_by_persistence(spec);
    if (!refusal && persistence_->refuses_writes() && runs_writes(*this, session, thread, spec, words)) {
      refusal = persistence_->refusal();
    }
    if (refusal) return refuse(session, thread, spec, reply, *refusal), false;
  }
  if (session.monitoring && spec.has(kReadonly | kWrite | kMayReplicate)) {
    refuse(session, thread, spec, reply, "ERR Replica can't interact with the keyspace");  // monitors too, in Redis
    return false;
  }
  if (session.in_subscribe_mode() && !commands_->is_allowed_when_subscribed(spec)) {
    refuse(session, thread, spec, reply,
           "ERR Can't execute '" + commands_->full_name(spec) +
               "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
               "context");
    return false;
  }
  return true;
}

void Executor::enqueue_in_multi(Session& session, const CommandSpec& spec, Words words,
                                ReplySink& reply) {
  session.queue.push_back({&spec, {words.begin(), words.end()}});
  session.shown_multi.store(static_cast<int>(session.queue.size()), std::memory_order_relaxed);
  size_t bytes = sizeof(QueuedCommand);
  for (const std::string_view word : words) bytes += sizeof(std::string) + word.size();
  session.shown_multi_bytes.fetch_add(bytes, std::memory_order_relaxed);
  clients_->count_bytes(session);
  reply.simple("QUEUED");
}

ExecuteStatus Executor::dispatch(Session& session, ThreadContext& thread, const CommandSpec& spec,
                                 Words words, ReplySink& reply, Run& run) {
  // The session of a deleted user is about to be closed.
  if (session.identity.user()->is_removed() && !options_.embedded) return ExecuteStatus::close;
  session.last_command.store(&spec, std::memory_order_relaxed);
  ExecuteStatus status = ExecuteStatus::done;
  if (!admit(session, thread, spec, words, reply, status)) return status;
  if (is_paused_for(session, thread, spec, words)) return ExecuteStatus::paused;
  if (session.in_multi && !is_immediate_in_multi(spec)) {
    if (spec.has(kNoMulti)) {
      refuse(session, thread, spec, reply, "ERR Command not allowed inside a transaction");
    } else {
      enqueue_in_multi(session, spec, words, reply);
    }
    return ExecuteStatus::done;
  }
  run.begin_replies(reply);
  Preserving preserving = Preserving::done;
  if (keyspace_->is_preserved()) [[unlikely]] preserving = preserve_keys(session, run, spec, words);
  if (preserving == Preserving::paused) return ExecuteStatus::paused;
  run.restart_clock();
  if (preserving == Preserving::stuck || !run.lock_for(spec, words)) {
    refuse(session, thread, spec, reply, scripting_->long_scripts().busy_text());
    return ExecuteStatus::done;
  }
  const bool finished = run.run_command(spec, words, reply, true);
  if (monitors_->any()) [[unlikely]] {
    monitors_->feed(session, spec, commands_->full_name(spec), words, clock_->unix_time_us());
  }
  run.finish();
  if (!session.own_pushes.empty()) [[unlikely]] session.send_own_pushes();
  if (!finished) return ExecuteStatus::blocked;
  return session.close_after_reply ? ExecuteStatus::close : ExecuteStatus::done;
}

ExecuteStatus Executor::execute(Session& session, Words words, ReplySink& reply) {
  ExecuteStatus status;
  execute_batch(session, {&words, 1}, reply, status);
  return status;
}

// --- Batches

struct Executor::Planned {
  const CommandSpec* spec;  // null: not found, or not a plain single-key command with fitting arity
  uint32_t index;           // the command's number
  uint64_t hash;            // the key's
};

bool Executor::is_plain() const {
  return !monitors_->any() && clients_->is_open() && !persistence_->restricts();
}

void Executor::plan(Session& session, std::span<const Words> commands,
                    std::span<Planned> planned) {
  std::array<uint64_t, kBatchCommands> hashes;
  size_t hash_count = 0;
  // Pipelines repeat a command more often than not, and often its key.
  std::string_view name;
  const std::string_view* key = nullptr;
  uint64_t hash = 0;
  size_t word_count = 0;
  CommandTable::Indexed found{};
  bool is_plannable = false, is_script = false, has_elements = false;
  for (size_t i = 0; i < commands.size(); ++i) {
    const Words words = commands[i];
    if (words.size() != word_count || !is_same(words[0], name)) {
      name = words[0];
      word_count = words.size();
      found = commands_->find_with_single_key(name);
      is_plannable = found.has_single_key(word_count) && found.spec->arity_fits(word_count);
      is_script = !found.spec && runs_script(*commands_, name);
      has_elements = has_elements || (is_plannable && found.spec->element_index != 0);
    }
    if (!is_plannable) {
      planned[i].spec = nullptr;
      // Most scripts read their first key first.
      if (is_script && words.size() > kScriptFirstKey) {
        hashes[hash_count++] = Keyspace::hash(words[kScriptFirstKey]);
        __builtin_prefetch(&keyspace_->shard(Keyspace::shard_index(hashes[hash_count - 1])), 1);
      }
      continue;
    }
    if (!key || !is_same(words[1], *key)) {
      key = &words[1];
      hash = Keyspace::hash(*key);
      hashes[hash_count++] = hash;
      __builtin_prefetch(&keyspace_->shard(Keyspace::shard_index(hash)), 1);
    }
    planned[i] = {found.spec, found.index, hash};
  }
  if (hash_count > 1) {
    prefetch(*keyspace_, session.db, std::span(hashes).first(hash_count), Locking::by_prefetch);
  }
  if (has_elements && commands.size() > 1) plan_elements(session, commands, planned);
}

void Executor::plan_elements(Session& session, std::span<const Words> commands, std::span<const Planned> planned) {
  std::array<ElementHint, kBatchCommands> hints;
  size_t hint_count = 0;
  for (size_t i = 0; i < commands.size(); ++i) {
    const auto element = planned[i].spec ? static_cast<size_t>(planned[i].spec->element_index) : 0;
    if (element == 0 || element >= commands[i].size()) continue;
    hints[hint_count++] = {commands[i][1], planned[i].hash, hash_bytes(commands[i][element])};
  }
  if (hint_count > 0) {
    prefetch_elements(*keyspace_, session.db, std::span(hints).first(hint_count));
  }
}

size_t Executor::execute_batch(Session& session, std::span<const Words> commands, ReplySink& reply,
                               ExecuteStatus& status) {
  const size_t consumed = run_batch(session, commands, reply, status);
  if (!session.changed_keys.empty() || !session.own_pushes.empty()) [[unlikely]] end_batch(session);
  return consumed;
}

void Executor::end_batch(Session& session) {
  if (!session.changed_keys.empty()) tracking_->broadcast(session);
  if (!session.own_pushes.empty()) session.send_own_pushes();
}

size_t Executor::run_batch(Session& session, std::span<const Words> commands, ReplySink& reply,
                           ExecuteStatus& status) {
  ThreadContext& thread = thread_context();
  std::array<Planned, kBatchCommands> planned;
  status = ExecuteStatus::done;
  size_t consumed = 0;
  int64_t now_ms = clock_->unix_time_ms();
  session.last_interaction_ms.store(now_ms, std::memory_order_relaxed);
  while (consumed < commands.size()) {
    const auto window = commands.subspan(consumed, std::min(kBatchCommands, commands.size() - consumed));
    plan(session, window, planned);
    if (consumed > 0) now_ms = clock_->unix_time_ms();
    Run run(*this, session, thread, now_ms);
    run.begin_replies(reply);
    bool is_plain_session = session.is_plain();
    for (size_t i = 0; i < window.size(); ++i, ++consumed) {
      const Words words = window[i];
      const bool is_permitted =
          session.identity.is_unrestricted() ||
          (planned[i].spec && acl_->permits(session, *planned[i].spec, words));
      if (is_permitted && planned[i].spec && is_plain_session && is_plain()) [[likely]] {
        const CommandSpec& spec = *planned[i].spec;
        if (!eviction_->has_room()) [[unlikely]] {
          run.finish();
          if (!may_take_memory(session, thread, spec, reply)) continue;
          run.restart_clock();
        }
        const size_t shard = Keyspace::shard_index(planned[i].hash);
        session.last_command.store(&spec, std::memory_order_relaxed);
        run.access().remember_hash(words[1], planned[i].hash);
        // A lock is kept over a run of commands on one shard.
        if (!run.access().locks().holds_single(shard)) {
          run.finish();
          if (!run.access().locks().lock_one_unless_stuck(*keyspace_, shard)) [[unlikely]] {
            run.access().forget_hash();
            refuse(session, thread, spec, reply, scripting_->long_scripts().busy_text());
            continue;
          }
        }
        if (keyspace_->shard(shard).preserver && spec.is_write()) [[unlikely]] {
          const Preserving preserving = preserve(session, run, session.db, words[1], planned[i].hash);
          if (preserving != Preserving::done) {
            run.access().forget_hash();
            status = preserving == Preserving::paused ? ExecuteStatus::paused : ExecuteStatus::done;
            if (status == ExecuteStatus::paused) return consumed;
            refuse(session, thread, spec, reply, scripting_->long_scripts().busy_text());
            continue;
          }
        }
        const bool finished = run.run_command(spec, planned[i].index, words, reply, true);
        if (!finished || run.has_work()) {
          run.finish();
          if (!session.own_pushes.empty()) session.send_own_pushes();
        }
        if (finished) continue;
        status = ExecuteStatus::blocked;
        return consumed + 1;
      }
      run.finish();
      const CommandSpec* spec = resolve(session, words, reply);
      if (!spec && session.close_after_reply) {
        status = ExecuteStatus::close;
        return consumed + 1;
      }
      if (!spec) continue;
      status = dispatch(session, thread, *spec, words, reply, run);
      if (status == ExecuteStatus::paused) return consumed;
      if (status != ExecuteStatus::done) return consumed + 1;
      now_ms = clock_->unix_time_ms();
      run.access().set_now_ms(now_ms);
      run.follow_session();
      is_plain_session = session.is_plain();
      run.restart_clock();
      run.begin_replies(reply);
    }
    run.finish();
  }
  return consumed;
}

// --- Waiting

int64_t Executor::wait_deadline_ms(const Waiter& waiter) { return waiter.deadline_ms; }

bool Executor::cancel_wait(const std::shared_ptr<Waiter>& waiter, Unblock why) {
  ShardLocks locks;
  auto shards = waiter->shards;
  if (shards.empty()) shards.push_back(0);  // WAIT: any lock will do to let only one end the wait
  locks.lock_many(*keyspace_, shards);
  if (waiter->finished) return false;
  waiter->finished = true;
  waits_->remove_waiter(waiter);
  Session& session = *waiter->session;
  session.shown_blocked.store(false, std::memory_order_relaxed);
  if (why == Unblock::timeout && waiter->timeout_reply) {
    session.on_unblocked(std::move(*waiter->timeout_reply));
  } else if (why == Unblock::timeout) {
    session.on_unblocked(waiter->timeout_is_array ? Reply::null_array() : Reply::null());
  } else if (why == Unblock::error) {
    session.on_unblocked(Reply::error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
  }
  return true;
}

void Executor::answer_wait(const std::shared_ptr<Waiter>& waiter, Reply reply, bool now) {
  {
    ShardLocks locks;
    locks.lock_one(*keyspace_, 0);  // as in cancel_wait
    if (waiter->finished) return;
    waiter->timeout_reply = std::move(reply);
  }
  if (now) cancel_wait(waiter, Unblock::timeout);
}

// --- Periodic work

// Visits a part of the shards each time, so that a store without anything due costs nothing to speak of.
void Executor::expire_due_keys(int64_t now_ms) {
  for (size_t visited = 0; visited < kExpiryShardsPerTick; ++visited) {
    const size_t index = next_expiry_shard_++ % Keyspace::kShards;
    Shard& shard = keyspace_->shard(index);
    for (int db = 0; db < keyspace_->database_count(); ++db) {
      // Read without the lock: a hint.
      const KeyCounts& counts = shard.counts[db];
      if (counts.volatile_keys.get() == 0 && counts.timed_hashes.get() == 0) continue;
      bool more = true;
      while (more) {
        // A run of its own for each hold, so that watchers hear of it and others get their turn.
        Run run(*this, *background_, thread_context(), now_ms);
        run.access().locks().lock_one(*keyspace_, index);
        more = run.access().expire_due(db, index, kExpiryRecordsPerHold);
        const bool is_awaited = shard.lock.is_awaited();
        run.finish();
        if (more && is_awaited) std::this_thread::sleep_for(kLockPause);
      }
    }
  }
}

void Executor::tick() {
  const int64_t monotonic_ms = clock_->monotonic_time_ns() / 1'000'000;
  for (const auto& waiter : waits_->take_due(monotonic_ms)) cancel_wait(waiter, Unblock::timeout);
  if (!config_->does_periodic_work()) return;
  const int64_t now_ms = clock_->unix_time_ms();
  clients_->end_pause_if_due(now_ms);
  // While loading, the log says itself what expired, and what was evicted.
  const bool is_open = !clients_->is_paused() && !persistence_->is_loading();
  if (config_->active_expiry() && is_open) {
    LatencyTimer timer(*latency_);
    expire_due_keys(now_ms);
    timer.stop(latency_events::kExpireCycle);
  }
  if (is_open) eviction_->tick(*background_, thread_context());
  const uint64_t client_bytes_max = config_->client_bytes_max();
  if (client_bytes_max != 0 && clients_->total_bytes() > client_bytes_max) {
    clients_->evict_down_to(client_bytes_max);
  }
  tracking_->trim(thread_context().random());
  end_batch(*background_);
  if (hot_keys_->stop_if_due(now_ms)) apply_attention();
  state_->tick();
  persistence_->tick();
}

uint64_t Executor::used_memory_bytes() const {
  const int64_t bytes = keyspace_->used_bytes();
  return (bytes > 0 ? static_cast<uint64_t>(bytes) : 0) + eviction_->overhead_bytes();
}

}  // namespace redstart
