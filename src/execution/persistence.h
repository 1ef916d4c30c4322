// Persistence: when and how a store's data goes to disk and comes back: snapshots (SAVE, BGSAVE, save points), the
// log (appendonly) and its rewrites, loading.
//
//   commands --units--> Log (durability/log) --> incremental files
//   the cut --> Snapshot (durability/snapshot) --> dump.rdb, or the base of the log
//
// A snapshot is written while commands go on, one at a time: a save or a rewrite. A store that was not given a disk
// keeps its data in memory only.
//
// Threads: thread-safe; load() before the store is used, tick() by the maintenance thread.
// Ownership: owns the log and the thread that writes snapshots; borrows the disk.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/disk.h"
#include "durability/log/files.h"
#include "durability/log/log.h"
#include "durability/snapshot/file.h"
#include "redstart/durability.h"

namespace redstart {

class Executor;
class Replay;  // execution/replay.h
class Session;
struct Waiter;

class Persistence {
 public:
  explicit Persistence(Executor& executor);
  ~Persistence();

  // Who does what is done in the background: threads, or flush() of the log and run_job() called by hand.
  enum class Background : uint8_t { threads, by_hand };
  // From now on data can be saved, under `dir` of the configuration.
  void use_disk(Disk& disk, Background background = Background::threads) {
    background_mode_ = background;
    disk_.store(&disk, std::memory_order_release);
  }
  // Runs the save or rewrite that was started; by hand only.
  void run_job();
  bool has_disk() const { return disk() != nullptr; }
  // What is replied where that is needed and not there.
  static constexpr std::string_view kMemoryOnly = "ERR This store keeps its data in memory only";
  static constexpr std::string_view kStillLoading = "ERR The data is not loaded yet";
  // Where the snapshot is, or will be.
  std::string snapshot_path() const;
  std::string log_directory() const;

  // Whether there is a log or a snapshot that load() would load, or refuse.
  bool has_saved_data();
  // Puts what was saved, the log if `appendonly` says so, else the snapshot, into the empty store, and starts
  // the log. Returns what is wrong.
  std::optional<std::string> load();
  bool is_loading() const { return is_loading_.load(std::memory_order_relaxed); }
  // Commands are refused as while loading until load() has ended.
  void announce_loading() { is_loading_ = restricts_ = true; }

  // --- Snapshots

  // Saves now, or when the rewrite that is running has ended, in the calling thread, which holds no lock. Returns the
  // error.
  std::optional<std::string> save();
  // The same under locks, for which a rewrite would wait: it is an error then. REQUIRES: all shards are locked by this
  // thread.
  std::optional<std::string> save_locked();
  // Puts the snapshot's keys and libraries into the store, beside what is there; `on_duplicate` as for
  // SnapshotLoadOptions. Returns the error. REQUIRES: as save_locked().
  std::optional<std::string> load_locked(std::function<void(int db, std::string_view key)> on_duplicate);
  // Begins a save that another thread goes on with; the data is saved as it is at this moment. Returns the
  // error. REQUIRES: all shards are locked.
  std::optional<std::string> start_save();
  // Begins one when the rewrite that is running has ended.
  void schedule_save() { is_save_scheduled_ = true; }
  // False: there was none, or it is being cancelled already.
  bool cancel_save();
  // Has the log written out and loads it in place of what is there: first reads all of it, then calls `drop`, which
  // empties the store. Returns the error. One that comes before `drop` has changed nothing; after one that comes later
  // the store refuses commands as while loading, until this succeeds. REQUIRES: as save_locked().
  std::optional<std::string> reload_log_locked(const std::function<void()>& drop);
  // Until nothing is written in the background.
  void wait_for_job();
  // What is being written.
  enum class Job : uint8_t { none, save, rewrite, reload };
  Job job() const;

  // --- The log

  // Null while there is none. Stays valid as long as this.
  Log* log() const { return log_.load(std::memory_order_acquire); }
  // Rewrites the log in the background, now or when the save that is running has ended: the second is true then.
  // Error: why not.
  std::expected<bool, std::string> start_rewrite();
  // Has the log, if there is one, rewritten soon: the data has changed in a way that it does not tell.
  void schedule_rewrite();
  // Whether replies that depend on the log up to `position` may be seen.
  bool may_be_seen(uint64_t position) const {
    const Log* log = this->log();
    return !log || log->reached(reply_durability()) >= position;
  }
  // Positions in the log that replies wait for: what their sessions have written, and what these were told, too.
  struct Awaited {
    uint64_t written = 0, seen = 0;
  };
  // Does what is to be done before replies are sent: has the log written or synced. What was only seen is on its way
  // to the disk by whoever wrote it.
  void push_out(Awaited awaited);
  // Waits until what the session did last, or was told, has come that far. Error: what it has written since
  // `own_before`, its own position then, has not; of earlier writes it was told then.
  std::optional<std::string> wait(const Session& session, uint64_t own_before, Durability durability,
                                  std::optional<std::chrono::steady_clock::time_point> deadline);
  // How far a write has come before its reply leaves: what appendfsync promises.
  Durability reply_durability() const { return reply_durability_.load(std::memory_order_relaxed); }
  // Called when the log got further, or fails, or does so no more. One listener; null: none.
  void on_log_progress(std::function<void()> listener);
  // Whether what was written up to `position` of the log is on disk. False without a log.
  bool is_synced(uint64_t position) const {
    const Log* log = this->log();
    return log && log->synced() >= std::max(position, log->begin());
  }
  // There is a log, or the one that CONFIG SET appendonly has asked for is about to begin.
  bool has_log_or_begins() const;
  // WAITAOF: ends the wait with its reply when is_synced(position).
  void wait_for_sync(std::shared_ptr<Waiter> waiter, uint64_t position, bool ends_then);

