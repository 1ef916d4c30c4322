// SampledFile: a file of the log, with samples of how long the disk takes for it (LATENCY).
//
// Threads: as WritableFile. Ownership: owns the file; borrows the monitor.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/cycle_clock.h"
#include "base/disk.h"
#include "execution/latency_monitor.h"

namespace redstart {

class SampledFile final : public WritableFile {
 public:
  // `waits_for_sync`: whether replies wait for syncs at present; else these hold nobody up, and are no samples.
  SampledFile(std::unique_ptr<WritableFile> file, LatencyMonitor& monitor, std::function<bool()> waits_for_sync)
      : file_(std::move(file)), monitor_(monitor), waits_for_sync_(std::move(waits_for_sync)) {}

  DiskResult<void> append(std::string_view bytes) override {
    const Timer timer(monitor_, latency_events::kAofWrite);
    return file_->append(bytes);
  }
  DiskResult<void> append(std::string_view first, std::string_view second, std::string_view filling) override {
    const Timer timer(monitor_, latency_events::kAofWrite);
    return file_->append(first, second, filling);
  }
  DiskResult<void> sync() override {
    if (!waits_for_sync_()) return file_->sync();
    const Timer timer(monitor_, latency_events::kAofFsyncAlways);
    return file_->sync();
  }
  void write_back() override { file_->write_back(); }
  uint64_t size_bytes() const override { return file_->size_bytes(); }
  DiskResult<void> truncate(uint64_t size_bytes) override { return file_->truncate(size_bytes); }
  DiskResult<void> reserve(uint64_t bytes, std::string_view filling) override { return file_->reserve(bytes, filling); }
  uint64_t reserved_bytes() const override { return file_->reserved_bytes(); }
  DiskResult<void> still_whole() override { return file_->still_whole(); }
  DiskResult<void> still_there() override { return file_->still_there(); }

 private:
  class Timer {
   public:
    Timer(LatencyMonitor& monitor, std::string_view event) : monitor_(monitor), event_(event) {}
    ~Timer() { monitor_.add_cycles(event_, CycleClock::now() - begun_); }
    Timer(const Timer&) = delete;

   private:
    LatencyMonitor& monitor_;
    const std::string_view event_;
    const uint64_t begun_ = CycleClock::now();
  };

  const std::unique_ptr<WritableFile> file_;
  LatencyMonitor& monitor_;
  const std::function<bool()> waits_for_sync_;
};

}  // namespace redstart
