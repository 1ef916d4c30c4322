#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/heap.h"
#include "base/lanes.h"
#include "durability/snapshot/file.h"
#include "durability/snapshot/walk.h"
#include "engine/access.h"
#include "engine/prefetch.h"
#include "engine/shard_locks.h"

namespace redstart {
namespace {

constexpr std::string_view kMagic = "REDIS";
constexpr uint64_t kProgressBytes = 2 * 1024 * 1024;
constexpr size_t kBatchBytes = 64 * 1024, kBatchRecords = 512;
constexpr size_t kPrefetched = 32;
constexpr uint64_t kKeyBytes = 16;  // of a file, for a key; smaller ones are rare
constexpr uint64_t kRoomMin = 8 * Keyspace::kShards;

void fail_twice(RdbReader& reader, int db) {
  reader.fail(repeated_key_text(db) + ":");
}

// A key on its way into the store.
struct Record {
  SnapshotKey key;         // but for the name
  uint64_t hash;
  uint32_t access;
  uint32_t name_size, value_size;  // of what stands in the batch
  Entry* entry;            // a value that was too large for a batch, and is read already; null: it stands there
  int64_t entry_bytes;     // what that takes
  uint64_t offset;         // of the value within the file, or behind it, if it is read already
};

struct Batch {
  std::string bytes;  // names and values
  std::vector<Record> records;
  bool is_full() const { return bytes.size() >= kBatchBytes || records.size() >= kBatchRecords; }
  void clear() {
    bytes.clear();
    records.clear();
  }
};

struct Mistake {
  uint64_t offset;
  std::string what;
};

// What is said of a key, beside its value, turned into what the store knows of it.
class Accesses {
 public:
  explicit Accesses(const SnapshotLoadOptions& options)
      : lfu_(options.lfu), now_ms_(options.now_ms), initial_(initial_access({.lfu = lfu_}, now_ms_)) {}

  uint32_t of(const SnapshotKey& key) const {
    if (lfu_ && key.frequency) return access_of_frequency(*key.frequency, now_ms_);
    if (!lfu_ && key.idle_s) return access_of_idle_time(static_cast<int64_t>(*key.idle_s), now_ms_);
    return initial_;
  }

 private:
  const bool lfu_;
  const int64_t now_ms_;
  const uint32_t initial_;
};

// Reads values and puts them into the store, for one thread at a time. A value is read before its shard is locked, so
// that several threads, which meet in the same shards, hardly ever wait for each other.
class Inserter {
 public:
  Inserter(Keyspace& keyspace, const SnapshotLoadOptions& options) : keyspace_(keyspace), options_(options) {}

  void work_off(Batch& batch) {
    if (!mistake_) insert_all(batch);
    for (size_t i = done_; i < batch.records.size(); ++i) {
      if (batch.records[i].entry) discard(batch.records[i].entry);
    }
    done_ = 0;
    batch.clear();
  }
  // Reads the value that `reader` stands before. Null: it is empty, or broken.
  Entry* read(RdbReader& reader, const SnapshotKey& key, uint32_t access, int64_t& entry_bytes) {
    const heap::AccountScope scope(account_);
    const int64_t before = account_.used_bytes.load(std::memory_order_relaxed);
    Entry* entry = reader.value(key.type, key.name, {key.deadline_ms, access});
    if (entry && reader.failed()) Entry::destroy(std::exchange(entry, nullptr));
    entry_bytes = account_.used_bytes.load(std::memory_order_relaxed) - before;
    if (!entry && !reader.failed()) ++loaded_.empty_keys;
    return entry;
  }
  // Takes the entry over. False: its key is there already.
  bool insert(int db, uint64_t hash, Entry* entry, int64_t entry_bytes) {
    if (!options_.keeps_expired && entry->is_expired(options_.now_ms)) {
      ++loaded_.expired_keys;
      discard(entry);
      return true;
    }
    ShardLocks locks;
    if (!options_.shards_are_locked) locks.lock_one(keyspace_, Keyspace::shard_index(hash));
    heap::charge(entry_bytes);  // now it is the shard's
    if (keyspace_.insert(db, hash, entry) || take_place(db, hash, entry)) {
      ++loaded_.keys;
      return true;
    }
    Entry::destroy(entry);
    return false;
  }