  // Starts what save points and the log's growth ask for, and tries again what has failed.
  void tick();
  // Ends what is running, before the store goes; saves a last time if told so. Returns what is wrong, without a code.
  std::optional<std::string> finish(bool save);

  // Something is refused now: writes, or everything while loading.
  bool restricts() const { return restricts_.load(std::memory_order_relaxed); }
  // A save or the log has failed, and the configuration says that writes are then refused.
  bool refuses_writes() const { return refuses_writes_.load(std::memory_order_relaxed); }
  // With what error.
  std::string refusal() const;
  // The configuration may say something else now.
  void follow_config();
  // `appendonly` has changed: the next tick begins or ends the log. Returns what is in the way of a beginning.
  std::optional<std::string> follow_appendonly();

  struct Status {
    bool is_saving = false;
    bool last_save_succeeded = true;
    std::string last_save_error;  // empty: there was none
    int64_t last_save_unix_s = 0;
    int64_t last_save_duration_s = -1, current_save_duration_s = -1;
    uint64_t saves = 0;
    uint64_t changes_since_save = 0;
    uint64_t current_keys = 0, current_keys_total = 0;
    uint64_t loaded_keys = 0, load_expired_keys = 0;
    bool is_logging = false, is_rewriting = false, is_rewrite_scheduled = false;
    bool last_rewrite_succeeded = true;
    std::string last_rewrite_error;
    int64_t last_rewrite_duration_s = -1, current_rewrite_duration_s = -1;
    uint64_t rewrites = 0, rewrite_failures = 0;
    std::optional<std::string> log_failure;
    uint64_t log_bytes = 0, log_base_bytes = 0, log_size_after_rewrite = 0, log_pending_bytes = 0;
    bool is_syncing = false;
    int64_t loading_begun_unix_s = 0;
    uint64_t loading_total_bytes = 0, loading_loaded_bytes = 0;
    uint64_t loading_used_memory_bytes = 0;  // of the store that wrote the snapshot
  };
  Status status() const;

 private:
  static constexpr int64_t kSecondNs = 1'000'000'000;
  static constexpr int64_t kRetryMs = 5000;  // what has failed is not tried again at once
  static constexpr int64_t kPauseMs = 1000;  // between rewrites of a log that breaks again and again
  static constexpr std::string_view kSaveInProgress = "ERR Background save already in progress";
  static constexpr std::string_view kRewriteInProgress =
      "ERR Background append only file rewriting already in progress";

  // What is being written down.
  struct Snapshotting {
    std::unique_ptr<Snapshot> snapshot;
    SnapshotHead head;
    SnapshotSaveOptions options;
    uint64_t changes = 0;  // at the cut
    int64_t begun_ns = 0;
  };

  // --- Snapshots
  // Admits a save and cuts. Returns why there can be none. REQUIRES: all shards are locked, mutex_ is held.
  enum class Locking : uint8_t { in_turn, as_they_are };  // of shards while the snapshot is written
  std::optional<std::string> begin_save(Locking locking = Locking::in_turn);
  // REQUIRES: all shards are locked, mutex_ is held; nothing is being written.
  void cut(Job job, Locking locking = Locking::in_turn);
  // Writes what was cut to `path`. Returns its size.
  DiskResult<uint64_t> write_snapshot(const std::string& path);
  std::optional<std::string> run_save();
  void note_save(const std::optional<std::string>& error);
  void wait_for_rewrite();
  bool is_save_due() const;
  // Runs `job` in the background. REQUIRES: mutex_ is held.
  void run_in_background(std::function<void()> job);

