#include "redstart/patterns/stream_buffer.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/hex.h"
#include "base/random.h"
#include "patterns/same_slot.h"
#include "patterns/stream_scripts.h"
#include "patterns/store_check.h"
#include "patterns/write_sender.h"
#include "redstart/command_facts.h"
#include "redstart/script.h"

namespace redstart {
namespace {

using Words = std::vector<std::string>;

// Lua hands words over on its stack, which has 8000 places; an entry has two for each word of its op.
constexpr size_t kOpWordsMax = 3900;
constexpr int64_t kClaimPage = 1000;
constexpr size_t kWaitingBatchesMax = 10;

std::string random_name() {
  const uint64_t bits[] = {system_seed(), system_seed()};
  return hex_text(std::string_view(reinterpret_cast<const char*>(bits), sizeof bits));
}

std::unexpected<Error> refusal(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, Outcome::not_done, std::move(message)});
}

// What of an entry is an op; an empty one when it is none.
WriteOp op_of(const StringPairs& fields) {
  WriteOp op;
  for (const auto& [field, value] : fields) {
    if (field == "command" && op.empty()) {
      op.push_back(value);
    } else if (field == "argument" && !op.empty()) {
      op.push_back(value);
    }
  }
  return op;
}

result<CommandFacts> checked_facts(const WriteOp& op) {
  const std::vector<std::string_view> words(op.begin(), op.end());
  auto facts = facts_of(words);
  if (!facts) return facts;
  if (facts->is_blocking || facts->changes_session || !facts->is_for_scripts) {
    return refusal(ErrorCode::invalid_argument, op[0] + " cannot be buffered: a script cannot execute it");
  }
  if (op.size() > kOpWordsMax) {
    return refusal(ErrorCode::invalid_argument, "an op of " + std::to_string(op.size()) + " words cannot be buffered");
  }
  return facts;
}

// The store has answered, with an error.
bool is_reply(const Error& error) {
  switch (error.code) {
    case ErrorCode::connection_lost:
    case ErrorCode::connection_refused:
    case ErrorCode::timed_out:
    case ErrorCode::queue_full:
    case ErrorCode::closed:
      return false;
    default:
      return true;
  }
}

bool is_no_group(const Error& error) { return error.prefix() == "NOGROUP"; }

}  // namespace

class StreamBuffer::Impl {
 public:
  Impl(Client client, StreamBufferOptions options)
      : client_(std::move(client)),
        options_([&] {
          options.length_max = std::max<size_t>(options.length_max, 1);
          options.batch_size = std::max<size_t>(options.batch_size, 1);
          return std::move(options);
        }()),
        clock_(options_.clock ? *options_.clock : WaitClock::system()),
        owner_key_(same_slot_key(options_.stream, "owner")),
        attempts_key_(same_slot_key(options_.stream, "attempts")),
        dead_key_(same_slot_key(options_.stream, "dead")),
        producer_key_(same_slot_key(options_.stream, "producer:" + me_)) {}
  ~Impl() { end_processor(); }

  result<std::string> write(WriteOp op);
  result<size_t> process(size_t entries_max);
  void start();
  bool stop(std::chrono::milliseconds timeout);
  result<size_t> depth() const;
  result<std::vector<DeadLetter>> dead_letters(size_t count) const;
  result<bool> revive(const std::string& id);
  result<std::string> check() const;
  StreamBufferStats stats() const;

 private:
  // An entry that is to be applied.
  struct Entry {
    std::string id;
    WriteOp op;
    std::string what = "run";  // see kApply
    Words words;               // of what
    Words keys;                // the op's
    bool is_idempotent = false;
  };
  // One walk over the entries: which keys wait for an entry that was not applied.
  struct Pass {
    std::set<std::string> waiting_keys;
    bool any_waits = false;
    bool all_wait = false;      // an op without keys waits
    size_t waiting = 0;         // entries
    size_t applied = 0;
    size_t taken = 0;           // entries that the store was asked to apply
    bool holds(const Entry& entry) const;
    void wait_for(const Entry& entry);
  };
  // Writing
  result<std::optional<std::string>> store(const Words& arguments);
  result<std::string> store_or_wait(const WriteOp& op, const Words& arguments);
  void count_dropped(const Reply& entry);

