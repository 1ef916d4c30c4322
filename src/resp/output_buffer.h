// OutputBuffer: bytes on their way out: one growing run of bytes, and between them large values
// that are shared with their owner instead of copied.
//
// Threads: thread-compatible. Ownership: owns its bytes, shares the large values.
#pragma once

#include <sys/uio.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "base/shared_bytes.h"

namespace redstart {

class OutputBuffer {
 public:
  OutputBuffer() = default;
  OutputBuffer(const OutputBuffer&) = delete;
  ~OutputBuffer() { std::free(data_); }

  // Room for `bytes` more, to be taken by commit().
  char* reserve(size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]]
      grow(bytes);
    return data_ + size_;
  }
  void commit(size_t bytes) { size_ += bytes; }
  void append(std::string_view bytes) {
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(SharedBytes bytes) {
    shared_bytes_ += bytes.size();
    shared_.push_back({size_, std::move(bytes)});
  }

  bool empty() const { return pending_bytes() == 0; }
  size_t pending_bytes() const { return size_ - begin_ + shared_bytes_ - shared_begin_; }
  size_t capacity_bytes() const { return capacity_; }
  // Fills `pieces` with what comes next; returns how many were filled.
  size_t gather(std::span<iovec> pieces) const;
  // The next `bytes` were sent.
  void consume(size_t bytes);
  // Takes back everything after a mark that mark() gave, in the last run of appends.
  struct Mark {
    size_t size, shared_count;
  };
  Mark mark() const { return {size_, shared_.size()}; }
  void rewind(const Mark& mark);
  // Gives memory that a large reply has taken back. REQUIRES: empty().
  void shrink();

 private:
  struct Piece {
    size_t at;  // the offset in data_ before which it belongs
    SharedBytes bytes;
  };
  void grow(size_t bytes);

  static constexpr size_t kFirstBytes = 1024;
  static constexpr size_t kKeptBytes = 64 * 1024;

  char* data_ = nullptr;
  size_t begin_ = 0, size_ = 0, capacity_ = 0;  // pending: [begin_, size_)
  std::deque<Piece> shared_;
  size_t shared_begin_ = 0;  // how much of the first piece is sent
  size_t shared_bytes_ = 0;  // of all pieces
};

}  // namespace redstart
