#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/crc64.h"
#include "base/numbers.h"
#include "durability/rdb/writer.h"
#include "durability/snapshot/file.h"

namespace redstart {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr uint64_t kThreadedKeysMin = 10'000;
constexpr uint64_t kWriteBackBytes = 4 * 1024 * 1024;  // the last sync is then short
constexpr std::string_view kRedisVersion = "7.0.15";
// With the number of the writing process in between. Redis's are named temp-NUMBER.rdb.
constexpr std::string_view kTemporary = "temp-redstart-";
constexpr std::string_view kTemporaryEnd = ".rdb";

// Counts, checks and writes what is appended to its buffer.
class Output {
 public:
  Output(WritableFile& file, const SnapshotSaveOptions& options) : file_(file), options_(options) {}

  std::string buffer;

  DiskResult<void> flush_if_full() {
    if (buffer.size() < kBufferBytes) return {};
    return flush();
  }
  DiskResult<void> flush() {
    if (options_.checksum) checksum_ = crc64(checksum_, buffer);
    auto written = file_.append(buffer);
    bytes_ += buffer.size();
    buffer.clear();
    if (bytes_ - written_back_ >= kWriteBackBytes) {
      file_.write_back();
      written_back_ = bytes_;
    }
    return written;
  }
  uint64_t checksum() const { return checksum_; }
  uint64_t bytes() const { return bytes_; }

 private:
  WritableFile& file_;
  const SnapshotSaveOptions& options_;
  uint64_t checksum_ = 0;
  uint64_t bytes_ = 0, written_back_ = 0;
};

void write_aux(RdbWriter& writer, std::string_view name, std::string_view value) {
  writer.opcode(rdb::Opcode::aux);
  writer.string(name);
  writer.string(value);
}

}  // namespace

void append_snapshot_head(std::string& out, const SnapshotHead& head) {
  char magic[16];
  out.append(magic, static_cast<size_t>(std::snprintf(magic, sizeof magic, "REDIS%04d", rdb::kVersion)));
  RdbWriter writer(out, false);
  write_aux(writer, "redis-ver", kRedisVersion);
  write_aux(writer, "redis-bits", "64");
  write_aux(writer, "ctime", std::to_string(head.unix_time_s));
  write_aux(writer, "used-mem", std::to_string(head.used_memory_bytes));
  write_aux(writer, "aof-base", head.is_log_base ? "1" : "0");
  for (const std::string& code : head.functions) {
    writer.opcode(rdb::Opcode::function_2);
    writer.string(code);
  }
  for (const SnapshotHead::Size& size : head.sizes) {
    writer.opcode(rdb::Opcode::select_db);
    writer.length(static_cast<uint64_t>(size.db));
    writer.opcode(rdb::Opcode::resize_db);
    writer.length(size.keys);
    writer.length(size.volatile_keys);
  }
}

namespace {

// Finishes pieces and writes them to the output: on a thread of its own, while the next are made, or at once.
class Finisher {
 public:
  Finisher(Output& output, const Snapshot& snapshot, bool has_thread) : output_(output), snapshot_(snapshot) {
    if (!has_thread) return;
    try {
      thread_ = std::thread([this] { work(); });
      pthread_setname_np(thread_.native_handle(), "save-file");
    } catch (const std::system_error&) {
      // There is no thread to be had: the caller's does it.
    }
  }
  ~Finisher() { static_cast<void>(end()); }

  // Waits while too much waits. Error: what was given before could not be written.
  DiskResult<void> give(std::vector<UnfinishedRdb>& pieces) {
    for (UnfinishedRdb& piece : pieces) {
      if (!thread_.joinable()) {
        if (auto written = finish(piece); !written) return written;
        continue;
      }
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return waiting_bytes_ < kWaitingBytesMax || !outcome_; });
      if (!outcome_) return outcome_;
      waiting_bytes_ += piece.size_bytes();
      waiting_.push_back(std::move(piece));
      changed_.notify_all();
    }
    pieces.clear();
    return {};
  }
  // All that was given is written, or an error.
  DiskResult<void> end() {
    if (!thread_.joinable()) return outcome_;
    {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
    return outcome_;
  }

 private:
  static constexpr size_t kWaitingBytesMax = 4 * 1024 * 1024;

  DiskResult<void> finish(const UnfinishedRdb& piece) {
    snapshot_.finish(piece, output_.buffer);
    return output_.flush_if_full();
  }
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !waiting_.empty() || has_ended_; });
      if (waiting_.empty()) return;
      std::vector<UnfinishedRdb> taken = std::exchange(waiting_, {});
      waiting_bytes_ = 0;
      lock.unlock();
      changed_.notify_all();
      DiskResult<void> outcome;
      for (size_t i = 0; i < taken.size() && outcome; ++i) outcome = finish(taken[i]);
      lock.lock();
      if (outcome) continue;
      outcome_ = std::move(outcome);
      changed_.notify_all();
      return;
    }
  }

  Output& output_;
  const Snapshot& snapshot_;
  std::thread thread_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<UnfinishedRdb> waiting_;
  size_t waiting_bytes_ = 0;
  bool has_ended_ = false;
  DiskResult<void> outcome_;
};

