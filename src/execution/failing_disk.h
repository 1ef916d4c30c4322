// FailingDisk: the real disk, but for one operation that fails. For tests.
//
// Threads: thread-safe.
#pragma once

#include <atomic>
#include <cerrno>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/disk.h"

namespace redstart {

class FailingDisk final : public Disk {
 public:
  // A text that is set by one thread while others look at it.
  class Operation {
   public:
    Operation& operator=(std::string name) {
      const std::lock_guard lock(mutex_);
      name_ = std::move(name);
      return *this;
    }
    void clear() { *this = std::string(); }
    std::string get() const {
      const std::lock_guard lock(mutex_);
      return name_;
    }

   private:
    mutable std::mutex mutex_;
    std::string name_;
  };
  Operation failing;
  std::atomic<int> failures_after = 0;
  std::atomic<int> questions = 0;  // whether a file exists

  DiskResult<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    if (fails("create")) return error();
    auto file = real_disk().create(path);
    if (!file) return file;
    return std::make_unique<File>(*this, std::move(*file));
  }
  DiskResult<std::unique_ptr<WritableFile>> open_for_append(const std::string& path) override {
    return real_disk().open_for_append(path);
  }
  DiskResult<std::unique_ptr<ReadableFile>> open_for_reading(const std::string& path) override {
    if (fails("open_for_reading")) return error();
    return real_disk().open_for_reading(path);
  }
  bool exists(const std::string& path) override {
    ++questions;
    return real_disk().exists(path);
  }
  DiskResult<std::vector<std::string>> list(const std::string& directory) override {
    return real_disk().list(directory);
  }
  DiskResult<void> make_directory(const std::string& path) override { return real_disk().make_directory(path); }
  DiskResult<void> rename(const std::string& from, const std::string& to) override {
    if (fails("rename")) return error();
    return real_disk().rename(from, to);
  }
  DiskResult<void> remove(const std::string& path) override { return real_disk().remove(path); }
  DiskResult<void> truncate(const std::string& path, uint64_t size) override {
    return real_disk().truncate(path, size);
  }
  DiskResult<void> rewrite_tail(const std::string& path, uint64_t offset) override {
    if (fails("rewrite_tail")) return error();
    return real_disk().rewrite_tail(path, offset);
  }
  DiskResult<void> sync_directory(const std::string& directory) override {
    if (fails("sync_directory")) return error();
    return real_disk().sync_directory(directory);
  }
  DiskResult<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override {
    return real_disk().lock_directory(directory);
  }

 private:
  class File final : public WritableFile {
   public:
    File(FailingDisk& disk, std::unique_ptr<WritableFile> file) : disk_(disk), file_(std::move(file)) {}
    DiskResult<void> append(std::string_view bytes) override {
      if (disk_.fails("append")) return disk_.error();
      return file_->append(bytes);
    }
    DiskResult<void> append(std::string_view first, std::string_view second, std::string_view filling) override {
      if (disk_.fails("append")) return disk_.error();
      return file_->append(first, second, filling);
    }
    DiskResult<void> sync() override {
      if (disk_.fails("sync")) has_failed_ = true;
      if (has_failed_) return disk_.error();  // for ever, as the real one
      return file_->sync();
    }
    void write_back() override { file_->write_back(); }
    uint64_t size_bytes() const override { return file_->size_bytes(); }
    DiskResult<void> truncate(uint64_t size_bytes) override { return file_->truncate(size_bytes); }
    DiskResult<void> reserve(uint64_t bytes, std::string_view filling) override {
      return file_->reserve(bytes, filling);
    }
    uint64_t reserved_bytes() const override { return file_->reserved_bytes(); }
    DiskResult<void> still_whole() override { return file_->still_whole(); }
    DiskResult<void> still_there() override { return file_->still_there(); }

   private:
    FailingDisk& disk_;
    std::unique_ptr<WritableFile> file_;
    std::atomic<bool> has_failed_{false};
  };

  bool fails(std::string_view operation) { return operation == failing.get() && failures_after-- <= 0; }
  std::unexpected<DiskError> error() const {
    return std::unexpected(DiskError{ENOSPC, "cannot " + failing.get() + ": No space left on device"});
  }
};

}  // namespace redstart
