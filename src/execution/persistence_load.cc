// Persistence: what was saved, back into the store.
#include <algorithm>
#include <utility>

#include "base/counted.h"
#include "base/lanes.h"
#include "base/numbers.h"
#include "durability/check/check.h"
#include "durability/file_source.h"
#include "durability/log/reader.h"
#include "durability/log/tail.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/replay.h"
#include "execution/scripting/script_runner.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

constexpr uint64_t kCountEveryCommands = 1024;
constexpr int64_t kProgressNs = 5'000'000'000;  // between two lines of the log
// What is smaller is loaded before the threads are there.
constexpr uint64_t kThreadedBytesMin = 1024 * 1024;
constexpr size_t kThreadsMax = 8;  // more wait for the one that reads the file

constexpr std::string_view kNoLog = "ERR There is no log: appendonly is no";
constexpr std::string_view kLogNotBegun = "ERR The log has not been begun yet: its first base is not written";
constexpr std::string_view kDropped =
    ". The data was dropped and is in the log: commands are refused until DEBUG LOADAOF loads it, or the next start";

}  // namespace

bool Persistence::has_saved_data() {
  const bool wants_log = executor_.config().value_of("appendonly") == "yes";
  const std::string directory = executor_.config().value_of("dir").value_or("");
  return disk()->exists(snapshot_path()) || (wants_log && log_files()->are_there(directory));
}

std::optional<std::string> Persistence::load() {
  announce_loading();
  {
    const std::lock_guard lock(mutex_);
    status_.loading_begun_unix_s = executor_.clock().unix_time_ms() / 1000;
  }
  for (const std::string& name : remove_abandoned_saves(*disk(), directory_of(snapshot_path()))) {
    executor_.state().log("removed " + name + ", the beginning of a save that was not ended", LogLevel::notice);
  }
  progress_told_ns_ = executor_.clock().monotonic_time_ns();
  std::optional<std::string> error;
  const bool wants_log = executor_.config().value_of("appendonly") == "yes";
  if (wants_log) error = open_files();
  const std::string directory = executor_.config().value_of("dir").value_or("");
  if (!wants_log && log_files()->are_there(directory)) {
    executor_.state().log("there is a log in " + log_directory() + ", which is not loaded, since appendonly is no");
  }
  if (!error && wants_log && files_->exists()) {
    error = load_log(*files_, Locking::in_turn);
  } else if (!error && disk()->exists(snapshot_path())) {
    error = load_snapshot_file(snapshot_path());
  }
  if (error) return error;
  if (wants_log) error = start_log_after_loading();
  const std::lock_guard lock(mutex_);
  is_loading_ = false;
  saved_changes_ = executor_.keyspace().totals().changes;
  decide_refusal();
  return error;
}

size_t Persistence::loading_threads(uint64_t bytes) const {
  if (background_mode_ == Background::by_hand || bytes < kThreadedBytesMin) return 0;
  const size_t processors = usable_processors();
  return processors == 1 ? 0 : std::min(processors, kThreadsMax);
}

SnapshotLoadOptions Persistence::load_options(const std::string& path, uint64_t file_bytes) {
  const Config& config = executor_.config();
  return {.now_ms = executor_.clock().unix_time_ms(),
          .limits = &config.encoding_limits(),
          .lfu = config.access_policy().lfu,
          .checksum = config.rdb_checksum(),
          .on_function =
              [this](std::string_view code) -> std::optional<std::string> {
                const auto library = ScriptRunner::of(executor_.thread_context(), executor_).load_library(code);
                if (!library) return library.error();
                return executor_.scripting().functions().add(*library, false);
              },
          .on_progress = [this](uint64_t bytes) { note_progress(file_begin_bytes_ + bytes); },
          .on_aux = [this, path](std::string_view name, std::string_view value) { note_aux(path, name, value); },
          .threads = loading_threads(file_bytes)};
}

void Persistence::expect_bytes(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  status_.loading_total_bytes = bytes;
}

void Persistence::note_progress(uint64_t bytes) {
  loaded_bytes_ = bytes;
  const int64_t now_ns = executor_.clock().monotonic_time_ns();
  if (!is_loading() || now_ns - progress_told_ns_ < kProgressNs) return;
  progress_told_ns_ = now_ns;
  const Status now = status();
  executor_.state().log("loaded " + std::to_string(bytes) + " of " + std::to_string(now.loading_total_bytes) +
                            " bytes (" + std::to_string(bytes * 100 / std::max<uint64_t>(now.loading_total_bytes, 1)) +
                            " %)",
                        LogLevel::notice);
}

void Persistence::note_aux(const std::string& path, std::string_view name, std::string_view value) {
  if (name == "redis-ver") {
    executor_.state().log("loading " + path + ", written by version " + std::string(value), LogLevel::notice);
  }
  if (name != "used-mem") return;
  const std::lock_guard lock(mutex_);
  status_.loading_used_memory_bytes = static_cast<uint64_t>(std::max<int64_t>(parse_int64(value).value_or(0), 0));
}

