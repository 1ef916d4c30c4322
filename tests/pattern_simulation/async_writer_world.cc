// AsyncBatchWriter: every accepted op is acknowledged or reported once, and what is said of it is so; the writes to a
// key keep their order, whatever is lost, refused and tried again; the totals add up at every moment.
//
// The writer's thread runs only while this one waits for it: it stops wherever it waits by its clock.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "client/embedded.h"
#include "redstart/patterns/async_batch_writer.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

using std::chrono::milliseconds;

const std::string kText = "text", kWrong = "wrong";  // SET and APPEND; what is no list

// The clock of one writer. Whoever made it says when the writer's thread goes on.
class LockstepClock final : public WaitClock {
 public:
  explicit LockstepClock(Machine& machine) : machine_(machine), owner_(std::this_thread::get_id()) {}

  TimePoint now() const override { return machine_.time.now(); }
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, TimePoint until) override {
    if (std::this_thread::get_id() == owner_) return wait_for_writer(lock, until);
    if (is_free_) return wait_freely(lock, changed, until);
    {
      const std::lock_guard guard(mutex_);
      parked_ = {lock.mutex(), &changed, until};
      is_parked_ = true;
    }
    parked_changed_.notify_all();
    changed.wait(lock, [&] { return may_go_on_ || is_free_; });
    may_go_on_ = false;
  }

  // Waits until the writer's thread waits.
  void settle() {
    std::unique_lock lock(mutex_);
    parked_changed_.wait(lock, [&] { return is_parked_; });
  }
  // The writer's thread goes on until it waits again.
  void run() {
    settle();
    is_parked_ = false;
    {
      const std::lock_guard guard(*parked_.mutex);
      may_go_on_ = true;
    }
    parked_.changed->notify_all();
    settle();
  }
  // From now on it goes on when it is woken; whenever it waits, time passes.
  void set_free(bool is_free) {
    if (is_free) settle();
    is_parked_ = false;
    is_free_ = is_free;
  }

 private:
  struct Parked {
    std::mutex* mutex = nullptr;
    std::condition_variable* changed = nullptr;
    TimePoint until;
  };

  void wait_for_writer(std::unique_lock<std::mutex>& lock, TimePoint until) {
    lock.unlock();
    run();
    const TimePoint next = std::min(until, parked_.until);
    std::unique_lock unused(unused_);
    std::condition_variable nobody;
    if (next != TimePoint::max()) machine_.time.wait_until(unused, nobody, next);
    lock.lock();
  }
  void wait_freely(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, TimePoint until) {
    if (until == TimePoint::max()) return changed.wait(lock);
    machine_.time.wait_until(lock, changed, until);
  }

  Machine& machine_;
  const std::thread::id owner_;
  std::atomic<bool> is_free_{false};
  bool may_go_on_ = false;  // guarded by the mutex that the writer waits with
  std::mutex mutex_, unused_;  // the first guards what follows
  std::condition_variable parked_changed_;
  bool is_parked_ = false;
  Parked parked_;
};

// The store behind a connection that breaks in the middle of batches. Of n ops, some are answered, some executed, some
// sent.
class BreakingBackend final : public Backend {
 public:
  explicit BreakingBackend(Machine& machine)
      : machine_(machine), store_(std::make_unique<EmbeddedBackend>(machine.store, OpenOptions(), false)) {}

  result<Reply> call(WordSpan words, const CallOptions& options) override { return store_->call(words, options); }
  void submit(Batch batch, BatchDone done) override {
    const size_t count = batch.commands.size();
    if (is_dead_) return done(BatchResult(count, error(ErrorCode::connection_lost, Outcome::unknown)));
    const bool breaks = machine_.chance(machine_.lost_per_mille * 3);
    if (breaks && machine_.chance(200)) {
      return done(BatchResult(count, error(ErrorCode::connection_refused, Outcome::not_done)));
    }
    const size_t sent = breaks ? machine_.random.below(count + 1) : count;
    const size_t executed = breaks ? machine_.random.below(sent + 1) : count;
    const size_t answered = breaks ? machine_.random.below(executed + 1) : count;
    BatchResult outcome;
    for (size_t i = 0; i < count; ++i) {
      result<Reply> reply = Reply();
      if (i < executed) reply = run(batch.commands[i], batch.options);
      if (i >= answered) reply = error(ErrorCode::connection_lost, i < sent ? Outcome::unknown : Outcome::not_done);
      outcome.push_back(std::move(reply));
    }
    done(std::move(outcome));
  }
  result<std::unique_ptr<Backend>> dedicated() override { return store_->dedicated(); }
  void set_push_handler(PushHandler handler) override { store_->set_push_handler(std::move(handler)); }
  void close() override {}
  void die() { is_dead_ = true; }

