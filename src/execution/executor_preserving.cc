// Executor, the part that has large collections written down for a snapshot before they are changed.
#include <numeric>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "command/keys.h"
#include "engine/lock_pause.h"
#include "execution/executor.h"
#include "execution/run.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

constexpr size_t kPiecesAtOnce = 4;  // before other clients get their turn

// Where the commands of a transaction will find their keys, as the databases are before it.
class DatabasesOfTransaction {
 public:
  DatabasesOfTransaction(int count, int selected) : now_(static_cast<size_t>(count)), selected_(selected) {
    std::iota(now_.begin(), now_.end(), 0);
  }

  int selected() const { return now_[static_cast<size_t>(selected_)]; }
  // What is no number of a database changes nothing, as when it is executed.
  void follow(const CommandSpec& spec, Words words) {
    if (spec.name == "select" && words.size() == 2) selected_ = index(words[1]).value_or(selected_);
    if (spec.name != "swapdb" || words.size() != 3) return;
    const auto first = index(words[1]), second = index(words[2]);
    if (first && second) std::swap(now_[static_cast<size_t>(*first)], now_[static_cast<size_t>(*second)]);
  }

 private:
  std::optional<int> index(std::string_view text) const {
    const auto number = parse_int64(text);
    const bool is_one = number && *number >= 0 && *number < static_cast<int64_t>(now_.size());
    return is_one ? std::optional(static_cast<int>(*number)) : std::nullopt;
  }

  std::vector<int> now_;
  int selected_;
};

}  // namespace

Executor::Preserving Executor::preserve(Session& session, Run& run, int db, std::string_view key, uint64_t hash) {
  const size_t index = Keyspace::shard_index(hash);
  Shard& shard = keyspace_->shard(index);
  for (size_t pieces = 1; shard.preserve_some(db, hash, key); ++pieces) {
    const bool is_awaited = shard.lock.is_awaited();
    run.finish();
    if (is_awaited) std::this_thread::sleep_for(kLockPause);
    if (session.can_be_held_back() && (is_awaited || pieces == kPiecesAtOnce)) {
      session.on_resume();
      return Preserving::paused;
    }
    if (!run.access().locks().lock_one_unless_stuck(*keyspace_, index)) return Preserving::stuck;
  }
  return Preserving::done;
}

Executor::Preserving Executor::preserve_keys_in(Session& session, Run& run, int db, const CommandSpec& spec,
                                                Words words) {
  constexpr uint16_t kChanges = kKeyRW | kKeyOW | kKeyRM;
  std::vector<KeyPosition> positions;
  extract_keys(spec, words, positions);
  for (const KeyPosition& position : positions) {
    if (!(position.flags & kChanges)) continue;
    const std::string_view key = words[position.index];
    const uint64_t hash = Keyspace::hash(key);
    if (!run.access().locks().lock_one_unless_stuck(*keyspace_, Keyspace::shard_index(hash))) return Preserving::stuck;
    const Preserving preserving = preserve(session, run, db, key, hash);
    if (preserving != Preserving::done) return preserving;
    run.finish();
  }
  return Preserving::done;
}

Executor::Preserving Executor::preserve_keys(Session& session, Run& run, const CommandSpec& spec, Words words) {
  if (spec.name != "exec") return preserve_keys_in(session, run, session.db, spec, words);
  DatabasesOfTransaction databases(keyspace_->database_count(), session.db);
  for (const QueuedCommand& queued : session.queue) {
    const auto queued_words = words_of(queued);
    const Preserving preserving = preserve_keys_in(session, run, databases.selected(), *queued.spec, queued_words);
    if (preserving != Preserving::done) return preserving;
    databases.follow(*queued.spec, queued_words);
  }
  return Preserving::done;
}

}  // namespace redstart
