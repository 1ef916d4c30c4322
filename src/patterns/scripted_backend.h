// ScriptedBackend: a store that answers as a test says, and remembers what it was sent.
//
// Threads: thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "redstart/client.h"

namespace redstart {

class ScriptedBackend final : public Backend {
 public:
  using Answer = std::function<BatchResult(const Batch&)>;

  // One for each batch; after them everything is answered OK.
  void answer_next(Answer answer) { answers_.push_back(std::move(answer)); }

  result<Reply> call(WordSpan words, const CallOptions&) override {
    Batch batch;
    batch.commands.emplace_back(words.begin(), words.end());
    return std::move(answer_to(batch).front());
  }
  void submit(Batch batch, BatchDone done) override { done(answer_to(batch)); }
  result<std::unique_ptr<Backend>> dedicated() override {
    return std::unexpected(Error{ErrorCode::closed, Outcome::not_done, "no sessions here"});
  }
  void set_push_handler(PushHandler) override {}
  void close() override {}

  // Each batch as one text: "SET a 1; INCR n".
  std::vector<std::string> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  BatchResult answer_to(const Batch& batch) {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& command : batch.commands) {
      if (!text.empty()) text += "; ";
      for (size_t i = 0; i < command.size(); ++i) text += (i ? " " : "") + command[i];
    }
    sent_.push_back(std::move(text));
    if (answers_.empty()) return BatchResult(batch.commands.size(), Reply::simple("OK"));
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer(batch);
  }

  mutable std::mutex mutex_;
  std::deque<Answer> answers_;
  std::vector<std::string> sent_;
};

}  // namespace redstart
