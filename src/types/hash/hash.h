// Hash: fields and their values, of which some may have a deadline. Small: a listpack of field, value in turn.
// Large: a table of records.
//
// A hash whose fields have no deadlines knows nothing of them. The first deadline turns it into one of the two
// timed encodings, which it keeps:
//   listpackex     a listpack of field, value, deadline in turn (0: none), the earliest deadline first and those
//                  without one last, so that what is due stands in front
//   timed_table    a table whose records may have a deadline, with an ExpiryIndex over those that do
//
// A field is gone once its deadline is before the time that the view was made for, whether it is still stored or
// not: only expire() frees it.
//
// Threads: shard-local. Views of fields and values live until the hash changes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/expiry_index.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/random.h"
#include "types/listpack.h"
#include "types/object.h"

namespace redstart {

// A field with its value, in one allocation: sizes (4 each), field, value, and its deadline (8) if it has one.
struct HashRecord {
  uint32_t field_bytes : 31;
  uint32_t has_deadline : 1;
  uint32_t value_bytes;
  std::string_view field() const { return {data(), field_bytes}; }
  std::string_view value() const { return {data() + field_bytes, value_bytes}; }
  // kNoDeadline when it has none.
  int64_t deadline_ms() const;
  // REQUIRES: has_deadline.
  void set_deadline_ms(int64_t deadline_ms);
  bool is_due(int64_t now_ms) const { return has_deadline && deadline_ms() < now_ms; }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  size_t allocation_bytes() const { return bytes_with(value_bytes); }
  // Puts another value in where the allocation is of the right size. False: it is not.
  bool overwrite(std::string_view value);
  static HashRecord* create(std::string_view field, std::string_view value,
                            int64_t deadline_ms = kNoDeadline);
  static void destroy(HashRecord* record);

 private:
  size_t bytes_with(size_t value_size) const {
    return sizeof *this + field_bytes + value_size + (has_deadline ? sizeof(int64_t) : 0);
  }
};
static_assert(sizeof(HashRecord) == 8);

struct HashPolicy {
  using Record = HashRecord;
  static uint64_t hash(const HashRecord* record) { return hash_bytes(record->field()); }
  static bool equals(const HashRecord* record, std::string_view key) {
    return is_same(record->field(), key);
  }
};
using HashFieldTable = HashTable<HashPolicy>;

// A table of which fields have deadlines. The index is exact to the millisecond, so that a hash can tell whether
// something is due.
struct TimedFieldTable : HashFieldTable {
  ExpiryIndex deadlines{0};
  size_t timed_count = 0;  // fields with a deadline
};

// What becomes of a field's deadline when the field is set.
enum class FieldDeadline : uint8_t { clear, keep };

class Hash {
 public:
  // Hides what is due before `now_ms`; 0: nothing, for who takes a hash as it is stored.
  explicit Hash(Object& object, int64_t now_ms = 0) : object_(object), now_ms_(now_ms) {}
  static Object make() { return {Type::hash, Encoding::listpack, listpack::create()}; }

  // O(1), or O(size) while something is due.
  size_t size() const;
  // An integer's text is written to `buffer` (24 bytes).
  std::optional<std::string_view> get(std::string_view field, char* buffer) const;
  bool contains(std::string_view field) const;
  // True: the field is new.
  bool set(std::string_view field, std::string_view value, const EncodingLimits& limits,
           FieldDeadline deadline = FieldDeadline::clear);
  bool erase(std::string_view field);

  // kNoDeadline when the field has none; nothing when there is no such field.
  std::optional<int64_t> deadline_ms(std::string_view field) const;
  // kNoDeadline takes the deadline away. REQUIRES: contains(field).
  void set_deadline_ms(std::string_view field, int64_t deadline_ms);
  // Whether a field has a deadline.
  bool has_deadlines() const;
  // Nothing is due before this time, which comes no later than the first field is. kNoDeadline: none ever is.
  int64_t next_due_ms() const;
  // Frees fields that are due, after telling each to fn(field). Looks at no more than `fields_max` of them and those
  // in the last one's bucket, or at all if the hash is compact, and takes off what it looked at; returns whether more
  // may be due. Each field that is due is read once, however many are due together.
  using VisitField = std::function<void(std::string_view field)>;
  bool expire(size_t& fields_max, const VisitField& fn);

  // fn(field, value), in no order. The hash must not change meanwhile.
  using Visit = std::function<void(std::string_view field, std::string_view value)>;
  void for_each(const Visit& fn) const;
  // The same with deadlines (kNoDeadline: none).
  using TimedVisit =
      std::function<void(std::string_view field, std::string_view value, int64_t deadline_ms)>;
  void for_each_with_deadline(const TimedVisit& fn) const;
  // One step; see HashTable::scan. A compact hash is one step.
  uint64_t scan(uint64_t cursor, const Visit& fn) const;
  uint64_t scan_with_deadline(uint64_t cursor, const TimedVisit& fn) const;
  // REQUIRES: size() > 0.
  void random(Random& random, const Visit& fn) const;

  void destroy();
  Object clone() const;
  size_t memory_bytes(size_t samples) const;
  // Throws std::logic_error when an invariant is broken. For tests.
  void check_invariants() const;

 private:
  bool is_packed() const {
    return object_.encoding == Encoding::listpack || object_.encoding == Encoding::listpackex;
  }
  bool is_timed() const { return is_timed_encoding(object_.encoding); }
  // While fields wait to be freed, the next one is due at 0, which is no time of a view.
  bool may_hide() const { return now_ms_ != 0 && has_deadlines() && next_due_ms() <= now_ms_; }
  listpack::Blob blob() const { return static_cast<listpack::Blob>(object_.data); }
  HashFieldTable& table() const { return *static_cast<HashFieldTable*>(object_.data); }
  // REQUIRES: the encoding is timed_table.
  TimedFieldTable& timed_table() const { return static_cast<TimedFieldTable&>(table()); }
  // Elements of the listpack for each field.
  size_t stride() const { return object_.encoding == Encoding::listpackex ? 3 : 2; }
  size_t stored_size() const;
  // Where the field stands in the listpack, kNone when it does not or is due.
  size_t find(std::string_view field) const;
  // The deadline of the field at `position` of a listpackex.
  int64_t packed_deadline_ms(size_t position) const;
  bool is_due(size_t position) const;
  // The field in the table, null when it is missing or due.
  HashRecord* find_record(std::string_view field) const;
  bool set_packed(std::string_view field, std::string_view value, const EncodingLimits& limits,
                  FieldDeadline deadline);
  bool set_in_table(std::string_view field, std::string_view value, FieldDeadline deadline);
  void set_packed_deadline(std::string_view field, int64_t deadline_ms);
  void set_record_deadline(std::string_view field, int64_t deadline_ms);
  void expire_packed(size_t& fields_max, const VisitField& fn);
  bool expire_records(size_t& fields_max, const VisitField& fn);
  int64_t find_due(uint32_t index_record, std::vector<HashRecord*>& due) const;
  void take_out(HashRecord* record);
  void convert_to_table();
  void convert_to_timed();

  Object& object_;
  int64_t now_ms_;
};

}  // namespace redstart