  // Processing; guarded by processing_
  result<bool> take_lease();
  result<void> make_group();
  result<void> take_over();
  result<std::vector<StreamEntry>> read(std::string_view after, size_t count);
  result<void> walk(Pass& pass, size_t entries_max);
  result<void> apply(Pass& pass, const std::vector<StreamEntry>& entries);
  Entry entry_of(const StreamEntry& source) const;
  result<void> apply_apart(Pass& pass, std::vector<Entry>& entries);
  result<void> execute_apart(Entry& entry);
  result<void> settle(Pass& pass, const std::vector<Entry>& entries, bool with_keys);
  void note(Pass& pass, const Entry& entry, const Reply& outcome);
  void tell_unwritten(UnwrittenOp one) const;
  void run_processor();
  void release();
  void end_processor();

  template <class Change>
  void count(Change change) {
    const std::lock_guard lock(mutex_);
    change(stats_);
  }

  const Script write_script_{stream_scripts::kWrite}, lease_script_{stream_scripts::kLease},
      release_script_{stream_scripts::kRelease}, apply_script_{stream_scripts::kApply},
      revive_script_{stream_scripts::kRevive};

  mutable Client client_;
  const StreamBufferOptions options_;
  WaitClock& clock_;
  const std::string me_ = random_name();
  const std::string owner_key_, attempts_key_, dead_key_, producer_key_;
  std::atomic<uint64_t> last_number_{0};

  std::mutex processing_;       // one pass at a time; guards:
  bool may_have_pending_ = true;  // entries that are read and not settled
  bool has_taken_over_ = false;   // with this lease, what others had read
  bool apart_ = false;

  std::mutex lifecycle_;  // start() and stop(), one at a time; guards:
  std::thread thread_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  bool is_stopping_ = false;
  bool is_running_ = false;
  StreamBufferStats stats_;
};

// --- Writing

result<std::string> StreamBuffer::Impl::write(WriteOp op) {
  result<std::string> id;
  if (const auto facts = checked_facts(op); facts) {
    Words arguments{std::to_string(options_.length_max), options_.when_full == WhenFull::drop_oldest ? "1" : "0",
                    std::to_string(++last_number_), "command", op[0]};
    for (size_t i = 1; i < op.size(); ++i) {
      arguments.push_back("argument");
      arguments.push_back(op[i]);
    }
    id = store_or_wait(op, arguments);
  } else {
    id = std::unexpected(facts.error());
  }
  const bool is_rejected = !id && id.error().outcome == Outcome::not_done &&
                           (id.error().code == ErrorCode::queue_full || id.error().code == ErrorCode::invalid_argument);
  // Only now is known whether it was taken, so it was in flight for nobody.
  count([&](StreamBufferStats& stats) {
    WriteStats& totals = stats.buffered;
    ++totals.offered;
    ++(is_rejected ? totals.rejected : totals.accepted);
    if (is_rejected) return;
    ++(id ? totals.acknowledged : id.error().outcome == Outcome::unknown ? totals.unknown : totals.failed);
  });
  return id;
}

// The id; or nothing when the buffer is full.
result<std::optional<std::string>> StreamBuffer::Impl::store(const Words& arguments) {
  bool may_be_stored = false;
  for (int attempt = 1;; ++attempt) {
    auto reply = write_script_.run<Reply>(client_, {options_.stream, producer_key_}, arguments);
    if (reply) {
      if (reply->is_null()) return std::optional<std::string>();
      if (reply->size() > 1 && (*reply)[1].is_aggregate()) count_dropped((*reply)[1]);
      return std::optional(std::move(reply->elements()[0]).text());
    }
    Error& error = reply.error();
    may_be_stored = may_be_stored || error.outcome == Outcome::unknown;
    const bool is_lost = error.code == ErrorCode::connection_lost || error.code == ErrorCode::timed_out ||
                         error.code == ErrorCode::connection_refused;
    if (attempt >= options_.retry.attempts_max || !(is_lost || is_passing_refusal(error))) {
      if (may_be_stored) error.outcome = Outcome::unknown;
      return std::unexpected(std::move(error));
    }
    count([](StreamBufferStats& stats) { ++stats.buffered.retried; });
    const auto until = clock_.now() + delay_after(options_.retry, attempt, random_fraction());
    std::unique_lock lock(mutex_);
    while (clock_.now() < until) clock_.wait_until(lock, woken_, until);
  }
}

