// RecordingBackend: notes the commands that a client sends, for the reports of a comparison.
//
// Threads: as the backend that it passes them on to; what was noted is for one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "redstart/client.h"
#include "tests/differential/wire.h"

namespace redstart::oracle {

class RecordingBackend final : public Backend {
 public:
  explicit RecordingBackend(std::shared_ptr<Backend> inner) : inner_(std::move(inner)) {}

  result<Reply> call(WordSpan words, const CallOptions& options) override {
    commands_.emplace_back(words.begin(), words.end());
    return inner_->call(words, options);
  }
  void submit(Batch batch, BatchDone done) override { inner_->submit(std::move(batch), std::move(done)); }
  result<std::unique_ptr<Backend>> dedicated() override { return inner_->dedicated(); }
  void set_push_handler(PushHandler handler) override { inner_->set_push_handler(std::move(handler)); }
  void close() override { inner_->close(); }

  // Since the last time.
  std::vector<Argv> take_commands() { return std::exchange(commands_, {}); }

 private:
  const std::shared_ptr<Backend> inner_;
  std::vector<Argv> commands_;
};

}  // namespace redstart::oracle
