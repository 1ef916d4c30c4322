// Snapshot: a store as it is at one moment, the cut, written down while it goes on changing, without a copy
// of the process.
//
// At the cut every shard's epoch flips. From then on an entry that has the old epoch is as it was at the cut,
// and not written down yet. The snapshot walks over all tables and writes such entries; whoever is about to
// change one first has it written (Shard::preserve). Both mark it with the new epoch, which new entries have
// from the start. So each entry of the cut is written once, and nothing of after it.
//
//   walk, shard by shard:    lock | some entries -> out | unlock | lock | ...
//   a change meanwhile:      its shard is locked anyway | the old entry -> the shard's preserved bytes
//
// A shard's lock is held for no more than kHoldBytes of entries. A collection that is larger is written in pieces, one
// after the other. Who is about to change it before the last of them, or before the first, has the rest written in
// pieces, too (preserve_some), if it can let go of the lock in between; else all at once.
//
//   the walk has begun it:   it leaves the pieces that are missing to the change, and gives them on
//   it has not:              the change's pieces are kept until they are all there, or until the walk comes by and goes
//                            on with them
//
// One that is removed by itself (it is due, or evicted) goes to the snapshot, which writes it next, in pieces, with no
// lock held, and then has it buried.
//
// Strings are compressed behind the lock; large ones are not copied under it either.
// Memory: what was preserved or removed and not collected yet, no copy of the data.
//
// Threads: begin() with all shards locked; step() and discard() by one thread at a time, with no lock held (but see
// Options::shards_are_locked); finish() by any one thread.
// Ownership: must be stepped to its end before it is destroyed, and before another begins.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "durability/rdb/piecewise_value.h"
#include "durability/rdb/writer.h"
#include "engine/graveyard.h"
#include "engine/keyspace.h"

namespace redstart {

class Snapshot final : public Preserver {
 public:
  // What is kept of how keys were used.
  enum class Usage : uint8_t { none, idle_time, frequency };
  struct Options {
    bool compress = true;
    Usage usage = Usage::none;
    int64_t now_ms = 0;  // at the cut
    Graveyard* graveyard = nullptr;  // for large collections that are removed meanwhile; null: freed on the spot
    bool shards_are_locked = false;  // by the thread that calls step(), all of them, until the end
  };

  Snapshot(Keyspace& keyspace, const Options& options);
  ~Snapshot() override;

  // The cut. REQUIRES: all shards are locked.
  void begin();
  // Appends the next keys to `out`, in pieces. False: there are no more.
  bool step(std::vector<UnfinishedRdb>& out);
  // Appends the keys of a piece to `out`, as they stand in a snapshot file: of one piece after the other.
  void finish(const UnfinishedRdb& piece, std::string& out) const;
  // Ends the snapshot without writing the rest.
  void discard();
  // Flushed tables that the snapshot is through with.
  std::vector<EntryTable> take_garbage() { return std::exchange(garbage_, {}); }

  uint64_t keys_total() const { return keys_total_; }
  uint64_t keys_written() const { return keys_written_.load(std::memory_order_relaxed); }
  // Preserved and not yet collected.
  size_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }

  void preserve(Shard& shard, int db, const Entry& entry) override;
  bool preserve_some(Shard& shard, int db, Entry& entry) override;
  bool takes_long(const Entry& entry) const override { return !discarding_ && is_large(entry); }
  bool take_over(Shard& shard, int db, Entry* entry) override;
  void take_over(Shard& shard, int db, EntryTable table) override;

 private:
  static constexpr size_t kHoldBytes = 32 * 1024;
  static constexpr size_t kHoldSteps = 256;
  static constexpr size_t kPreservedBytesMax = 16 * 1024;
  // After which the processor is offered to others. Else it would be taken, most often within a step, and who wants the
  // lock that is held then would wait for this thread's next turn.
  static constexpr size_t kStepsAtOnce = 8;

  struct Flushed {
    int db;
    EntryTable table;
  };
  // A collection that is being written in pieces. Its entry has the old epoch until the last of them.
  struct Opened {
    Entry* entry;
    PiecewiseValue value;
    int db;  // that of the cut
    std::vector<UnfinishedRdb> waiting = {};  // pieces, in their order
    bool is_complete = false;
    std::optional<int64_t> announced_bytes = {};  // to the graveyard, where it goes, since it was removed
  };
  struct Removed {
    size_t shard_index;
    Opened opened;
  };
  // Guarded by the shard's lock.
  struct Part {
    UnfinishedRdb preserved;
    int preserved_db = -1;
    std::vector<Flushed> flushed;
    std::optional<Opened> opened;  // by the walk
    std::vector<Opened> begun;     // by changes; few

    std::vector<Opened>::iterator find_begun(const Entry& entry) {
      return std::ranges::find(begun, &entry, &Opened::entry);
    }
  };

  void write(UnfinishedRdb& out, int& current_db, int db, const Entry& entry);
  // All but the value.
  void write_head(RdbWriter& writer, int& current_db, int db, const Entry& entry);
  static bool is_large(const Entry& entry);
  // Begins to write the entry, if it is large, for write_opened() to go on with. False: it is not.
  bool open(Shard& shard, int db, Entry& entry, UnfinishedRdb& out);
  // What a change or a removal begins with: the head of the entry.
  Opened begin_apart(int db, Entry& entry);
  // Adds the next piece to those that are waiting. False: that was the last one.
  bool write_piece(Opened& opened);
  // Adds all the rest.
  void write_rest(Opened& opened);
  // Goes on with what was removed. Nothing else may come between.
  void write_removed(std::vector<UnfinishedRdb>& out);
  // REQUIRES: the shard is locked.
  void bury(size_t shard_index, const Opened& removed);
  // What was begun by a change is all there.
  void collect(Part& part, std::vector<Opened>::iterator begun);
  // For the walk to collect at its next step.
  void hand_over(std::span<UnfinishedRdb> preserved);
  // The next pieces of what is open: a change's, or one of its own. Nothing else may come between.
  void write_opened(std::vector<UnfinishedRdb>& out);
  // False: the shard (table) is finished.
  bool walk_shard(Shard& shard, UnfinishedRdb& out);
  bool walk_table(Shard& shard, DatabaseShard& database, UnfinishedRdb& out);
  void write_flushed(Flushed flushed, UnfinishedRdb& out);
  // Appends to `out` what changes have preserved. False: nothing was waiting.
  bool take_waiting(std::vector<UnfinishedRdb>& out);
  // Turns to the next that was removed. False: there is none.
  bool take_removed();
  size_t index_of(const Shard& shard) const { return static_cast<size_t>(&shard - keyspace_.shards().data()); }
  Part& part_of(const Shard& shard) { return parts_[index_of(shard)]; }

  Keyspace& keyspace_;
  const Options options_;
  std::vector<Part> parts_;
  size_t next_shard_ = 0;
  bool has_opened_ = false;  // in the next shard
  int current_db_ = -1;      // that `out` is at; -1: unknown
  size_t steps_ = 0;
  bool discarding_ = false;
  uint64_t keys_total_ = 0;
  std::atomic<uint64_t> keys_written_{0};
  std::atomic<size_t> waiting_bytes_{0};
  std::vector<EntryTable> garbage_;
  std::optional<Removed> removed_;  // that is being written
  std::mutex waiting_mutex_;        // guards the following
  std::vector<UnfinishedRdb> waiting_;  // full preserved bytes of parts
  std::deque<Removed> waiting_removed_;
};

}  // namespace redstart
