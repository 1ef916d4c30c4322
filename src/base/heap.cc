#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace redstart::heap {
namespace detail {

constinit thread_local ThreadHeap thread_heap __attribute__((tls_model("initial-exec"))) = {};

namespace {

constexpr size_t kSpanBytes = 64 * 1024;
constexpr size_t kChunkBytes = 2 * 1024 * 1024;
constexpr size_t kHeaderBytes = 64;
constexpr size_t kFreeSpansKept = 256;  // 16 MiB; beyond it free spans are given back to the system
constexpr size_t kReleasedAtOnce = 64;

struct Span {
  Span* next;
  Span* previous;
  FreeBlock* free;
  uint32_t live;
  uint32_t fresh;  // blocks from here on were never used
  uint32_t capacity;
  uint32_t class_index;
};
static_assert(sizeof(Span) <= kHeaderBytes);

char* blocks_of(Span* span) { return reinterpret_cast<char*>(span) + kHeaderBytes; }
Span* span_of(void* block) {
  return reinterpret_cast<Span*>(reinterpret_cast<uintptr_t>(block) & ~(kSpanBytes - 1));
}

// Address space that chunks are cut from. It is taken in large pieces, since the kernel makes a thread that maps
// memory wait for others that are fetching pages. The pages are small ones and come on demand: a huge one
// can take milliseconds to get, for which a shard's lock would be held.
class Region {
 public:
  // Throws std::bad_alloc.
  char* cut_chunk() {
    if (next_ == end_) map();
    return std::exchange(next_, next_ + kChunkBytes);
  }

 private:
  static constexpr size_t kPieceBytes = 64 * 1024 * 1024;

  void map() {
    // A chunk more, so that aligned ones lie within.
    void* raw = mmap(nullptr, kPieceBytes + kChunkBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED) throw std::bad_alloc();
    const auto begin = reinterpret_cast<uintptr_t>(raw);
    next_ = reinterpret_cast<char*>((begin + kChunkBytes - 1) & ~(kChunkBytes - 1));
    end_ = next_ + kPieceBytes;
  }

  char* next_ = nullptr;
  char* end_ = nullptr;
};

// Spans without live blocks, and where they come from.
class SpanPool {
 public:
  Span* take() {
    const std::lock_guard lock(mutex_);
    if (Span* span = take_from(resident_)) return span;
    if (Span* span = take_from(released_)) return span;
    add(region_.cut_chunk());
    return take_from(resident_);
  }

  void give(Span* span) {
    const std::lock_guard lock(mutex_);
    resident_.push_back(span);
  }

  // Gives the pages of all free spans but `kept` back to the system. Nobody waits for it: the lock is not held
  // meanwhile.
  void release(size_t kept) {
    while (true) {
      std::vector<Span*> surplus;
      {
        const std::lock_guard lock(mutex_);
        while (resident_.size() > kept && surplus.size() < kReleasedAtOnce) {
          surplus.push_back(take_from(resident_));
        }
      }
      if (surplus.empty()) return;
      for (Span* span : surplus) madvise(span, kSpanBytes, MADV_DONTNEED);
      const std::lock_guard lock(mutex_);
      released_.insert(released_.end(), surplus.begin(), surplus.end());
    }
  }

  Stats stats() {
    const std::lock_guard lock(mutex_);
    return {.chunk_bytes = chunk_bytes_,
            .free_span_bytes = (resident_.size() + released_.size()) * kSpanBytes};
  }

 private:
  static Span* take_from(std::vector<Span*>& spans) {
    if (spans.empty()) return nullptr;
    Span* span = spans.back();
    spans.pop_back();
    return span;
  }

  void add(char* chunk) {
    chunk_bytes_ += kChunkBytes;
    for (size_t offset = kChunkBytes; offset > 0; offset -= kSpanBytes) {
      resident_.push_back(reinterpret_cast<Span*>(chunk + offset - kSpanBytes));
    }
  }

  std::mutex mutex_;  // guards what follows
  Region region_;
  std::vector<Span*> resident_, released_;
  size_t chunk_bytes_ = 0;
};

SpanPool& pool() {
  // Never destroyed: blocks may be freed by other objects' destructors at exit.
  static SpanPool* instance = new SpanPool;
  return *instance;
}

// The spans of one class that have a free block.
class Central {
 public:
  // Takes up to `wanted` blocks as a list; at least one.
  FreeBlock* take(size_t index, uint32_t wanted, uint32_t& taken) {
    const std::lock_guard lock(mutex_);
    FreeBlock* list = nullptr;
    taken = 0;
    while (taken < wanted) {
      if (!partial_) {
        if (taken > 0) break;
        link(make_span(index));
      }
      Span* span = partial_;
      while (taken < wanted) {
        FreeBlock* block = take_block(span);
        if (!block) break;
        block->next = list;
        list = block;
        ++taken;
      }
      if (is_full(span)) unlink(span);
    }
    return list;
  }

