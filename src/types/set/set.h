// Set: distinct members. Integers only: a sorted intset; small: a listpack; else a table of
// records.
//
// Threads: shard-local. Views of members live until the set changes.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/random.h"
#include "types/intset.h"
#include "types/listpack.h"
#include "types/object.h"

namespace redstart {

// A member with its size: one byte (255: four more follow), then the bytes.
struct SetRecord {
  uint8_t head;
  std::string_view member() const;
  size_t allocation_bytes() const;
  static SetRecord* create(std::string_view member);
  static void destroy(SetRecord* record);
};

struct SetPolicy {
  using Record = SetRecord;
  static uint64_t hash(const SetRecord* record) { return hash_bytes(record->member()); }
  static bool equals(const SetRecord* record, std::string_view key) {
    return record->member() == key;
  }
};
using SetTable = HashTable<SetPolicy>;

class Set {
 public:
  explicit Set(Object& object) : object_(object) {}
  static Object make() { return {Type::set, Encoding::intset, intset::create()}; }

  size_t size() const;
  bool contains(std::string_view member) const;
  // True: the member is new.
  bool add(std::string_view member, const EncodingLimits& limits);
  bool remove(std::string_view member);

  using Visit = std::function<void(std::string_view member)>;
  void for_each(const Visit& fn) const;
  // As for_each, but ends when fn returns false.
  void for_each_while(const std::function<bool(std::string_view)>& fn) const;
  uint64_t scan(uint64_t cursor, const Visit& fn) const;
  // REQUIRES: size() > 0.
  void random(Random& random, const Visit& fn) const;
  // Removes a member, which fn gets before it goes. REQUIRES: size() > 0.
  void pop(Random& random, const Visit& fn);

  void destroy();
  Object clone() const;
  size_t memory_bytes(size_t samples) const;

 private:
  listpack::Blob packed() const { return static_cast<listpack::Blob>(object_.data); }
  intset::Blob integers() const { return static_cast<intset::Blob>(object_.data); }
  SetTable& table() const { return *static_cast<SetTable*>(object_.data); }
  void convert_to_table();
  void convert_to_listpack();

  Object& object_;
};

}  // namespace redstart
