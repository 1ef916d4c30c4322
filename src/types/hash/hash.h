// Hash: fields and their values. Small: a listpack of field, value in turn. Large: a table of
// records.
//
// Threads: shard-local. Views of fields and values live until the hash changes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/random.h"
#include "types/listpack.h"
#include "types/object.h"

namespace redstart {

// A field with its value, in one allocation: sizes (4 each), field, value.
struct HashRecord {
  uint32_t field_bytes;
  uint32_t value_bytes;
  std::string_view field() const { return {data(), field_bytes}; }
  std::string_view value() const { return {data() + field_bytes, value_bytes}; }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  size_t allocation_bytes() const { return sizeof *this + field_bytes + value_bytes; }
  // Puts another value in where the allocation is of the right size. False: it is not.
  bool overwrite(std::string_view value);
  static HashRecord* create(std::string_view field, std::string_view value);
  static void destroy(HashRecord* record);
};

struct HashPolicy {
  using Record = HashRecord;
  static uint64_t hash(const HashRecord* record) { return hash_bytes(record->field()); }
  static bool equals(const HashRecord* record, std::string_view key) {
    return record->field() == key;
  }
};
using HashFieldTable = HashTable<HashPolicy>;

class Hash {
 public:
  explicit Hash(Object& object) : object_(object) {}
  static Object make() { return {Type::hash, Encoding::listpack, listpack::create()}; }

  size_t size() const;
  // An integer's text is written to `buffer` (24 bytes).
  std::optional<std::string_view> get(std::string_view field, char* buffer) const;
  bool contains(std::string_view field) const;
  // True: the field is new.
  bool set(std::string_view field, std::string_view value, const EncodingLimits& limits);
  bool erase(std::string_view field);

  // fn(field, value), in no order. The hash must not change meanwhile.
  using Visit = std::function<void(std::string_view field, std::string_view value)>;
  void for_each(const Visit& fn) const;
  // One step; see HashTable::scan. A compact hash is one step.
  uint64_t scan(uint64_t cursor, const Visit& fn) const;
  // REQUIRES: size() > 0.
  void random(Random& random, const Visit& fn) const;

  void destroy();
  Object clone() const;
  size_t memory_bytes(size_t samples) const;

 private:
  bool is_compact() const { return object_.encoding == Encoding::listpack; }
  listpack::Blob blob() const { return static_cast<listpack::Blob>(object_.data); }
  HashFieldTable& table() const { return *static_cast<HashFieldTable*>(object_.data); }
  size_t find(std::string_view field) const;
  void convert();

  Object& object_;
};

}  // namespace redstart
