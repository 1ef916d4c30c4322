// prefetch: fetches many keys into the caches together, so that their misses overlap instead of adding up
// (the dependent reads of one lookup wait for the memory two or three times).
//
// Threads: thread-safe; takes each shard's lock for a moment unless the caller says that it holds them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/keyspace.h"

namespace redstart {

enum class Locking : uint8_t { by_prefetch, by_caller };

// Rearranges `hashes`, those of the keys.
void prefetch(Keyspace& keyspace, int db, std::span<uint64_t> hashes, Locking locking);

// A field or member that a command will look up in the collection at a key.
struct ElementHint {
  std::string_view key;
  uint64_t key_hash;
  uint64_t element_hash;
};
// Fetches the elements' records, where the collections are large enough to have any. Best after the keys.
// Rearranges `hints`.
void prefetch_elements(Keyspace& keyspace, int db, std::span<ElementHint> hints);

}  // namespace redstart