DiskResult<void> write_keys(Output& output, Snapshot& snapshot, const SnapshotSaveOptions& options) {
  Finisher finisher(output, snapshot, options.may_use_thread && snapshot.keys_total() >= kThreadedKeysMin);
  std::vector<UnfinishedRdb> pieces;
  while (snapshot.step(pieces)) {
    if (auto given = finisher.give(pieces); !given) return given;
    if (options.cancelled && options.cancelled->load(std::memory_order_relaxed)) {
      return std::unexpected(DiskError{ECANCELED, "the save was cancelled"});
    }
  }
  return finisher.end();
}

DiskResult<void> write_all(Output& output, Snapshot& snapshot, const SnapshotHead& head,
                           const SnapshotSaveOptions& options) {
  append_snapshot_head(output.buffer, head);
  if (auto written = write_keys(output, snapshot, options); !written) return written;
  output.buffer.push_back(static_cast<char>(rdb::Opcode::end));
  if (auto flushed = output.flush(); !flushed) return flushed;
  const uint64_t checksum = options.checksum ? output.checksum() : 0;
  output.buffer.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return output.flush();
}

DiskResult<uint64_t> write_file(Disk& disk, const std::string& path, Snapshot& snapshot,
                                const SnapshotHead& head, const SnapshotSaveOptions& options) {
  auto file = disk.create(path);
  if (!file) return std::unexpected(std::move(file.error()));
  Output output(**file, options);
  if (auto written = write_all(output, snapshot, head, options); !written) {
    return std::unexpected(std::move(written.error()));
  }
  if (auto synced = (*file)->sync(); !synced) return std::unexpected(std::move(synced.error()));
  return output.bytes();
}

std::string temporary_path(const std::string& directory, int64_t process) {
  return join_path(directory, std::string(kTemporary) + std::to_string(process) + std::string(kTemporaryEnd));
}

// Which process has written a file of this name; nothing: it is not one of ours.
std::optional<int64_t> writer_of(std::string_view name) {
  if (!name.starts_with(kTemporary) || !name.ends_with(kTemporaryEnd)) return std::nullopt;
  name.remove_prefix(kTemporary.size());
  if (name.size() <= kTemporaryEnd.size()) return std::nullopt;
  name.remove_suffix(kTemporaryEnd.size());
  const auto process = parse_int64(name);
  return process && *process > 0 && *process <= INT32_MAX ? process : std::nullopt;
}

bool is_running(int64_t process) { return ::kill(static_cast<pid_t>(process), 0) == 0 || errno != ESRCH; }

}  // namespace

std::vector<std::string> remove_abandoned_saves(Disk& disk, const std::string& directory) {
  std::vector<std::string> removed;
  const auto names = disk.list(directory);
  if (!names) return removed;
  for (const std::string& name : *names) {
    const auto process = writer_of(name);
    if (!process || is_running(*process)) continue;
    if (disk.remove(join_path(directory, name))) removed.push_back(name);
  }
  return removed;
}

DiskResult<uint64_t> save_snapshot(Disk& disk, const std::string& path, Snapshot& snapshot,
                                   const SnapshotHead& head, const SnapshotSaveOptions& options) {
  const std::string temporary = temporary_path(directory_of(path), ::getpid());
  auto bytes = write_file(disk, temporary, snapshot, head, options);
  if (bytes) {
    if (auto renamed = disk.rename(temporary, path); !renamed) bytes = std::unexpected(renamed.error());
  }
  if (!bytes) {
    snapshot.discard();
    static_cast<void>(disk.remove(temporary));  // it is of no use, but does no harm either
    return bytes;
  }
  if (auto synced = disk.sync_directory(directory_of(path)); !synced) return std::unexpected(synced.error());
  return bytes;
}

}  // namespace redstart
