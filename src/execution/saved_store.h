// Stores on a disk that may fail, for tests of what is saved.
//
// Threads: thread-compatible.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/disk.h"
#include "base/random.h"
#include "execution/command_tester.h"
#include "execution/config.h"
#include "execution/dataset_digest.h"
#include "execution/persistence.h"

namespace redstart {

// What it holds, as DEBUG DIGEST tells it.
inline std::string digest_of(CommandTester& run) {
  return hex_of(digest_of_keyspace(run.executor.keyspace(), run.clock.unix_time_ms()));
}

inline std::string key(Random& random) { return "key:" + std::to_string(random.below(3000)); }

inline void change_something(CommandTester& run, Random& random) {
  const auto large = [&] { return "large:" + std::to_string(random.below(20)); };
  switch (random.below(17)) {
    case 0: run("DEL " + key(random)); break;
    case 1: run("RENAME " + key(random) + " " + key(random)); break;
    case 2: run("HSET h" + key(random) + " f" + std::to_string(random.below(100)) + " v"); break;
    case 3: run("RPUSH l" + key(random) + " a b c"); break;
    case 4: run("LPOP l" + key(random)); break;
    case 5: run("SADD s" + key(random) + " " + std::to_string(random.below(1000))); break;
    case 6: run("ZADD z" + key(random) + " " + std::to_string(random.below(99)) + " m"); break;
    case 7: run("PEXPIRE " + key(random) + " " + std::to_string(random.below(100'000) + 1)); break;
    case 8: run("MOVE " + key(random) + " 1"); break;
    case 9: run("SELECT " + std::to_string(random.below(3))); break;
    case 10: run("APPEND " + key(random) + " more"); break;
    case 11: run("COPY " + key(random) + " " + key(random) + " DB 2 REPLACE"); break;
    case 12: run("SETRANGE " + large() + " " + std::to_string(random.below(40'000)) + " changed"); break;
    case 13: run("APPEND " + large() + " more"); break;
    case 14: run("SETBIT " + large() + " " + std::to_string(random.below(400'000)) + " 1"); break;
    default: run("SET " + key(random) + " " + std::to_string(random.next())); break;
  }
}

// A disk on which one operation fails.
class FailingDisk final : public Disk {
 public:
  std::string failing;  // the operation
  int failures_after = 0;

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
  bool exists(const std::string& path) override { return real_disk().exists(path); }
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
      if (disk_.fails("sync")) return disk_.error();
      return file_->sync();
    }
    void write_back() override { file_->write_back(); }
    uint64_t size_bytes() const override { return file_->size_bytes(); }
    DiskResult<void> truncate(uint64_t size_bytes) override { return file_->truncate(size_bytes); }
    DiskResult<void> reserve(uint64_t bytes, std::string_view filling) override {
      return file_->reserve(bytes, filling);
    }
    uint64_t reserved_bytes() const override { return file_->reserved_bytes(); }

   private:
    FailingDisk& disk_;
    std::unique_ptr<WritableFile> file_;
  };

  bool fails(std::string_view operation) { return operation == failing && failures_after-- <= 0; }
  std::unexpected<DiskError> error() const {
    return std::unexpected(DiskError{ENOSPC, "cannot " + failing + ": No space left on device"});
  }
};

class Saves : public testing::Test {
 protected:
  Saves() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    use(run);
  }
  ~Saves() override { std::filesystem::remove_all(directory); }
  void use(CommandTester& tester) {
    tester("CONFIG SET save ''");
    tester.executor.config().force("dir", directory);
    tester.executor.persistence().use_disk(disk);
  }
  // Returns what is wrong.
  std::optional<std::string> open_with_log(CommandTester& tester) {
    use(tester);
    tester.executor.config().force("appendonly", "yes");
    return tester.executor.persistence().load();
  }
  std::string field(CommandTester& tester, const std::string& name) {
    const std::string info = tester.reply("INFO persistence").text();
    const size_t at = info.find(name + ":") + name.size() + 1;
    return info.substr(at, info.find("\r\n", at) - at);
  }

  const std::string directory = testing::TempDir() + "redstart_saves_" + std::to_string(::getpid());
  FailingDisk disk;
  CommandTester run;
};

}  // namespace redstart
