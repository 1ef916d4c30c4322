// SharedCell: a shared pointer that is read by many threads and replaced by one now and then.
//
// std::atomic<std::shared_ptr> would do, but that of GCC 12 lets go of its inner lock after a read without ordering the
// read before the next write, and the thread sanitizer rightly says so.
//
// Threads: thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "base/lock.h"

namespace redstart {

template <class Value>
class SharedCell {
 public:
  SharedCell() = default;
  explicit SharedCell(std::shared_ptr<Value> value) : value_(std::move(value)) {}

  std::shared_ptr<Value> load() const {
    const std::lock_guard lock(lock_);
    return value_;
  }
  // What it held is let go with the parameter, when the lock is free again.
  void store(std::shared_ptr<Value> value) {
    const std::lock_guard lock(lock_);
    value_.swap(value);
  }

 private:
  mutable ShardLock lock_;
  std::shared_ptr<Value> value_;
};

}  // namespace redstart
