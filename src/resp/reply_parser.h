// ReplyParser: turns the bytes that a server sends into replies, RESP2 and RESP3 alike.
//
// The caller reads from its socket straight into prepare(), tells commit() how much came, and takes
// finished replies with next() until there is none. A reply may arrive in any fragments: an element
// is parsed once, when it is complete, and what has been looked at in vain is not looked at again,
// so that the work is linear in the bytes. Memory follows the bytes that came, not the lengths that
// they claim.
//
// Attributes (RESP3 '|') are skipped. Streamed strings and aggregates ("$?"), which no Redis server
// sends, are refused.
//
// Threads: thread-compatible. Ownership: owns its buffer; replies own their bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/reply.h"
#include "redstart/result.h"

namespace redstart {

struct ReplyLimits {
  int64_t bulk_bytes_max = int64_t{1} << 32;
  int64_t elements_max = int64_t{1} << 32;  // of one aggregate
  size_t line_bytes_max = size_t{1} << 20;  // simple strings, errors, numbers
  size_t nesting_max = 128;
};

class ReplyParser {
 public:
  explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}

  // Room for at least `bytes` more; valid until the next call of any member.
  std::span<char> prepare(size_t bytes);
  // The first `bytes` of prepare()'s room have been filled.
  void commit(size_t bytes) { end_ += bytes; }
  void feed(std::string_view bytes);

  // The next finished reply, or nothing when more bytes are needed. Errors: protocol, with the
  // position and the offending bytes; the parser stays in error until reset().
  result<std::optional<Reply>> next();
  // How much prepare() should be asked for: more when a large value is under way.
  size_t wanted_bytes() const;
  // What came and is not parsed: once next() had it, no more than the begin of one element.
  size_t unparsed_bytes() const { return end_ - begin_; }
  // Forgets everything, for a new connection.
  void reset();

 private:
  struct Open {
    Reply reply;
    int64_t missing;
    bool is_attribute;
  };
  enum class Step : unsigned char { more_needed, element, opened, failed };

  Step parse_element(Reply& element);
  Step parse_line(char type, std::string_view line, Reply& element);
  Step parse_bulk(Reply& element);
  Step begin_bulk(char type, std::string_view line, Reply& element);
  Step begin_aggregate(char type, std::string_view line, Reply& element);
  std::optional<std::string_view> take_line();
  std::optional<int64_t> parse_length(std::string_view text, int64_t max, std::string_view what);
  Step fail(std::string message);
  std::optional<Reply> close_finished(Reply element);

  const ReplyLimits limits_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;            // first byte not parsed
  size_t end_ = 0;              // end of what came
  size_t scanned_ = 0;          // no line end between begin_ and here
  uint64_t dropped_bytes_ = 0;  // parsed bytes before the buffer's start
  char bulk_type_ = 0;          // a bulk whose length is known and whose bytes are awaited
  int64_t bulk_bytes_ = 0;
  std::vector<Open> open_;
  std::optional<Error> failure_;
};

}  // namespace redstart
