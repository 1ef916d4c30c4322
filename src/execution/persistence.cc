#include "execution/persistence.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/shard_locks.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "execution/store_state.h"
#include "execution/wait_registry.h"

namespace redstart {
namespace {

constexpr int64_t kCheckMs = 100;
constexpr std::string_view kCode = "ERR ";
constexpr std::string_view kCannotSaveMeanwhile =
    "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a "
    "BGSAVE whenever possible.";
constexpr std::string_view kRewriteInTheWay =
    "ERR The log is being rewritten: what is to save the data at once has to wait until INFO says "
    "aof_rewrite_in_progress:0";
constexpr std::string_view kCannotSave =
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
    "Commands that may modify the data set are disabled, because this instance is configured to "
    "report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "
    "Please check the Redis logs for details about the RDB error.";

// What a snapshot keeps of how keys were used: what the eviction policy goes by.
Snapshot::Usage saved_usage(EvictionPolicy policy) {
  switch (policy) {
    case EvictionPolicy::allkeys_lru:
    case EvictionPolicy::volatile_lru: return Snapshot::Usage::idle_time;
    case EvictionPolicy::allkeys_lfu:
    case EvictionPolicy::volatile_lfu: return Snapshot::Usage::frequency;
    default: return Snapshot::Usage::none;
  }
}

}  // namespace

Persistence::Persistence(Executor& executor)
    : executor_(executor), last_save_ns_(executor.clock().monotonic_time_ns()) {}

Persistence::~Persistence() {
  cancelled_ = true;
  wait_for_job();
  on_log_progress(nullptr);
  // Their last bytes are written while what they report to is still there.
  log_ = nullptr;
  logs_.clear();
}

std::string Persistence::snapshot_path() const {
  const Config& config = executor_.config();
  return join_path(config.value_of("dir").value_or(""), config.value_of("dbfilename").value_or("dump.rdb"));
}

// --- Jobs

Persistence::Job Persistence::job() const {
  const std::lock_guard lock(mutex_);
  return job_;
}

void Persistence::run_in_background(std::function<void()> job) {
  if (background_mode_ == Background::by_hand) {
    waiting_job_ = std::move(job);
    return;
  }
  if (background_.joinable()) background_.join();  // it has nothing left to do
  background_ = std::thread(std::move(job));
  pthread_setname_np(background_.native_handle(), "save");
}

void Persistence::run_job() {
  std::function<void()> job;
  {
    const std::lock_guard lock(mutex_);
    job.swap(waiting_job_);
  }
  if (job) job();
}

void Persistence::wait_for_job() {
  run_job();
  std::thread background;
  {
    const std::lock_guard lock(mutex_);
    background.swap(background_);
  }
  if (background.joinable()) background.join();
}

void Persistence::cut(Job job, Locking locking) {
  const Config& config = executor_.config();
  const int64_t now_ms = executor_.clock().unix_time_ms();
  auto next = std::make_unique<Snapshotting>();
  next->snapshot = std::make_unique<Snapshot>(
      executor_.keyspace(),
      Snapshot::Options{.compress = config.rdb_compression(), .usage = saved_usage(config.maxmemory_policy()),
                        .now_ms = now_ms, .graveyard = &executor_.state().graveyard(),
                        .shards_are_locked = locking == Locking::as_they_are});
  next->head.unix_time_s = now_ms / 1000;
  next->head.used_memory_bytes = executor_.used_memory_bytes();
  next->head.is_log_base = job == Job::rewrite;
  for (const auto& [name, library] : executor_.scripting().functions().all()->libraries) {
    next->head.functions.push_back(library->code);
  }
  const Keyspace& keyspace = executor_.keyspace();
  for (int db = 0; db < keyspace.database_count(); ++db) {
    if (const size_t keys = keyspace.key_count(db)) {
      next->head.sizes.push_back({.db = db, .keys = keys, .volatile_keys = keyspace.volatile_count(db)});
    }
  }
  next->options.checksum = config.rdb_checksum();
  next->options.cancelled = &cancelled_;
  next->options.may_use_thread = background_mode_ == Background::threads;
  next->changes = executor_.keyspace().totals().changes;
  next->begun_ns = executor_.clock().monotonic_time_ns();
  next->snapshot->begin();
  current_ = std::move(next);
}

DiskResult<uint64_t> Persistence::write_snapshot(const std::string& path) {
  auto size = save_snapshot(*disk(), path, *current_->snapshot, current_->head, current_->options);
  executor_.state().free_later(current_->snapshot->take_garbage());
  return size;
}

// --- Snapshots

std::optional<std::string> Persistence::run_save() {
  const auto size = write_snapshot(snapshot_path());
  std::optional<std::string> error;
  if (!size) error = size.error().what;
  note_save(error);
  return error;
}

void Persistence::note_save(const std::optional<std::string>& error) {
  const bool was_cancelled = error && cancelled_;
  executor_.state().log(was_cancelled ? *error
                        : error       ? "the data could not be saved: " + *error
                                      : "the data is saved",
                        error && !was_cancelled ? LogLevel::warning : LogLevel::notice);
  const std::lock_guard lock(mutex_);
  const auto save = std::exchange(current_, nullptr);
  job_ = Job::none;
  job_ended_.notify_all();
  const int64_t now_ns = executor_.clock().monotonic_time_ns();
  status_.last_save_duration_s = (now_ns - save->begun_ns) / kSecondNs;
  if (!was_cancelled) {
    status_.last_save_succeeded = !error;
    status_.last_save_error = error.value_or("");
  }
  if (!error) {
    status_.last_save_unix_s = executor_.clock().unix_time_ms() / 1000;
    last_save_ns_ = now_ns;
    ++status_.saves;
    saved_changes_ = save->changes;
  }
  decide_refusal();
}

std::optional<std::string> Persistence::begin_save(Locking locking) {
  if (!has_disk()) return std::string(kMemoryOnly);
  if (job_ == Job::save) return std::string(kSaveInProgress);
  if (job_ == Job::rewrite) return std::string(kCannotSaveMeanwhile);
  job_ = Job::save;
  last_attempt_ns_ = executor_.clock().monotonic_time_ns();
  cancelled_ = false;
  cut(Job::save, locking);
  return std::nullopt;
}

void Persistence::wait_for_rewrite() {
  run_job();
  std::unique_lock lock(mutex_);
  job_ended_.wait(lock, [this] { return job_ != Job::rewrite; });
}

std::optional<std::string> Persistence::save() {
  for (bool has_begun = false; !has_begun;) {
    wait_for_rewrite();
    ShardLocks locks;
    locks.lock_all(executor_.keyspace());
    const std::lock_guard lock(mutex_);
    if (job_ == Job::rewrite) continue;  // another
    if (auto refusal = begin_save()) return refusal;
    has_begun = true;
  }
  const auto error = run_save();
  return error ? std::optional("ERR " + *error) : std::nullopt;
}

std::optional<std::string> Persistence::save_locked() {
  {
    const std::lock_guard lock(mutex_);
    if (job_ == Job::rewrite) return std::string(kRewriteInTheWay);
    if (auto refusal = begin_save(Locking::as_they_are)) return refusal;
  }
  const auto error = run_save();
  return error ? std::optional("ERR " + *error) : std::nullopt;
}

std::optional<std::string> Persistence::start_save() {
  const std::lock_guard lock(mutex_);
  if (auto refusal = begin_save()) return refusal;
  is_save_scheduled_ = false;
  run_in_background([this] { run_save(); });
  return std::nullopt;
}

bool Persistence::cancel_save() {
  const std::lock_guard lock(mutex_);
  const bool was_scheduled = is_save_scheduled_.exchange(false);
  if (job_ != Job::save) return was_scheduled;
  return !cancelled_.exchange(true) || was_scheduled;
}

bool Persistence::is_save_due() const {
  if (job_ != Job::none) return false;
  if (is_save_scheduled_) return true;
  const int64_t now_ns = executor_.clock().monotonic_time_ns();
  if (!status_.last_save_succeeded && now_ns - last_attempt_ns_ < kRetryMs * 1'000'000) return false;
  const uint64_t changes = executor_.keyspace().totals().changes - saved_changes_;
  const int64_t since_s = (now_ns - last_save_ns_) / kSecondNs;
  for (const SavePoint& point : executor_.config().save_points()) {
    if (changes >= static_cast<uint64_t>(point.changes) && since_s > point.seconds) return true;
  }
  return false;
}

// --- Time

void Persistence::tick() {
  const int64_t now_ms = executor_.clock().unix_time_ms();
  // A clock that was set back is not waited for.
  const bool is_early = now_ms < next_check_ms_ && next_check_ms_ - now_ms <= kCheckMs;
  if (!has_disk() || is_loading() || is_early) return;
  next_check_ms_ = now_ms + kCheckMs;
  look_for_loss();
  bool save_is_due, rewrite_is_due;
  {
    const std::lock_guard lock(mutex_);
    rewrite_is_due = is_rewrite_due(now_ms);
    save_is_due = !rewrite_is_due && is_save_due();
  }
  if (log() && executor_.config().value_of("appendonly") == "no") end_log();
  if (rewrite_is_due) start_rewrite();
  if (!save_is_due) return;
  ShardLocks locks;
  locks.lock_all(executor_.keyspace());
  start_save();
}

std::optional<std::string> Persistence::finish(bool save_wanted) {
  cancelled_ = true;
  wait_for_job();
  std::optional<std::string> error;
  if (save_wanted && has_disk() && !is_loading()) error = save();
  if (error && error->starts_with(kCode)) error->erase(0, kCode.size());
  Log* log = this->log();
  if (error || !log) return error;
  if (!log->is_founded()) {
    cancelled_ = false;
    if (const auto unfounded = rewrite(false)) return "the log has no base yet: " + *unfounded;
  }
  if (!log->wait(log->end(), Durability::synced, std::nullopt)) {
    return "the log could not be written to its end: " + log->failure().value_or("it has failed");
  }
  return std::nullopt;
}

// --- What writes meet

void Persistence::follow_config() {
  const std::lock_guard lock(mutex_);
  apply_fsync_policy();
  decide_refusal();
}

void Persistence::apply_fsync_policy() {
  const std::string policy_name = executor_.config().value_of("appendfsync").value_or("everysec");
  const FsyncPolicy policy = policy_name == "always" ? FsyncPolicy::always
                             : policy_name == "no"   ? FsyncPolicy::no
                                                     : FsyncPolicy::everysec;
  const bool rests = job_ != Job::none && policy != FsyncPolicy::always &&
                     executor_.config().value_of("no-appendfsync-on-rewrite") == "yes";
  if (Log* log = this->log()) {
    log->set_policy(rests ? FsyncPolicy::no : policy);
    // Of a log without a foundation nothing can be synced, and replies do not wait for that.
    const bool waits_for_sync = policy == FsyncPolicy::always && log->is_founded();
    reply_durability_ = waits_for_sync ? Durability::synced : Durability::written;
  } else {
    reply_durability_ = Durability::none;
  }
}

void Persistence::decide_refusal() {
  const Config& config = executor_.config();
  const bool save_failed = !status_.last_save_succeeded && config.stop_writes_on_save_error() &&
                           !config.save_points().empty();
  const Log* log = this->log();
  refuses_writes_ = save_failed || (log && log->has_failed());
  restricts_ = refuses_writes_ || is_loading_;
}

std::string Persistence::refusal() const {
  const Log* log = this->log();
  const auto failure = log ? log->failure() : std::nullopt;
  if (failure) return "MISCONF Errors writing to the AOF file: " + *failure;
  const std::lock_guard lock(mutex_);
  return std::string(kCannotSave) + " The last save: " + status_.last_save_error;
}

Persistence::Status Persistence::status() const {
  const std::lock_guard lock(mutex_);
  Status status = status_;
  status.changes_since_save = executor_.keyspace().totals().changes - saved_changes_;
  if (status.last_save_unix_s == 0) status.last_save_unix_s = executor_.state().started_unix_ms / 1000;
  const int64_t now_ns = executor_.clock().monotonic_time_ns();
  status.is_saving = job_ == Job::save;
  status.is_rewriting = job_ == Job::rewrite;
  status.is_rewrite_scheduled = is_rewrite_scheduled_;
  status.loading_loaded_bytes = loaded_bytes_.load(std::memory_order_relaxed);
  if (is_loading() && status.loaded_keys == 0) {  // the snapshot's are told when it is loaded
    const Keyspace& keyspace = executor_.keyspace();
    for (int db = 0; db < keyspace.database_count(); ++db) status.loaded_keys += keyspace.key_count(db);
  }
  if (status.is_rewriting) status.current_rewrite_duration_s = (now_ns - rewrite_begun_ns_) / kSecondNs;
  status.is_logging = has_log_or_begins();
  if (const Log* log = this->log()) {
    status.log_failure = log->failure();
    status.log_bytes = status.log_base_bytes + log->file_bytes();
    status.log_pending_bytes = log->pending_bytes();
    status.is_syncing = log->is_syncing();
  }
  if (!current_) return status;
  if (status.is_saving) status.current_save_duration_s = (now_ns - current_->begun_ns) / kSecondNs;
  status.current_keys = current_->snapshot->keys_written();
  status.current_keys_total = current_->snapshot->keys_total();
  return status;
}

}  // namespace redstart