 private:
  static std::unexpected<Error> error(ErrorCode code, Outcome outcome) {
    return std::unexpected(Error{code, outcome, "lost on the way"});
  }
  result<Reply> run(const std::vector<std::string>& words, const CallOptions& options) {
    if (machine_.chance(machine_.lost_per_mille / 2)) return Reply::error("TRYAGAIN a slot moves");
    const std::vector<std::string_view> views(words.begin(), words.end());
    return store_->call(views, options);
  }

  Machine& machine_;
  const std::unique_ptr<Backend> store_;
  bool is_dead_ = false;
};

class AsyncWriterWorld final : public World {
 public:
  explicit AsyncWriterWorld(Machine& machine)
      : machine_(machine),
        observer_(std::make_shared<EmbeddedBackend>(machine.store, OpenOptions(), false)),
        at_least_once_(machine.chance(250)),
        when_full_(static_cast<WhenFull>(machine.random.below(3))),
        attempts_max_(1 + static_cast<int>(machine.random.below(5))),
        has_faults_(machine.lost_per_mille > 0) {
    check(observer_.set(kWrong, "no list").has_value(), "the store does not answer");
    start();
  }
  ~AsyncWriterWorld() override {
    if (is_running_) clock_->set_free(true);
    writer_.reset();
  }

  void step() override {
    switch (machine_.random.below(12)) {
      case 0: return machine_.advance_ms(static_cast<int64_t>(machine_.random.below(machine_.chance(100) ? 2000 : 60)));
      case 1:
      case 2: return run();
      case 3: return machine_.chance(300) ? flush() : run();
      case 4: return machine_.chance(100) ? stop(true) : machine_.chance(30) ? die() : run();
      default: return write();
    }
  }

  void finish() override {
    flush();
    stop(false);
    for (const auto& [key, ops] : ops_) check_key(key, ops);
  }

 private:
  enum class Fate : unsigned char { accepted, unknown, not_done };
  struct Op {
    int64_t number;
    bool replaces;  // what was there before
    Fate fate = Fate::accepted;
  };

  void start() {
    backend_ = std::make_shared<BreakingBackend>(machine_);
    clock_ = std::make_unique<LockstepClock>(machine_);
    writer_ = std::make_unique<AsyncBatchWriter>(
        Client(backend_),
        AsyncBatchWriterOptions{.batch_size = 8,
                                .flush_interval = milliseconds(50),
                                .queue_ops_max = 20,
                                .when_full = when_full_,
                                .block_timeout = milliseconds(200),
                                .retry = {.attempts_max = attempts_max_,
                                          .jitter = 0,
                                          .give_up_after = milliseconds(5000),
                                          .at_least_once = at_least_once_},
                                .on_unwritten = [this](const UnwrittenOp& one) { note_unwritten(one); },
                                .clock = clock_.get()});
    told_ = 0;
    last_ = {};
    begin();
  }
  void begin() {
    writer_->start();
    is_running_ = true;
    clock_->settle();
  }