  const SnapshotLoaded& loaded() const { return loaded_; }
  const std::optional<Mistake>& mistake() const { return mistake_; }

 private:
  bool take_place(int db, uint64_t hash, Entry* entry) {
    if (!options_.on_duplicate) return false;
    options_.on_duplicate(db, entry->key());
    return keyspace_.insert(db, hash, entry);
  }

  void insert_all(Batch& batch) {
    std::string_view bytes = batch.bytes;
    std::array<uint64_t, kPrefetched> hashes;
    for (Record& record : batch.records) {
      if (done_ % kPrefetched == 0) prefetch_from(batch.records, hashes);
      record.key.name = bytes.substr(0, record.name_size);
      const std::string_view value = bytes.substr(record.name_size, record.value_size);
      bytes.remove_prefix(record.name_size + record.value_size);
      ++done_;
      if (!insert(record, value)) return;
    }
  }

  void prefetch_from(std::span<const Record> records, std::span<uint64_t> hashes) {
    const auto next = records.subspan(done_, std::min(kPrefetched, records.size() - done_));
    std::ranges::transform(next, hashes.begin(), &Record::hash);
    // Nearly always they are all of one database.
    prefetch(keyspace_, next.front().key.db, hashes.first(next.size()), Locking::by_prefetch);
  }

  bool insert(Record& record, std::string_view value) {
    ByteSource source(value, record.offset);
    RdbReader reader(source, *options_.limits);
    Entry* entry = record.entry;
    if (!entry) entry = read(reader, record.key, record.access, record.entry_bytes);
    assert(record.entry || reader.failed() || source.bytes_left() == 0);
    if (entry && !insert(record.key.db, record.hash, entry, record.entry_bytes)) fail_twice(reader, record.key.db);
    if (reader.failed()) mistake_ = Mistake{record.offset, reader.error()};
    return !reader.failed();
  }

  void discard(Entry* entry) {
    const heap::AccountScope scope(account_);
    Entry::destroy(entry);
  }

  Keyspace& keyspace_;
  const SnapshotLoadOptions& options_;
  heap::MemoryAccount account_;  // of what is in no shard yet
  size_t done_ = 0;              // records of the present batch
  std::optional<Mistake> mistake_;  // the first; nothing is inserted behind it
  SnapshotLoaded loaded_;
};

// Reads the values, or cuts them out and hands them to threads. What has one key goes to one thread, so the second of
// two is always the one that is refused.
class Loader final : public SnapshotVisitor {
 public:
  Loader(Keyspace& keyspace, const SnapshotLoadOptions& options)
      : keyspace_(keyspace), options_(options), accesses_(options), own_(keyspace, options) {
    for (size_t i = 0; i == 0 || i < options.threads; ++i) {
      inserters_.push_back(std::make_unique<Inserter>(keyspace, options));
    }
    lanes_ = std::make_unique<Lanes<Batch>>(options.threads, [this](size_t lane, Batch& batch) {
      inserters_[lane]->work_off(batch);
      if (inserters_[lane]->mistake()) is_over_.store(true, std::memory_order_relaxed);
    });
  }

  std::expected<SnapshotLoaded, std::string> run(ByteSource& source) {
    room_left_ = source.bytes_left() / kKeyBytes;
    auto walk = walk_snapshot(source, {.limits = *options_.limits, .checksum = options_.checksum}, *this);
    lanes_->settle();
    // Whatever the walk met stands behind all that it has handed out.
    if (const auto mistake = first_mistake()) return std::unexpected(mistake->what);
    if (!walk) return std::unexpected(walk.error());
    loaded_.bytes = walk->bytes;
    add(own_);
    for (const auto& inserter : inserters_) add(*inserter);
    return loaded_;
  }

  void on_aux(std::string_view name, std::string_view value) override {
    if (name == "aof-base") loaded_.is_log_base = value == "1";
    if (options_.on_aux) options_.on_aux(name, value);
  }

