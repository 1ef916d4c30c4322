// Runner: feeds both servers the same random commands and reports where they part.
//
// A run consists of epochs. An epoch starts with two empty servers and one choice of encoding
// thresholds, sends batches over four connections in turn (two RESP2, two RESP3; transactions and
// watches of different connections interleave), and ends by comparing the whole data sets.
//
// Threads: thread-compatible.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/differential/events.h"
#include "tests/differential/generator.h"
#include "tests/differential/pair.h"
#include "tests/differential/reduce.h"

namespace redstart::oracle {

struct RunOptions {
  Servers servers;
  GeneratorOptions generator;
  uint64_t command_count = 100'000;
  uint64_t epoch_commands = 10'000;
  uint64_t differences_max = 5;
  bool notifications = false;  // keyspace notifications are compared as well
};

class Runner {
 public:
  // With a clock in `context`, keys expire while the run goes on.
  Runner(const RunOptions& options, const JudgeContext& context);

  // Returns the number of differences found; prints each with what led to it.
  uint64_t run();
  uint64_t commands_sent() const { return commands_sent_; }
  // The names of the group's commands.
  std::vector<std::string> command_names() const { return generator_.command_names(); }

 private:
  struct Connection {
    std::unique_ptr<ConnectionPair> pair;
    bool in_multi = false;
  };
  // What went wrong in an epoch.
  struct Failure {
    Argv command;
    std::string oracle;
    std::string subject;
    bool replayable = true;
    bool in_dataset = false;
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
  Argv command_before(const Argv& argv, bool in_multi) const;
  // Whether it ends a batch because the clock must move before it is answered.
  bool waits(const Argv& argv) const;
  // After commands whose effect is random, gives the subject the oracle's outcome.
  std::optional<Failure> settle(Connection& connection, const std::vector<Argv>& batch);
  std::optional<Failure> settle_set(Connection& connection, const std::vector<Argv>& batch);
  void make_intset_as_oracle(Connection& connection, const std::string& key,
                             const std::set<std::string>& members);
  void settle_list(Connection& connection, const std::string& key);
  std::optional<Failure> serve_waiters(const std::vector<std::pair<size_t, Argv>>& waiters,
                                       size_t server);
  void await_blocked(const std::vector<std::pair<size_t, Argv>>& waiters);
  void set_clock_ms(int64_t unix_ms);
  // Moves the shared clock; some keys expire.
  void move_clock();
  // What was told of keys since the last time.
  std::optional<Failure> compare_events(const std::vector<Argv>& commands);
  void skip_events();
  void record(size_t connection, const std::vector<Argv>& commands);
  void report(const Failure& failure);

  RunOptions options_;
  JudgeContext context_;
  Generator generator_;
  std::unique_ptr<ConnectionPair> control_;
  std::vector<Connection> connections_;
  std::optional<EventListener> listener_;  // where notifications are compared
  History history_;
  uint64_t commands_sent_ = 0;
  int64_t epoch_start_ms_ = 0;  // of the shared clock
};

}  // namespace redstart::oracle
