#include "execution/run.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/cycle_clock.h"
#include "base/numbers.h"
#include "base/text.h"
#include "command/keys.h"
#include "command/table.h"
#include "engine/prefetch.h"
#include "execution/acl/acl.h"
#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/command_stats.h"
#include "execution/config.h"
#include "execution/hot_keys.h"
#include "execution/latency_monitor.h"
#include "execution/notifications.h"
#include "execution/persistence.h"
#include "execution/scripting/scripting.h"
#include "execution/slow_log.h"
#include "execution/tracking.h"
#include "resp/reply_builder.h"

namespace redstart {
namespace {

constexpr std::chrono::milliseconds kStuckPause{1};

Type waited_type(const CommandSpec& spec) {
  switch (spec.group) {
    case CommandGroup::list: return Type::list;
    case CommandGroup::sorted_set: return Type::zset;
    case CommandGroup::stream: return Type::stream;
    default: return Type::none;
  }
}

}  // namespace

Run::Run(Executor& executor, Session& session, ThreadContext& thread, int64_t now_ms)
    : executor_(executor),
      session_(session),
      thread_(thread),
      access_(executor.keyspace(), executor.access_settings(), this, thread.random(), now_ms) {
  follow_session();
}

Run::~Run() {
  if (key_scratch_) thread_.key_scratch.take_back(std::move(key_scratch_));
}

KeyScratch& Run::key_scratch() {
  if (!key_scratch_) key_scratch_ = thread_.key_scratch.lend();
  return *key_scratch_;
}

KeyScratch& Run::empty_key_scratch() {
  KeyScratch& keys = key_scratch();
  keys.positions.clear();
  keys.shards.clear();
  keys.hashes.clear();
  return keys;
}

void Run::follow_session() {
  access_.set_touches(!session_.no_touch);
  access_.set_deletes_expired(!executor_.clients().is_paused());
  access_.observe_everything(executor_.notifications().is_on() || executor_.tracking().has_prefixes());
  is_tracked_ = session_.tracking && session_.tracking->remembers_reads();
}

void Run::on_change(const KeyChange& change) {
  const Shard& shard = executor_.keyspace().shard(Keyspace::shard_index(change.hash));
  if ((shard.observers & kWaiting) && executor_.waits().key_changed(change)) {
    ready_.push_back({change.db, std::string(change.key), change.hash});
    has_work_ = true;
  }
  if (change.event.empty()) return;  // Tracking::flush tells of the whole database
  if (change.audience == ChangeAudience::all) tell_caches(change, (shard.observers & kTracking) != 0);
  on_event({change.db, change.key, change.event_class, change.event});
}

void Run::tell_caches(const KeyChange& change, bool is_tracked) {
  Tracking& tracking = executor_.tracking();
  if (is_tracked) {
    tracking.key_changed(change, session_);
    has_work_ = has_work_ || !session_.own_pushes.empty();
  }
  if (!tracking.has_prefixes()) return;
  const bool by_itself =
      change.event_class == EventClass::expired || change.event_class == EventClass::evicted;
  session_.changed_keys.push_back({std::string(change.key), by_itself});
}

void Run::on_removal(EventClass why, uint64_t cycles) {
  using namespace latency_events;
  executor_.latency().add_cycles(why == EventClass::evicted ? kEvictionDel : kExpireDel, cycles);
}

void Run::on_event(const KeyEvent& event) { executor_.notifications().tell(event); }

bool Run::collect_shards(const CommandSpec& spec, Words words, std::vector<uint16_t>& shards) {
  if (spec.lock_scope != LockScope::keys && spec.lock_scope != LockScope::script) return false;
  if (spec.keys.empty()) return true;
  KeyScratch& keys = key_scratch();
  // Keys that cannot be told (a bad key count): the command replies the error and touches none.
  keys.positions.clear();
  extract_keys(spec, words, keys.positions);
  for (const KeyPosition& position : keys.positions) {
    const uint64_t hash = Keyspace::hash(words[position.index]);
    shards.push_back(static_cast<uint16_t>(Keyspace::shard_index(hash)));
    keys.hashes.push_back(hash);
    __builtin_prefetch(&executor_.keyspace().shard(shards.back()), 1);
  }
  return true;
}

void Run::prefetch_keys() {
  auto& hashes = key_scratch().hashes;
  if (hashes.size() > 1) prefetch(executor_.keyspace(), session_.db, hashes, Locking::by_caller);
}

bool Run::lock_for(const CommandSpec& spec, Words words) {
  if (spec.lock_scope == LockScope::self) return true;
  ShardLocks& locks = access_.locks();
  Keyspace& keyspace = executor_.keyspace();
  std::vector<uint16_t>& shards = empty_key_scratch().shards;
  if (!collect_shards(spec, words, shards)) return locks.lock_all_unless_stuck(keyspace);
  if (spec.lock_scope == LockScope::script && executor_.scripting().needs_token(thread_, spec, words) &&
      !locks.take_token_unless_stuck(keyspace)) {
    return false;
  }
  if (shards.empty()) return true;
  if (!locks.lock_many_unless_stuck(keyspace, shards)) return false;
  prefetch_keys();
  return true;
}

bool Run::lock_for_all(std::span<const Call> calls, std::vector<uint16_t> shards) {
  ShardLocks& locks = access_.locks();
  Keyspace& keyspace = executor_.keyspace();
  bool needs_token = false;
  empty_key_scratch();
  for (const Call& call : calls) {
    if (!collect_shards(*call.spec, call.words, shards)) return locks.lock_all_unless_stuck(keyspace);
    needs_token = needs_token || (call.spec->lock_scope == LockScope::script &&
                                  executor_.scripting().needs_token(thread_, *call.spec, call.words));
  }
  if (needs_token && !locks.take_token_unless_stuck(keyspace)) return false;
  return shards.empty() || locks.lock_many_unless_stuck(keyspace, shards);
}

bool Run::reach(const CommandSpec& spec, Words words) {
  ShardLocks& locks = access_.locks();
  if (locks.holds_all()) return true;
  std::vector<uint16_t>& shards = empty_key_scratch().shards;
  const bool has_bounds = collect_shards(spec, words, shards);
  const auto is_held = [&](uint16_t shard) { return locks.holds(shard); };
  if (has_bounds && std::ranges::all_of(shards, is_held)) return true;
  if (!locks.has_token()) return false;
  const auto extend = [&] { return has_bounds ? locks.extend(shards) : locks.extend_to_all(); };
  if (extend()) return true;
  // What is stuck is held by another script, which somebody may have to stop through this very thread.
  const LongScripts::Wait wait(executor_.scripting().long_scripts());
  while (!extend()) {
    session_.on_long_script();
    std::this_thread::sleep_for(kStuckPause);
  }
  return true;
}

bool Run::run_command(const CommandSpec& spec, Words words, ReplySink& reply, bool may_block) {
  return run_command(spec, executor_.commands().index_of(spec), words, reply, may_block);
}

bool Run::run_command(const CommandSpec& spec, size_t command_index, Words words, ReplySink& reply,
                      bool may_block) {
  const uint64_t start = begun_cycles_;
  const uint64_t errors_before = reply.error_count();
  CommandContext context(executor_, session_, access_, spec, words, reply);
  context.run_ = this;
  context.may_block_ = may_block;
  access_.begin_command(spec.name);
  const uint64_t changes_before = access_.change_count();
  spec.run(context);
  access_.forget_hash();
  if (access_.records_effects()) [[unlikely]] log_command(spec, session_.db, words, changes_before);
  if (context.blocked_ | is_tracked_) [[unlikely]] {
    if (is_tracked_) note_tracking(spec, words, may_block);
    if (context.blocked_) {
      begun_cycles_ = CycleClock::now();
      thread_.record_blocked(command_index, begun_cycles_ - start);
      enqueue_waiter(spec, words, context);
      return false;
    }
  }
  const bool failed = reply.error_count() != errors_before;
  begun_cycles_ = CycleClock::now();
  const uint64_t cycles = begun_cycles_ - start;
  thread_.record_call(command_index, cycles, failed);
  record_outcome(spec, words, cycles, failed, reply);
  return true;
}

// --- Logging

void Run::log_command(const CommandSpec& spec, int db, Words words, uint64_t changes_before) {
  log_removals();
  auto& effects = access_.effects();
  if (!effects.empty()) {
    for (const Access::Effect& effect : effects) {
      unit_.add(effect.db, std::vector<std::string_view>(effect.words.begin(), effect.words.end()));
    }
    effects.clear();
  } else if (access_.change_count() - changes_before != access_.removal_count() - removals_seen_ &&
             spec.lock_scope != LockScope::script &&  // a script's commands have said what they did
             !spec.has(kAdmin)) {                     // DEBUG RELOAD brings back what the log knows
    if (open_units_ == 0 && unit_.empty()) {
      append_alone(db, words);
    } else {
      unit_.add(db, words);
    }
  }
  removals_seen_ = access_.removal_count();
  if (open_units_ == 0 && !unit_.empty()) append_unit();
  // It has taken and released shards that are not known here.
  const Log* log = executor_.persistence().log();
  if (spec.lock_scope == LockScope::self && log) session_.log_position = log->end();
}

void Run::log_removals() {
  for (const Access::Effect& removal : access_.removals()) {
    unit_.add(removal.db, std::vector<std::string_view>(removal.words.begin(), removal.words.end()));
  }
  access_.removals().clear();
}

void Run::end_unit() {
  if (--open_units_ == 0 && !unit_.empty()) append_unit();
}

void Run::append_unit() {
  if (Log* log = executor_.persistence().log()) {
    note_logged(log->append(unit_.first_db(), unit_.last_db(), unit_.bytes()));
  }
  unit_.clear();
}

void Run::append_alone(int db, Words words) {
  if (Log* log = executor_.persistence().log()) note_logged(log->append(db, words));
}

void Run::note_logged(uint64_t position) {
  access_.locks().for_each_held([position](Shard& shard) { shard.log_position = position; });
  session_.own_log_position = session_.log_position = position;
}

void Run::note_log_position() {
  log_removals();
  if (!unit_.empty()) append_unit();
  uint64_t position = session_.log_position;
  access_.locks().for_each_held([&](const Shard& shard) { position = std::max(position, shard.log_position); });
  session_.log_position = position;
}

inline void Run::record_outcome(const CommandSpec& spec, Words words, uint64_t cycles, bool failed,
                                const ReplySink& reply) {
  if (failed && !reply.last_error_code().empty()) thread_.record_error(reply.last_error_code());
  if (cycles >= executor_.attention_cycles()) [[unlikely]] record_slow(spec, words, cycles, reply);
}

uint64_t Run::request_bytes(Words words) {
  const auto digits_of = [](size_t number) {
    NumberBuffer digits;
    return format_int64(static_cast<int64_t>(number), digits.text);
  };
  uint64_t bytes = 3 + digits_of(words.size());  // *2 and a line end
  for (const std::string_view word : words) {
    bytes += 5 + digits_of(word.size()) + word.size();  // $3, a line end, the word, a line end
  }
  return bytes;
}

void Run::record_sizes(const CommandSpec& spec, Words words, uint64_t cycles, const ReplySink& reply) {
  if (spec.has(kSkipSlowlog)) return;  // what EXEC runs is measured by itself
  const size_t reply_end = reply.bytes_written();
  const uint64_t sent = reply_end - std::min(reply_begin_, reply_end);
  if (reply_end > 0) reply_begin_ = reply_end;  // a served waiter's reply has no size
  const uint64_t received = request_bytes(words);
  SlowLog& requests = executor_.large_request_log();
  SlowLog& replies = executor_.large_reply_log();
  const std::string& name = executor_.commands().full_name(spec);
  if (requests.is_on() && received >= requests.threshold()) {
    requests.add_bytes(session_, name, words, received);
  }
  if (replies.is_on() && sent >= replies.threshold()) replies.add_bytes(session_, name, words, sent);
  if (!executor_.hot_keys().is_active()) return;
  std::vector<KeyPosition> positions;
  if (!spec.keys.empty()) extract_keys(spec, words, positions);
  std::vector<std::string_view> keys;
  for (const KeyPosition& position : positions) keys.push_back(words[position.index]);
  executor_.hot_keys().add(keys, {.cycles = cycles, .bytes = received + sent});
}

void Run::record_slow(const CommandSpec& spec, Words words, uint64_t cycles, const ReplySink& reply) {
  if (executor_.attention_cycles() == 0) record_sizes(spec, words, cycles, reply);
  using namespace latency_events;
  executor_.latency().add_cycles(spec.has(kFast) ? kFastCommand : kCommand, cycles);
  SlowLog& log = executor_.slow_log();
  if (cycles >= log.threshold_cycles() && !spec.has(kSkipSlowlog)) {
    log.add(session_, executor_.commands().full_name(spec), words, cycles);
  }
}

// Remembers which keys the session has read, while they are still locked.
void Run::note_tracking(const CommandSpec& spec, Words words, bool is_top_level) {
  const std::shared_ptr<TrackingClient>& client = session_.tracking;
  // A script is asked for what its commands read.
  const bool reads = spec.has(kReadonly) && !spec.has(kPubsub) && spec.group != CommandGroup::scripting;
  if (reads && client->wants(session_.caching_given)) {
    auto& positions = key_scratch().positions;
    positions.clear();
    extract_keys(spec, words, positions);
    for (const KeyPosition& position : positions) {
      const std::string_view key = words[position.index];
      executor_.tracking().remember(client, key, Keyspace::hash(key), thread_.random());
    }
  }
  // CLIENT CACHING is about the next command, or the next transaction.
  if (is_top_level && !session_.in_multi && !equal_ignoring_case(words[0], "CLIENT")) {
    session_.caching_given = false;
  }
}

void Run::enqueue_waiter(const CommandSpec& spec, Words words, CommandContext& context) {
  auto waiter = std::make_shared<Waiter>();
  waiter->session = &session_;
  waiter->spec = &spec;
  waiter->args.assign(words.begin(), words.end());
  for (auto& [index, text] : context.block_request_->substitutes) waiter->args[index] = std::move(text);
  waiter->words.assign(waiter->args.begin(), waiter->args.end());
  waiter->db = session_.db;
  waiter->type = waited_type(spec);
  waiter->deadline_ms = context.block_request_->deadline_ms;
  waiter->timeout_is_array = context.block_request_->timeout_is_array;
  waiter->timeout_reply = std::move(context.block_request_->timeout_reply);
  waiter->wants_loss = context.block_request_->wants_loss;
  for (const std::string_view key : context.block_request_->keys) {
    // Views of the waiter's own copy of the arguments.
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i].data() != key.data()) continue;
      waiter->keys.push_back({session_.db, waiter->words[i], Keyspace::hash(key)});
      break;
    }
  }
  collect_shards(spec, words, waiter->shards);
  size_t word_bytes = 0;
  for (const std::string& word : waiter->args) word_bytes += word.size();
  session_.shown_waiting_bytes.store(word_bytes, std::memory_order_relaxed);
  session_.waiter = waiter;
  session_.shown_blocked.store(true, std::memory_order_relaxed);
  executor_.waits().add_waiter(waiter);
  const CommandContext::SyncWait sync = context.block_request_->sync;
  if (sync.wants_sync) executor_.persistence().wait_for_sync(waiter, session_.own_log_position, sync.ends_when_synced);
}

