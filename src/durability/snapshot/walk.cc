#include "durability/snapshot/walk.h"

#include "durability/snapshot/file.h"

namespace redstart {
namespace {

constexpr int kChecksumVersionMin = 5;  // older files end without one

using rdb::Opcode;

class Walk {
 public:
  Walk(ByteSource& source, const SnapshotWalkOptions& options, SnapshotVisitor& visitor)
      : source_(source), options_(options), visitor_(visitor), reader_(source, options.limits) {}

  std::expected<SnapshotSeen, std::string> run() {
    read_head();
    while (!reader_.failed() && read_item()) visitor_.on_progress(source_.offset());
    if (!reader_.failed()) check_end();
    if (reader_.failed()) return std::unexpected(reader_.error());
    seen_.bytes = source_.offset();
    return seen_;
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
    visitor_.on_version(version_);
  }

  // False: the end.
  bool read_item() {
    const uint8_t code = reader_.byte();
    if (reader_.failed()) return false;
    switch (static_cast<Opcode>(code)) {
      case Opcode::end: return false;
      case Opcode::expire_ms: key_.deadline_ms = reader_.milliseconds(); return true;
      case Opcode::expire_s: key_.deadline_ms = reader_.seconds() * 1000; return true;
      case Opcode::frequency: key_.frequency = reader_.byte(); return true;
      case Opcode::idle: key_.idle_s = reader_.length(); return true;
      case Opcode::select_db: select_db(); return true;
      case Opcode::resize_db: read_sizes(); return true;
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
    if (reader_.failed()) return;
    if (db > INT32_MAX) return reader_.fail(std::to_string(db) + " is no number of a database");
    visitor_.on_database(reader_, db);
    key_.db = static_cast<int>(db);
  }

  void read_sizes() {
    const uint64_t keys = reader_.length();
    const uint64_t volatile_keys = reader_.length();
    if (!reader_.failed()) visitor_.on_sizes(key_.db, keys, volatile_keys);
  }

  void read_aux() {
    const std::string name = reader_.string_copy();
    const std::string_view value = reader_.string();
    if (!reader_.failed()) visitor_.on_aux(name, value);
  }

  void read_function() {
    const std::string_view code = reader_.string();
    if (!reader_.failed()) visitor_.on_function(reader_, code);
  }

  void read_key(rdb::ValueType type) {
    name_ = reader_.string();
    if (reader_.failed()) return;
    key_.name = name_;
    key_.type = type;
    visitor_.on_key(reader_, key_);
    const int db = key_.db;
    key_ = {};  // what was said of it is not said of the next one
    key_.db = db;
  }

  void check_end() {
    if (version_ < kChecksumVersionMin) return;
    const uint64_t computed = options_.checksum ? source_.checksum() : 0;
    const auto stored = static_cast<uint64_t>(reader_.milliseconds());
    seen_.has_checksum = stored != 0;
    if (reader_.failed() || !options_.checksum || stored == 0 || stored == computed) return;
    reader_.fail("the checksum is not that of the bytes before it:");
  }

  ByteSource& source_;
  const SnapshotWalkOptions& options_;
  SnapshotVisitor& visitor_;
  RdbReader reader_;
  int version_ = 0;
  std::string name_;
  SnapshotKey key_;  // what is said of the next one
  SnapshotSeen seen_;
};

}  // namespace

std::expected<SnapshotSeen, std::string> walk_snapshot(ByteSource& source, const SnapshotWalkOptions& options,
                                                       SnapshotVisitor& visitor) {
  return Walk(source, options, visitor).run();
}

}  // namespace redstart
