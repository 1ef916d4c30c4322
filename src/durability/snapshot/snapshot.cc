#include "durability/snapshot/snapshot.h"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <thread>
#include <utility>

#include "durability/rdb/writer.h"
#include "engine/access.h"
#include "engine/lock_pause.h"
#include "engine/shard_locks.h"

namespace redstart {
namespace {

constexpr size_t kLargeValueBytes = 1 << 20;
constexpr size_t kSamples = 5;  // of a collection's elements, to estimate its size
constexpr size_t kPageBytes = 4096;

// Makes room for a large value at once, in large pages: for small ones the system would need longer than the copying.
void make_room(std::string& out, const Entry& entry) {
  if (!PiecewiseValue::can_write(entry)) return;
  const size_t bytes = entry.memory_bytes(kSamples);
  if (bytes < kLargeValueBytes) return;
  out.reserve(out.size() + bytes);
  const auto from = reinterpret_cast<uintptr_t>(out.data() + out.size());
  const uintptr_t begin = (from + kPageBytes - 1) & ~(kPageBytes - 1), end = (from + bytes) & ~(kPageBytes - 1);
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace

Snapshot::Snapshot(Keyspace& keyspace, const Options& options)
    : keyspace_(keyspace), options_(options), parts_(Keyspace::kShards) {}

Snapshot::~Snapshot() = default;

void Snapshot::begin() {
  keyspace_.set_preserved(true);
  for (int db = 0; db < keyspace_.database_count(); ++db) keys_total_ += keyspace_.key_count(db);
  for (Shard& shard : keyspace_.shards()) {
    shard.epoch = !shard.epoch;
    shard.preserver = this;
    for (int db = 0; db < keyspace_.database_count(); ++db) {
      DatabaseShard* database = shard.find_database(db);
      if (database) database->walk = {.db = db, .cursor = 0, .done = database->entries.size() == 0};
    }
  }
}

void Snapshot::write(UnfinishedRdb& out, int& current_db, int db, const Entry& entry) {
  keys_written_.fetch_add(1, std::memory_order_relaxed);
  if (discarding_) return;
  RdbWriter writer(out, options_.compress);
  write_head(writer, current_db, db, entry);
  writer.value(entry);
}

void Snapshot::write_head(RdbWriter& writer, int& current_db, int db, const Entry& entry) {
  if (current_db != db) {
    writer.opcode(rdb::Opcode::select_db);
    writer.length(static_cast<uint64_t>(db));
    current_db = db;
  }
  if (entry.has_deadline()) {
    writer.opcode(rdb::Opcode::expire_ms);
    writer.milliseconds(entry.deadline_ms());
  }
  if (options_.usage == Usage::idle_time) {
    writer.opcode(rdb::Opcode::idle);
    writer.length(idle_seconds(entry.access(), options_.now_ms));
  } else if (options_.usage == Usage::frequency) {
    writer.opcode(rdb::Opcode::frequency);
    writer.byte(static_cast<uint8_t>(entry.access()));
  }
  writer.type(RdbWriter::type_of(entry));
  writer.string(entry.key());
}

bool Snapshot::is_large(const Entry& entry) {
  return PiecewiseValue::can_write(entry) && entry.memory_bytes(kSamples) >= kHoldBytes;
}

bool Snapshot::open(Shard& shard, int db, Entry& entry, UnfinishedRdb& out) {
  if (discarding_) return false;
  Part& part = part_of(shard);
  if (const auto begun = part.find_begun(entry); begun != part.begun.end()) {
    part.opened.emplace(std::move(*begun));
    part.begun.erase(begun);
    current_db_ = db;  // it begins with saying so
  } else if (is_large(entry)) {
    keys_written_.fetch_add(1, std::memory_order_relaxed);
    RdbWriter writer(out, options_.compress);
    write_head(writer, current_db_, db, entry);
    part.opened.emplace(&entry, PiecewiseValue(entry), db);
  } else {
    return false;
  }
  has_opened_ = true;
  return true;
}

void Snapshot::write_opened(std::vector<UnfinishedRdb>& out) {
  Shard& shard = keyspace_.shard(next_shard_);
  Part& part = parts_[next_shard_];
  bool gives_way = false;
  {
    ShardLocks locks;
    if (!options_.shards_are_locked) locks.lock_one(keyspace_, next_shard_);
    Opened& opened = *part.opened;
    const bool is_changing = !opened.waiting.empty() && !opened.is_complete;
    if (!opened.is_complete && !is_changing && (discarding_ || !write_piece(opened))) {
      opened.is_complete = true;
      opened.announced_bytes ? bury(next_shard_, opened) : opened.entry->set_epoch(shard.epoch);
    }
    std::ranges::move(opened.waiting, std::back_inserter(out));
    opened.waiting.clear();
    has_opened_ = !opened.is_complete;
    if (!has_opened_) part.opened.reset();
    gives_way = is_changing || (!options_.shards_are_locked && shard.lock.is_awaited());
  }
  // To a change that writes the pieces itself, too: two who take turns at one lock would both be slower than one.
  if (gives_way) std::this_thread::sleep_for(kLockPause);
}

bool Snapshot::write_piece(Opened& opened) {
  UnfinishedRdb& piece = opened.waiting.emplace_back();
  piece.bytes.reserve(kHoldBytes + kHoldBytes / 8);
  RdbWriter writer(piece, options_.compress);
  return opened.value.write_next(writer, kHoldBytes);
}

void Snapshot::write_rest(Opened& opened) {
  if (discarding_) return;
  UnfinishedRdb& rest = opened.waiting.emplace_back();
  make_room(rest.bytes, *opened.entry);
  RdbWriter writer(rest, options_.compress);
  while (opened.value.write_next(writer, std::numeric_limits<size_t>::max())) {
  }
}

void Snapshot::preserve(Shard& shard, int db, const Entry& entry) {
  Part& part = part_of(shard);
  if (part.opened && part.opened->entry == &entry) {
    write_rest(*part.opened);
    part.opened->is_complete = true;
    return;
  }
  if (const auto begun = part.find_begun(entry); begun != part.begun.end()) {
    write_rest(*begun);
    return collect(part, begun);
  }
  make_room(part.preserved.bytes, entry);
  write(part.preserved, part.preserved_db, db, entry);
  if (part.preserved.size_bytes() < kPreservedBytesMax) return;
  // The walk may be far from here: little is to wait in the parts.
  hand_over({&part.preserved, 1});
  part.preserved = {};
  part.preserved_db = -1;
}

bool Snapshot::preserve_some(Shard& shard, int db, Entry& entry) {
  if (discarding_) return false;
  Part& part = part_of(shard);
  if (part.opened && part.opened->entry == &entry) {
    if (write_piece(*part.opened)) return true;
    part.opened->is_complete = true;
    entry.set_epoch(shard.epoch);
    return false;
  }
  auto begun = part.find_begun(entry);
  if (begun == part.begun.end()) {
    if (!is_large(entry)) return false;
    begun = part.begun.insert(begun, begin_apart(db, entry));
  }
  if (write_piece(*begun)) return true;
  entry.set_epoch(shard.epoch);
  collect(part, begun);
  return false;
}

Snapshot::Opened Snapshot::begin_apart(int db, Entry& entry) {
  keys_written_.fetch_add(1, std::memory_order_relaxed);
  Opened opened{.entry = &entry, .value = PiecewiseValue(entry), .db = db};
  RdbWriter writer(opened.waiting.emplace_back(), options_.compress);
  int no_db = -1;
  write_head(writer, no_db, db, entry);
  return opened;
}

void Snapshot::collect(Part& part, std::vector<Opened>::iterator begun) {
  hand_over(begun->waiting);
  part.begun.erase(begun);
}

void Snapshot::hand_over(std::span<UnfinishedRdb> preserved) {
  size_t bytes = 0;
  for (const UnfinishedRdb& piece : preserved) bytes += piece.size_bytes();
  waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  const std::lock_guard lock(waiting_mutex_);
  std::ranges::move(preserved, std::back_inserter(waiting_));
}

bool Snapshot::take_over(Shard& shard, int db, Entry* entry) {
  if (discarding_) return false;
  Part& part = part_of(shard);
  const auto begun = part.find_begun(*entry);
  const bool is_opened = part.opened && part.opened->entry == entry, is_begun = begun != part.begun.end();
  if (!is_opened && !is_begun && !is_large(*entry)) return false;
  const int64_t announced_bytes = options_.graveyard ? options_.graveyard->announce(*entry) : 0;
  if (is_opened) {
    part.opened->announced_bytes = announced_bytes;
    return true;
  }
  Removed removed{index_of(shard), is_begun ? std::move(*begun) : begin_apart(db, *entry)};
  if (is_begun) part.begun.erase(begun);
  removed.opened.announced_bytes = announced_bytes;
  const std::lock_guard lock(waiting_mutex_);
  waiting_removed_.push_back(std::move(removed));
  return true;
}

bool Snapshot::take_removed() {
  const std::lock_guard lock(waiting_mutex_);
  if (waiting_removed_.empty()) return false;
  removed_.emplace(std::move(waiting_removed_.front()));
  waiting_removed_.pop_front();
  return true;
}

void Snapshot::write_removed(std::vector<UnfinishedRdb>& out) {
  Opened& opened = removed_->opened;
  const bool more = !discarding_ && write_piece(opened);
  std::ranges::move(opened.waiting, std::back_inserter(out));
  opened.waiting.clear();
  current_db_ = -1;
  if (more) return;
  ShardLocks locks;
  if (!options_.shards_are_locked) locks.lock_one(keyspace_, removed_->shard_index);
  bury(removed_->shard_index, opened);
  removed_.reset();
}

void Snapshot::bury(size_t shard_index, const Opened& removed) {
  if (options_.graveyard) {
    options_.graveyard->bury(shard_index, removed.entry, *removed.announced_bytes);
  } else {
    Entry::destroy(removed.entry);
  }
}

void Snapshot::take_over(Shard& shard, int db, EntryTable table) {
  Part& part = part_of(shard);
  // What changes have begun of it is written again, as all of the table is.
  const auto dropped = std::erase_if(part.begun, [db](const Opened& begun) { return begun.db == db; });
  keys_written_.fetch_sub(dropped, std::memory_order_relaxed);
  part.flushed.push_back({db, std::move(table)});
}

bool Snapshot::walk_table(Shard& shard, DatabaseShard& database, UnfinishedRdb& out) {
  SnapshotWalk& walk = database.walk;
  for (size_t steps = 0; steps < kHoldSteps && out.size_bytes() < kHoldBytes; ++steps) {
    const uint64_t next = database.entries.scan(walk.cursor, [&](Entry* entry) {
      if (has_opened_ || entry->epoch() == shard.epoch || open(shard, walk.db, *entry, out)) return;
      write(out, current_db_, walk.db, *entry);
      entry->set_epoch(shard.epoch);
    });
    if (has_opened_) return true;  // the others of this step come when it is written
    walk.cursor = next;
    if (next == 0) return false;
  }
  return true;
}

bool Snapshot::walk_shard(Shard& shard, UnfinishedRdb& out) {
  for (int db = 0; db < keyspace_.database_count(); ++db) {
    DatabaseShard* database = shard.find_database(db);
    if (!database || database->walk.done) continue;
    if (walk_table(shard, *database, out)) return true;
    database->walk.done = true;
    if (out.size_bytes() >= kHoldBytes) return true;
  }
  return false;
}

// The table is the snapshot's own by now. Its shard is locked only for what tells its memory.
void Snapshot::write_flushed(Flushed flushed, UnfinishedRdb& out) {
  const Entry* any = nullptr;
  flushed.table.for_each([&](Entry* entry) {
    any = entry;
    const Shard& shard = keyspace_.shard(Keyspace::shard_index(Keyspace::hash(entry->key())));
    if (entry->epoch() != shard.epoch) write(out, current_db_, flushed.db, *entry);
  });
  if (any) garbage_.push_back(std::move(flushed.table));
}

void Snapshot::finish(const UnfinishedRdb& piece, std::string& out) const {
  RdbWriter(out, options_.compress).finish(piece);
}

bool Snapshot::take_waiting(std::vector<UnfinishedRdb>& out) {
  std::vector<UnfinishedRdb> waiting;
  {
    const std::lock_guard lock(waiting_mutex_);
    waiting.swap(waiting_);
  }
  for (UnfinishedRdb& preserved : waiting) {
    waiting_bytes_.fetch_sub(preserved.size_bytes(), std::memory_order_relaxed);
    out.push_back(std::move(preserved));
    current_db_ = -1;
  }
  return !waiting.empty();
}

bool Snapshot::step(std::vector<UnfinishedRdb>& out) {
  const auto give = [&out](UnfinishedRdb& piece) {
    if (piece.size_bytes() > 0) out.push_back(std::exchange(piece, {}));
  };
  if (++steps_ % kStepsAtOnce == 0 && !options_.shards_are_locked) sched_yield();
  if (has_opened_) {
    write_opened(out);
    return true;
  }
  if (removed_) {
    write_removed(out);
    return true;
  }
  if (take_waiting(out) || take_removed()) return true;
  if (next_shard_ == Keyspace::kShards) return false;
  Shard& shard = keyspace_.shard(next_shard_);
  Part& part = parts_[next_shard_];
  std::vector<Flushed> flushed;
  UnfinishedRdb written;
  written.bytes.reserve(kHoldBytes + kHoldBytes / 8);
  {
    ShardLocks locks;
    if (!options_.shards_are_locked) locks.lock_one(keyspace_, next_shard_);
    if (part.preserved.size_bytes() > 0) current_db_ = std::exchange(part.preserved_db, -1);
    give(part.preserved);
    const bool more = walk_shard(shard, written);
    if (!has_opened_) flushed.swap(part.flushed);
    if (!more) {
      part.begun.clear();  // nothing, unless all is discarded
      shard.preserver = nullptr;
      if (++next_shard_ == Keyspace::kShards) keyspace_.set_preserved(false);
    }
  }
  give(written);
  for (Flushed& table : flushed) {
    write_flushed(std::move(table), written);
    give(written);
  }
  return true;
}

void Snapshot::discard() {
  {
    ShardLocks locks;
    if (!options_.shards_are_locked) locks.lock_all(keyspace_);
    discarding_ = true;
  }
  std::vector<UnfinishedRdb> nothing;
  while (step(nothing)) nothing.clear();
}

}  // namespace redstart