  // --- The log
  std::unique_ptr<LogFiles> log_files();
  std::optional<std::string> open_files();
  std::optional<std::string> start_log_after_loading();
  // With samples of its writes and syncs.
  std::unique_ptr<WritableFile> sampled(std::unique_ptr<WritableFile> file);
  void set_log(std::unique_ptr<WritableFile> file, Log::Foundation foundation);
  // One rewrite, from the new incremental file to the deletion of the old ones. Unless `is_listed`, the manifest
  // names the new incremental file only together with the new base: the log begins, or is mended, with it.
  // Returns the error.
  std::optional<std::string> rewrite(bool is_listed);
  uint64_t begin_rewrite(std::unique_ptr<WritableFile> file);
  void note_rewrite(const std::optional<std::string>& error);
  uint64_t parse_config_number(std::string_view directive) const;
  bool is_rewrite_due(int64_t now_ms) const;
  void end_log();
  void on_progress();
  // Once a second: whether somebody has done something to the log's files, so that they cannot be loaded any more.
  void look_for_loss();

  // --- Loading
  std::optional<std::string> load_snapshot_file(const std::string& path);
  std::optional<std::string> load_snapshot_file(const std::string& path, std::unique_ptr<ReadableFile> file,
                                                const SnapshotLoadOptions& options);
  // What may be wrong with a file's end.
  enum class Ending : uint8_t {
    whole,       // nothing; not all may be on disk yet
    maybe_torn,  // what a crash leaves
    in_use,      // nothing; the file is left as it is
  };
  std::optional<std::string> load_log(const LogFiles& files, Locking locking);
  // What is loaded again: as it is at this moment, since CONFIG SET may end the log and begin another.
  struct Reload {
    Log& log;
    const LogFiles files;
  };
  // Error: why there can be none. REQUIRES: all shards are locked.
  std::expected<Reload, std::string> begin_reload();
  std::optional<std::string> run_reload(const Reload& reload, const std::function<void()>& drop);
  void note_reload(const std::optional<std::string>& error);
  // Why the files could not be loaded; nothing: they could.
  std::optional<std::string> find_damage(const LogFiles& files);
  // Has what was read of a file of the log, and is not known to be on disk, come there. `synced_bytes`: how much is,
  // if the file says so.
  std::optional<std::string> settle(const std::string& path, std::optional<uint64_t> synced_bytes);
  std::optional<std::string> load_log_file(Replay& replay, const std::string& path, Ending ending);
  std::optional<std::string> cut_torn_tail(const std::string& path, uint64_t begin, uint64_t size,
                                           const std::string& problem);
  SnapshotLoadOptions load_options(const std::string& path, uint64_t file_bytes);
  // How many threads beside this one load so much.
  size_t loading_threads(uint64_t bytes) const;
  void expect_bytes(uint64_t bytes);
  // Notes how far the loading has come, and now and then logs it.
  void note_progress(uint64_t bytes);
  void note_aux(const std::string& path, std::string_view name, std::string_view value);
  void note_loaded(const SnapshotLoaded& loaded);

  // REQUIRES: mutex_ is held.
  void apply_fsync_policy();
  void decide_refusal();

  Disk* disk() const { return disk_.load(std::memory_order_acquire); }

  Executor& executor_;
  std::atomic<Disk*> disk_{nullptr};
  Background background_mode_ = Background::threads;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> refuses_writes_{false};
  std::atomic<bool> is_loading_{false};
  std::atomic<bool> restricts_{false};
  std::atomic<bool> is_save_scheduled_{false};
  std::atomic<uint64_t> loaded_bytes_{0};
  uint64_t file_begin_bytes_ = 0;  // of the file that is being loaded, within all
  int64_t progress_told_ns_ = 0;   // by whoever loads
  std::atomic<Durability> reply_durability_{Durability::none};
  std::atomic<Log*> log_{nullptr};
  int64_t next_check_ms_ = 0;
  int64_t looked_ns_ = 0;  // for losses, by the monotonic clock

  std::mutex listener_mutex_;  // guards the following
  std::function<void()> listener_;
  struct SyncWait {
    std::shared_ptr<Waiter> waiter;
    uint64_t position;
    bool ends_then;
  };
  std::vector<SyncWait> sync_waits_;

  mutable std::mutex mutex_;  // guards the following
  std::unique_ptr<Snapshotting> current_;
  Job job_ = Job::none;
  std::condition_variable job_ended_;
  std::thread background_;
  std::function<void()> waiting_job_;  // by hand
  Status status_;
  uint64_t saved_changes_ = 0;
  // By the monotonic clock, which nobody sets.
  int64_t last_save_ns_, last_attempt_ns_ = 0;
  int64_t last_rewrite_attempt_ms_ = 0;
  int64_t rewrite_begun_ns_ = 0;
  bool is_rewrite_scheduled_ = false;
  bool rewrite_is_listed_ = true;
  bool reload_has_failed_ = false;  // the log's data is not in the store: is_loading_ stays
  std::vector<std::unique_ptr<Log>> logs_;  // the last is log_; older ones may still be looked at

  // Used by one thread at a time: whoever loads, or rewrites.
  std::unique_ptr<LogFiles> files_;
  std::unique_ptr<DirectoryLock> directory_lock_;
};

}  // namespace redstart
