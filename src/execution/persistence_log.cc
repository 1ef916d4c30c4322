// Persistence: the log, its rewrites, and who waits for it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/numbers.h"
#include "engine/shard_locks.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/sampled_file.h"
#include "execution/session.h"
#include "execution/store_state.h"
#include "execution/wait_registry.h"

namespace redstart {
std::string Persistence::log_directory() const {
  const Config& config = executor_.config();
  return join_path(config.value_of("dir").value_or(""), config.value_of("appenddirname").value_or("appendonlydir"));
}

std::unique_ptr<LogFiles> Persistence::log_files() {
  const auto log_removal = [this](const std::string& path) {
    executor_.state().log("removed " + path + ", which no manifest names: it is left of a rewrite that did not end",
                          LogLevel::notice);
  };
  return std::make_unique<LogFiles>(*disk(), log_directory(),
                                    executor_.config().value_of("appendfilename").value_or("appendonly.aof"),
                                    log_removal);
}

std::optional<std::string> Persistence::open_files() {
  const Config& config = executor_.config();
  const std::string directory = config.value_of("dir").value_or("");
  auto files = log_files();
  if (auto made = disk()->make_directory(log_directory()); !made) return made.error().what;
  if (!directory_lock_) {
    auto locked = disk()->lock_directory(log_directory());
    if (!locked) return locked.error().what;
    directory_lock_ = std::move(*locked);
  }
  // What is there is loaded now, or was, or it would be replaced by what is in memory.
  const bool is_ours = is_loading() || (files_ && files_->directory() == files->directory());
  if (!is_ours && files->are_there(directory)) {
    return "there is a log in " + files->directory() + " that was not loaded, and that a new one would replace: start "
           "with appendonly yes to load it, or move it away";
  }
  if (const auto opened = files->open(directory); !opened) return opened.error();
  files_ = std::move(files);
  return std::nullopt;
}

// REQUIRES: all shards are locked, or nothing executes yet.
std::unique_ptr<WritableFile> Persistence::sampled(std::unique_ptr<WritableFile> file) {
  return std::make_unique<SampledFile>(std::move(file), executor_.latency(),
                                       [this] { return reply_durability() == Durability::synced; });
}

void Persistence::set_log(std::unique_ptr<WritableFile> file, Log::Foundation foundation) {
  const uint64_t position = logs_.empty() ? 1 : logs_.back()->end() + 1;
  const auto flusher = background_mode_ == Background::threads ? Log::Flusher::thread : Log::Flusher::by_hand;
  logs_.push_back(std::make_unique<Log>(sampled(std::move(file)), position, FsyncPolicy::everysec, flusher,
                                        [this] { on_progress(); }, foundation));
  log_.store(logs_.back().get(), std::memory_order_release);
}

std::optional<std::string> Persistence::start_log_after_loading() {
  if (!files_->exists()) return rewrite(false);
  auto file = files_->files_to_load().back().name.ends_with(".incr.aof") ? files_->open_last_increment()
                                                                         : files_->add_increment(true);
  if (!file) return file.error().what;
  {
    ShardLocks locks;
    locks.lock_all(executor_.keyspace());
    set_log(std::move(*file), Log::Foundation::laid);
  }
  executor_.record_effects(true);
  follow_config();
  return std::nullopt;
}

// CONFIG SET appendonly.
std::optional<std::string> Persistence::follow_appendonly() {
  if (!has_disk() || is_loading() || log()) return std::nullopt;
  if (!has_log_or_begins()) {
    on_progress();  // nobody waits any more for one that was to begin
    return std::nullopt;
  }
  if (const auto error = open_files()) return error;
  {
    const std::lock_guard lock(mutex_);
    is_rewrite_scheduled_ = true;  // the log begins with its first base
    rewrite_is_listed_ = false;
  }
  static_cast<void>(start_rewrite());  // after the job that runs, if there is one
  return std::nullopt;
}

bool Persistence::has_log_or_begins() const {
  return log() || (has_disk() && executor_.config().value_of("appendonly") == "yes");
}

void Persistence::end_log() {
  cancelled_ = true;
  wait_for_job();
  Log* ended = log();
  executor_.record_effects(false);
  {
    const std::lock_guard lock(mutex_);
    log_ = nullptr;
  }
  if (!ended->is_founded()) ended->distrust({ECANCELED, "the log was ended before its first base was written"});
  ended->wait(ended->end(), Durability::synced, std::nullopt);
  follow_config();
  on_progress();
}

void Persistence::look_for_loss() {
  const int64_t now_ns = executor_.clock().monotonic_time_ns();
  if (now_ns - looked_ns_ < kSecondNs) return;
  std::optional<std::string> loss;
  {
    const std::lock_guard lock(mutex_);
    const Log* log = this->log();
    if (!log || !log->is_founded() || log->has_failed() || job_ != Job::none) return;
    looked_ns_ = now_ns;
    loss = files_->find_loss();
  }
  if (loss) log()->distrust({ENOENT, *loss});
}

// --- Rewriting

bool Persistence::is_rewrite_due(int64_t now_ms) const {
  if (job_ != Job::none) return false;
  const Log* log = this->log();
  const int64_t since_ms = now_ms - last_rewrite_attempt_ms_;
  const bool is_early = !status_.last_rewrite_succeeded && since_ms >= 0 && since_ms < kRetryMs;
  if (is_early) return false;
  if (is_rewrite_scheduled_) return true;
  if (log && log->is_broken()) return since_ms < 0 || since_ms >= kPauseMs;  // what broke it may last
  if (!log || log->has_failed()) return false;
  const auto percentage = parse_config_number("auto-aof-rewrite-percentage");
  if (percentage == 0) return false;
  const uint64_t base = status_.log_size_after_rewrite;
  const uint64_t size = status_.log_base_bytes + log->file_bytes();
  return size > parse_config_number("auto-aof-rewrite-min-size") &&
         size >= std::max<uint64_t>(base, 1) + base * percentage / 100;
}

std::expected<bool, std::string> Persistence::start_rewrite() {
  if (!has_disk()) return std::unexpected(std::string(kMemoryOnly));
  const std::lock_guard lock(mutex_);
  if (job_ == Job::rewrite) return std::unexpected(std::string(kRewriteInProgress));
  if (job_ != Job::none) {
    is_rewrite_scheduled_ = true;
    return true;
  }
  job_ = Job::rewrite;
  is_rewrite_scheduled_ = false;
  cancelled_ = false;
  last_rewrite_attempt_ms_ = executor_.clock().unix_time_ms();
  rewrite_begun_ns_ = executor_.clock().monotonic_time_ns();
  run_in_background([this] {
    const Log* log = this->log();
    const bool is_listed = log && !log->is_broken() && rewrite_is_listed_;
    note_rewrite(rewrite(is_listed));
  });
  return false;
}

void Persistence::schedule_rewrite() {
  const std::lock_guard lock(mutex_);
  if (log()) is_rewrite_scheduled_ = true;
}

std::optional<std::string> Persistence::rewrite(bool is_listed) {
  // One that CONFIG SET is about to end may be wanted again before it is.
  const bool has_log_after = log() || executor_.config().value_of("appendonly") == "yes";
  if (!files_) {
    if (const auto error = open_files()) return error;
  }
  std::unique_ptr<WritableFile> file;
  if (has_log_after) {
    auto added = files_->add_increment(is_listed);
    if (!added) return added.error().what;
    file = std::move(*added);
  } else if (auto marked = files_->mark_first_start(); !marked) {
    return marked.error().what;
  }
  const uint64_t position = begin_rewrite(std::move(file));
  auto size = write_snapshot(files_->next_base_path());
  {
    const std::lock_guard lock(mutex_);
    current_.reset();
  }
  if (!size) return size.error().what;
  if (auto committed = files_->commit_base(*size, has_log_after); !committed) return committed.error().what;
  if (Log* log = this->log()) {
    log->mend(position);
    follow_config();
  }
  const std::lock_guard lock(mutex_);
  rewrite_is_listed_ = true;
  status_.log_base_bytes = *size;
  status_.log_size_after_rewrite = *size + (log() ? log()->file_bytes() : 0);
  return std::nullopt;
}

// The cut: what is in memory now goes into the base, what happens from now on into `file`.
uint64_t Persistence::begin_rewrite(std::unique_ptr<WritableFile> file) {
  uint64_t position = 0;
  {
    ShardLocks locks;
    locks.lock_all(executor_.keyspace());
    std::unique_lock lock(mutex_);
    cut(Job::rewrite);
    if (!file) return 0;
    if (Log* log = this->log()) {
      status_.log_base_bytes += log->file_bytes();  // which stays part of the log until the new base is there
      lock.unlock();  // who holds the writing of the log up may want it
      position = log->switch_file(sampled(std::move(file)));
    } else {
      set_log(std::move(file), Log::Foundation::to_come);
      position = this->log()->end();
      executor_.record_effects_locked(true);
    }
  }
  follow_config();
  return position;
}

void Persistence::note_rewrite(const std::optional<std::string>& error) {
  executor_.state().log(error ? "the log could not be rewritten: " + *error : "the log is rewritten",
                        error ? LogLevel::warning : LogLevel::notice);
  const std::lock_guard lock(mutex_);
  status_.last_rewrite_duration_s = (executor_.clock().monotonic_time_ns() - rewrite_begun_ns_) / kSecondNs;
  status_.last_rewrite_succeeded = !error;
  status_.last_rewrite_error = error.value_or("");
  if (error && !rewrite_is_listed_) is_rewrite_scheduled_ = true;  // without it there is no log
  if (error) {
    ++status_.rewrite_failures;
  } else {
    ++status_.rewrites;
    status_.rewrite_failures = 0;
  }
  job_ = Job::none;
  job_ended_.notify_all();
  apply_fsync_policy();
}

uint64_t Persistence::parse_config_number(std::string_view directive) const {
  return static_cast<uint64_t>(parse_int64(executor_.config().value_of(directive).value_or("0")).value_or(0));
}

// --- Waiting for the log

void Persistence::push_out(Awaited awaited) {
  Log* log = this->log();
  if (!log) return;
  if (reply_durability() == Durability::written) return log->write_out(awaited.seen);
  log->sync_out(awaited.written);
  if (log->synced() < awaited.seen) log->request_sync();
}

std::optional<std::string> Persistence::wait(const Session& session, uint64_t own_before, Durability durability,
                                             std::optional<std::chrono::steady_clock::time_point> deadline) {
  Log* log = this->log();
  if (durability == Durability::none || !log) return std::nullopt;
  // What it only has read may be in memory alone while the disk fails: reads go on then.
  if (log->wait(session.log_position, durability, deadline)) return std::nullopt;
  const uint64_t own = session.own_log_position;
  if (own == own_before || own <= log->reached(durability)) return std::nullopt;
  if (const auto failure = log->failure()) return "the write was executed, but is not on disk: " + *failure;
  return "the write was executed, but was not on disk in time";
}

void Persistence::on_log_progress(std::function<void()> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

namespace {

Reply waitaof_reply(bool is_synced) {
  return Reply::aggregate(Reply::Type::array, {Reply::integer(is_synced ? 1 : 0), Reply::integer(0)});
}

}  // namespace

void Persistence::wait_for_sync(std::shared_ptr<Waiter> waiter, uint64_t position, bool ends_then) {
  {
    const std::lock_guard lock(listener_mutex_);
    sync_waits_.push_back({std::move(waiter), position, ends_then});
  }
  if (Log* log = this->log()) log->request_sync();
  on_progress();  // it may be there already
}

void Persistence::on_progress() {
  const Log* log = this->log();
  {
    const std::lock_guard lock(mutex_);
    const bool refused = refuses_writes_;
    decide_refusal();
    if (refused != refuses_writes_ && log) {
      const auto failure = log->failure();
      executor_.state().log(failure ? "the log cannot be written: " + *failure + "; writes are refused until it can"
                                    : "the log is written again",
                            LogLevel::warning);
    }
  }
  std::vector<SyncWait> reached;
  const bool is_over = !has_log_or_begins();
  {
    const std::lock_guard lock(listener_mutex_);
    if (listener_) listener_();
    std::vector<SyncWait> waiting;
    for (SyncWait& wait : sync_waits_) {  // each is looked at once: the log goes on meanwhile
      if (is_over || is_synced(wait.position)) {
        reached.push_back(std::move(wait));
      } else if (!wait.waiter->finished) {
        waiting.push_back(std::move(wait));
      }
    }
    sync_waits_.swap(waiting);
  }
  for (const SyncWait& wait : reached) {
    executor_.answer_wait(wait.waiter, waitaof_reply(!is_over), wait.ends_then);
  }
}

}  // namespace redstart
