// Persistence: when and how a store's data goes to disk and comes back: SAVE, BGSAVE, save points, loading.
//
// A save is a Snapshot (durability/snapshot): commands go on while it is written. One save at a time.
// A store that was not given a disk keeps its data in memory only.
//
// Threads: thread-safe; load() before the store is used, tick() by the maintenance thread.
// Ownership: owns the thread that saves; borrows the disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/disk.h"
#include "durability/snapshot/file.h"

namespace redstart {

class Executor;

class Persistence {
 public:
  explicit Persistence(Executor& executor) : executor_(executor) {}
  ~Persistence();

  // From now on data can be saved, under `dir` and `dbfilename` of the configuration.
  void use_disk(Disk& disk) { disk_ = &disk; }
  bool has_disk() const { return disk_ != nullptr; }
  // Where the snapshot is, or will be.
  std::string path() const;

  // Puts the saved snapshot, if there is one, into the empty store. Returns what is wrong.
  std::optional<std::string> load();

  // Saves now, in the calling thread, which holds no lock. Returns the error.
  std::optional<std::string> save();
  // Begins a save that another thread goes on with; the data is saved as it is at this moment. Returns the
  // error. REQUIRES: all shards are locked.
  std::optional<std::string> start_save();
  // False: none was running.
  bool cancel_save();
  // Until no save is running in the background.
  void wait();
  // Starts what the save points ask for.
  void tick();
  // What to do before the store ends: the last save, where save points are configured. Returns the error.
  std::optional<std::string> finish(bool save);

  // A save has failed, and the configuration says that writes are then refused.
  bool refuses_writes() const { return refuses_writes_.load(std::memory_order_relaxed); }
  // The configuration may say something else now.
  void follow_config();

  struct Status {
    bool is_saving = false, is_loading = false;
    bool last_save_succeeded = true;
    int64_t last_save_unix_s = 0;
    int64_t last_duration_s = -1, current_duration_s = -1;
    uint64_t saves = 0;
    uint64_t changes_since_save = 0;
    uint64_t current_keys = 0, current_keys_total = 0;
    uint64_t loaded_keys = 0, load_expired_keys = 0;
  };
  Status status() const;

 private:
  struct Save {
    std::unique_ptr<Snapshot> snapshot;
    SnapshotHead head;
    SnapshotSaveOptions options;
    std::string path;
    uint64_t changes = 0;  // at the cut
    int64_t begun_ns = 0;
  };

  // REQUIRES: all shards are locked, mutex_ too; nothing is being saved.
  void cut();
  // Writes the current save. Returns the error.
  std::optional<std::string> run();
  void run_in_background();
  bool is_due(int64_t now_ms) const;
  void note_outcome(const std::optional<std::string>& error);
  // REQUIRES: mutex_ is held.
  void decide_refusal();

  Executor& executor_;
  Disk* disk_ = nullptr;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> refuses_writes_{false};
  int64_t next_check_ms_ = 0;  // of the save points

  mutable std::mutex mutex_;  // guards the following
  std::unique_ptr<Save> current_;
  std::thread background_;
  Status status_;
  uint64_t saved_changes_ = 0;
  int64_t last_attempt_ms_ = 0;
};

}  // namespace redstart
