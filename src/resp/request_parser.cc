#include "resp/request_parser.h"

#include <cstring>

#include "base/numbers.h"
#include "base/quoted_words.h"

namespace redstart {
namespace {

constexpr int64_t kUnauthenticatedWordsMax = 10;
constexpr int64_t kUnauthenticatedBulkBytesMax = 16384;
constexpr int64_t kLargeBulkBytes = 32 * 1024;

}  // namespace

void RequestParser::restart() {
  position_ = 0;
  words_left_ = bulk_bytes_ = kUnknown;
  wanted_bytes_ = 0;
  extents_.clear();
}

RequestParser::Status RequestParser::fail(std::string text) {
  error_ = "Protocol error: " + std::move(text);
  restart();  // whoever looks at the same bytes again meets the error again
  return Status::error;
}

RequestParser::Line RequestParser::read_number(std::string_view buffer, int64_t& value,
                                               bool& valid) {
  const char* const begin = buffer.data() + position_ + 1;
  const char* const end = buffer.data() + buffer.size();
  // Nearly always a few digits and CR LF.
  const char* at = begin;
  int64_t number = 0;
  while (at < end && at - begin < 10 && static_cast<unsigned char>(*at - '0') < 10) {
    number = number * 10 + (*at++ - '0');
  }
  if (end - at >= 2 && *at == '\r' && at != begin && (*begin != '0' || at - begin == 1)) {
    value = number;
    valid = true;
  } else {
    at = static_cast<const char*>(std::memchr(begin, '\r', static_cast<size_t>(end - begin)));
    if (!at || at + 1 >= end) {
      return buffer.size() - position_ > kLineBytesMax ? Line::too_long : Line::missing;
    }
    const auto parsed = parse_int64({begin, static_cast<size_t>(at - begin)});
    valid = parsed.has_value();
    value = parsed.value_or(0);
  }
  position_ = static_cast<size_t>(at + 2 - buffer.data());
  return Line::found;
}

RequestParser::Status RequestParser::next_of_any(std::string_view buffer,
                                                 std::vector<std::string_view>& words,
                                                 size_t& length_bytes) {
  length_bytes = 0;
  wanted_bytes_ = 0;
  if (buffer.empty()) return Status::need_more;
  return buffer[0] == '*' ? next_array(buffer, words, length_bytes)
                          : next_inline(buffer, words, length_bytes);
}

namespace {

// Digits and CR LF at `at`, one to three digits without a leading zero; what they say goes to `number`.
// Returns what is behind them; null: it is something else. REQUIRES: five bytes are there.
const char* read_short_number(const char* at, size_t& number) {
  const auto digit = [at](size_t i) { return static_cast<unsigned>(at[i] - '0'); };
  number = digit(0);
  if (number > 9) return nullptr;
  if (at[1] == '\r') return at + 3;
  if (number == 0 || digit(1) > 9) return nullptr;
  number = number * 10 + digit(1);
  if (at[2] == '\r') return at + 4;
  if (digit(2) > 9 || at[3] != '\r') return nullptr;
  number = number * 10 + digit(2);
  return at + 5;
}

constexpr ptrdiff_t kHeadBytesMax = 6;  // $999 CR LF; an empty word has as many, with its own CR LF

}  // namespace

size_t RequestParser::read_short(std::string_view buffer, std::vector<std::string_view>& words) {
  const char* const end = buffer.data() + buffer.size();
  const char* at = buffer.data();
  const size_t first = words.size();
  const auto give_up = [&] { return words.resize(first), size_t{0}; };
  if (end - at < 4 + kHeadBytesMax || at[0] != '*' || at[2] != '\r') return 0;
  unsigned left = static_cast<unsigned>(at[1] - '0');
  if (left - 1 > 8) return 0;
  for (at += 4; left > 0; --left) {
    size_t size;
    if (end - at < kHeadBytesMax || *at != '$') return give_up();
    at = read_short_number(at + 1, size);
    if (!at || static_cast<size_t>(end - at) < size + 2) return give_up();
    words.emplace_back(at, size);
    at += size + 2;
  }
  return static_cast<size_t>(at - buffer.data());
}

RequestParser::Status RequestParser::next_inline(std::string_view buffer,
                                                 std::vector<std::string_view>& words,
                                                 size_t& length_bytes) {
  const size_t end = buffer.find('\n', position_);
  if (end == std::string_view::npos) {
    if (buffer.size() > kLineBytesMax) return fail("too big inline request");
    position_ = buffer.size();
    return Status::need_more;
  }
  position_ = 0;
  length_bytes = end + 1;
  std::string_view line = buffer.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto parts = split_quoted_words(line);
  if (!parts) {
    length_bytes = 0;
    return fail("unbalanced quotes in request");
  }
  for (std::string& part : *parts) {
    words.push_back(*inline_words_.emplace_back(std::make_unique<std::string>(std::move(part))));
  }
  return parts->empty() ? Status::empty : Status::command;
}

RequestParser::Status RequestParser::next_array(std::string_view buffer,
                                                std::vector<std::string_view>& words,
                                                size_t& length_bytes) {
  if (words_left_ == kUnknown) {
    int64_t count;
    bool valid;
    switch (read_number(buffer, count, valid)) {
      case Line::missing:
        return Status::need_more;
      case Line::too_long:
        return fail("too big mbulk count string");
      case Line::found:
        break;
    }
    if (!valid || count > std::numeric_limits<int32_t>::max())
      return fail("invalid multibulk length");
    if (limits_.unauthenticated && count > kUnauthenticatedWordsMax) {
      return fail("unauthenticated multibulk length");
    }
    if (count <= 0) {
      length_bytes = position_;
      restart();
      return Status::empty;
    }
    words_left_ = count;
  }
  const size_t first = words.size();
  for (const Extent& extent : extents_) words.push_back(buffer.substr(extent.offset, extent.size));
  const Status status = read_words(buffer, words);
  if (status == Status::need_more) return suspend(buffer, words, first);
  if (status == Status::command) length_bytes = position_;
  restart();
  return status;
}

RequestParser::Status RequestParser::read_words(std::string_view buffer,
                                                std::vector<std::string_view>& words) {
  while (words_left_ > 0) {
    if (bulk_bytes_ == kUnknown) {
      if (position_ >= buffer.size()) return Status::need_more;
      if (buffer[position_] != '$') {
        // A line that has not come in whole is waited for before it is found wrong, as in Redis.
        if (buffer.find('\r', position_) == std::string_view::npos) {
          if (buffer.size() - position_ > kLineBytesMax) return fail("too big bulk count string");
          return Status::need_more;
        }
        return fail(std::string("expected '$', got '") + buffer[position_] + "'");
      }
      int64_t size;
      bool valid;
      switch (read_number(buffer, size, valid)) {
        case Line::missing:
          return Status::need_more;
        case Line::too_long:
          return fail("too big bulk count string");
        case Line::found:
          break;
      }
      if (!valid || size < 0 || static_cast<uint64_t>(size) > limits_.bulk_bytes_max) {
        return fail("invalid bulk length");
      }
      if (limits_.unauthenticated && size > kUnauthenticatedBulkBytesMax) {
        return fail("unauthenticated bulk length");
      }
      bulk_bytes_ = size;
    }
    const auto size = static_cast<size_t>(bulk_bytes_);
    if (buffer.size() - position_ < size + 2) {
      if (bulk_bytes_ >= kLargeBulkBytes) wanted_bytes_ = position_ + size + 2;
      return Status::need_more;
    }
    words.push_back(buffer.substr(position_, size));
    position_ += size + 2;
    bulk_bytes_ = kUnknown;
    --words_left_;
  }
  return Status::command;
}

RequestParser::Status RequestParser::suspend(std::string_view buffer,
                                             std::vector<std::string_view>& words, size_t first) {
  for (size_t i = first + extents_.size(); i < words.size(); ++i) {
    extents_.push_back({static_cast<size_t>(words[i].data() - buffer.data()), words[i].size()});
  }
  words.resize(first);
  return Status::need_more;
}

}  // namespace redstart
