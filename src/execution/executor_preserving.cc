// Executor, the part that has large collections written down for a snapshot before they are changed.
#include <string_view>
#include <thread>
#include <vector>

#include "command/keys.h"
#include "engine/lock_pause.h"
#include "execution/executor.h"
#include "execution/run.h"
#include "execution/session.h"
#include "execution/transaction.h"

namespace redstart {
namespace {

constexpr size_t kPiecesAtOnce = 4;  // before other clients get their turn

}  // namespace

Executor::Preserving Executor::preserve(Session& session, Run& run, std::string_view key, uint64_t hash) {
  const size_t index = Keyspace::shard_index(hash);
  Shard& shard = keyspace_->shard(index);
  for (size_t pieces = 1; shard.preserve_some(session.db, hash, key); ++pieces) {
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

Executor::Preserving Executor::preserve_keys(Session& session, Run& run, const CommandSpec& spec, Words words) {
  constexpr uint16_t kChanges = kKeyRW | kKeyOW | kKeyRM;
  std::vector<KeyPosition> positions;
  extract_keys(spec, words, positions);
  for (const KeyPosition& position : positions) {
    if (!(position.flags & kChanges)) continue;
    const std::string_view key = words[position.index];
    const uint64_t hash = Keyspace::hash(key);
    if (!run.access().locks().lock_one_unless_stuck(*keyspace_, Keyspace::shard_index(hash))) return Preserving::stuck;
    const Preserving preserving = preserve(session, run, key, hash);
    if (preserving != Preserving::done) return preserving;
    run.finish();
  }
  if (spec.name != "exec") return Preserving::done;
  for (const QueuedCommand& queued : session.queue) {
    const Preserving preserving = preserve_keys(session, run, *queued.spec, words_of(queued));
    if (preserving != Preserving::done) return preserving;
  }
  return Preserving::done;
}

}  // namespace redstart
