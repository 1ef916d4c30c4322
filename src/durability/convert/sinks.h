// DataSink: where functions and keys are written, one after the other, in the form of a file.
//
//   SnapshotSink   a snapshot, as Redis's dump.rdb
//   CommandSink    the commands that make the data, for a log or `redis-cli --pipe`
//   JsonSink       a line of JSON for each key
//
// Threads: thread-compatible. Ownership: borrows the file. Memory: the largest value, and a buffer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "durability/snapshot/file.h"
#include "engine/entry.h"

namespace redstart {

class DataSink {
 public:
  explicit DataSink(WritableFile& file) : file_(file) {}
  virtual ~DataSink() = default;
  DataSink(const DataSink&) = delete;

  // REQUIRES: no key was added before.
  DiskResult<void> add_function(std::string_view code);
  DiskResult<void> add_key(int db, const Entry& entry);
  // Writes what is left.
  DiskResult<void> finish();
  uint64_t bytes() const { return bytes_; }

 protected:
  virtual void write_function(std::string_view code) = 0;
  virtual void write_key(int db, const Entry& entry) = 0;
  virtual void write_end() {}
  // Before what was collected is written.
  virtual void on_flush() {}
  DiskResult<void> flush();

  std::string buffer_;

 private:
  WritableFile& file_;
  uint64_t bytes_ = 0;
};

class SnapshotSink final : public DataSink {
 public:
  SnapshotSink(WritableFile& file, const SnapshotHead& head) : DataSink(file), head_(head) {}

 private:
  void write_function(std::string_view code) override { head_.functions.emplace_back(code); }
  void write_key(int db, const Entry& entry) override;
  void write_end() override;
  void on_flush() override;
  void write_head();

  SnapshotHead head_;
  bool has_head_ = false;
  int db_ = -1;
  uint64_t checksum_ = 0;
};

class CommandSink final : public DataSink {
 public:
  explicit CommandSink(WritableFile& file) : DataSink(file) {}

 private:
  void write_function(std::string_view code) override;
  void write_key(int db, const Entry& entry) override;

  int db_ = 0;
};

class JsonSink final : public DataSink {
 public:
  explicit JsonSink(WritableFile& file) : DataSink(file) {}

 private:
  void write_function(std::string_view code) override;
  void write_key(int db, const Entry& entry) override;
};

}  // namespace redstart
