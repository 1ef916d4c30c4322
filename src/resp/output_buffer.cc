#include "resp/output_buffer.h"

#include <algorithm>

namespace redstart {

void OutputBuffer::grow(size_t bytes) {
  if (begin_ > 0 && shared_.empty() && begin_ >= size_ / 2) {
    std::memmove(data_, data_ + begin_, size_ - begin_);
    size_ -= begin_;
    begin_ = 0;
    if (capacity_ - size_ >= bytes) return;
  }
  const size_t wanted = std::max({size_ + bytes, capacity_ * 2, kFirstBytes});
  auto* larger = static_cast<char*>(std::realloc(data_, wanted));
  if (!larger) throw std::bad_alloc();
  data_ = larger;
  capacity_ = wanted;
}

size_t OutputBuffer::gather(std::span<iovec> pieces) const {
  size_t filled = 0;
  size_t at = begin_;
  size_t skip = shared_begin_;
  for (const Piece& piece : shared_) {
    if (filled == pieces.size()) return filled;
    if (piece.at > at) {
      pieces[filled++] = {data_ + at, piece.at - at};
      at = piece.at;
      if (filled == pieces.size()) return filled;
    }
    pieces[filled++] = {const_cast<char*>(piece.bytes.data()) + skip, piece.bytes.size() - skip};
    skip = 0;
  }
  if (size_ > at && filled < pieces.size()) pieces[filled++] = {data_ + at, size_ - at};
  return filled;
}

void OutputBuffer::consume(size_t bytes) {
  while (bytes > 0) {
    const size_t plain_end = shared_.empty() ? size_ : shared_.front().at;
    const size_t plain = std::min(bytes, plain_end - begin_);
    begin_ += plain;
    bytes -= plain;
    if (bytes == 0) break;
    Piece& piece = shared_.front();
    const size_t taken = std::min(bytes, piece.bytes.size() - shared_begin_);
    shared_begin_ += taken;
    bytes -= taken;
    if (shared_begin_ < piece.bytes.size()) break;
    shared_bytes_ -= piece.bytes.size();
    shared_begin_ = 0;
    shared_.pop_front();
  }
  if (begin_ == size_ && shared_.empty()) begin_ = size_ = 0;
}

void OutputBuffer::rewind(const Mark& mark) {
  while (shared_.size() > mark.shared_count) {
    shared_bytes_ -= shared_.back().bytes.size();
    shared_.pop_back();
  }
  size_ = mark.size;
}

void OutputBuffer::shrink() {
  if (capacity_ <= kKeptBytes) return;
  std::free(data_);
  data_ = nullptr;
  begin_ = size_ = capacity_ = 0;
}

}  // namespace redstart
