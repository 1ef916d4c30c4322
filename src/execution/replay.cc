#include "execution/replay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/quoted_words.h"
#include "command/table.h"
#include "durability/log/command.h"
#include "engine/prefetch.h"
#include "execution/command_stats.h"
#include "execution/run.h"
#include "execution/session.h"
#include "execution/tracking.h"
#include "resp/reply_sink.h"

namespace redstart {
namespace {

constexpr size_t kWindowCommands = 32;  // whose keys are prefetched together
constexpr size_t kBatchBytes = 64 * 1024, kBatchCommands = 512;
// Larger commands are not copied for another thread.
constexpr size_t kCopiedBytesMax = 1024 * 1024;

}  // namespace

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
  const std::string& last_error() const { return error_; }

 protected:
  void write_error(std::string_view text) override { error_ = text; }

 private:
  std::string error_;
};

// Commands that wait for their lane.
struct Replay::Batch {
  struct Command {
    const CommandSpec* spec;
    uint32_t index;       // its number in the table
    uint32_t word_count;
    uint32_t key_index;   // 0: it has several keys
    int db;
    uint64_t hash;        // of the key
    uint64_t number;      // among all commands
  };
  std::string bytes;  // the words, one behind the other
  std::vector<uint32_t> word_sizes;
  std::vector<Command> commands;

  bool is_full() const { return bytes.size() >= kBatchBytes || commands.size() >= kBatchCommands; }
  void clear() {
    bytes.clear();
    word_sizes.clear();
    commands.clear();
  }
};

// Executes commands, for one thread at a time. What it does is in no statistics: nobody has called it.
class Replay::Worker {
 public:
  using Command = Batch::Command;

  explicit Worker(Executor& executor) : executor_(executor), thread_(executor.commands().size()) {
    executor_.attach(session);
  }
  ~Worker() { executor_.detach(session); }

  void work_off(Batch& batch) {
    const std::string_view bytes = batch.bytes;
    words_.clear();
    for (size_t at = 0; const uint32_t size : batch.word_sizes) {
      words_.push_back(bytes.substr(at, size));
      at += size;
    }
    Words words = words_;
    for (std::span<const Command> left = batch.commands; !left.empty();) {
      const auto is_elsewhere = [&](const Command& command) { return command.db != left.front().db; };
      const auto end = std::ranges::find_if(left.first(std::min(left.size(), kWindowCommands)), is_elsewhere);
      const auto window = left.first(static_cast<size_t>(end - left.begin()));
      words = words.subspan(execute(window, words));
      left = left.subspan(window.size());
    }
    batch.clear();
  }

  // False: it needs what a script holds.
  bool execute(const Found& found, Words words, uint64_t number, Locks locks) {
    Run run(executor_, session, thread_, executor_.clock().unix_time_ms());
    run.access().suspend_time();
    if (locks == Locks::held_by_caller) {
      run.access().locks().borrow_all(executor_.keyspace());
      run.access().ignore_observer();
    } else if (!run.lock_for(*found.spec, words)) {
      return false;
    }
    execute(run, *found.spec, found.index, words, number);
    run.finish();
    return true;
  }

  ReplaySession session;
  uint64_t failures = 0, first_failure_number = UINT64_MAX;
  std::string first_failure;

 private:
  // Returns how many words were the commands'.
  size_t execute(std::span<const Command> window, Words words) {
    session.db = window.front().db;
    prefetch_keys(window, words);
    Run run(executor_, session, thread_, executor_.clock().unix_time_ms());
    run.access().suspend_time();
    size_t at = 0;
    for (const Command& command : window) {
      execute(run, command, words.subspan(at, command.word_count));
      at += command.word_count;
    }
    run.finish();
    session.changed_keys.clear();
    return at;
  }

  void prefetch_keys(std::span<const Command> window, Words words) {
    if (window.size() == 1) return;
    std::array<uint64_t, kWindowCommands> hashes;
    std::array<ElementHint, kWindowCommands> hints;
    size_t hash_count = 0, hint_count = 0;
    for (const Command& command : window) {
      if (command.key_index != 0) {
        hashes[hash_count++] = command.hash;
        const auto element = static_cast<size_t>(command.spec->element_index);
        if (element != 0 && element < command.word_count) {
          hints[hint_count++] = {words[command.key_index], command.hash, hash_bytes(words[element])};
        }
      }
      words = words.subspan(command.word_count);
    }
    prefetch(executor_.keyspace(), session.db, std::span(hashes).first(hash_count), Locking::by_prefetch);
    prefetch_elements(executor_.keyspace(), session.db, std::span(hints).first(hint_count));
  }

  void execute(Run& run, const Command& command, Words words) {
    if (command.key_index == 0) {
      run.finish();
      run.lock_for(*command.spec, words);  // no script runs beside the lanes
    } else {
      const size_t shard = Keyspace::shard_index(command.hash);
      if (!run.access().locks().holds_single(shard)) {
        run.finish();
        run.access().locks().lock_one(executor_.keyspace(), shard);
      }
      run.access().remember_hash(words[command.key_index], command.hash);
    }
    execute(run, *command.spec, command.index, words, command.number);
    if (run.has_work()) run.finish();
  }

