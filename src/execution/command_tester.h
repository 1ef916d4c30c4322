// CommandTester: an executor without sockets and one session, for tests of commands. Time stands
// still until the clock is moved.
//
// Threads: thread-compatible.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/quoted_words.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "redstart/reply.h"
#include "resp/reply_builder.h"

namespace redstart {

class CommandTester {
 public:
  explicit CommandTester(int protocol = 2) : executor(options(clock)) {
    session_.protocol = protocol;
    executor.attach(session_);
  }
  ~CommandTester() { executor.detach(session_); }

  // The reply to a command that is written as in redis-cli.
  Reply reply(std::string_view line) {
    const auto words = *split_quoted_words(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    ReplyBuilder builder(session_.protocol);
    executor.execute(session_, views, builder);
    return builder.replies().empty() ? Reply::simple("(no reply)") : builder.take();
  }
  // The same as redis-cli shows it.
  std::string operator()(std::string_view line) { return to_string(reply(line)); }
  Session& session() { return session_; }
  // What a blocked command was answered later; nothing until then.
  std::optional<std::string> late_reply() const { return session_.late; }

  ManualClock clock;
  Executor executor;

 private:
  struct QuietSession final : Session {
    void on_unblocked(Reply reply) override { late = to_string(reply); }
    void on_push(std::shared_ptr<const Reply>) override {}
    void on_kill() override {}
    std::optional<std::string> late;
  };
  static Executor::Options options(const Clock& clock) {
    Executor::Options result;
    result.clock = &clock;
    return result;
  }

  QuietSession session_;
};

}  // namespace redstart
