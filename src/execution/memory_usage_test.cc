// MEMORY USAGE against the allocator: a store is filled with one kind of key, and what MEMORY USAGE says of all keys
// must add up to what the store has grown by.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>

#include "execution/command_tester.h"

namespace redstart {
namespace {

struct Kind {
  const char* name;
  const char* encoding;
  int keys;
  std::function<std::string(const std::string& key)> command;
  int repeats = 1;
};

// "COMMAND key" and as many elements, each of `words` words.
std::function<std::string(const std::string&)> many(const std::string& command, int elements,
                                                    const std::string& element, int words = 1) {
  return [=](const std::string& key) {
    std::string line = command + " " + key;
    for (int i = 0; i < elements; ++i) {
      for (int word = 0; word < words; ++word) {
        line += " " + (word == 0 && words == 2 ? "" : element) + std::to_string(i * words + word);
      }
    }
    return line;
  };
}

std::function<std::string(const std::string&)> text(const std::string& value, const std::string& options = "") {
  return [=](const std::string& key) { return "SET " + key + " " + value + options; };
}

std::function<std::string(const std::string&)> entry() {
  return [](const std::string& key) { return "XADD " + key + " * field some-value other 12345"; };
}

class MemoryUsage : public testing::TestWithParam<Kind> {
 protected:
  std::string key(int number) { return GetParam().name + std::to_string(number); }
  // The sum over all keys, with these options.
  int64_t sum(const std::string& options) {
    int64_t bytes = 0;
    for (int i = 0; i < GetParam().keys; ++i) {
      bytes += tester_.reply("MEMORY USAGE " + key(i) + options).as_integer();
    }
    return bytes;
  }
  CommandTester tester_;
};

TEST_P(MemoryUsage, adds_up_to_what_the_store_has_grown_by) {
  const auto before = static_cast<double>(tester_.executor.used_memory_bytes());
  for (int i = 0; i < GetParam().keys; ++i) {
    for (int again = 0; again < GetParam().repeats; ++again) {
      ASSERT_FALSE(tester_(GetParam().command(key(i))).starts_with("(error)")) << i;
    }
  }
  ASSERT_EQ(tester_("OBJECT ENCODING " + key(0)), "\"" + std::string(GetParam().encoding) + "\"");
  const double grown = static_cast<double>(tester_.executor.used_memory_bytes()) - before;
  for (const char* options : {"", " SAMPLES 0", " SAMPLES 20"}) {
    SCOPED_TRACE(options);
    EXPECT_NEAR(static_cast<double>(sum(options)) / grown, 1, 0.05);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, MemoryUsage,
    testing::Values(Kind{"integer", "int", 5000, text("1234567")},
                    Kind{"short", "embstr", 5000, text("hello")},
                    Kind{"medium", "raw", 3000, text(std::string(500, 'v'))},
                    Kind{"long", "raw", 300, text(std::string(100'000, 'v'))},
                    Kind{"volatile", "embstr", 5000, text("hello", " EX 1000")},
                    Kind{"smalllist", "quicklist", 2000, many("RPUSH", 10, "element")},
                    Kind{"biglist", "quicklist", 5, many("RPUSH", 20'000, "element")},
                    Kind{"turnedlist", "quicklist", 5, many("LPUSH", 20'000, "element")},
                    Kind{"smallset", "hashtable", 2000, many("SADD", 10, "element")},
                    Kind{"intset", "intset", 2000, many("SADD", 100, "")},
                    Kind{"bigset", "hashtable", 5, many("SADD", 20'000, "element")},
                    Kind{"bigintset", "hashtable", 5, many("SADD", 20'000, "")},
                    Kind{"smallhash", "listpack", 2000, many("HSET", 10, "field", 2)},
                    Kind{"bighash", "hashtable", 5, many("HSET", 20'000, "field", 2)},
                    Kind{"smallzset", "listpack", 2000, many("ZADD", 10, "member", 2)},
                    Kind{"bigzset", "skiplist", 5, many("ZADD", 20'000, "member", 2)},
                    Kind{"smallstream", "stream", 1000, entry(), 5},
                    Kind{"bigstream", "stream", 5, entry(), 5000}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(MemoryUsageCommand, refuses_what_is_no_number_of_samples) {
  CommandTester tester;
  tester("SET k v");
  EXPECT_EQ(tester("MEMORY USAGE k SAMPLES -1"), "(error) ERR syntax error");
  EXPECT_EQ(tester("MEMORY USAGE k SAMPLES x"), "(error) ERR value is not an integer or out of range");
  EXPECT_EQ(tester("MEMORY USAGE k SAMPLES"), "(error) ERR syntax error");
  EXPECT_EQ(tester("MEMORY USAGE none"), "(nil)");
}

}  // namespace
}  // namespace redstart
