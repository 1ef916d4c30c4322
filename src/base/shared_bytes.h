// SharedBytes: an immutable byte string with a reference count, for values too large to copy.
//
// Threads: thread-safe count; the bytes never change while more than one reference exists.
// Ownership: the last reference frees the block. One allocation: header and bytes together.
// Memory: charged to no account here, since a reply may outlive the value; whoever keeps it as a value
// charges memory_bytes() (see Entry).
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/heap.h"

namespace redstart {

class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(const SharedBytes& other) : block_(other.block_) { retain(); }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() { drop(); }

  // `capacity_bytes` (at least the size) is room to grow in place.
  static SharedBytes uninitialized(size_t size_bytes, size_t capacity_bytes = 0) {
    if (capacity_bytes < size_bytes) capacity_bytes = size_bytes;
    auto* block = static_cast<Block*>(heap::allocate_uncharged(sizeof(Block) + capacity_bytes));
    new (block) Block{1, size_bytes, capacity_bytes};
    return SharedBytes(block);
  }
  static SharedBytes copy(std::string_view bytes) {
    SharedBytes result = uninitialized(bytes.size());
    std::memcpy(result.mutable_data(), bytes.data(), bytes.size());
    return result;
  }

  std::string_view view() const { return {data(), size()}; }
  const char* data() const { return reinterpret_cast<const char*>(block_ + 1); }
  size_t size() const { return block_ ? block_->size_bytes : 0; }
  explicit operator bool() const { return block_ != nullptr; }
  // REQUIRES: unique().
  char* mutable_data() { return reinterpret_cast<char*>(block_ + 1); }
  bool unique() const { return block_->references.load(std::memory_order_acquire) == 1; }
  size_t capacity() const { return block_ ? block_->capacity_bytes : 0; }
  // REQUIRES: unique(), size_bytes <= capacity().
  void set_size(size_t size_bytes) { block_->size_bytes = size_bytes; }
  size_t memory_bytes() const { return heap::allocated_size(sizeof(Block) + capacity()); }

  // Hands the reference to a raw pointer (kept inside an entry), and takes it back.
  void* release() { return std::exchange(block_, nullptr); }
  static SharedBytes adopt(void* raw) { return SharedBytes(static_cast<Block*>(raw)); }
  static SharedBytes borrow(void* raw) {
    SharedBytes result(static_cast<Block*>(raw));
    result.retain();
    return result;
  }
  static std::string_view view_of(const void* raw) {
    const auto* block = static_cast<const Block*>(raw);
    return {reinterpret_cast<const char*>(block + 1), block->size_bytes};
  }

 private:
  struct Block {
    std::atomic<uint32_t> references;
    size_t size_bytes;
    size_t capacity_bytes;
  };
  explicit SharedBytes(Block* block) : block_(block) {}
  void retain() {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void drop() {
    if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      heap::deallocate_uncharged(block_, sizeof(Block) + block_->capacity_bytes);
    }
  }

  Block* block_ = nullptr;
};

}  // namespace redstart
