#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/crc64.h"
#include "durability/rdb/writer.h"
#include "durability/snapshot/file.h"

namespace redstart {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr uint64_t kWriteBackBytes = 4 * 1024 * 1024;  // the last sync is then short
constexpr std::string_view kRedisVersion = "7.0.15";

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
    if (options_.on_progress) options_.on_progress(bytes_);
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

DiskResult<void> write_all(Output& output, Snapshot& snapshot, const SnapshotHead& head,
                           const SnapshotSaveOptions& options) {
  append_snapshot_head(output.buffer, head);
  while (snapshot.step(output.buffer)) {
    if (auto flushed = output.flush_if_full(); !flushed) return flushed;
    if (options.cancelled && options.cancelled->load(std::memory_order_relaxed)) {
      return std::unexpected(DiskError{ECANCELED, "the save was cancelled"});
    }
  }
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

}  // namespace

DiskResult<uint64_t> save_snapshot(Disk& disk, const std::string& path, Snapshot& snapshot,
                                   const SnapshotHead& head, const SnapshotSaveOptions& options) {
  const std::string temporary =
      join_path(directory_of(path), "temp-" + std::to_string(::getpid()) + ".rdb");
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
