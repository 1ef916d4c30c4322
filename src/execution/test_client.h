// TestClient: a session for tests of several clients at one executor; several threads may each have
// one.
//
// Threads: thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/quoted_words.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "redstart/reply.h"
#include "resp/reply_builder.h"

namespace redstart {

class TestClient final : public Session {
 public:
  explicit TestClient(Executor& executor) : executor_(executor) { executor_.attach(*this); }
  ~TestClient() override { executor_.detach(*this); }

  // Runs a command that is written as in redis-cli; its reply as redis-cli shows it.
  std::string operator()(std::string_view line) { return to_string(reply(line)); }
  Reply reply(std::string_view line) {
    const auto words = *split_quoted_words(line);
    return run(std::vector<std::string_view>(words.begin(), words.end()));
  }
  Reply run(Words words) {
    ReplyBuilder builder(protocol);
    executor_.execute(*this, words, builder);
    return builder.replies().empty() ? Reply::simple("(no reply)") : builder.take();
  }
  // Runs commands that are separated by '|'.
  void run_all(std::string_view lines) {
    while (!lines.empty()) {
      const size_t end = std::min(lines.find('|'), lines.size());
      reply(lines.substr(0, end));
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
  }

  void on_unblocked(Reply reply) override { late = to_string(reply); }
  void on_push(std::shared_ptr<const Reply>) override {}
  void on_kill() override {}

  std::string late;  // what a blocked command was answered

 private:
  Executor& executor_;
};

}  // namespace redstart
