// Set: distinct members. Integers only: a sorted intset; small: a listpack; else a table of
// records.
//
// Threads: shard-local. Views of members live until the set changes.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/random.h"
#include "types/intset.h"
#include "types/listpack.h"
#include "types/object.h"

namespace redstart {

// A member. Its first byte is the size of the text that follows, up to kTextBytesMax; or kInteger plus the size of
// a binary integer (1 to 7 bytes); or kWide, and four bytes of size and the text follow.
struct SetRecord {
  static constexpr uint8_t kTextBytesMax = 246, kInteger = 247, kWide = 255;
  using Buffer = char[24];  // room for an integer's text

  uint8_t head;
  bool is_integer() const { return head >= kInteger && head < kWide; }
  // The text; that of an integer is written into `buffer`.
  std::string_view member(Buffer& buffer) const;
  size_t allocation_bytes() const;
  static SetRecord* create(std::string_view member);
  static SetRecord* clone(const SetRecord* record);
  static void destroy(SetRecord* record);
};

struct SetPolicy {
  using Record = SetRecord;
  static uint64_t hash(const SetRecord* record) {
    SetRecord::Buffer buffer;
    return hash_bytes(record->member(buffer));
  }
  static bool equals(const SetRecord* record, std::string_view key) {
    SetRecord::Buffer buffer;
    return is_same(record->member(buffer), key);
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
