// StreamFile: what takes bytes in order and nothing else, as a WritableFile: a pipe, a device, standard output.
//
// Threads: thread-compatible. Ownership: as it is told.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/disk.h"

namespace redstart {

class StreamFile final : public WritableFile {
 public:
  enum class Closing : uint8_t { closes, leaves_open };
  // `name` is for errors.
  StreamFile(int fd, std::string name, Closing closing) : fd_(fd), name_(std::move(name)), closing_(closing) {}
  ~StreamFile() override;
  StreamFile(const StreamFile&) = delete;
  // Waits for whoever reads it, if it is a pipe.
  static DiskResult<std::unique_ptr<StreamFile>> open(const std::string& path);

  DiskResult<void> append(std::string_view bytes) override;
  DiskResult<void> append(std::string_view first, std::string_view second, std::string_view) override;
  DiskResult<void> sync() override { return {}; }
  void write_back() override {}
  uint64_t size_bytes() const override { return size_bytes_; }
  // These it cannot do.
  DiskResult<void> truncate(uint64_t) override;
  DiskResult<void> reserve(uint64_t, std::string_view) override;
  uint64_t reserved_bytes() const override { return 0; }

 private:
  std::unexpected<DiskError> failure(const char* verb, int code) const;

  const int fd_;
  const std::string name_;
  const Closing closing_;
  uint64_t size_bytes_ = 0;
};

}  // namespace redstart