std::optional<std::string> Persistence::load_snapshot_file(const std::string& path) {
  auto file = disk()->open_for_reading(path);
  if (!file) return file.error().what;
  const SnapshotLoadOptions options = load_options(path, (*file)->size_bytes());
  return load_snapshot_file(path, std::move(*file), options);
}

std::optional<std::string> Persistence::load_locked(std::function<void(int db, std::string_view key)> on_duplicate) {
  if (!has_disk()) return std::string(kMemoryOnly);
  auto file = disk()->open_for_reading(snapshot_path());
  if (!file) return "ERR " + file.error().what;
  SnapshotLoadOptions options = load_options(snapshot_path(), 0);
  options.shards_are_locked = true;
  options.on_duplicate = std::move(on_duplicate);
  const auto error = load_snapshot_file(snapshot_path(), std::move(*file), options);
  return error ? std::optional("ERR " + *error) : std::nullopt;
}

std::optional<std::string> Persistence::load_snapshot_file(const std::string& path, std::unique_ptr<ReadableFile> file,
                                                           const SnapshotLoadOptions& options) {
  expect_bytes(file->size_bytes());
  FileSource source(std::move(file));
  const auto loaded = load_snapshot(source, executor_.keyspace(), options);
  if (source.disk_error()) return source.disk_error()->what;
  if (!loaded) return path + " is damaged: " + loaded.error();
  note_loaded(*loaded);
  executor_.state().log("loaded " + counted(loaded->keys, "key") + " from " + path, LogLevel::notice);
  return std::nullopt;
}

void Persistence::note_loaded(const SnapshotLoaded& loaded) {
  const std::lock_guard lock(mutex_);
  status_.loaded_keys += loaded.keys;
  status_.load_expired_keys += loaded.expired_keys;
}

std::optional<std::string> Persistence::load_log(const LogFiles& log_files, Locking locking) {
  const std::vector<LogFile> files = log_files.files_to_load();
  std::vector<uint64_t> sizes;
  uint64_t total_bytes = 0;
  for (const LogFile& file : files) {
    auto opened = disk()->open_for_reading(log_files.path_of(file));
    if (!opened) return opened.error().what;
    sizes.push_back((*opened)->size_bytes());
    total_bytes += sizes.back();
  }
  expect_bytes(total_bytes);
  file_begin_bytes_ = 0;
  Replay replay = locking == Locking::in_turn ? Replay(executor_, loading_threads(total_bytes))
                                              : Replay::under_locks(executor_);
  for (size_t i = 0; i < files.size(); ++i) {
    const Ending ending = locking == Locking::as_they_are ? Ending::in_use
                          : may_be_torn(sizes, i)         ? Ending::maybe_torn
                                                          : Ending::whole;
    if (auto error = load_log_file(replay, log_files.path_of(files[i]), ending)) return error;
    file_begin_bytes_ += sizes[i];
  }
  replay.finish();
  if (locking == Locking::in_turn) {
    const std::lock_guard lock(mutex_);
    status_.log_base_bytes = total_bytes - sizes.back();
    status_.log_size_after_rewrite = sizes.front();
  }
  executor_.state().log("loaded the log in " + log_files.directory() + ": " + counted(replay.commands(), "command") +
                            " behind its base",
                        LogLevel::notice);
  if (replay.failures() > 0) {
    executor_.state().log(counted(replay.failures(), "command") + " of the log replied errors, the first was " +
                          replay.first_failure());
  }
  return std::nullopt;
}

std::optional<std::string> Persistence::load_log_file(Replay& replay, const std::string& path, Ending ending) {
  auto file = disk()->open_for_reading(path);
  if (!file) return file.error().what;
  const uint64_t size = (*file)->size_bytes();
  FileSource source(std::move(*file));
  if (is_snapshot(source.peek(kSnapshotHeadBytes)) || path.ends_with(".base.rdb")) {
    replay.finish();
    SnapshotLoadOptions options = load_options(path, size);
    options.keeps_expired = true;  // what follows may have prolonged their lives
    options.shards_are_locked = ending == Ending::in_use;
    if (options.shards_are_locked) options.threads = 0;
    const auto loaded = load_snapshot(source, executor_.keyspace(), options);
    if (source.disk_error()) return source.disk_error()->what;
    if (!loaded) return path + " is damaged: " + loaded.error();
    note_loaded(*loaded);
  }
  replay.begin_file();
  LogReader reader(source);
  for (uint64_t units = 0;; ++units) {
    const LogReader::Status status = reader.next();
    if (source.disk_error()) return source.disk_error()->what;
    if (units % kCountEveryCommands == 0) note_progress(file_begin_bytes_ + reader.offset());
    if (status == LogReader::Status::end) {
      if (ending == Ending::in_use) return std::nullopt;
      if (const auto filling = reader.filling_begin()) {
        if (auto cut = disk()->truncate(path, *filling); !cut) return cut.error().what;
      }
      return settle(path, reader.synced_bytes());
    }
    if (status != LogReader::Status::unit) {
      const uint64_t offset = reader.offset();
      if (ending == Ending::maybe_torn && (status == LogReader::Status::torn || reader.may_be_torn())) {
        const auto error = cut_torn_tail(path, reader.unit_begin(), size, reader.problem());
        return error ? error : settle(path, reader.synced_bytes());
      }
      return path + " is damaged at byte " + std::to_string(offset) + ": " + reader.problem() +
             "; `redstart check` tells more";
    }
    for (const auto& words : reader.commands()) {
      if (const auto error = replay.execute(words)) {
        return path + " is damaged in what begins at byte " + std::to_string(reader.unit_begin()) + ": " + *error;
      }
    }
  }
}