  void on_database(RdbReader& reader, uint64_t db) override {
    if (db < static_cast<uint64_t>(keyspace_.database_count())) return;
    reader.fail("database " + std::to_string(db) + ", where there are only " +
                std::to_string(keyspace_.database_count()) + " (see the directive `databases`)");
  }

  void on_sizes(int db, uint64_t keys, uint64_t volatile_keys) override {
    // Some of the latter may have expired. A file cannot have more than it has bytes for, whatever it says.
    if (!options_.keeps_expired) keys -= std::min(keys, volatile_keys);
    const uint64_t room = std::min(keys, room_left_);
    if (room < kRoomMin || options_.shards_are_locked) return;
    keyspace_.make_room(db, room);
    room_left_ -= room;
  }

  void on_function(RdbReader& reader, std::string_view code) override {
    if (!options_.on_function) return;
    if (const auto error = options_.on_function(code))
      reader.fail(bad_library_text(*error));
  }

  void on_key(RdbReader& reader, const SnapshotKey& key) override {
    const uint64_t hash = Keyspace::hash(key.name);
    if (lanes_->has_threads()) return hand_out(reader, key, hash);
    int64_t entry_bytes;
    Entry* entry = own_.read(reader, key, accesses_.of(key), entry_bytes);
    if (entry && !own_.insert(key.db, hash, entry, entry_bytes)) fail_twice(reader, key.db);
  }

  void on_progress(uint64_t bytes) override {
    if (!options_.on_progress || bytes - reported_bytes_ < kProgressBytes) return;
    reported_bytes_ = bytes;
    options_.on_progress(bytes);
  }

 private:
  void hand_out(RdbReader& reader, const SnapshotKey& key, uint64_t hash) {
    if (is_over_.load(std::memory_order_relaxed)) return reader.fail("stopped");  // first_mistake() tells why
    Record record{.key = key, .hash = hash, .access = accesses_.of(key), .name_size = 0, .value_size = 0,
                  .entry = nullptr, .entry_bytes = 0, .offset = reader.offset()};
    const size_t lane = lanes_->lane_of(hash);
    Batch& batch = lanes_->filling(lane);
    if (const auto value = reader.pass_over(key.type)) {
      record.name_size = static_cast<uint32_t>(key.name.size());
      record.value_size = static_cast<uint32_t>(value->size());
      batch.bytes.append(key.name).append(*value);
    } else {
      record.entry = own_.read(reader, key, record.access, record.entry_bytes);
      if (!record.entry) return;
      record.offset = reader.offset();
    }
    batch.records.push_back(record);
    if (batch.is_full()) lanes_->send(lane);
  }

  std::optional<Mistake> first_mistake() const {
    std::optional<Mistake> first;
    for (const auto& inserter : inserters_) {
      const auto& mistake = inserter->mistake();
      if (mistake && (!first || mistake->offset < first->offset)) first = mistake;
    }
    return first;
  }

  void add(const Inserter& inserter) {
    loaded_.keys += inserter.loaded().keys;
    loaded_.expired_keys += inserter.loaded().expired_keys;
    loaded_.empty_keys += inserter.loaded().empty_keys;
  }

  Keyspace& keyspace_;
  const SnapshotLoadOptions& options_;
  const Accesses accesses_;
  Inserter own_;
  std::vector<std::unique_ptr<Inserter>> inserters_;  // by lane
  std::atomic<bool> is_over_{false};                  // one of them has met a mistake
  std::unique_ptr<Lanes<Batch>> lanes_;               // the last: its threads use what is above
  uint64_t room_left_ = 0, reported_bytes_ = 0;
  SnapshotLoaded loaded_;
};

}  // namespace

bool is_snapshot(std::string_view first_bytes) {
  return first_bytes.size() >= kSnapshotHeadBytes && first_bytes.starts_with(kMagic) &&
         std::ranges::all_of(first_bytes.substr(kMagic.size(), 4), [](char c) { return c >= '0' && c <= '9'; });
}

std::expected<SnapshotLoaded, std::string> load_snapshot(ByteSource& source, Keyspace& keyspace,
                                                         const SnapshotLoadOptions& options) {
  return Loader(keyspace, options).run(source);
}

}  // namespace redstart
