#include "durability/log/unit.h"

#include "base/numbers.h"
#include "resp/command_text.h"

namespace redstart {
namespace {

constexpr std::string_view kMulti = "*1\r\n$5\r\nMULTI\r\n", kExec = "*1\r\n$4\r\nEXEC\r\n";
constexpr size_t kBytesKept = 64 * 1024;

}  // namespace

void LogUnit::add(int db, std::span<const std::string_view> words) {
  if (count_ == 0) {
    bytes_.assign(kMulti);
    first_db_ = db;
  } else if (db != last_db_) {
    char digits[24];
    const std::string_view select[] = {"SELECT", {digits, format_int64(db, digits)}};
    append_command(bytes_, select);
  }
  last_db_ = db;
  ++count_;
  append_command(bytes_, words);
}

std::string_view LogUnit::bytes() {
  if (count_ == 1) return std::string_view(bytes_).substr(kMulti.size());
  if (!is_closed_) bytes_.append(kExec);
  is_closed_ = true;
  return bytes_;
}

void LogUnit::clear() {
  if (bytes_.capacity() > kBytesKept) std::string().swap(bytes_);
  count_ = 0;
  is_closed_ = false;
}

}  // namespace redstart
