// Embedded stores with a log, on a disk that fails.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "client/embedded.h"
#include "execution/config.h"
#include "execution/failing_disk.h"
#include "execution/persistence.h"
#include "redstart/redstart.hpp"
#include "store/store.h"

namespace redstart {
namespace {

class EmbeddedLog : public testing::Test {
 protected:
  EmbeddedLog() {
    Config& config = store_->executor().config();
    config.force("dir", directory_.path);
    config.force("appendonly", "yes");
    config.force("save", "");
    store_->executor().persistence().use_disk(disk_);
    EXPECT_EQ(store_->executor().persistence().load(), std::nullopt);
  }

  struct Directory {
    Directory() {
      std::filesystem::remove_all(path);
      std::filesystem::create_directories(path);
    }
    ~Directory() { std::filesystem::remove_all(path); }
    const std::string path = testing::TempDir() + "redstart_embedded_log_" + std::to_string(::getpid());
  } directory_;
  FailingDisk disk_;
  std::shared_ptr<Store> store_ = std::make_shared<Store>();
  Client client_{std::make_shared<EmbeddedBackend>(store_, OpenOptions{}, false)};
};

TEST_F(EmbeddedLog, reads_in_the_thread_whose_write_has_failed) {
  ASSERT_TRUE(client_.set("a", "1"));
  disk_.failing = "append";
  const auto failed = client_.set("b", "2");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().outcome, Outcome::unknown);
  EXPECT_TRUE(failed.error().message.starts_with("the write was executed, but is not on disk: "))
      << failed.error().message;

  EXPECT_EQ(client_.get("a"), "1");
  const auto refused = client_.set("c", "3");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().outcome, Outcome::not_done);
  EXPECT_TRUE(refused.error().message.starts_with("MISCONF ")) << refused.error().message;
  auto pipeline = client_.pipeline();
  const auto read = pipeline.get("a");
  const auto also_refused = pipeline.set("c", "3");
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(*read, "1");
  ASSERT_FALSE(*also_refused);
  EXPECT_EQ((*also_refused).error().outcome, Outcome::not_done);

  disk_.failing.clear();
  const auto too_late = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!client_.set("c", "3") && std::chrono::steady_clock::now() < too_late) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(client_.get("c"), "3");
  EXPECT_TRUE(client_.set("d", "4"));
}

}  // namespace
}  // namespace redstart
