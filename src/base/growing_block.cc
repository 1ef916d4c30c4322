#include "base/growing_block.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/heap.h"

namespace redstart::growing_block {
namespace {

constexpr size_t kMappedBytesMin = 256 * 1024;

bool is_mapped(size_t bytes) { return bytes >= kMappedBytesMin; }
size_t whole_pages(size_t bytes) { return (bytes + 4095) & ~size_t{4095}; }

void* checked(void* mapping) {
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  return mapping;
}

void* allocate(size_t bytes) {
  if (!is_mapped(bytes)) return heap::allocate(bytes);
  void* block = checked(mmap(nullptr, whole_pages(bytes), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  heap::charge(static_cast<int64_t>(whole_pages(bytes)));
  return block;
}

void deallocate(void* block, size_t bytes) {
  if (!is_mapped(bytes)) return heap::deallocate(block, bytes);
  munmap(block, whole_pages(bytes));
  heap::charge(-static_cast<int64_t>(whole_pages(bytes)));
}

}  // namespace

void* resize(void* block, size_t old_bytes, size_t new_bytes) {
  if (is_mapped(old_bytes) && is_mapped(new_bytes)) {
    const size_t old_pages = whole_pages(old_bytes), new_pages = whole_pages(new_bytes);
    block = checked(mremap(block, old_pages, new_pages, MREMAP_MAYMOVE));
    heap::charge(static_cast<int64_t>(new_pages) - static_cast<int64_t>(old_pages));
    return block;
  }
  void* fresh = new_bytes != 0 ? allocate(new_bytes) : nullptr;
  if (block) {
    if (fresh) std::memcpy(fresh, block, std::min(old_bytes, new_bytes));
    deallocate(block, old_bytes);
  }
  return fresh;
}

size_t allocated_size(size_t bytes) {
  return is_mapped(bytes) ? whole_pages(bytes) : heap::allocated_size(bytes);
}

size_t usable_size(size_t bytes) {
  // Below the mapped sizes no more is used than stays below them.
  return is_mapped(bytes) ? whole_pages(bytes)
                          : std::min(heap::usable_size(bytes), kMappedBytesMin - 64);
}

}  // namespace redstart::growing_block
