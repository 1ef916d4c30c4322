#include "durability/log/unit.h"

#include <cstring>

#include "base/numbers.h"

namespace redstart {
namespace {

constexpr std::string_view kMulti = "*1\r\n$5\r\nMULTI\r\n", kExec = "*1\r\n$4\r\nEXEC\r\n";
constexpr size_t kHeadBytesMax = 24;  // a type byte, a number, a line end
constexpr size_t kBytesKept = 64 * 1024;

char* write_head(char* at, char type, size_t number) {
  *at++ = type;
  if (number < 10) {
    *at++ = static_cast<char>('0' + number);
  } else {
    at += format_int64(static_cast<int64_t>(number), at);
  }
  *at++ = '\r';
  *at++ = '\n';
  return at;
}

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> words) {
  const size_t old_size = out.size();
  size_t most = kHeadBytesMax;
  for (const std::string_view word : words) most += kHeadBytesMax + word.size() + 2;
  out.resize_and_overwrite(old_size + most, [&](char* data, size_t) {
    char* at = write_head(data + old_size, '*', words.size());
    for (const std::string_view word : words) {
      at = write_head(at, '$', word.size());
      std::memcpy(at, word.data(), word.size());
      at += word.size();
      *at++ = '\r';
      *at++ = '\n';
    }
    return static_cast<size_t>(at - data);
  });
}

void LogUnit::add(int db, std::span<const std::string_view> words) {
  if (count_ == 0) {
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
  bytes_.assign(kMulti);
  count_ = 0;
  is_closed_ = false;
}

}  // namespace redstart
