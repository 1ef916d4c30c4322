// Replay: executes the commands of a log on a store that is being loaded. Nothing is due meanwhile: what expired,
// the log says itself.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/spec.h"
#include "execution/executor.h"

namespace redstart {

class Replay {
 public:
  explicit Replay(Executor& executor);
  ~Replay();

  // Returns why the command cannot be one of a log: it does not exist, or has too few words. That a command
  // fails is no reason; it did so when it was logged too.
  std::optional<std::string> execute(Words words);
  // Each file begins anew with no database selected.
  void begin_file();
  uint64_t commands() const { return commands_; }
  // How many commands replied errors, and the first of them.
  uint64_t failures() const { return failures_; }
  const std::string& first_failure() const { return first_failure_; }

 private:
  class ReplaySession;
  class ErrorSink;
  const CommandSpec* find(Words words);

  Executor& executor_;
  const std::unique_ptr<ReplaySession> session_;
  const std::unique_ptr<ErrorSink> sink_;
  std::vector<std::string_view> shortened_;  // a command without what means nothing in it
  std::string last_name_;
  const CommandSpec* last_spec_ = nullptr;
  size_t last_index_ = 0;
  uint64_t commands_ = 0, failures_ = 0;
  std::string first_failure_;
};

}  // namespace redstart
