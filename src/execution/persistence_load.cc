// Persistence: what was saved, back into the store.
#include <algorithm>
#include <utility>

#include "base/lanes.h"
#include "base/numbers.h"
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

}  // namespace

std::optional<std::string> Persistence::load() {
  announce_loading();
  {
    const std::lock_guard lock(mutex_);
    status_.loading_begun_unix_s = executor_.clock().unix_time_ms() / 1000;
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
    error = load_log();
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
  executor_.state().log("loaded " + std::to_string(loaded->keys) + " keys from " + path, LogLevel::notice);
  return std::nullopt;
}

void Persistence::note_loaded(const SnapshotLoaded& loaded) {
  const std::lock_guard lock(mutex_);
  status_.loaded_keys += loaded.keys;
  status_.load_expired_keys += loaded.expired_keys;
}

std::optional<std::string> Persistence::load_log() {
  const std::vector<LogFile> files = files_->files_to_load();
  std::vector<uint64_t> sizes;
  uint64_t total_bytes = 0;
  for (const LogFile& file : files) {
    auto opened = disk()->open_for_reading(files_->path_of(file));
    if (!opened) return opened.error().what;
    sizes.push_back((*opened)->size_bytes());
    total_bytes += sizes.back();
  }
  expect_bytes(total_bytes);
  Replay replay(executor_, loading_threads(total_bytes));
  for (size_t i = 0; i < files.size(); ++i) {
    if (auto error = load_log_file(replay, files_->path_of(files[i]), may_be_torn(sizes, i))) return error;
    file_begin_bytes_ += sizes[i];
  }
  replay.finish();
  {
    const std::lock_guard lock(mutex_);
    status_.log_base_bytes = total_bytes - sizes.back();
    status_.log_size_after_rewrite = total_bytes;
  }
  executor_.state().log("loaded the log in " + files_->directory() + ": " + std::to_string(replay.commands()) +
                            " commands behind its base",
                        LogLevel::notice);
  if (replay.failures() > 0) {
    executor_.state().log(std::to_string(replay.failures()) + " commands of the log replied errors, the first was " +
                          replay.first_failure());
  }
  return std::nullopt;
}

std::optional<std::string> Persistence::load_log_file(Replay& replay, const std::string& path, bool is_last) {
  auto file = disk()->open_for_reading(path);
  if (!file) return file.error().what;
  const uint64_t size = (*file)->size_bytes();
  FileSource source(std::move(*file));
  if (is_snapshot(source.peek(kSnapshotHeadBytes)) || path.ends_with(".base.rdb")) {
    replay.finish();
    SnapshotLoadOptions options = load_options(path, size);
    options.keeps_expired = true;  // what follows may have prolonged their lives
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
      if (const auto filling = reader.filling_begin()) {
        if (auto cut = disk()->truncate(path, *filling); !cut) return cut.error().what;
      }
      return settle(path, reader.synced_bytes());
    }
    if (status != LogReader::Status::unit) {
      const uint64_t offset = reader.offset();
      if (is_last && (status == LogReader::Status::torn || reader.may_be_torn())) {
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
  executor_.state().log(what + ": cut off, as a crash leaves them" +
                        (*kept ? "; since whole writes stand among them, they are kept in " + **kept : ""));
  return std::nullopt;
}

}  // namespace redstart
