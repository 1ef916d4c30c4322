#include "durability/convert/sinks.h"

#include "base/crc64.h"
#include "durability/convert/entry_commands.h"
#include "durability/convert/json_lines.h"
#include "durability/rdb/writer.h"
#include "resp/command_text.h"

namespace redstart {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

}  // namespace

DiskResult<void> DataSink::flush() {
  on_flush();
  auto written = file_.append(buffer_);
  bytes_ += buffer_.size();
  buffer_.clear();
  return written;
}

DiskResult<void> DataSink::add_function(std::string_view code) {
  write_function(code);
  return {};
}

DiskResult<void> DataSink::add_key(int db, const Entry& entry) {
  write_key(db, entry);
  if (buffer_.size() < kBufferBytes) return {};
  return flush();
}

DiskResult<void> DataSink::finish() {
  write_end();
  return flush();
}

// --- Snapshots

void SnapshotSink::write_head() {
  if (!has_head_) append_snapshot_head(buffer_, head_);
  has_head_ = true;
}

void SnapshotSink::write_key(int db, const Entry& entry) {
  write_head();
  RdbWriter writer(buffer_, true);
  if (db != db_) {
    writer.opcode(rdb::Opcode::select_db);
    writer.length(static_cast<uint64_t>(db));
    db_ = db;
  }
  if (entry.has_deadline()) {
    writer.opcode(rdb::Opcode::expire_ms);
    writer.milliseconds(entry.deadline_ms());
  }
  writer.type(RdbWriter::type_of(entry));
  writer.string(entry.key());
  writer.value(entry);
}

void SnapshotSink::on_flush() { checksum_ = crc64(checksum_, buffer_); }

void SnapshotSink::write_end() {
  write_head();
  buffer_.push_back(static_cast<char>(rdb::Opcode::end));
  const uint64_t checksum = crc64(checksum_, buffer_);
  buffer_.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
}

// --- Commands

void CommandSink::write_function(std::string_view code) {
  const std::string_view words[] = {"FUNCTION", "LOAD", code};
  append_command(buffer_, words);
}

void CommandSink::write_key(int db, const Entry& entry) {
  if (db != db_) {
    const std::string number = std::to_string(db);
    const std::string_view words[] = {"SELECT", number};
    append_command(buffer_, words);
    db_ = db;
  }
  for_each_command_of(entry, [this](std::span<const std::string_view> words) { append_command(buffer_, words); });
}

// --- JSON lines

void JsonSink::write_function(std::string_view code) { buffer_ += json_line_of_function(code); }

void JsonSink::write_key(int db, const Entry& entry) { buffer_ += json_line_of(db, entry); }

}  // namespace redstart
