#include "store/registry.h"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace redstart {
namespace {

using Opened = std::expected<std::unique_ptr<Store>, std::string>;

// Shared by the stores that it knows: a store may outlive the static variable that it was found through.
class Registry : public std::enable_shared_from_this<Registry> {
 public:
  std::expected<std::shared_ptr<Store>, std::string> find_or_open(const std::string& name,
                                                                  const std::function<Opened()>& open) {
    std::unique_lock lock(mutex_);
    for (auto found = stores_.find(name); found != stores_.end(); found = stores_.find(name)) {
      if (auto store = found->second.lock()) return store;
      closed_.wait(lock);  // its last user has gone, its files are still being closed
    }
    auto opened = open();
    if (!opened) return std::unexpected(std::move(opened.error()));
    std::shared_ptr<Store> store(opened->release(), [registry = shared_from_this(), name](Store* gone) {
      delete gone;
      registry->forget(name);
    });
    stores_.emplace(name, store);
    return store;
  }

 private:
  void forget(const std::string& name) {
    const std::lock_guard lock(mutex_);
    stores_.erase(name);
    closed_.notify_all();
  }

  std::mutex mutex_;  // held while a store is opened: nobody else opens it meanwhile
  std::condition_variable closed_;
  std::map<std::string, std::weak_ptr<Store>> stores_;  // one that is being closed has no users, but stands here
};

}  // namespace

std::shared_ptr<Store> open_memory_store(const std::string& name) {
  if (name.empty()) return std::make_shared<Store>();
  static const auto registry = std::make_shared<Registry>();
  return *registry->find_or_open(name, []() -> Opened { return std::make_unique<Store>(); });
}

std::expected<std::shared_ptr<Store>, std::string> open_file_store(const std::string& directory) {
  static const auto registry = std::make_shared<Registry>();
  const std::string path = std::filesystem::absolute(directory).lexically_normal().string();
  return registry->find_or_open(path, [&] { return Store::open(path); });
}

}  // namespace redstart
