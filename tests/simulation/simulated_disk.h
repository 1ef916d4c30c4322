// SimulatedDisk: a disk in memory that forgets, as real ones may, what was not synced when it crashes: appended
// bytes are lost, cut or torn; names that were made, changed or removed come back. It crashes and fails where it
// is told to, and counts its operations, so that a seed repeats a run exactly.
//
// Threads: one. Ownership: open files share their contents with the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"

namespace redstart::simulation {

class SimulatedDisk final : public Disk {
 public:
  explicit SimulatedDisk(Random& random) : random_(random) {}

  // The operation with this number is done in part, and nothing after it.
  void crash_at(uint64_t operation) { crash_at_ = operation; }
  bool has_crashed() const { return has_crashed_; }
  uint64_t operations() const { return operations_; }
  // The probabilities, in a thousand, with which writing and syncing fail from now on.
  void set_faults(uint64_t writes, uint64_t syncs) { write_faults_ = writes, sync_faults_ = syncs; }
  // Called before each operation on a file that is no incremental part of a log.
  void on_operation(std::function<void()> hook) { hook_ = std::move(hook); }
  // After a crash: what a machine finds when it starts again, or a process whose machine went on.
  void restart(bool machine_went_down);
  // Null: there is no such file.
  const std::string* contents(const std::string& path) const;
  // What somebody else does to a file while it is in use.
  void remove_from_outside(const std::string& path) { change(path, nullptr); }
  void cut_from_outside(const std::string& path, size_t size);
  // The file that has the name now, since it was made or cuts were forgotten.
  bool was_cut_from_outside(const std::string& path) const;
  void forget_cuts();
  std::vector<std::string> paths() const;
  // All files, by path.
  std::map<std::string, std::string> everything() const;
  // All files go, for good.
  void wipe();

  DiskResult<std::unique_ptr<WritableFile>> create(const std::string& path) override;
  DiskResult<std::unique_ptr<WritableFile>> open_for_append(const std::string& path) override;
  DiskResult<std::unique_ptr<ReadableFile>> open_for_reading(const std::string& path) override;
  bool exists(const std::string& path) override { return names_.contains(path); }
  DiskResult<std::vector<std::string>> list(const std::string& directory) override;
  DiskResult<void> make_directory(const std::string& path) override;
  DiskResult<void> rename(const std::string& from, const std::string& to) override;
  DiskResult<void> remove(const std::string& path) override;
  DiskResult<void> truncate(const std::string& path, uint64_t size_bytes) override;
  DiskResult<void> rewrite_tail(const std::string& path, uint64_t offset) override;
  DiskResult<void> sync_directory(const std::string& directory) override;
  DiskResult<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override;

 private:
  class File;
  class OpenedForReading;
  struct Contents {
    std::string data;          // as the system shows it
    std::string on_disk;       // as of the last sync
    size_t untouched = 0;      // how much of on_disk was not cut off since
    bool is_doomed = false;    // a sync has failed: later ones say nothing
    bool was_cut = false;      // from outside
  };
  using Names = std::map<std::string, std::shared_ptr<Contents>>;
  struct NameChange {
    std::string path;
    std::shared_ptr<Contents> contents;  // null: removed
  };
  enum class Step : uint8_t { go_on, partly, dead };
  // Begins an operation: whether it is done.
  Step step(const std::string& path);
  bool fails(uint64_t per_thousand) { return random_.below(1000) < per_thousand; }
  void change(const std::string& path, std::shared_ptr<Contents> contents);
  void tear(Contents& contents);
  DiskResult<void> append(const std::string& path, Contents& contents, size_t& end, std::string_view bytes);
  void resize(Contents& contents, size_t size);
  DiskResult<void> sync(const std::string& path, Contents& contents);
  DiskResult<void> cut(const std::string& path, Contents& contents, uint64_t size_bytes);

  Random& random_;
  Names names_, names_on_disk_;
  std::vector<NameChange> pending_;  // names that no sync_directory has made last
  uint64_t operations_ = 0, crash_at_ = UINT64_MAX;
  bool has_crashed_ = false;
  uint64_t write_faults_ = 0, sync_faults_ = 0;
  std::function<void()> hook_;
};

}  // namespace redstart::simulation
