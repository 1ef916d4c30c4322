// Stores on a disk that may fail, for tests of what is saved.
//
// Threads: thread-compatible.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/random.h"
#include "execution/command_tester.h"
#include "execution/config.h"
#include "execution/dataset_digest.h"
#include "execution/failing_disk.h"
#include "execution/persistence.h"

namespace redstart {

// What it holds, as DEBUG DIGEST tells it.
inline std::string digest_of(CommandTester& run) {
  return hex_of(digest_of_keyspace(run.executor.keyspace(), run.clock.unix_time_ms()));
}

inline std::string key(Random& random) { return "key:" + std::to_string(random.below(3000)); }

inline void change_something(CommandTester& run, Random& random) {
  const auto large = [&] { return "large:" + std::to_string(random.below(20)); };
  switch (random.below(17)) {
    case 0: run("DEL " + key(random)); break;
    case 1: run("RENAME " + key(random) + " " + key(random)); break;
    case 2: run("HSET h" + key(random) + " f" + std::to_string(random.below(100)) + " v"); break;
    case 3: run("RPUSH l" + key(random) + " a b c"); break;
    case 4: run("LPOP l" + key(random)); break;
    case 5: run("SADD s" + key(random) + " " + std::to_string(random.below(1000))); break;
    case 6: run("ZADD z" + key(random) + " " + std::to_string(random.below(99)) + " m"); break;
    case 7: run("PEXPIRE " + key(random) + " " + std::to_string(random.below(100'000) + 1)); break;
    case 8: run("MOVE " + key(random) + " 1"); break;
    case 9: run("SELECT " + std::to_string(random.below(3))); break;
    case 10: run("APPEND " + key(random) + " more"); break;
    case 11: run("COPY " + key(random) + " " + key(random) + " DB 2 REPLACE"); break;
    case 12: run("SETRANGE " + large() + " " + std::to_string(random.below(40'000)) + " changed"); break;
    case 13: run("APPEND " + large() + " more"); break;
    case 14: run("SETBIT " + large() + " " + std::to_string(random.below(400'000)) + " 1"); break;
    default: run("SET " + key(random) + " " + std::to_string(random.next())); break;
  }
}

class Saves : public testing::Test {
 protected:
  Saves() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    use(run);
  }
  ~Saves() override { std::filesystem::remove_all(directory); }
  void use(CommandTester& tester) {
    tester("CONFIG SET save ''");
    tester.executor.config().force("dir", directory);
    tester.executor.persistence().use_disk(disk);
  }
  // Returns what is wrong.
  std::optional<std::string> open_with_log(CommandTester& tester) {
    use(tester);
    tester.executor.config().force("appendonly", "yes");
    return tester.executor.persistence().load();
  }
  std::string field(CommandTester& tester, const std::string& name) {
    const std::string info = tester.reply("INFO persistence").text();
    const size_t at = info.find(name + ":") + name.size() + 1;
    return info.substr(at, info.find("\r\n", at) - at);
  }

  const std::string directory = testing::TempDir() + "redstart_saves_" + std::to_string(::getpid());
  FailingDisk disk;
  CommandTester run;
};

}  // namespace redstart