result<std::string> StreamBuffer::Impl::store_or_wait(const WriteOp& op, const Words& arguments) {
  const auto deadline = clock_.now() + options_.block_timeout;
  auto pause = std::chrono::milliseconds(5);
  while (true) {
    auto id = store(arguments);
    if (!id) return std::unexpected(std::move(id.error()));
    if (*id) return std::move(**id);
    if (options_.when_full != WhenFull::block || clock_.now() >= deadline) break;
    // Whoever makes room may be anywhere: ask again, ever more slowly.
    const auto until = std::min(deadline, clock_.now() + pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(200));
    std::unique_lock lock(mutex_);
    while (clock_.now() < until) clock_.wait_until(lock, woken_, until);
  }
  return refusal(ErrorCode::queue_full, op[0] + " was not buffered: the stream '" + options_.stream + "' has " +
                                            std::to_string(options_.length_max) + " entries (length_max)");
}

void StreamBuffer::Impl::count_dropped(const Reply& entry) {
  count([](StreamBufferStats& stats) { ++stats.buffered.dropped; });
  StringPairs fields;
  const auto& words = entry[1].elements();
  for (size_t i = 0; i + 1 < words.size(); i += 2) fields.emplace_back(words[i].text(), words[i + 1].text());
  tell_unwritten({op_of(fields),
                  {ErrorCode::queue_full, Outcome::not_done, "dropped for a newer write: the buffer is full"},
                  0});
}

void StreamBuffer::Impl::tell_unwritten(UnwrittenOp one) const {
  if (!options_.on_unwritten) return;
  try {
    options_.on_unwritten(one);
  } catch (...) {
    // The totals have it, and processing goes on.
  }
}

// --- Processing

bool StreamBuffer::Impl::Pass::holds(const Entry& entry) const {
  if (all_wait || (any_waits && entry.keys.empty())) return true;
  return std::ranges::any_of(entry.keys, [&](const std::string& key) { return waiting_keys.contains(key); });
}

void StreamBuffer::Impl::Pass::wait_for(const Entry& entry) {
  any_waits = true;
  ++waiting;
  all_wait = all_wait || entry.keys.empty();
  waiting_keys.insert(entry.keys.begin(), entry.keys.end());
}

result<size_t> StreamBuffer::Impl::process(size_t entries_max) {
  const std::lock_guard processing(processing_);
  const auto has_lease = take_lease();
  if (!has_lease) return std::unexpected(has_lease.error());
  if (!*has_lease) return 0;
  Pass pass;
  auto walked = walk(pass, entries_max);
  if (!walked && is_no_group(walked.error())) {
    // Somebody has deleted the stream, and the group with it.
    if (auto made = make_group(); !made) return std::unexpected(made.error());
    walked = walk(pass, entries_max);
  }
  if (!walked) {
    may_have_pending_ = true;
    return std::unexpected(std::move(walked.error()));
  }
  return pass.applied;
}

result<bool> StreamBuffer::Impl::take_lease() {
  if (options_.lease.count() <= 0) return refusal(ErrorCode::invalid_argument, "a lease below 1 ms");
  if (options_.attempts_max <= 0) return refusal(ErrorCode::invalid_argument, "ops without an attempt");
  const auto taken = lease_script_.run<int64_t>(client_, {owner_key_}, {me_, std::to_string(options_.lease.count())});
  count([&](StreamBufferStats& stats) { stats.has_lease = taken && *taken != 0; });
  // A reply that is lost may have been that of a new lease.
  if (!taken || *taken != 2) has_taken_over_ = false;
  if (!taken) return std::unexpected(taken.error());
  if (*taken == 0) return false;
  if (!has_taken_over_) {
    may_have_pending_ = true;
    if (auto made = make_group(); !made) return std::unexpected(made.error());
    if (auto over = take_over(); !over) return std::unexpected(over.error());
    has_taken_over_ = true;
  }
  return true;
}

result<void> StreamBuffer::Impl::make_group() {
  const auto made = client_.call({"XGROUP", "CREATE", options_.stream, options_.group, "0", "MKSTREAM"});
  if (!made && made.error().prefix() != "BUSYGROUP") return std::unexpected(made.error());
  return {};
}

