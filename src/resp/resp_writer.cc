#include "resp/resp_writer.h"

#include <cstring>

#include "base/numbers.h"

namespace redstart {
namespace {

constexpr size_t kHeaderBytesMax = 24;  // type, 20 digits, CR LF

// Writes "<type><number>\r\n" and returns its end.
char* write_header(char* at, char type, uint64_t number) {
  *at++ = type;
  if (number < 10) {
    *at++ = static_cast<char>('0' + number);
  } else if (number < 100) {
    *at++ = static_cast<char>('0' + number / 10);
    *at++ = static_cast<char>('0' + number % 10);
  } else {
    at += format_int64(static_cast<int64_t>(number), at);
  }
  *at++ = '\r';
  *at++ = '\n';
  return at;
}

}  // namespace

void RespWriter::header(char type, size_t count) {
  char* const begin = out_.reserve(kHeaderBytesMax);
  out_.commit(static_cast<size_t>(write_header(begin, type, count) - begin));
}

void RespWriter::line(char type, std::string_view text) {
  char* at = out_.reserve(text.size() + 3);
  *at++ = type;
  std::memcpy(at, text.data(), text.size());
  std::memcpy(at + text.size(), "\r\n", 2);
  out_.commit(text.size() + 3);
}

void RespWriter::integer(int64_t value) {
  char* const begin = out_.reserve(kHeaderBytesMax);
  char* at = begin;
  if (value >= 0) {
    at = write_header(at, ':', static_cast<uint64_t>(value));
  } else {
    *at++ = ':';
    at += format_int64(value, at);
    *at++ = '\r';
    *at++ = '\n';
  }
  out_.commit(static_cast<size_t>(at - begin));
}

void RespWriter::bulk(std::string_view bytes) {
  char* const begin = out_.reserve(bytes.size() + kHeaderBytesMax + 2);
  char* at = write_header(begin, '$', bytes.size());
  std::memcpy(at, bytes.data(), bytes.size());
  at += bytes.size();
  *at++ = '\r';
  *at++ = '\n';
  out_.commit(static_cast<size_t>(at - begin));
}

void RespWriter::shared_bulk(const SharedBytes& bytes) {
  if (bytes.size() < kSharedBytesMin) return bulk(bytes.view());
  header('$', bytes.size());
  out_.append(bytes);
  out_.append("\r\n");
}

void RespWriter::number(double value) {
  char text[kNumberTextBytes];
  const size_t size = format_double(value, text);
  is_resp3() ? line(',', {text, size}) : bulk({text, size});
}

void RespWriter::boolean(bool value) { is_resp3() ? line('#', value ? "t" : "f") : integer(value); }

void RespWriter::verbatim(std::string_view format, std::string_view text) {
  if (!is_resp3()) return bulk(text);
  header('=', text.size() + 4);
  out_.append(format.substr(0, 3));
  out_.append(":");
  out_.append(text);
  out_.append("\r\n");
}

// An error is one line: line breaks that it took over from arguments become spaces.
void RespWriter::write_error(std::string_view text) {
  char* at = out_.reserve(text.size() + 3);
  *at++ = '-';
  for (const char c : text) *at++ = c == '\r' || c == '\n' ? ' ' : c;
  std::memcpy(at, "\r\n", 2);
  out_.commit(text.size() + 3);
}

}  // namespace redstart