bool Run::try_serve(const std::shared_ptr<Waiter>& waiter, std::string_view ready_key) {
  if (!access_.locks().try_extend(waiter->shards)) return false;
  Session& blocked = *waiter->session;
  // It may have lost the permission while it waited.
  if (const auto refusal =
          executor_.acl().refusal_of_blocked(blocked, *waiter->spec, waiter->words)) {
    end_wait(waiter, Reply::error(*refusal));
    return true;
  }
  ReplyBuilder reply(blocked.protocol);
  CommandContext context(executor_, blocked, access_, *waiter->spec, waiter->words, reply);
  context.run_ = this;
  context.ready_key_ = ready_key;
  context.may_block_ = true;  // it may find nothing and wait on, in its old place
  access_.begin_command(waiter->spec->name);
  const uint64_t start = CycleClock::now();
  const uint64_t changes_before = access_.change_count();
  waiter->spec->run(context);
  access_.forget_hash();
  if (access_.records_effects()) log_command(*waiter->spec, blocked.db, waiter->words, changes_before);
  if (context.blocked_ || reply.replies().empty()) return true;
  const bool failed = reply.error_count() != 0;
  const uint64_t cycles = CycleClock::now() - start;
  thread_.record_reply(executor_.commands().index_of(*waiter->spec), cycles, failed);
  record_outcome(*waiter->spec, waiter->words, cycles, failed, reply);
  end_wait(waiter, reply.take());
  return true;
}