// What other processors have read and not settled is mine now: they have no lease.
result<void> StreamBuffer::Impl::take_over() {
  std::string next = "0-0";
  do {
    auto page = client_.command("XAUTOCLAIM", options_.stream, options_.group, me_, 0, next, "COUNT", kClaimPage,
                                "JUSTID");
    if (!page) return std::unexpected(std::move(page.error()));
    if (page->size() < 2) return refusal(ErrorCode::unexpected_reply, "XAUTOCLAIM answers otherwise than it should");
    next = (*page)[0].text();
    const uint64_t taken = (*page)[1].size();
    count([&](StreamBufferStats& stats) { stats.taken_over += taken; });
  } while (next != "0-0");
  return {};
}

// Of what was read already, the entries behind `after`; with ">" new ones.
result<std::vector<StreamEntry>> StreamBuffer::Impl::read(std::string_view after, size_t count) {
  const std::pair<std::string_view, std::string_view> source[] = {{options_.stream, after}};
  auto batches = client_.xreadgroup(options_.group, me_, source, {.count = static_cast<int64_t>(count)});
  if (!batches) return std::unexpected(std::move(batches.error()));
  if (batches->empty()) return std::vector<StreamEntry>();
  return std::move(batches->front().entries);
}

result<void> StreamBuffer::Impl::walk(Pass& pass, size_t entries_max) {
  std::string after = "0";
  bool is_new = !may_have_pending_, is_at_end = false;
  while (pass.taken < entries_max) {
    // What waits is held here, and walked over each time: so that it has a limit.
    if (is_new && pass.waiting >= kWaitingBatchesMax * options_.batch_size) break;
    const auto entries = read(is_new ? ">" : after, std::min(entries_max - pass.taken, options_.batch_size));
    if (!entries) return std::unexpected(entries.error());
    if (!entries->empty()) {
      after = entries->back().id;
      if (auto applied = apply(pass, *entries); !applied) return applied;
    } else if (is_new) {
      is_at_end = true;
      break;
    } else {
      is_new = true;
    }
  }
  may_have_pending_ = pass.any_waits || !is_new;
  // Nothing waits and nothing is new, and yet there are entries: the store has gone back to where they were read and
  // not settled, as a replica that lagged and was promoted. (Or they have come this moment.)
  if (is_at_end && !may_have_pending_ && client_.xlen(options_.stream).value_or(0) > 0) has_taken_over_ = false;
  return {};
}

StreamBuffer::Impl::Entry StreamBuffer::Impl::entry_of(const StreamEntry& source) const {
  Entry entry{.id = source.id, .op = op_of(source.fields), .words = {}, .keys = {}};
  const auto facts = entry.op.empty() ? refusal(ErrorCode::invalid_argument, "the entry is no op")
                                      : checked_facts(entry.op);
  if (!facts) {
    entry.what = "dead";
    entry.words = {facts.error().message};
    return entry;
  }
  entry.keys.assign(facts->keys.begin(), facts->keys.end());
  entry.is_idempotent = facts->is_idempotent;
  entry.words = entry.op;
  return entry;
}

result<void> StreamBuffer::Impl::apply(Pass& pass, const std::vector<StreamEntry>& sources) {
  std::vector<Entry> entries;
  for (const StreamEntry& source : sources) {
    // kApply acknowledges what is no more in the stream.
    Entry entry = source.is_deleted ? Entry{.id = source.id, .op = {}, .what = "done", .words = {}, .keys = {}}
                                    : entry_of(source);
    const bool is_op = entry.what == "run";
    if (is_op && pass.holds(entry)) {
      pass.wait_for(entry);
    } else {
      entries.push_back(std::move(entry));
    }
  }
  pass.taken += entries.size();
  if (entries.empty()) return {};
  if (options_.apply == StreamApply::apart || apart_) return apply_apart(pass, entries);
  auto applied = settle(pass, entries, true);
  if (applied || options_.apply == StreamApply::together) return applied;
  if (applied.error().code != ErrorCode::cross_slot) return applied;
  apart_ = true;
  return apply_apart(pass, entries);
}

// Executes each op by itself and settles it before the next: the effect first, its acknowledgement after.
result<void> StreamBuffer::Impl::apply_apart(Pass& pass, std::vector<Entry>& entries) {
  for (Entry& entry : entries) {
    if (entry.what == "run") {
      if (pass.holds(entry)) {
        pass.wait_for(entry);
        continue;
      }
      if (auto executed = execute_apart(entry); !executed) return executed;
    }
    const std::vector<Entry> one{entry};
    if (auto settled = settle(pass, one, false); !settled) return settled;
  }
  return {};
}

