#include "types/string/commands/hyperloglog_value.h"

#include <cstring>

namespace redstart {
namespace {

// The bytes of an entry that may be a HyperLogLog: an integer is none.
std::string_view bytes_of(const Entry& entry) {
  NumberBuffer unused;
  return entry.encoding() == Encoding::int_ ? std::string_view() : entry.text(unused);
}

bool check_header(CommandContext& c, const Entry& entry) {
  if (hyperloglog::is_valid(bytes_of(entry))) return true;
  c.reply().error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return false;
}

}  // namespace

ReadSketch read_sketch(CommandContext& c, std::string_view key) {
  const Read read = c.read(key, Type::string);
  if (read.wrong_type) return {.failed = true};
  if (!read) return {};
  if (!check_header(c, *read.entry)) return {.failed = true};
  return {.exists = true, .value = bytes_of(*read.entry)};
}

bool holds_sketch(CommandContext& c, const Edit& edit) {
  if (edit.wrong_type()) return false;
  return !edit.exists() || check_header(c, *edit.entry());
}

void store_sketch(Edit& edit, std::string_view value) {
  if (hyperloglog::is_dense(value) && !edit.resize_text_in_place(value.size())) {
    // It will not grow any more: no room is reserved.
    return edit.set_shared_text(SharedBytes::copy(value), edit.deadline_ms());
  }
  std::memcpy(edit.resize_text(value.size()), value.data(), value.size());
}

void reply_corrupt_sketch(CommandContext& c) {
  c.reply().error("INVALIDOBJ Corrupted HLL object detected");
}

}  // namespace redstart
