// heap: the allocator of everything that the engine keeps. Its size classes are 8 bytes apart (a general
// allocator's are 16), the caller gives the size back when it frees, and what is allocated is charged to
// the memory account of the store that the thread works for.
//
// Layout: 2 MiB chunks are cut into 64 KiB spans; a span holds
// blocks of one class and counts the live ones; each thread keeps a short free list per class and exchanges
// batches with the class's spans. A span without live blocks serves any class again, and its memory goes back
// to the system when many are free.
//
// Threads: thread-safe; a block may be freed by another thread than the one that allocated it.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace redstart::heap {

// Bytes in use by one owner. Changed by one thread at a time (a shard's, under its lock), read by any.
struct MemoryAccount {
  std::atomic<int64_t> used_bytes{0};
  int64_t settled_bytes = 0;  // what its owner has added to a total of several accounts (see Keyspace)
  void charge(int64_t bytes) {
    used_bytes.store(used_bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }
};

inline constexpr size_t kSmallBytesMax = 512;        // classes of 8 bytes up to here
inline constexpr size_t kClassBytesMax = 32 * 1024;  // eight classes a doubling up to here; then malloc
inline constexpr size_t kClasses = 64 + 6 * 8;

constexpr size_t class_of(size_t bytes) {
  if (bytes <= kSmallBytesMax) return bytes == 0 ? 0 : (bytes - 1) / 8;
  const auto doubling = static_cast<size_t>(std::bit_width(bytes - 1)) - 10;  // 0: (512, 1024]
  const size_t step_shift = 6 + doubling;
  const size_t base = size_t{512} << doubling;
  return 64 + doubling * 8 + ((bytes - 1 - base) >> step_shift);
}

constexpr size_t class_bytes(size_t index) {
  if (index < 64) return (index + 1) * 8;
  const size_t doubling = (index - 64) / 8, step = (index - 64) % 8;
  return (size_t{512} << doubling) + ((step + 1) << (6 + doubling));
}

namespace detail {

struct FreeBlock {
  FreeBlock* next;
};
struct FreeList {
  FreeBlock* head;
  uint32_t count;
};
struct ThreadHeap {
  MemoryAccount* account;
  FreeList lists[kClasses];
};
extern constinit thread_local ThreadHeap thread_heap __attribute__((tls_model("initial-exec")));

void* refill(size_t index);
void flush(size_t index);
void* allocate_large(size_t bytes);
void deallocate_large(void* block, size_t bytes);
size_t large_bytes(size_t bytes);
size_t usable_large_bytes(size_t bytes);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kUsesMalloc = true;  // so that the sanitizers see every block
#else
inline constexpr bool kUsesMalloc = false;
#endif
void* allocate_with_malloc(size_t bytes);
void deallocate_with_malloc(void* block);

// Blocks that a thread keeps for a class before it gives half of them back.
constexpr uint32_t kept_max(size_t index) {
  const size_t by_bytes = 16384 / class_bytes(index);
  return static_cast<uint32_t>(by_bytes < 2 ? 2 : by_bytes > 128 ? 128 : by_bytes);
}

}  // namespace detail

// The bytes that a block of this size really takes. A block may grow in place to any size that takes as many.
inline size_t allocated_size(size_t bytes) {
  return bytes <= kClassBytesMax ? class_bytes(class_of(bytes)) : detail::large_bytes(bytes);
}

// Whether blocks of these sizes take as many bytes. REQUIRES: neither is 0.
inline bool is_same_class(size_t bytes, size_t other_bytes) {
  const size_t last = bytes - 1, other_last = other_bytes - 1;
  if ((last | other_last) >= kClassBytesMax) [[unlikely]] return allocated_size(bytes) == allocated_size(other_bytes);
  const int width = std::bit_width(last | other_last);
  const int step_shift = width <= 9 ? 3 : width - 4;  // of the class of the larger one
  return last >> step_shift == other_last >> step_shift;
}

// What of them the caller may use.
inline size_t usable_size(size_t bytes) {
  return bytes <= kClassBytesMax ? class_bytes(class_of(bytes)) : detail::usable_large_bytes(bytes);
}

// A block that is charged to no account (see SharedBytes).
inline void* allocate_uncharged(size_t bytes) {
  if constexpr (detail::kUsesMalloc) return detail::allocate_with_malloc(bytes);
  if (bytes > kClassBytesMax) [[unlikely]] return detail::allocate_large(bytes);
  const size_t index = class_of(bytes);
  detail::FreeList& list = detail::thread_heap.lists[index];
  detail::FreeBlock* block = list.head;
  if (!block) [[unlikely]] return detail::refill(index);
  list.head = block->next;
  --list.count;
  return block;
}

inline void deallocate_uncharged(void* block, size_t bytes) {
  if constexpr (detail::kUsesMalloc) return detail::deallocate_with_malloc(block);
  if (bytes > kClassBytesMax) [[unlikely]] return detail::deallocate_large(block, bytes);
  const size_t index = class_of(bytes);
  detail::FreeList& list = detail::thread_heap.lists[index];
  auto* freed = static_cast<detail::FreeBlock*>(block);
  freed->next = list.head;
  list.head = freed;
  if (++list.count > detail::kept_max(index)) [[unlikely]] detail::flush(index);
}

// Charges the calling thread's account, if it has one.
inline void charge(int64_t bytes) {
  if (MemoryAccount* account = detail::thread_heap.account) account->charge(bytes);
}

inline void* allocate(size_t bytes) {
  charge(static_cast<int64_t>(allocated_size(bytes)));
  return allocate_uncharged(bytes);
}

// `bytes` is what was asked for, or any size of the same class.
inline void deallocate(void* block, size_t bytes) {
  charge(-static_cast<int64_t>(allocated_size(bytes)));
  deallocate_uncharged(block, bytes);
}

// Charges what the thread allocates and frees to `account` until the scope ends.
class AccountScope {
 public:
  explicit AccountScope(MemoryAccount& account)
      : previous_(std::exchange(detail::thread_heap.account, &account)) {}
  AccountScope(const AccountScope&) = delete;
  ~AccountScope() { detail::thread_heap.account = previous_; }

 private:
  MemoryAccount* previous_;
};

// Sets the account outright; null: none. For holders that are not scopes.
inline void set_account(MemoryAccount* account) { detail::thread_heap.account = account; }

struct Stats {
  size_t chunk_bytes = 0;      // taken from the system for chunks
  size_t free_span_bytes = 0;  // of them in spans without a live block
  size_t large_bytes = 0;      // in blocks above kClassBytesMax
};
// Of the process.
Stats process_stats();
// Gives the memory of free spans back to the system, when many are free. To be called now and then by a thread
// that holds no lock.
void release_surplus();
// The same for all free spans.
void release_unused();

// For standard containers.
template <class T>
struct Allocator {
  using value_type = T;
  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(heap::allocate(count * sizeof(T))); }
  void deallocate(T* block, size_t count) { heap::deallocate(block, count * sizeof(T)); }
  bool operator==(const Allocator&) const = default;
};

}  // namespace redstart::heap
