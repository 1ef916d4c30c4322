#include <algorithm>
#include <optional>

#include "durability/snapshot/file.h"
#include "durability/snapshot/walk.h"
#include "engine/access.h"
#include "engine/shard_locks.h"

namespace redstart {
namespace {

constexpr std::string_view kMagic = "REDIS";
constexpr uint64_t kProgressBytes = 2 * 1024 * 1024;

class Loader final : public SnapshotVisitor {
 public:
  Loader(Keyspace& keyspace, const SnapshotLoadOptions& options) : keyspace_(keyspace), options_(options) {}

  std::expected<SnapshotLoaded, std::string> run(ByteSource& source) {
    const auto walk = walk_snapshot(source, {.limits = *options_.limits, .checksum = options_.checksum}, *this);
    if (!walk) return std::unexpected(walk.error());
    loaded_.bytes = walk->bytes;
    return loaded_;
  }

  void on_aux(std::string_view name, std::string_view value) override {
    if (name == "aof-base") loaded_.is_log_base = value == "1";
  }

  void on_database(RdbReader& reader, uint64_t db) override {
    if (db < static_cast<uint64_t>(keyspace_.database_count())) return;
    reader.fail("database " + std::to_string(db) + ", where there are only " +
                std::to_string(keyspace_.database_count()) + " (see the directive `databases`)");
  }

  void on_function(RdbReader& reader, std::string_view code) override {
    if (!options_.on_function) return;
    if (const auto error = options_.on_function(code)) reader.fail("a library of functions cannot be loaded: " + *error);
  }

  void on_key(RdbReader& reader, const SnapshotKey& key) override {
    const uint64_t hash = Keyspace::hash(key.name);
    ShardLocks locks;
    locks.lock_one(keyspace_, Keyspace::shard_index(hash));
    Entry* entry = reader.value(key.type, key.name, {key.deadline_ms, access(key)});
    if (reader.failed()) {
      if (entry) Entry::destroy(entry);
    } else if (!entry) {
      ++loaded_.empty_keys;
    } else if (!options_.keeps_expired && entry->is_expired(options_.now_ms)) {
      ++loaded_.expired_keys;
      Entry::destroy(entry);
    } else if (keyspace_.insert(key.db, hash, entry)) {
      ++loaded_.keys;
    } else {
      Entry::destroy(entry);
      reader.fail("the key stands twice in database " + std::to_string(key.db) + ":");
    }
  }

  void on_progress(uint64_t bytes) override {
    if (!options_.on_progress || bytes - reported_bytes_ < kProgressBytes) return;
    reported_bytes_ = bytes;
    options_.on_progress(bytes);
  }

 private:
  uint32_t access(const SnapshotKey& key) const {
    const AccessPolicy policy{.lfu = options_.lfu};
    if (options_.lfu && key.frequency) return access_of_frequency(*key.frequency, options_.now_ms);
    if (!options_.lfu && key.idle_s) return access_of_idle_time(static_cast<int64_t>(*key.idle_s), options_.now_ms);
    return initial_access(policy, options_.now_ms);
  }

  Keyspace& keyspace_;
  const SnapshotLoadOptions& options_;
  uint64_t reported_bytes_ = 0;
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
