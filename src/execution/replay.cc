#include "execution/replay.h"

#include "base/quoted_words.h"
#include "durability/log/command.h"
#include "execution/run.h"
#include "execution/session.h"
#include "resp/reply_sink.h"

namespace redstart {

class Replay::ReplaySession final : public Session {
 public:
  void on_unblocked(Reply) override {}
  void on_push(std::shared_ptr<const Reply>) override {}
  void on_kill() override {}
};

// Nobody reads the replies.
class Replay::ErrorSink final : public ReplySink {
 public:
  void null() override {}
  void null_array() override {}
  void simple(std::string_view) override {}
  void integer(int64_t) override {}
  void bulk(std::string_view) override {}
  void shared_bulk(const SharedBytes&) override {}
  void array(size_t) override {}
  void map(size_t) override {}
  void set(size_t) override {}
  void push(size_t) override {}
  void number(double) override {}
  void boolean(bool) override {}
  void verbatim(std::string_view, std::string_view) override {}
  void big_number(std::string_view) override {}
  int protocol() const override { return 3; }
  std::string take_error() { return std::exchange(error_, {}); }

 protected:
  void write_error(std::string_view text) override { error_ = text; }

 private:
  std::string error_;
};

Replay::Replay(Executor& executor)
    : executor_(executor), session_(std::make_unique<ReplaySession>()), sink_(std::make_unique<ErrorSink>()) {
  executor_.attach(*session_);
}

Replay::~Replay() { executor_.detach(*session_); }

void Replay::begin_file() { session_->db = 0; }

const CommandSpec* Replay::find(Words words) {
  if (words[0] == last_name_) return last_spec_;
  const CommandTable& commands = executor_.commands();
  const CommandSpec* spec = find_logged_command(commands, words);
  if (!spec || commands.container_of(*spec)) return spec;
  last_name_ = words[0];
  last_spec_ = spec;
  last_index_ = commands.index_of(*spec);
  return spec;
}

std::optional<std::string> Replay::execute(Words words) {
  const CommandSpec* spec = find(words);
  if (auto refusal = refuse_logged_command(spec, words)) return refusal;
  if (const size_t limit = void_limit(*spec, words); limit != 0) {
    shortened_.assign(words.begin(), words.end());
    const auto at = shortened_.begin() + static_cast<std::ptrdiff_t>(limit);
    shortened_.erase(at, at + 2);
    words = shortened_;
  }
  ++commands_;
  Run run(executor_, *session_, executor_.thread_context(), executor_.clock().unix_time_ms());
  run.access().suspend_time();
  if (!run.lock_for(*spec, words)) return "a script holds up what '" + quoted_in_error(words[0]) + "' needs";
  const size_t index = spec == last_spec_ ? last_index_ : executor_.commands().index_of(*spec);
  run.run_command(*spec, index, words, *sink_, false);
  run.finish();
  if (std::string error = sink_->take_error(); !error.empty() && ++failures_ == 1) {
    first_failure_ = "'" + quoted_in_error(words[0]) + "': " + error;
  }
  return std::nullopt;
}

}  // namespace redstart
