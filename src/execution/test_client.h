// TestClient: a session for tests of several clients at one executor; several threads may each have
// one.
//
// Threads: thread-compatible.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
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
  void on_push(std::shared_ptr<const Reply> message) override {
    const std::lock_guard lock(pushes_mutex_);
    pushes_.push_back(std::move(message));
  }
  void on_kill() override {}

  std::string late;  // what a blocked command was answered

  // The messages that came since the last call: their words, and '|' between two. By any thread.
  std::string heard() {
    std::string text;
    for (const auto& message : take_pushes()) {
      if (!text.empty()) text += " | ";
      append_words(text, *message);
    }
    return text;
  }
  std::vector<std::shared_ptr<const Reply>> take_pushes() {
    const std::lock_guard lock(pushes_mutex_);
    return std::exchange(pushes_, {});
  }

 private:
  static void append_words(std::string& text, const Reply& reply) {
    if (!text.empty() && text.back() != ' ' && reply.elements().empty()) text += ' ';
    for (const Reply& element : reply.elements()) append_words(text, element);
    if (!reply.elements().empty()) return;
    text += reply.is_null() ? "(nil)" : reply.text();
  }

  Executor& executor_;
  std::mutex pushes_mutex_;  // guards pushes_
  std::vector<std::shared_ptr<const Reply>> pushes_;
};

}  // namespace redstart