void Run::end_wait(const std::shared_ptr<Waiter>& waiter, Reply reply) {
  waiter->finished = true;
  executor_.waits().remove_waiter(waiter);
  waiter->session->shown_blocked.store(false, std::memory_order_relaxed);
  waiter->session->on_unblocked(std::move(reply));
}

bool Run::serve_key(const ReadyKey& key) {
  for (const auto& waiter : executor_.waits().waiters_of(key.db, key.key, key.hash)) {
    const Entry* entry = access_.lookup(key.db, key.key, key.hash);
    const bool useful = entry && (waiter->type == Type::none || waiter->type == entry->type());
    if (waiter->finished || !(useful || waiter->wants_loss)) continue;
    if (!try_serve(waiter, key.key)) return false;
  }
  return true;
}

void Run::serve_ready() {
  while (!ready_.empty()) {
    const auto keys = std::exchange(ready_, {});
    for (const ReadyKey& key : keys) {
      if (!serve_key(key)) deferred_.push_back(key);
    }
  }
}

void Run::finish() {
  has_work_ = false;
  if (!ready_.empty()) [[unlikely]] serve_ready();
  if (!access_.locks().empty() && access_.records_effects()) [[unlikely]] note_log_position();
  access_.locks().unlock();
  while (!deferred_.empty()) [[unlikely]] {
    const ReadyKey key = std::move(deferred_.back());
    deferred_.pop_back();
    // The locks of everything that the key's waiters touch. They may have changed once these are
    // had; then serve_key defers again what it cannot reach.
    std::vector<uint16_t> shards{static_cast<uint16_t>(Keyspace::shard_index(key.hash))};
    access_.locks().lock_one(executor_.keyspace(), shards.front());
    for (const auto& waiter : executor_.waits().waiters_of(key.db, key.key, key.hash)) {
      shards.insert(shards.end(), waiter->shards.begin(), waiter->shards.end());
    }
    access_.locks().unlock();
    access_.locks().lock_many(executor_.keyspace(), shards);
    ready_.push_back(key);
    serve_ready();
    if (access_.records_effects()) note_log_position();
    access_.locks().unlock();
  }
}

}  // namespace redstart
