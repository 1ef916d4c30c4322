// RequestParser: finds the commands in the bytes that a client sends, in RESP arrays or inline.
//
// The bytes stay where they are: words are views into the caller's buffer. A command that has not
// come in whole is continued where the parser stopped when more bytes are there; nothing is scanned
// twice but an unfinished line.
//
//   while ((status = parser.next(buffer.substr(begin), words, length)) == command) begin += length;
//
// Threads: thread-compatible. Lifetimes: words live as long as the buffer; those of inline commands
// with quotes until release().
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redstart {

class RequestParser {
 public:
  enum class Status : uint8_t {
    command,    // words were appended
    empty,      // an empty line or array: nothing to do for it
    need_more,  // the command goes on beyond the buffer
    error,      // see error(); the stream cannot be followed any further
  };
  struct Limits {
    uint64_t bulk_bytes_max = 512ull << 20;
    // Before authentication only small requests are taken.
    bool unauthenticated = false;
  };

  // `buffer` starts where the last command ended. Appends the words of its first command to `words`
  // and tells the command's length in bytes (0 unless `command` or `empty`). After need_more, call
  // again with the same start and more bytes, with `words` as long as before; the buffer may have
  // moved.
  Status next(std::string_view buffer, std::vector<std::string_view>& words, size_t& length_bytes) {
    if (takes_short_ && position_ == 0) {
      length_bytes = read_short(buffer, words);
      if (length_bytes != 0) return Status::command;
    }
    return next_of_any(buffer, words, length_bytes);
  }
  // After need_more: the least length of the buffer with which going on can succeed, when it is
  // known from a large bulk's length; otherwise 0.
  size_t wanted_bytes() const { return wanted_bytes_; }
  // Without the "-ERR " in front. After Status::error, which the same bytes give again.
  const std::string& error() const { return error_; }
  // Forgets an unfinished command, which will be given again from its start.
  void restart();
  // The words of inline commands are used no more. Gives back what a large command took, if it has ended.
  void release() {
    inline_words_.clear();
    if (extents_.empty() && extents_.capacity() > kKeptExtentsMax) std::vector<Extent>().swap(extents_);
  }

  void set_limits(const Limits& limits) {
    limits_ = limits;
    takes_short_ = !limits.unauthenticated && limits.bulk_bytes_max > kShortBytesMax;
  }

 private:
  static constexpr size_t kLineBytesMax = 64 * 1024;
  static constexpr int64_t kUnknown = -1;
  static constexpr size_t kShortBytesMax = 999;
  static constexpr size_t kKeptExtentsMax = 4096;

  // A word of an unfinished command, relative to the command's start.
  struct Extent {
    size_t offset, size;
  };

  enum class Line : uint8_t { found, missing, too_long };
  // Reads the line of digits after the type byte at `position_`, which it moves behind the line.
  Line read_number(std::string_view buffer, int64_t& value, bool& valid);
  Status next_of_any(std::string_view buffer, std::vector<std::string_view>& words, size_t& length_bytes);
  Status next_inline(std::string_view buffer, std::vector<std::string_view>& words,
                     size_t& length_bytes);
  // Reads the usual command in one pass: an array that is there in whole, of up to nine words of up to
  // kShortBytesMax bytes. Returns its length in bytes; 0: it is another, nothing is done.
  static size_t read_short(std::string_view buffer, std::vector<std::string_view>& words);
  Status next_array(std::string_view buffer, std::vector<std::string_view>& words,
                    size_t& length_bytes);
  Status read_words(std::string_view buffer, std::vector<std::string_view>& words);
  Status suspend(std::string_view buffer, std::vector<std::string_view>& words, size_t first);
  Status fail(std::string text);

  Limits limits_;
  bool takes_short_ = true;
  size_t position_ = 0;            // how far the unfinished command is understood
  int64_t words_left_ = kUnknown;  // of the unfinished array
  int64_t bulk_bytes_ = kUnknown;  // of the bulk whose header is read but whose bytes are not there
  size_t wanted_bytes_ = 0;  // not 0 only within a command
  std::vector<Extent> extents_;
  std::vector<std::unique_ptr<std::string>> inline_words_;
  std::string error_;
};

}  // namespace redstart
