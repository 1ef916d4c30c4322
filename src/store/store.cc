#include "store/store.h"

#include <pthread.h>

#include <chrono>

#include "base/heap.h"

namespace redstart {
namespace {

constexpr std::chrono::milliseconds kTick{10};

}  // namespace

Store::Store(const Executor::Options& options) : executor_(options) {
  maintenance_ = std::thread([this] { maintain(); });
  pthread_setname_np(maintenance_.native_handle(), "maintenance");
}

Store::~Store() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_one();
  maintenance_.join();
}

void Store::maintain() {
  std::unique_lock lock(mutex_);
  while (!stop_changed_.wait_for(lock, kTick, [this] { return stop_; })) {
    lock.unlock();
    executor_.tick();
    heap::release_surplus();
    lock.lock();
  }
}

}  // namespace redstart
