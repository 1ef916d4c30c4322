#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "redstart/redstart.hpp"

namespace redstart {
namespace {

TEST(EmbeddedClient, refuses_a_database_that_there_is_not) {
  for (const char* url : {"memory:?db=16", "memory:named?db=99"}) {
    const auto client = open(url);
    ASSERT_FALSE(client) << url;
    EXPECT_EQ(client.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(client.error().message.find("databases are 0 to 15"), std::string::npos);
  }
  EXPECT_TRUE(open("memory:?db=15"));
}

TEST(EmbeddedClient, lets_a_push_handler_publish) {
  const auto client = open("memory:").value();
  const auto listener = client.dedicated().value();
  std::mutex mutex;
  std::condition_variable heard;
  std::vector<std::string> messages;
  listener.on_push([&](const Reply& push) {
    if (push[0].text() != "message") return;
    if (push[2].text() == "ping") client.call({"PUBLISH", "news", "pong"}).value();
    const std::lock_guard lock(mutex);
    messages.push_back(push[2].text());
    heard.notify_one();
  });
  listener.call({"SUBSCRIBE", "news"}).value();
  EXPECT_EQ(client.call({"PUBLISH", "news", "ping"}).value().as_integer(), 1);
  std::unique_lock lock(mutex);
  heard.wait(lock, [&] { return messages.size() == 2; });
  EXPECT_EQ(messages, (std::vector<std::string>{"ping", "pong"}));
}

TEST(EmbeddedClient, keeps_no_session_of_a_thread_that_ended) {
  const auto client = open("memory:").value();
  for (int i = 0; i < 20; ++i) {
    std::thread([&] { client.call({"INCR", "threads"}).value(); }).join();
  }
  const std::string list = client.call({"CLIENT", "LIST"}).value().text();
  EXPECT_LE(std::count(list.begin(), list.end(), '\n'), 2) << list;
  EXPECT_EQ(client.call({"GET", "threads"}).value().text(), "20");
}

}  // namespace
}  // namespace redstart
