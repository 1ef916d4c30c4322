// ByteSource: bytes read in order, from memory or from a file, seen through views: what reads a snapshot or
// a payload need not know which.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/crc64.h"

namespace redstart {

class ByteSource {
 public:
  // `offset`: where the bytes stand in a whole of which they are a part.
  explicit ByteSource(std::string_view bytes, uint64_t offset = 0)
      : at_(bytes.data()), end_(at_ + bytes.size()), checked_(at_), offset_(offset) {}
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;

  // The next `size` bytes, or fewer when the source ends before. Valid until the next call.
  std::string_view peek(size_t size) {
    if (static_cast<size_t>(end_ - at_) < size) [[unlikely]] refill(size);
    return {at_, std::min(size, static_cast<size_t>(end_ - at_))};
  }
  // What can be peeked at without a move of what was seen before.
  std::string_view seen() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  // REQUIRES: they were peeked at.
  void skip(size_t size) {
    at_ += size;
    offset_ += size;
  }
  // Where the next byte stands in the whole.
  uint64_t offset() const { return offset_; }
  // How many bytes are left, as far as that is known beforehand: no more can be asked for.
  virtual uint64_t bytes_left() const { return static_cast<uint64_t>(end_ - at_); }
  // crc64 of everything that was skipped so far.
  uint64_t checksum() {
    check_skipped();
    return checksum_;
  }

 protected:
  ByteSource() = default;
  // Makes `size` bytes available behind at_, or as many as there are.
  virtual void refill(size_t size) { static_cast<void>(size); }
  // REQUIRES: before what was skipped goes out of reach.
  void check_skipped() {
    checksum_ = crc64(checksum_, {checked_, static_cast<size_t>(at_ - checked_)});
    checked_ = at_;
  }
  void set_window(const char* at, const char* end) {
    at_ = checked_ = at;
    end_ = end;
  }

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* checked_ = nullptr;
  uint64_t offset_ = 0;
  uint64_t checksum_ = 0;
};

}  // namespace redstart