result<void> StreamBuffer::Impl::execute_apart(Entry& entry) {
  const std::string mark = entry.id + ":begun";
  if (!entry.is_idempotent) {
    // The mark tells whoever comes after a crash that the op may have been executed.
    const auto is_first = client_.hsetnx(attempts_key_, mark, "1");
    if (!is_first && !is_reply(is_first.error())) return std::unexpected(is_first.error());
    if (!is_first) {
      entry.what = "refused";
      entry.words = {is_first.error().message};
      return {};
    }
    if (!*is_first) {
      entry.what = "dead";
      entry.words = {"it may have been executed: its processor was lost before it could tell"};
      return {};
    }
  }
  const std::vector<std::string_view> words(entry.op.begin(), entry.op.end());
  const auto reply = client_.call(words, {.timeout = {}, .idempotent = entry.is_idempotent});
  if (reply) {
    entry.what = "done";
    entry.words.clear();
    return {};
  }
  const Error& error = reply.error();
  if (error.outcome == Outcome::unknown) {
    if (entry.is_idempotent) return std::unexpected(error);
    entry.what = "dead";
    entry.words = {"it may have been executed: " + error.message};
    return {};
  }
  if (!entry.is_idempotent) {
    const auto unmarked = client_.call({"HDEL", attempts_key_, mark});
    if (!unmarked) return std::unexpected(unmarked.error());
  }
  if (!is_reply(error)) return std::unexpected(error);
  entry.what = "refused";
  entry.words = {error.message};
  return {};
}

result<void> StreamBuffer::Impl::settle(Pass& pass, const std::vector<Entry>& entries, bool with_keys) {
  Words keys{options_.stream, owner_key_, attempts_key_, dead_key_};
  Words arguments{me_, std::to_string(options_.lease.count()), options_.group, std::to_string(options_.attempts_max)};
  const auto add_all = [&](const Words& words) {
    arguments.push_back(std::to_string(words.size()));
    arguments.insert(arguments.end(), words.begin(), words.end());
  };
  for (const Entry& entry : entries) {
    arguments.push_back(entry.id);
    arguments.push_back(entry.what);
    add_all(entry.keys);
    add_all(entry.words);
    if (with_keys) keys.insert(keys.end(), entry.keys.begin(), entry.keys.end());
  }
  const auto outcomes = apply_script_.run<Reply>(client_, keys, arguments);
  if (!outcomes) return std::unexpected(outcomes.error());
  if (outcomes->is_null()) {
    count([](StreamBufferStats& stats) { stats.has_lease = false; });
    return refusal(ErrorCode::server, "the lease of '" + options_.stream + "' has gone to another processor");
  }
  for (size_t i = 0; i < entries.size() && i < outcomes->size(); ++i) note(pass, entries[i], (*outcomes)[i]);
  return {};
}

void StreamBuffer::Impl::note(Pass& pass, const Entry& entry, const Reply& outcome) {
  const std::string what = outcome.size() > 0 ? outcome[0].text() : "";
  const std::string reason = outcome.size() > 1 ? outcome[1].text() : "";
  if (what == "applied") {
    ++pass.applied;
    count([](StreamBufferStats& stats) { ++stats.applied; });
  } else if (what == "refused" || what == "put_off" || what == "held") {
    pass.wait_for(entry);
    count([&](StreamBufferStats& stats) {
      if (what == "refused") ++stats.refused;
      if (what == "put_off") ++stats.put_off;
    });
  } else if (what == "dead") {
    count([](StreamBufferStats& stats) { ++stats.dead_letters; });
    Error error = error_from_reply(reason);
    if (reason.starts_with("it may have been executed")) error.outcome = Outcome::unknown;
    tell_unwritten({entry.op, std::move(error), options_.attempts_max});
  }
}

// --- The background processor

void StreamBuffer::Impl::start() {
  const std::lock_guard lifecycle(lifecycle_);
  {
    const std::lock_guard lock(mutex_);
    if (is_running_) return;
    is_running_ = true;
    is_stopping_ = false;
  }
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this] { run_processor(); });
  pthread_setname_np(thread_.native_handle(), "StreamBuffer");
}

