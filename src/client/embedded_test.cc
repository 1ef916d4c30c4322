#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
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

// Line breaks of arguments that an error repeats were once left in it.
TEST(EmbeddedClient, says_errors_in_one_line_as_a_server_does) {
  const auto client = open("memory:").value();
  const auto unknown = client.call({"nosuch\r\ncommand"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "ERR unknown command 'nosuch  command', with args beginning with: ");
  const auto script = client.call({"EVAL", "error('a\\nb')", "0"});
  ASSERT_FALSE(script);
  EXPECT_EQ(script.error().message.find('\n'), std::string::npos) << script.error().message;
}

// The data of such a store once went into the working directory of the program.
TEST(EmbeddedClient, refuses_a_file_in_place_of_a_directory) {
  char file[] = "/tmp/redstart-file-XXXXXX";
  ::close(::mkstemp(file));
  for (const char* name : {static_cast<const char*>(file), "/dev/null"}) {
    const std::string path = name;
    const auto client = open("file:" + path);
    ASSERT_FALSE(client) << path;
    EXPECT_EQ(client.error().code, ErrorCode::cannot_open);
    EXPECT_NE(client.error().message.find(path + ": Not a directory"), std::string::npos) << client.error().message;
  }
  ::unlink(file);
}

TEST(EmbeddedClient, ends_its_script_when_it_is_closed_and_no_other) {
  auto client = open("memory:scripts").value(), other = open("memory:scripts").value();
  other.call({"CONFIG", "SET", "busy-reply-threshold", "20"}).value();
  constexpr const char* kEndless = "redis.call('set', KEYS[1], 1) while true do end";
  std::atomic<bool> has_other_ended{false};
  std::thread others([&] {
    static_cast<void>(other.call({"EVAL", kEndless, "1", "others"}));
    has_other_ended = true;
  });
  std::thread caller([&] { static_cast<void>(client.call({"EVAL", kEndless, "1", "key"})); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // both are long by then
  client.close();
  caller.join();
  EXPECT_FALSE(has_other_ended);
  other.close();
  others.join();
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

TEST(EmbeddedClient, lets_threads_share_a_dedicated_session) {
  const auto client = open("memory:").value();
  const auto session = client.dedicated().value();
  session.call({"SELECT", "3"}).value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, mine = std::to_string(i)] {
      for (int round = 0; round < 2'000; ++round) {
        ASSERT_EQ(session.call({"ECHO", mine}).value().text(), mine);
        Batch batch;
        batch.commands = {{"ECHO", mine}, {"INCR", "calls"}};
        ASSERT_EQ(session.run_batch(std::move(batch)).front().value().text(), mine);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(session.call({"GET", "calls"}).value().text(), "8000");
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
