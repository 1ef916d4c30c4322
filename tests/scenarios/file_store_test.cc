// Stores in directories: what is there when they are opened again, by whom, and in what state.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {
namespace {

class FileStore : public testing::Test {
 protected:
  FileStore() { std::filesystem::remove_all(directory_); }
  ~FileStore() override { std::filesystem::remove_all(directory_); }
  Client open_it(const std::string& parameters = "") { return value_of_open(open("file:" + directory_ + parameters)); }
  static Client value_of_open(result<Client> opened) {
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *opened : open("memory:").value();
  }
  std::string increment() const { return directory_ + "/appendonlydir/appendonly.aof.1.incr.aof"; }

  const std::string directory_ = testing::TempDir() + "redstart_file_store_" + std::to_string(::getpid());
};

TEST_F(FileStore, is_refused_to_another_process) {
  const Client first = open_it();
  const std::string lock = directory_ + "/appendonlydir/.redstart.lock";
  const pid_t child = ::fork();
  if (child == 0) {
    // Only what may be called after a fork of a process with threads: no allocation.
    ::execlp("flock", "flock", "--nonblock", lock.c_str(), "true", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST_F(FileStore, is_shared_within_the_process) {
  Client first = open_it(), second = open_it();
  value_of(first.set("key", "value"));
  EXPECT_EQ(value_of(second.get("key")), "value");
}

TEST_F(FileStore, can_be_opened_by_one_thread_while_another_closes_it) {
  std::atomic<int> refused{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        auto opened = open("file:" + directory_);
        if (!opened) ++refused;
        if (opened) value_of(opened->incr("times"));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(value_of(open_it().get("times")), "100");
}

TEST_F(FileStore, has_everything_again_when_it_is_opened_again) {
  {
    Client client = open_it();
    value_of(client.set("text", "value"));
    value_of(client.command("RPUSH", "list", "a", "b"));
    value_of(client.command("XADD", "stream", "*", "field", "value"));
    auto transaction = client.transaction();
    transaction.incr("counter");
    transaction.incr("counter");
    value_of(transaction.run());
    value_of(client.command("EVAL", "return redis.call('hset', KEYS[1], 'f', 'v')", 1, "hash"));
    client.close();
  }
  Client again = open_it();
  EXPECT_EQ(value_of(again.get("text")), "value");
  EXPECT_EQ(value_of(again.command("LLEN", "list")).as_integer(), 2);
  EXPECT_EQ(value_of(again.command("XLEN", "stream")).as_integer(), 1);
  EXPECT_EQ(value_of(again.get("counter")), "2");
  EXPECT_EQ(value_of(again.command("HGET", "hash", "f")).text(), "v");
}

TEST_F(FileStore, logs_what_sort_has_stored_and_not_how) {
  {
    Client client = open_it();
    for (int i = 0; i < 3000; ++i) value_of(client.sadd("set", std::to_string(i)));
    value_of(client.command("SORT", "set", "BY", "none_*", "ALPHA", "STORE", "list"));
    client.close();
  }
  std::stringstream log;
  log << std::ifstream(increment()).rdbuf();
  EXPECT_NE(log.str().find("RPUSH"), std::string::npos);
  EXPECT_EQ(log.str().find("SORT"), std::string::npos);
  EXPECT_EQ(value_of(open_it().llen("list")), 3000);
}

TEST_F(FileStore, refuses_damage_and_says_where_it_is) {
  {
    Client client = open_it("?durability=synced");
    for (int i = 0; i < 10; ++i) value_of(client.set("key" + std::to_string(i), "value"));
    client.close();
  }
  {
    std::fstream file(increment(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file.put('\0');
  }
  const auto opened = open("file:" + directory_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::cannot_open);
  EXPECT_NE(opened.error().message.find(increment() + " is damaged at byte"), std::string::npos)
      << opened.error().message;
}

TEST_F(FileStore, forgives_a_write_that_was_cut_off) {
  {
    Client client = open_it();
    value_of(client.set("whole", "value"));
    client.close();
  }
  {
    std::ofstream file(increment(), std::ios::app | std::ios::binary);
    file << "*3\r\n$3\r\nSET\r\n$4\r\nhalf";
  }
  Client again = open_it();
  EXPECT_EQ(value_of(again.get("whole")), "value");
  EXPECT_EQ(value_of(again.command("DBSIZE")).as_integer(), 1);
}

// The log goes on while it is found out who may be told: some were told by nobody.
TEST_F(FileStore, tells_everybody_who_waits_for_the_log) {
  Client store = open_it();
  std::atomic<int> untold{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 48; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        value_of(store.set("key:" + std::to_string(t), "value"));
        if (value_of(store.waitaof(1, 0, std::chrono::seconds(5))).local != 1) ++untold;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(untold, 0);
}

TEST_F(FileStore, keeps_what_threads_write_at_the_durability_that_each_call_asks_for) {
  constexpr int kThreads = 4, kWrites = 200;
  {
    Client client = open_it();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&client, thread] {
        for (int i = 0; i < kWrites; ++i) {
          const std::string key = std::to_string(thread) + ":" + std::to_string(i);
          const CallOptions options{.durability = i % 3 == 0   ? Durability::synced
                                                  : i % 3 == 1 ? Durability::written
                                                               : Durability::none};
          const std::string_view words[] = {"SET", key, "value"};
          EXPECT_TRUE(client.call(words, options).has_value());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    value_of(client.command("BGREWRITEAOF"));
  }
  Client again = open_it();
  EXPECT_EQ(value_of(again.command("DBSIZE")).as_integer(), kThreads * kWrites);
}

}  // namespace
}  // namespace redstart::scenarios
