// ReplyScanner: counts the replies of a server without making values of them.
//
// Threads: thread-compatible.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace load {

struct ReplyCounts {
  uint64_t replies = 0;
  uint64_t nulls = 0;
  uint64_t errors = 0;
  std::string first_error;
};

// Counts complete replies in a stream of bytes that may be cut anywhere.
class ReplyScanner {
 public:
  // Returns how many replies ended inside `bytes`.
  uint64_t scan(std::string_view bytes, ReplyCounts& counts) {
    const uint64_t before = counts.replies;
    while (!bytes.empty()) {
      if (skip_ > 0) {
        const size_t skipped = std::min(skip_, bytes.size());
        bytes.remove_prefix(skipped);
        skip_ -= skipped;
        if (skip_ == 0) end_element(counts);
        continue;
      }
      const void* newline = std::memchr(bytes.data(), '\n', bytes.size());
      if (newline == nullptr) {
        partial_line_.append(bytes);
        break;
      }
      const size_t length =
          static_cast<size_t>(static_cast<const char*>(newline) - bytes.data()) + 1;
      if (partial_line_.empty()) {
        take_line(bytes.substr(0, length), counts);
      } else {
        partial_line_.append(bytes.substr(0, length));
        take_line(partial_line_, counts);
        partial_line_.clear();
      }
      bytes.remove_prefix(length);
    }
    return counts.replies - before;
  }

 private:
  static int64_t parse_length(std::string_view line) {
    const bool negative = line[1] == '-';
    int64_t value = 0;
    for (size_t i = negative ? 2 : 1; i < line.size() && line[i] >= '0'; ++i) {
      value = value * 10 + (line[i] - '0');
    }
    return negative ? -value : value;
  }

  void take_line(std::string_view line, ReplyCounts& counts) {
    switch (line[0]) {
      case '$':
      case '=':
        if (const int64_t length = parse_length(line); length >= 0) {
          skip_ = static_cast<size_t>(length) + 2;
          return;
        }
        ++counts.nulls;
        break;
      case '*':
      case '~':
      case '>':
        open_aggregate(parse_length(line), counts);
        return;
      case '%':
        open_aggregate(2 * parse_length(line), counts);
        return;
      case '-':
        if (counts.errors++ == 0) counts.first_error = line.substr(0, line.size() - 2);
        break;
      case '_':
        ++counts.nulls;
        break;
      default:
        break;
    }
    end_element(counts);
  }

  void open_aggregate(int64_t element_count, ReplyCounts& counts) {
    if (element_count < 0) ++counts.nulls;
    if (element_count > 0)
      open_elements_ += static_cast<uint64_t>(element_count) + (open_elements_ == 0);
    // The aggregate itself counts as an element of whatever holds it.
    end_element(counts);
  }

  void end_element(ReplyCounts& counts) {
    if (open_elements_ > 0) --open_elements_;
    if (open_elements_ == 0) ++counts.replies;
  }

  size_t skip_ = 0;
  uint64_t open_elements_ = 0;
  std::string partial_line_;
};

}  // namespace load