// --- The log of a store in use

std::expected<Persistence::Reload, std::string> Persistence::begin_reload() {
  if (!has_disk()) return std::unexpected(std::string(kMemoryOnly));
  const std::lock_guard lock(mutex_);
  Log* log = this->log();
  if (!log) return std::unexpected(std::string(kNoLog));
  if (is_loading() && !reload_has_failed_) return std::unexpected(std::string(kStillLoading));
  if (job_ == Job::save) return std::unexpected(std::string(kSaveInProgress));
  if (job_ == Job::rewrite) return std::unexpected(std::string(kRewriteInProgress));
  if (!rewrite_is_listed_) return std::unexpected(std::string(kLogNotBegun));
  job_ = Job::reload;
  return Reload{*log, *files_};
}

// All of it is read beforehand, since what is dropped does not come back.
std::optional<std::string> Persistence::find_damage(const LogFiles& files) {
  const CheckOptions options{.now_ms = executor_.clock().unix_time_ms(), .holds_still = true};
  const auto report = check_path(*disk(), files.manifest_path(), options);
  if (!report) return report.error().what;
  if (!report->problems.empty()) return report->problems.front();
  for (const FileReport& file : report->files) {
    if (!file.problem) continue;
    return file.path + " is damaged at byte " + std::to_string(file.problem->offset) + ": " + file.problem->what +
           "; `redstart check` tells more";
  }
  return std::nullopt;
}

std::optional<std::string> Persistence::run_reload(const Reload& reload, const std::function<void()>& drop) {
  const auto hold = reload.log.hold_written();
  if (!hold) return "the log cannot be written: " + hold.error();
  if (auto damage = find_damage(reload.files)) return damage;
  drop();
  is_loading_ = true;  // until it is there
  const bool was_recorded = executor_.access_settings().records_effects;
  executor_.record_effects_locked(false);  // the log has it already
  auto error = load_log(reload.files, Locking::as_they_are);
  executor_.record_effects_locked(was_recorded);
  is_loading_ = error.has_value();
  return error;
}

void Persistence::note_reload(const std::optional<std::string>& error) {
  const std::lock_guard lock(mutex_);
  job_ = Job::none;
  job_ended_.notify_all();
  reload_has_failed_ = is_loading_;
  if (!error) saved_changes_ = executor_.keyspace().totals().changes;
  decide_refusal();
  apply_fsync_policy();
}

std::optional<std::string> Persistence::reload_log_locked(const std::function<void()>& drop) {
  const auto reload = begin_reload();
  if (!reload) return reload.error();
  auto error = run_reload(*reload, drop);
  note_reload(error);
  if (!error) return std::nullopt;
  executor_.state().log("the log could not be loaded again: " + *error, LogLevel::warning);
  return "ERR " + *error + (is_loading_ ? std::string(kDropped) : "");
}

// The process that wrote it may have ended before it was synced, or after a sync had failed. Files without marks are
// bases, which are synced before they are named, and other programs' logs, which are taken for what they are: they may
// be large.
std::optional<std::string> Persistence::settle(const std::string& path, std::optional<uint64_t> synced_bytes) {
  if (synced_bytes) {
    if (auto rewritten = disk()->rewrite_tail(path, *synced_bytes); !rewritten) return rewritten.error().what;
  }
  auto file = disk()->open_for_append(path);
  if (!file) return file.error().what;
  const auto synced = (*file)->sync();
  return synced ? std::nullopt : std::optional(synced.error().what);
}

std::optional<std::string> Persistence::cut_torn_tail(const std::string& path, uint64_t begin, uint64_t size,
                                                      const std::string& problem) {
  const std::string what = "the last " + std::to_string(size - begin) + " bytes of " + path + ", from byte " +
                           std::to_string(begin) + " on, are no whole command (" + problem + ")";
  if (executor_.config().value_of("aof-load-truncated") == "no") {
    return what + "; they are cut off only where aof-load-truncated says yes, or by `redstart check --fix`";
  }
  const auto kept = keep_tail(*disk(), path, begin);
  if (!kept) return kept.error().what;
  if (auto cut = disk()->truncate(path, begin); !cut) return cut.error().what;
  if (begin == 0) {
    // Its first mark went, too: without one, nobody would know next time what a crash may leave of it.
    auto file = disk()->open_for_append(path);
    if (!file) return file.error().what;
    if (auto marked = (*file)->append(kFreshIncrement); !marked) return marked.error().what;
  }
  executor_.state().log(what + ": cut off, as a crash leaves them" +
                        (*kept ? "; since whole writes stand among them, they are kept in " + **kept : ""));
  return std::nullopt;
}

}  // namespace redstart
