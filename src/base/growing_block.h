// growing_block: one run of memory for what keeps growing, such as the buckets of a big table. From 256 KiB on its
// pages are mapped for it alone, so that it grows by moving page table entries instead of bytes: ten
// million records' buckets in well under a millisecond, where copying them takes tens.
//
// Threads: thread-compatible. Charged to the account of the thread, like what heap:: gives.
#pragma once

#include <cstddef>

namespace redstart::growing_block {

// The block with another size, at its new place; its contents up to the lesser size stay. `block` is null and
// `old_bytes` 0 for a new one; with `new_bytes` 0 it is freed and null returned. Aligned to 64 bytes when
// `new_bytes` is a multiple of 64.
void* resize(void* block, size_t old_bytes, size_t new_bytes);

// What a block of this size really takes, and what of it may be used. Both sizes may be given to resize() as
// `old_bytes` in place of `bytes`.
size_t allocated_size(size_t bytes);
size_t usable_size(size_t bytes);

}  // namespace redstart::growing_block