  void write() {
    const int64_t number = ++last_number_;
    const std::string text = std::to_string(number);
    WriteOp op;
    switch (machine_.random.below(8)) {
      case 0: op = {"RPUSH", kWrong, text}; break;
      case 1: op = {"SET", "string", text}; break;
      case 2: op = {"SET", kText, text}; break;
      case 3:
      case 4: op = {"APPEND", kText, "," + text}; break;
      default: op = {"RPUSH", "list" + std::to_string(machine_.random.below(2)), text};
    }
    // Before it is known whether it is taken: it may be told of while this waits for room.
    ops_[op[1]].push_back({number, op[0] == "SET"});
    const auto accepted = writer_->write(op);
    machine_.note(op[0] + " " + op[1] + " " + op[2] + (accepted ? "" : ": " + accepted.error().message));
    if (!accepted) {
      check(accepted.error().code == ErrorCode::queue_full, "an op is refused: " + accepted.error().message);
      check(when_full_ != WhenFull::drop_oldest, "an op is refused, though the oldest should be dropped");
      ops_[op[1]].pop_back();
    }
    check_stats();
  }
  void run() {
    clock_->run();
    machine_.note("the writer runs");
    check_stats();
  }
  void flush() {
    const bool is_flushed = writer_->flush(milliseconds(machine_.chance(500) ? 100'000 : 100));
    machine_.note(is_flushed ? "flush" : "flush: too late");
    const WriteStats stats = check_stats();
    check(!is_flushed || stats.pending + stats.in_flight == 0, "something waits that was flushed");
  }
  void stop(bool starts_again) {
    clock_->set_free(true);
    const StopReport report = writer_->stop(milliseconds(machine_.random.below(8000)));
    clock_->set_free(false);
    is_running_ = false;
    machine_.note("stop: " + std::to_string(report.unwritten.size()) + (report.in_time ? "" : " too late"));
    for (const UnwrittenOp& one : report.unwritten) note_unwritten(one);
    const WriteStats stats = check_stats();
    check(stats.pending + stats.in_flight == 0, "something waits after stop()");
    check(told_ == stats.failed + stats.unknown, "some op was not told of, or twice");
    check(!writer_->write("SET", "string", "late").has_value(), "a writer that was stopped takes an op");
    if (starts_again) begin();
  }
  // Nothing gets to the store any more: what waits is reported by the destructor.
  void die() {
    machine_.note("the process dies");
    backend_->die();
    clock_->set_free(true);
    writer_.reset();
    start();
  }

  void note_unwritten(const UnwrittenOp& one) {
    ++told_;
    const std::string& last = one.op.back();
    const int64_t number = std::stoll(last.starts_with(',') ? last.substr(1) : last);
    auto& ops = ops_[one.op[1]];
    const auto op = std::ranges::find(ops, number, &Op::number);
    check_later(op != ops.end(), "an op is told of that was not accepted");
    if (op == ops.end()) return;
    check_later(op->fate == Fate::accepted, "an op is told of twice");
    op->fate = one.error.outcome == Outcome::unknown ? Fate::unknown : Fate::not_done;
  }
  // On the writer's thread, nothing may be thrown.
  void check_later(bool holds, const char* what) {
    if (!holds) violation_ = what;
  }

  WriteStats check_stats() {
    if (violation_) throw Violation{*violation_};
    const WriteStats stats = writer_->stats();
    check(stats.offered == stats.accepted + stats.rejected, "offered is not accepted and rejected");
    check(stats.accepted == stats.acknowledged + stats.failed + stats.unknown + stats.pending + stats.in_flight,
          "accepted is not the sum of what became of it");
    check(stats.offered >= last_.offered && stats.rejected >= last_.rejected && stats.accepted >= last_.accepted &&
              stats.acknowledged >= last_.acknowledged && stats.failed >= last_.failed &&
              stats.unknown >= last_.unknown && stats.retried >= last_.retried && stats.repeated >= last_.repeated,
          "a total has become smaller");
    check(stats.pending <= 20, "more waits than may");
    check(stats.repeated == 0 || attempts_max_ > 1, "an op is repeated that has one attempt");
    check(stats.unknown == 0 || has_faults_, "of an op nothing is known, though nothing was lost");
    last_ = stats;
    return stats;
  }

  // What the store has of the key, as numbers.
  std::vector<int64_t> numbers_of(const std::string& key) {
    std::vector<int64_t> numbers;
    if (key.starts_with("list")) {
      const auto list = observer_.lrange(key, 0, -1);
      check(list.has_value(), "the store does not answer");
      for (const auto& text : *list) numbers.push_back(std::stoll(text));
      return numbers;
    }
    const auto text = observer_.get(key);
    check(text.has_value(), "the store does not answer");
    const std::string all = text->value_or("");
    for (size_t at = 0; at < all.size();) {
      if (all[at] == ',') ++at;
      const size_t end = std::min(all.find(',', at), all.size());
      numbers.push_back(std::stoll(all.substr(at, end - at)));
      at = end;
    }
    return numbers;
  }

  void check_key(const std::string& key, const std::vector<Op>& ops) {
    if (key == kWrong) {
      for (const Op& op : ops) check(op.fate != Fate::accepted, "what the store refuses is not told of");
      return;
    }
    const std::vector<int64_t> found = numbers_of(key);
    // What stands before the op that replaced all is gone.
    int64_t first = 0;
    for (const int64_t number : found) {
      const auto op = std::ranges::find(ops, number, &Op::number);
      check(op != ops.end(), key + " has " + std::to_string(number) + ", which was not accepted");
      check(op->fate != Fate::not_done, key + " has " + std::to_string(number) + ", which is said to be not done");
      if (op->replaces) first = number;
    }
    if (!at_least_once_) {
      const bool grows = std::ranges::adjacent_find(found, std::ranges::greater_equal()) == found.end();
      check(grows, key + " is out of order, or has an op twice");
      check(first == 0 || found.front() == first, key + " was replaced out of order");
    }
    for (const Op& op : ops) {
      if (op.number < first || op.fate != Fate::accepted) continue;
      check(std::ranges::find(found, op.number) != found.end(), key + " has lost " + std::to_string(op.number));
    }
  }

  Machine& machine_;
  Client observer_;
  const bool at_least_once_;
  const WhenFull when_full_;
  const int attempts_max_;
  const bool has_faults_;
  std::shared_ptr<BreakingBackend> backend_;
  std::unique_ptr<LockstepClock> clock_;
  std::unique_ptr<AsyncBatchWriter> writer_;
  std::map<std::string, std::vector<Op>> ops_;  // in the order of their numbers
  int64_t last_number_ = 0;
  uint64_t told_ = 0;
  WriteStats last_;
  bool is_running_ = false;
  std::optional<std::string> violation_;
};

}  // namespace

std::unique_ptr<World> make_async_writer_world(Machine& machine) { return std::make_unique<AsyncWriterWorld>(machine); }

}  // namespace redstart::simulation
