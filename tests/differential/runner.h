// Runner: feeds both servers the same random commands and reports where they part.
//
// A run consists of epochs. An epoch starts with two empty servers and one choice of encoding
// thresholds, sends batches over four connections in turn (two RESP2, two RESP3; transactions and
// watches of different connections interleave), and ends by comparing the whole data sets.
//
// Threads: thread-compatible.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/differential/generator.h"
#include "tests/differential/pair.h"
#include "tests/differential/reduce.h"

namespace redstart::oracle {

struct RunOptions {
  Servers servers;
  GeneratorOptions generator;
  uint64_t command_count = 100'000;
  uint64_t epoch_commands = 20'000;
  uint64_t differences_max = 5;
};

class Runner {
 public:
  Runner(const RunOptions& options, const Grammar& grammar, AllowedDifferences& allowed);

  // Returns the number of differences found; prints each with what led to it.
  uint64_t run();
  uint64_t commands_sent() const { return commands_sent_; }

 private:
  struct Connection {
    std::unique_ptr<ConnectionPair> pair;
    bool in_multi = false;
  };
  // What went wrong in an epoch.
  struct Failure {
    Argv command;  // empty: the data sets differ
    std::string oracle;
    std::string subject;
    bool replayable = true;
  };

  std::unique_ptr<ConnectionPair> connect(int protocol);
  void prepare_servers();
  void start_epoch();
  std::optional<Failure> run_epoch();
  std::optional<Failure> run_batch();
  std::optional<Failure> run_blocking();
  std::optional<Failure> run_scan();
  std::optional<Failure> compare_datasets();
  std::vector<Argv> generate_batch(Connection& connection, std::vector<size_t>& random_checks);
  // After commands whose effect is random, gives the subject the oracle's outcome.
  void settle(Connection& connection, const Argv& argv);
  void settle_set(Connection& connection, const std::string& key);
  void settle_list(Connection& connection, const std::string& key);
  std::optional<Failure> serve_waiters(const std::vector<std::pair<size_t, Argv>>& waiters,
                                       size_t server);
  void await_blocked(const std::vector<std::pair<size_t, Argv>>& waiters);
  void record(size_t connection, const std::vector<Argv>& commands);
  void report(const Failure& failure);

  RunOptions options_;
  const Grammar& grammar_;
  AllowedDifferences& allowed_;
  Generator generator_;
  std::unique_ptr<ConnectionPair> control_;
  std::vector<Connection> connections_;
  History history_;
  uint64_t commands_sent_ = 0;
};

}  // namespace redstart::oracle
