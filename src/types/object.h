// Object: a collection as a key holds it: its type, its encoding, and a pointer to its data, which for the
// compact encodings is the packed blob itself.
//
// The classes Hash, Set, SortedSet, List and Stream are views that read or change an Object in place; they convert
// it to a larger encoding when a limit is passed (never back, as in Redis).
//
// Threads: shard-local. Ownership: not owning. Whoever holds the Object destroys it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace redstart {

enum class Type : uint8_t { none, string, list, set, zset, hash, stream };
// The timed ones are those of hashes whose fields have deadlines.
enum class Encoding : uint8_t {
  raw, int_, embstr, listpack, quicklist, intset, hashtable, skiplist, stream, listpackex, timed_table,
};
inline bool is_timed_encoding(Encoding encoding) {
  return encoding == Encoding::listpackex || encoding == Encoding::timed_table;
}

// Where a deadline in Unix milliseconds is said: there is none.
inline constexpr int64_t kNoDeadline = -1;

// As TYPE says it.
std::string_view name_of(Type type);
// The encoding's own name; OBJECT ENCODING reports some under the name that Redis 7.0 has for them.
std::string_view name_of(Encoding encoding);

struct Object {
  Type type = Type::none;
  Encoding encoding = Encoding::raw;
  void* data = nullptr;
};

// When a compact encoding gives way to a large one; the configuration's names.
struct EncodingLimits {
  size_t hash_max_listpack_entries = 512;
  size_t hash_max_listpack_value = 64;
  size_t zset_max_listpack_entries = 128;
  size_t zset_max_listpack_value = 64;
  size_t set_max_intset_entries = 512;
  size_t set_max_listpack_entries = 128;
  size_t set_max_listpack_value = 64;
  int64_t list_max_listpack_size = -2;
  size_t stream_node_max_bytes = 4096;   // 0: no limit but the format's own
  size_t stream_node_max_entries = 100;  // 0: no limit

  bool operator==(const EncodingLimits&) const = default;
};

// An empty collection in its smallest encoding.
Object make_object(Type type);
void destroy(Object& object);
// Frees about `count` elements of an object that is to be destroyed, and may only be drained and destroyed from now
// on. True: what is left is little.
bool drain(Object& object, size_t count);
// Whether all elements are in one allocation.
bool is_packed(const Object& object);
Object clone(const Object& object);
size_t element_count(const Object& object);
// Whether a key without elements does not exist. A stream outlives its entries: it keeps its last id and its
// consumer groups.
constexpr bool vanishes_when_empty(Type type) { return type != Type::stream; }
// Whether elements have deadlines of their own, and a time before which none of them is due, which comes no later
// than the first one is (kNoDeadline: none has a deadline). Only fields of hashes do.
bool has_timed_fields(const Object& object);
inline bool has_timed_elements(const Object& object) {
  return is_timed_encoding(object.encoding) && has_timed_fields(object);
}
int64_t next_element_due_ms(const Object& object);
// What the data takes, allocator rounding included. `samples` elements are measured and the rest is
// extrapolated; 0: all.
size_t memory_bytes(const Object& object, size_t samples);
// Fetches a step of what a lookup of an element with this hash will touch; see HashTable::prefetch. Returns
// whether another step is of use; never for encodings without a table.
bool prefetch_element(const Object& object, uint64_t hash, size_t step);
// Throws std::logic_error when an invariant is broken. For tests.
void check_invariants(const Object& object);

}  // namespace redstart