  void execute(Run& run, const CommandSpec& spec, size_t index, Words words, uint64_t number) {
    const uint64_t errors_before = sink_.error_count();
    run.run_command(spec, index, words, sink_, false);
    if (sink_.error_count() == errors_before) return;
    if (++failures > 1) return;
    first_failure_number = number;
    first_failure = "'" + quoted_in_error(words[0]) + "': " + sink_.last_error();
  }

  Executor& executor_;
  ThreadContext thread_;
  ErrorSink sink_;
  std::vector<std::string_view> words_;
};

Replay::Replay(Executor& executor, size_t threads, Locks locks)
    : executor_(executor), locks_(locks), alone_(std::make_unique<Worker>(executor)) {
  for (size_t i = 0; i == 0 || i < threads; ++i) workers_.push_back(std::make_unique<Worker>(executor));
  lanes_ = std::make_unique<Lanes<Batch>>(
      threads, [this](size_t lane, Batch& batch) { workers_[lane]->work_off(batch); });
}

Replay::~Replay() = default;

void Replay::begin_file() { alone_->session.db = 0; }

void Replay::finish() { lanes_->settle(); }

const Replay::Found& Replay::find(Words words) {
  if (words[0] == last_name_) return last_;
  const CommandTable& commands = executor_.commands();
  other_ = {};
  other_.spec = find_logged_command(commands, words);
  if (!other_.spec) return other_;
  other_.index = commands.index_of(*other_.spec);
  if (commands.container_of(*other_.spec)) return other_;
  other_.single_key_words_max = commands.find_with_single_key(words[0]).words_max;
  last_name_ = words[0];
  return last_ = other_;
}

std::optional<size_t> Replay::lane_of(const Found& found, Words words) {
  keys_.clear();
  if (words.size() <= found.single_key_words_max) {
    keys_.push_back({1, Keyspace::hash(words[1])});
    return lanes_->lane_of(keys_.front().hash);
  }
  positions_.clear();
  if (found.spec->lock_scope != LockScope::keys || extract_keys(*found.spec, words, positions_) != KeyExtraction::ok) {
    return std::nullopt;
  }
  for (const KeyPosition& position : positions_) {
    keys_.push_back({position.index, Keyspace::hash(words[position.index])});
    if (lanes_->lane_of(keys_.back().hash) != lanes_->lane_of(keys_.front().hash)) return std::nullopt;
  }
  return keys_.empty() ? std::nullopt : std::optional(lanes_->lane_of(keys_.front().hash));
}

void Replay::hand_out(size_t lane, const Found& found, Words words) {
  Batch& batch = lanes_->filling(lane);
  for (const std::string_view word : words) {
    batch.bytes.append(word);
    batch.word_sizes.push_back(static_cast<uint32_t>(word.size()));
  }
  batch.commands.push_back({.spec = found.spec,
                            .index = static_cast<uint32_t>(found.index),
                            .word_count = static_cast<uint32_t>(words.size()),
                            .key_index = keys_.size() == 1 ? static_cast<uint32_t>(keys_.front().index) : 0,
                            .db = alone_->session.db,
                            .hash = keys_.front().hash,
                            .number = commands_});
  if (batch.is_full()) lanes_->send(lane);
}

std::optional<std::string> Replay::execute_alone(const Found& found, Words words) {
  // Which database is selected, nobody else asks for.
  if (found.spec->name != "select") finish();
  if (alone_->execute(found, words, commands_, locks_)) return std::nullopt;
  return "a script holds up what '" + quoted_in_error(words[0]) + "' needs";
}

std::optional<std::string> Replay::execute(Words words) {
  const Found& found = find(words);
  if (auto refusal = refuse_logged_command(found.spec, words)) return refusal;
  if (const size_t limit = void_limit(*found.spec, words); limit != 0) {
    shortened_.assign(words.begin(), words.end());
    const auto at = shortened_.begin() + static_cast<std::ptrdiff_t>(limit);
    shortened_.erase(at, at + 2);
    words = shortened_;
  }
  ++commands_;
  size_t bytes = 0;
  for (const std::string_view word : words) bytes += word.size();
  const bool may_wait = locks_ == Locks::taken_in_turn && bytes <= kCopiedBytesMax;
  const auto lane = may_wait ? lane_of(found, words) : std::nullopt;
  if (!lane) return execute_alone(found, words);
  hand_out(*lane, found, words);
  return std::nullopt;
}

uint64_t Replay::failures() const {
  uint64_t sum = alone_->failures;
  for (const auto& worker : workers_) sum += worker->failures;
  return sum;
}

std::string Replay::first_failure() const {
  const Worker* first = alone_.get();
  for (const auto& worker : workers_) {
    if (worker->first_failure_number < first->first_failure_number) first = worker.get();
  }
  return first->first_failure;
}

}  // namespace redstart