  void give(FreeBlock* list) {
    const std::lock_guard lock(mutex_);
    while (list) {
      FreeBlock* block = std::exchange(list, list->next);
      Span* span = span_of(block);
      const bool was_full = is_full(span);
      block->next = span->free;
      span->free = block;
      if (was_full) link(span);
      if (--span->live > 0) continue;
      unlink(span);
      pool().give(span);
    }
  }

 private:
  static bool is_full(const Span* span) { return !span->free && span->fresh == span->capacity; }

  static FreeBlock* take_block(Span* span) {
    if (FreeBlock* block = span->free) {
      span->free = block->next;
      ++span->live;
      return block;
    }
    if (span->fresh == span->capacity) return nullptr;
    ++span->live;
    return reinterpret_cast<FreeBlock*>(blocks_of(span) +
                                        span->fresh++ * class_bytes(span->class_index));
  }

  static Span* make_span(size_t index) {
    Span* span = pool().take();
    *span = {.next = nullptr,
             .previous = nullptr,
             .free = nullptr,
             .live = 0,
             .fresh = 0,
             .capacity = static_cast<uint32_t>((kSpanBytes - kHeaderBytes) / class_bytes(index)),
             .class_index = static_cast<uint32_t>(index)};
    return span;
  }

  void link(Span* span) {
    span->previous = nullptr;
    span->next = partial_;
    if (partial_) partial_->previous = span;
    partial_ = span;
  }
  void unlink(Span* span) {
    (span->previous ? span->previous->next : partial_) = span->next;
    if (span->next) span->next->previous = span->previous;
  }

  std::mutex mutex_;
  Span* partial_ = nullptr;
};

Central* centrals() {
  static Central* instance = new Central[kClasses];
  return instance;
}

std::atomic<size_t> large_bytes_in_use{0};

// Gives a thread's blocks back when it ends.
struct ThreadEnd {
  bool armed = false;
  ~ThreadEnd() {
    for (size_t index = 0; index < kClasses; ++index) {
      FreeList& list = thread_heap.lists[index];
      if (list.head) centrals()[index].give(std::exchange(list.head, nullptr));
      list.count = 0;
    }
  }
};
thread_local ThreadEnd thread_end;

}  // namespace

void* refill(size_t index) {
  thread_end.armed = true;  // makes the thread's destructor exist
  uint32_t taken;
  FreeBlock* list = centrals()[index].take(index, kept_max(index) / 2, taken);
  FreeList& mine = thread_heap.lists[index];
  mine.head = list->next;
  mine.count = taken - 1;
  return list;
}

void flush(size_t index) {
  thread_end.armed = true;
  FreeList& mine = thread_heap.lists[index];
  // The older half goes; what was freed last is warm in the cache.
  const uint32_t keep = mine.count / 2;
  FreeBlock* last = mine.head;
  for (uint32_t i = 1; i < keep; ++i) last = last->next;
  FreeBlock* rest = std::exchange(last->next, nullptr);
  mine.count = keep;
  centrals()[index].give(rest);
}

// Whole pages, with the system allocator's own header.
constexpr size_t kLargeHeaderBytes = 64;
size_t large_bytes(size_t bytes) { return (bytes + kLargeHeaderBytes + 4095) & ~size_t{4095}; }
size_t usable_large_bytes(size_t bytes) { return large_bytes(bytes) - kLargeHeaderBytes; }

void* allocate_large(size_t bytes) {
  // Aligned like the classes whose size is a multiple of a cache line.
  void* block = std::aligned_alloc(64, usable_large_bytes(bytes));
  if (!block) throw std::bad_alloc();
  large_bytes_in_use.fetch_add(large_bytes(bytes), std::memory_order_relaxed);
  return block;
}

void deallocate_large(void* block, size_t bytes) {
  large_bytes_in_use.fetch_sub(large_bytes(bytes), std::memory_order_relaxed);
  std::free(block);
}

void* allocate_with_malloc(size_t bytes) {
  // Rounded up and aligned as the heap itself does it, since callers rely on both.
  const size_t usable = usable_size(bytes);
  void* block = usable % 64 == 0 ? std::aligned_alloc(64, usable) : std::malloc(usable);
  if (!block) throw std::bad_alloc();
  return block;
}

void deallocate_with_malloc(void* block) { std::free(block); }

}  // namespace detail

Stats process_stats() {
  Stats stats = detail::pool().stats();
  stats.large_bytes = detail::large_bytes_in_use.load(std::memory_order_relaxed);
  return stats;
}

void release_surplus() { detail::pool().release(detail::kFreeSpansKept); }

void release_unused() {
  detail::pool().release(0);
  malloc_trim(0);
}

}  // namespace redstart::heap
