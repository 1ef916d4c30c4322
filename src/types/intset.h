// Intset: sorted integers, all in the fewest bytes (2, 4 or 8) that the widest of them needs.
//
//   width in bytes (4) | count (4) | integers, ascending
//
// Threads: shard-local. Ownership: not owning; what may move the blob takes it by reference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace redstart::intset {

using Blob = uint8_t*;

Blob create();
void free(Blob blob);
Blob clone(const Blob blob);
size_t count(const Blob blob);
int64_t get(const Blob blob, size_t index);
bool contains(const Blob blob, int64_t value);
// False: it was there already.
bool add(Blob& blob, int64_t value);
// False: it was not there.
bool remove(Blob& blob, int64_t value);
size_t allocated_bytes(const Blob blob);
// The whole blob; valid until the next change.
std::string_view bytes_of(const Blob blob);
// A copy of a blob from outside, or null: it is not well-formed.
Blob restore(std::string_view bytes);

}  // namespace redstart::intset
