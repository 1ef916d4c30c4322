#include <algorithm>
#include <optional>

#include "durability/rdb/reader.h"
#include "durability/snapshot/file.h"
#include "engine/access.h"
#include "engine/shard_locks.h"

namespace redstart {
namespace {

constexpr std::string_view kMagic = "REDIS";
constexpr int kChecksumVersionMin = 5;  // older files end without one
constexpr uint64_t kProgressBytes = 2 * 1024 * 1024;

using rdb::Opcode;

class Loader {
 public:
  Loader(ByteSource& source, Keyspace& keyspace, const SnapshotLoadOptions& options)
      : source_(source), reader_(source, *options.limits), keyspace_(keyspace), options_(options) {}

  std::expected<SnapshotLoaded, std::string> run() {
    read_head();
    while (!reader_.failed() && read_item()) report_progress();
    if (!reader_.failed()) check_end();
    if (reader_.failed()) return std::unexpected(reader_.error());
    loaded_.bytes = source_.offset();
    return loaded_;
  }

 private:
  void read_head() {
    const std::string_view head = source_.peek(kSnapshotHeadBytes);
    if (!is_snapshot(head)) return reader_.fail("this is no snapshot: it does not begin with REDIS and a version");
    version_ = (head[5] - '0') * 1000 + (head[6] - '0') * 100 + (head[7] - '0') * 10 + (head[8] - '0');
    if (version_ < 1 || version_ > rdb::kVersionMax) {
      return reader_.fail("version " + std::to_string(version_) + " of the format is not known here, only 1 to " +
                          std::to_string(rdb::kVersionMax));
    }
    source_.skip(kSnapshotHeadBytes);
  }

  // False: the end.
  bool read_item() {
    const uint8_t code = reader_.byte();
    switch (static_cast<Opcode>(code)) {
      case Opcode::end: return false;
      case Opcode::expire_ms: deadline_ms_ = reader_.milliseconds(); return true;
      case Opcode::expire_s: deadline_ms_ = static_cast<int64_t>(reader_.word()) * 1000; return true;
      case Opcode::frequency: frequency_ = reader_.byte(); return true;
      case Opcode::idle: idle_s_ = reader_.length(); return true;
      case Opcode::select_db: select_db(); return true;
      case Opcode::resize_db: reader_.length(), reader_.length(); return true;
      case Opcode::slot_info: reader_.length(), reader_.length(), reader_.length(); return true;
      case Opcode::aux: read_aux(); return true;
      case Opcode::function_2: read_function(); return true;
      case Opcode::function_pre_release:
        reader_.fail("functions in a form that only release candidates of Redis 7.0 wrote");
        return false;
      case Opcode::module_aux: reader_.fail("data of a module, which only that module can read"); return false;
    }
    read_key(static_cast<rdb::ValueType>(code));
    return true;
  }

  void select_db() {
    const uint64_t db = reader_.length();
    if (db >= static_cast<uint64_t>(keyspace_.database_count())) {
      return reader_.fail("database " + std::to_string(db) + ", where there are only " +
                          std::to_string(keyspace_.database_count()) + " (see the directive `databases`)");
    }
    db_ = static_cast<int>(db);
  }

  void read_aux() {
    const std::string name = reader_.string_copy();
    const std::string_view value = reader_.string();
    if (name == "aof-base") loaded_.is_log_base = value == "1";
  }

  void read_function() {
    const std::string_view code = reader_.string();
    if (reader_.failed() || !options_.on_function) return;
    if (const auto error = options_.on_function(code)) reader_.fail("a library of functions cannot be loaded: " + *error);
  }

  uint32_t access() const {
    const AccessPolicy policy{.lfu = options_.lfu};
    if (options_.lfu && frequency_) return access_of_frequency(*frequency_, options_.now_ms);
    if (!options_.lfu && idle_s_) return access_of_idle_time(static_cast<int64_t>(*idle_s_), options_.now_ms);
    return initial_access(policy, options_.now_ms);
  }

  void read_key(rdb::ValueType type) {
    key_ = reader_.string();
    if (reader_.failed()) return;
    const uint64_t hash = Keyspace::hash(key_);
    ShardLocks locks;
    locks.lock_one(keyspace_, Keyspace::shard_index(hash));
    Entry* entry = reader_.value(type, key_, {deadline_ms_, access()});
    if (reader_.failed()) {
      if (entry) Entry::destroy(entry);
      return;
    }
    if (!entry) {
      ++loaded_.empty_keys;
    } else if (!options_.keeps_expired && entry->is_expired(options_.now_ms)) {
      ++loaded_.expired_keys;
      Entry::destroy(entry);
    } else if (keyspace_.insert(db_, hash, entry)) {
      ++loaded_.keys;
    } else {
      Entry::destroy(entry);
      return reader_.fail("the key stands twice in database " + std::to_string(db_) + ":");
    }
    deadline_ms_ = kNoDeadline;
    frequency_.reset();
    idle_s_.reset();
  }

  void check_end() {
    if (version_ < kChecksumVersionMin) return;
    const uint64_t computed = options_.checksum ? source_.checksum() : 0;
    const auto stored = static_cast<uint64_t>(reader_.milliseconds());
    if (reader_.failed() || !options_.checksum || stored == 0 || stored == computed) return;
    reader_.fail("the checksum is not that of the bytes before it:");
  }

  void report_progress() {
    if (!options_.on_progress || source_.offset() - reported_bytes_ < kProgressBytes) return;
    reported_bytes_ = source_.offset();
    options_.on_progress(reported_bytes_);
  }

  ByteSource& source_;
  RdbReader reader_;
  Keyspace& keyspace_;
  const SnapshotLoadOptions& options_;
  int version_ = 0;
  int db_ = 0;
  std::string key_;
  // Said before the key that they are about.
  int64_t deadline_ms_ = kNoDeadline;
  std::optional<uint8_t> frequency_;
  std::optional<uint64_t> idle_s_;
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
  return Loader(source, keyspace, options).run();
}

}  // namespace redstart
