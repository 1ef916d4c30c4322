#include "resp/reply_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/numbers.h"
#include "base/quoted_words.h"

namespace redstart {
namespace {

constexpr size_t kReadBytes = 16 * 1024;
constexpr size_t kReadBytesMax = 1024 * 1024;
// A buffer that a large value has grown is given back beyond this size.
constexpr size_t kKeptBytesMax = 1024 * 1024;
constexpr int64_t kReservedElementsMax = 1024;

std::string printable(std::string_view bytes) {
  constexpr size_t kShownBytesMax = 32;
  if (bytes.size() <= kShownBytesMax) return quote(bytes);
  return quote(bytes.substr(0, kShownBytesMax)) + "...";
}

bool is_big_number(std::string_view digits) {
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  return !digits.empty() &&
         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+') text.remove_prefix(1);
  return parse_int64(text);
}

}  // namespace

std::span<char> ReplyParser::prepare(size_t bytes) {
  if (begin_ == end_) {
    dropped_bytes_ += begin_;
    begin_ = end_ = scanned_ = 0;
    if (capacity_ > kKeptBytesMax && bytes <= kReadBytes) {
      buffer_.reset();
      capacity_ = 0;
    }
  }
  if (capacity_ - end_ < bytes) {
    const size_t held = end_ - begin_;
    // Moving costs as much as was parsed since the last move, or the buffer doubles: linear either
    // way.
    if (held + bytes > capacity_ || begin_ < held) {
      const size_t capacity = std::max({held + bytes, capacity_ * 2, kReadBytes});
      auto buffer = std::make_unique_for_overwrite<char[]>(capacity);
      if (held > 0) std::memcpy(buffer.get(), buffer_.get() + begin_, held);
      buffer_ = std::move(buffer);
      capacity_ = capacity;
    } else {
      std::memmove(buffer_.get(), buffer_.get() + begin_, held);
    }
    dropped_bytes_ += begin_;
    scanned_ -= std::min(scanned_, begin_);
    begin_ = 0;
    end_ = held;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void ReplyParser::feed(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

size_t ReplyParser::wanted_bytes() const {
  if (bulk_type_ == 0) return kReadBytes;
  const size_t held = end_ - begin_;
  const size_t missing = static_cast<size_t>(bulk_bytes_) + 2 - std::min<size_t>(held, bulk_bytes_);
  return std::clamp(missing, kReadBytes, kReadBytesMax);
}

void ReplyParser::reset() {
  begin_ = end_ = scanned_ = 0;
  dropped_bytes_ = 0;
  bulk_type_ = 0;
  open_.clear();
  failure_.reset();
}

result<std::optional<Reply>> ReplyParser::next() {
  while (!failure_) {
    Reply element;
    switch (parse_element(element)) {
      case Step::more_needed:
        return std::optional<Reply>();
      case Step::opened:
        break;
      case Step::failed:
        break;
      case Step::element:
        if (auto finished = close_finished(std::move(element))) return finished;
        break;
    }
  }
  return std::unexpected(*failure_);
}

std::optional<Reply> ReplyParser::close_finished(Reply element) {
  while (!open_.empty()) {
    Open& innermost = open_.back();
    innermost.reply.elements().push_back(std::move(element));
    if (--innermost.missing > 0) return std::nullopt;
    const bool is_attribute = innermost.is_attribute;
    element = std::move(innermost.reply);
    open_.pop_back();
    // What the attribute is about follows it in its place.
    if (is_attribute) return std::nullopt;
  }
  return element;
}

ReplyParser::Step ReplyParser::parse_element(Reply& element) {
  if (bulk_type_ != 0) return parse_bulk(element);
  const auto line = take_line();
  if (!line) return failure_ ? Step::failed : Step::more_needed;
  if (line->empty()) return fail("an empty line where a reply should begin");
  const char type = line->front();
  const std::string_view rest = line->substr(1);
  switch (type) {
    case '$':
    case '=':
    case '!':
      return begin_bulk(type, rest, element);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      return begin_aggregate(type, rest, element);
    default:
      return parse_line(type, rest, element);
  }
}

ReplyParser::Step ReplyParser::parse_line(char type, std::string_view line, Reply& element) {
  switch (type) {
    case '+':
      element = Reply::simple(std::string(line));
      return Step::element;
    case '-':
      element = Reply::error(std::string(line));
      return Step::element;
    case ':': {
      const auto value = parse_integer(line);
      if (!value) return fail("not a 64-bit integer: " + printable(line));
      element = Reply::integer(*value);
      return Step::element;
    }
    case '_':
      if (!line.empty()) return fail("bytes after a null: " + printable(line));
      return Step::element;
    case '#':
      if (line != "t" && line != "f") return fail("not a boolean: " + printable(line));
      element = Reply::boolean(line == "t");
      return Step::element;
    case ',': {
      const auto value = parse_double(line);
      if (!value) return fail("not a double: " + printable(line));
      element = Reply::number(*value);
      return Step::element;
    }
    case '(':
      if (!is_big_number(line)) return fail("not a big number: " + printable(line));
      element = Reply::text_of(Reply::Type::big_number, std::string(line));
      return Step::element;
    default:
      return fail("no reply begins with " + printable({&type, 1}));
  }
}

ReplyParser::Step ReplyParser::begin_bulk(char type, std::string_view line, Reply& element) {
  if (type == '$' && line == "-1") {
    element = Reply::null();
    return Step::element;
  }
  const auto bytes = parse_length(line, limits_.bulk_bytes_max, "the length of a bulk string");
  if (!bytes) return Step::failed;
  if (type == '=' && *bytes < 4) return fail("a verbatim string without its format");
  bulk_type_ = type;
  bulk_bytes_ = *bytes;
  return parse_bulk(element);
}

ReplyParser::Step ReplyParser::parse_bulk(Reply& element) {
  const size_t size = static_cast<size_t>(bulk_bytes_);
  if (end_ - begin_ < size + 2) return Step::more_needed;
  const char* const bytes = buffer_.get() + begin_;
  if (bytes[size] != '\r' || bytes[size + 1] != '\n') {
    return fail("a bulk string of " + std::to_string(size) + " bytes that goes on with " +
                printable({bytes + size, 2}));
  }
  if (bulk_type_ == '$') {
    element = Reply::bulk(std::string(bytes, size));
  } else if (bulk_type_ == '!') {
    element = Reply::error(std::string(bytes, size));
  } else {
    if (bytes[3] != ':') return fail("a verbatim string without its format");
    element = Reply::text_of(Reply::Type::verbatim, std::string(bytes + 4, size - 4));
  }
  begin_ += size + 2;
  scanned_ = begin_;
  bulk_type_ = 0;
  return Step::element;
}

ReplyParser::Step ReplyParser::begin_aggregate(char type, std::string_view line, Reply& element) {
  if (type == '*' && line == "-1") {
    element = Reply::null_array();
    return Step::element;
  }
  auto count = parse_length(line, limits_.elements_max, "the length of an aggregate");
  if (!count) return Step::failed;
  Reply::Type reply_type = Reply::Type::array;
  if (type == '%' || type == '|') {
    reply_type = Reply::Type::map;
    *count *= 2;
  } else if (type == '~') {
    reply_type = Reply::Type::set;
  } else if (type == '>') {
    if (!open_.empty()) return fail("a push inside of another reply");
    if (*count == 0) return fail("a push without its kind");
    reply_type = Reply::Type::push;
  }
  if (*count == 0) {
    if (type == '|') return Step::opened;
    element = Reply::aggregate(reply_type);
    return Step::element;
  }
  if (open_.size() >= limits_.nesting_max) {
    return fail("aggregates nested more than " + std::to_string(limits_.nesting_max) + " deep");
  }
  Reply reply = Reply::aggregate(reply_type);
  reply.elements().reserve(static_cast<size_t>(std::min(*count, kReservedElementsMax)));
  open_.push_back({std::move(reply), *count, type == '|'});
  return Step::opened;
}

std::optional<std::string_view> ReplyParser::take_line() {
  const size_t from = std::max(scanned_, begin_);
  const char* const start = buffer_.get();
  const void* const found = end_ > from ? std::memchr(start + from, '\n', end_ - from) : nullptr;
  const size_t line_end =
      found ? static_cast<size_t>(static_cast<const char*>(found) - start) : end_;
  if (line_end - begin_ > limits_.line_bytes_max) {
    fail("a line of more than " + std::to_string(limits_.line_bytes_max) + " bytes");
    return std::nullopt;
  }
  if (!found) {
    scanned_ = end_;
    return std::nullopt;
  }
  const std::string_view line(start + begin_, line_end - begin_);
  if (!line.ends_with('\r')) {
    fail("a line that does not end with CR LF: " + printable(line));
    return std::nullopt;
  }
  begin_ = scanned_ = line_end + 1;
  return line.substr(0, line.size() - 1);
}

std::optional<int64_t> ReplyParser::parse_length(std::string_view text, int64_t max,
                                                 std::string_view what) {
  if (text == "?") {
    fail("streamed replies are not supported");
    return std::nullopt;
  }
  const auto length = parse_integer(text);
  if (!length || *length < 0) {
    fail(std::string(what) + " is " + printable(text));
    return std::nullopt;
  }
  if (*length > max) {
    fail(std::string(what) + ", " + std::to_string(*length) + ", is above the limit of " +
         std::to_string(max));
    return std::nullopt;
  }
  return length;
}

ReplyParser::Step ReplyParser::fail(std::string message) {
  failure_ = Error{ErrorCode::protocol, Outcome::unknown,
                   "the server's reply is not RESP: " + std::move(message) + " (before byte " +
                       std::to_string(dropped_bytes_ + begin_) + " of the connection)"};
  return Step::failed;
}

}  // namespace redstart