void StreamBuffer::Impl::run_processor() {
  const RetryOptions pauses{.delay_min = std::max(options_.interval, std::chrono::milliseconds(1)),
                            .delay_max = std::chrono::seconds(5)};
  int failures = 0;
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    lock.unlock();
    const auto applied = process(options_.batch_size);
    if (!applied && options_.on_error) {
      try {
        options_.on_error(applied.error());
      } catch (...) {
        // The processor goes on.
      }
    }
    failures = applied ? 0 : failures + 1;
    const auto pause = applied ? pauses.delay_min : delay_after(pauses, failures, random_fraction());
    lock.lock();
    if (applied && *applied > 0) continue;
    const auto until = clock_.now() + pause;
    while (!is_stopping_ && clock_.now() < until) clock_.wait_until(lock, woken_, until);
  }
  lock.unlock();
  release();
  lock.lock();
  is_running_ = false;
  woken_.notify_all();
}

// Another may begin at once. Should this fail, it begins when the lease is over.
void StreamBuffer::Impl::release() {
  const std::lock_guard processing(processing_);
  if (!stats().has_lease) return;
  (void)release_script_.run<Reply>(client_, {owner_key_}, {me_});
  count([](StreamBufferStats& stats) { stats.has_lease = false; });
}

bool StreamBuffer::Impl::stop(std::chrono::milliseconds timeout) {
  const std::lock_guard lifecycle(lifecycle_);
  const auto deadline = clock_.now() + timeout;
  {
    std::unique_lock lock(mutex_);
    is_stopping_ = true;
    woken_.notify_all();
    while (is_running_) {
      if (clock_.now() >= deadline) return false;
      clock_.wait_until(lock, woken_, deadline);
    }
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void StreamBuffer::Impl::end_processor() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    woken_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  release();
}

// --- Looking

result<size_t> StreamBuffer::Impl::depth() const {
  const auto length = client_.xlen(options_.stream);
  if (!length) return std::unexpected(length.error());
  return static_cast<size_t>(*length);
}

result<std::vector<DeadLetter>> StreamBuffer::Impl::dead_letters(size_t count) const {
  auto entries = client_.xrange(dead_key_, "-", "+", static_cast<int64_t>(count));
  if (!entries) return std::unexpected(std::move(entries.error()));
  std::vector<DeadLetter> letters;
  for (const StreamEntry& entry : *entries) {
    DeadLetter letter{.id = entry.id, .entry_id = {}, .op = op_of(entry.fields), .reason = {}};
    // The first three fields are ours; what follows is the entry, whatever it was.
    if (entry.fields.size() >= 3) {
      letter.entry_id = entry.fields[0].second;
      letter.reason = entry.fields[1].second;
      letter.attempts = std::atoi(entry.fields[2].second.c_str());
    }
    letters.push_back(std::move(letter));
  }
  return letters;
}

result<bool> StreamBuffer::Impl::revive(const std::string& id) {
  return revive_script_.run<bool>(client_, {options_.stream, dead_key_}, {id});
}

result<std::string> StreamBuffer::Impl::check() const {
  return dangers_for("the stream '" + options_.stream + "', with writes that are not applied,", StoreNeeds::no_eviction,
                     client_);
}

StreamBufferStats StreamBuffer::Impl::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

// --- The public face

StreamBuffer::StreamBuffer(Client client, StreamBufferOptions options)
    : impl_(std::make_unique<Impl>(std::move(client), std::move(options))) {}
StreamBuffer::~StreamBuffer() = default;

result<std::string> StreamBuffer::write(WriteOp op) { return impl_->write(std::move(op)); }
result<size_t> StreamBuffer::process(size_t entries_max) { return impl_->process(entries_max); }
void StreamBuffer::start() { impl_->start(); }
bool StreamBuffer::stop(std::chrono::milliseconds timeout) { return impl_->stop(timeout); }
result<size_t> StreamBuffer::depth() const { return impl_->depth(); }
result<std::vector<DeadLetter>> StreamBuffer::dead_letters(size_t count) const { return impl_->dead_letters(count); }
result<bool> StreamBuffer::revive(const std::string& dead_letter_id) { return impl_->revive(dead_letter_id); }
result<std::string> StreamBuffer::check() const { return impl_->check(); }
StreamBufferStats StreamBuffer::stats() const { return impl_->stats(); }

}  // namespace redstart
