#include "store/store.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/disk.h"
#include "base/heap.h"
#include "execution/config.h"
#include "execution/persistence.h"

namespace redstart {
namespace {

constexpr std::chrono::milliseconds kTick{10};

}  // namespace

Store::Store(const Executor::Options& options) : executor_(options) {
  maintenance_ = std::thread([this] { maintain(); });
  pthread_setname_np(maintenance_.native_handle(), "maintenance");
}

std::expected<std::unique_ptr<Store>, std::string> Store::open(const std::string& directory) {
  if (auto made = real_disk().make_directory(directory); !made) return std::unexpected(std::move(made.error().what));
  if (std::error_code error; !std::filesystem::is_directory(directory, error)) {
    return std::unexpected("cannot open " + directory + ": " + std::strerror(error ? error.value() : ENOTDIR));
  }
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    return std::unexpected("cannot open " + directory + ": " + std::strerror(errno));
  }
  auto store = std::make_unique<Store>();
  Config& config = store->executor_.config();
  config.force("dir", directory);
  config.force("appendonly", "yes");
  config.force("save", "");
  store->executor_.persistence().use_disk(real_disk());
  if (auto error = store->executor_.persistence().load()) return std::unexpected(std::move(*error));
  return store;
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
