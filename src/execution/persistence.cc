#include "execution/persistence.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "durability/file_source.h"
#include "engine/shard_locks.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr int64_t kCheckMs = 100;
constexpr int64_t kRetryMs = 5000;  // a save that failed is not tried again at once
constexpr std::string_view kMemoryOnly = "ERR This store keeps its data in memory only";
constexpr std::string_view kInProgress = "ERR Background save already in progress";

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

Persistence::~Persistence() {
  cancel_save();
  wait();
}

std::string Persistence::path() const {
  const Config& config = executor_.config();
  return join_path(config.value_of("dir").value_or(""), config.value_of("dbfilename").value_or("dump.rdb"));
}

// --- Loading

std::optional<std::string> Persistence::load() {
  const std::string file_path = path();
  if (!disk_->exists(file_path)) return std::nullopt;
  auto file = disk_->open_for_reading(file_path);
  if (!file) return file.error().what;
  FileSource source(std::move(*file));
  const Config& config = executor_.config();
  const auto loaded = load_snapshot(source, executor_.keyspace(),
                                    {.now_ms = executor_.clock().unix_time_ms(),
                                     .limits = &config.encoding_limits(),
                                     .lfu = config.access_policy().lfu,
                                     .checksum = config.rdb_checksum()});
  if (source.disk_error()) return source.disk_error()->what;
  if (!loaded) return file_path + " is damaged: " + loaded.error();
  const std::lock_guard lock(mutex_);
  status_.loaded_keys = loaded->keys;
  status_.load_expired_keys = loaded->expired_keys;
  saved_changes_ = executor_.keyspace().totals().changes;
  executor_.state().log(LogLevel::notice, "loaded " + std::to_string(loaded->keys) + " keys from " + file_path);
  return std::nullopt;
}

// --- Saving

void Persistence::cut() {
  const Config& config = executor_.config();
  const int64_t now_ms = executor_.clock().unix_time_ms();
  auto save = std::make_unique<Save>();
  save->snapshot = std::make_unique<Snapshot>(
      executor_.keyspace(),
      Snapshot::Options{.compress = config.rdb_compression(), .usage = saved_usage(config.maxmemory_policy()),
                        .now_ms = now_ms});
  save->head.unix_time_s = now_ms / 1000;
  save->head.used_memory_bytes = executor_.used_memory_bytes();
  save->options.checksum = config.rdb_checksum();
  save->options.cancelled = &cancelled_;
  save->path = path();
  save->changes = executor_.keyspace().totals().changes;
  save->begun_ns = executor_.clock().monotonic_time_ns();
  save->snapshot->begin();
  cancelled_ = false;
  last_attempt_ms_ = now_ms;
  current_ = std::move(save);
}

std::optional<std::string> Persistence::run() {
  const auto size = save_snapshot(*disk_, current_->path, *current_->snapshot, current_->head, current_->options);
  executor_.state().free_later(current_->snapshot->take_garbage());
  std::optional<std::string> error;
  if (!size) error = size.error().what;
  note_outcome(error);
  return error;
}

void Persistence::note_outcome(const std::optional<std::string>& error) {
  const bool was_cancelled = error && cancelled_;
  {
    const std::lock_guard lock(mutex_);
    const auto save = std::exchange(current_, nullptr);
    status_.last_duration_s = (executor_.clock().monotonic_time_ns() - save->begun_ns) / 1'000'000'000;
    if (!was_cancelled) status_.last_save_succeeded = !error;
    if (!error) {
      status_.last_save_unix_s = executor_.clock().unix_time_ms() / 1000;
      ++status_.saves;
      saved_changes_ = save->changes;
    }
    decide_refusal();
  }
  executor_.state().log(error ? LogLevel::warning : LogLevel::notice,
                        error ? "the data could not be saved: " + *error : "the data is saved");
}

std::optional<std::string> Persistence::save() {
  if (!has_disk()) return std::string(kMemoryOnly);
  {
    ShardLocks locks;
    locks.lock_all(executor_.keyspace());
    const std::lock_guard lock(mutex_);
    if (current_) return std::string(kInProgress);
    cut();
  }
  const auto error = run();
  return error ? std::optional("ERR " + *error) : std::nullopt;
}

std::optional<std::string> Persistence::start_save() {
  if (!has_disk()) return std::string(kMemoryOnly);
  const std::lock_guard lock(mutex_);
  if (current_) return std::string(kInProgress);
  if (background_.joinable()) background_.join();  // it has nothing left to do
  cut();
  background_ = std::thread([this] { run(); });
  pthread_setname_np(background_.native_handle(), "save");
  return std::nullopt;
}

bool Persistence::cancel_save() {
  const std::lock_guard lock(mutex_);
  if (!current_) return false;
  cancelled_ = true;
  return true;
}

bool Persistence::is_due(int64_t now_ms) const {
  if (current_) return false;
  if (!status_.last_save_succeeded && now_ms - last_attempt_ms_ < kRetryMs) return false;
  const uint64_t changes = executor_.keyspace().totals().changes - saved_changes_;
  const int64_t since_s =
      now_ms / 1000 - std::max(status_.last_save_unix_s, executor_.state().started_unix_ms / 1000);
  for (const SavePoint& point : executor_.config().save_points()) {
    if (changes >= static_cast<uint64_t>(point.changes) && since_s > point.seconds) return true;
  }
  return false;
}

void Persistence::tick() {
  const int64_t now_ms = executor_.clock().unix_time_ms();
  if (!has_disk() || now_ms < next_check_ms_) return;
  next_check_ms_ = now_ms + kCheckMs;
  {
    const std::lock_guard lock(mutex_);
    if (!is_due(now_ms)) return;
  }
  ShardLocks locks;
  locks.lock_all(executor_.keyspace());
  start_save();
}

void Persistence::wait() {
  std::thread background;
  {
    const std::lock_guard lock(mutex_);
    background.swap(background_);
  }
  if (background.joinable()) background.join();
}

std::optional<std::string> Persistence::finish(bool save_wanted) {
  cancel_save();
  wait();
  return save_wanted && has_disk() ? save() : std::nullopt;
}

void Persistence::follow_config() {
  const std::lock_guard lock(mutex_);
  decide_refusal();
}

void Persistence::decide_refusal() {
  const Config& config = executor_.config();
  refuses_writes_ = !status_.last_save_succeeded && config.stop_writes_on_save_error() &&
                    !config.save_points().empty();
}

Persistence::Status Persistence::status() const {
  const std::lock_guard lock(mutex_);
  Status status = status_;
  status.changes_since_save = executor_.keyspace().totals().changes - saved_changes_;
  if (status.last_save_unix_s == 0) status.last_save_unix_s = executor_.state().started_unix_ms / 1000;
  if (!current_) return status;
  status.is_saving = true;
  status.current_duration_s =
      (executor_.clock().monotonic_time_ns() - current_->begun_ns) / 1'000'000'000;
  status.current_keys = current_->snapshot->keys_written();
  status.current_keys_total = current_->snapshot->keys_total();
  return status;
}

}  // namespace redstart
