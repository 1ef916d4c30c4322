#include "types/hash/hash.h"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "types/memory_order.h"
#include "types/table_object.h"

namespace redstart {
namespace {

constexpr int kDrawsMax = 100;  // of random fields that turn out to be due
constexpr std::string_view kNeverText = "0";  // the deadline of a listpackex's field that has none

// A deadline as a listpackex holds it.
std::string_view deadline_text(int64_t deadline_ms, char* buffer) {
  if (deadline_ms == kNoDeadline) return kNeverText;
  return {buffer, format_int64(deadline_ms, buffer)};
}

// The earliest comes first, and no deadline is the latest.
uint64_t deadline_order(int64_t deadline_ms) { return static_cast<uint64_t>(deadline_ms); }

// A field lives through the millisecond of its deadline.
int64_t first_due_ms(int64_t deadline_ms) { return deadline_ms + 1; }

}  // namespace

// --- Records

HashRecord* HashRecord::create(std::string_view field, std::string_view value, int64_t deadline_ms) {
  const bool timed = deadline_ms != kNoDeadline;
  auto* record = static_cast<HashRecord*>(heap::allocate(sizeof(HashRecord) + field.size() + value.size() +
                                                         (timed ? sizeof deadline_ms : 0)));
  record->field_bytes = static_cast<uint32_t>(field.size()) & 0x7fffffffu;
  record->has_deadline = timed;
  record->value_bytes = static_cast<uint32_t>(value.size());
  std::memcpy(record->data(), field.data(), field.size());
  std::memcpy(record->data() + field.size(), value.data(), value.size());
  if (timed) record->set_deadline_ms(deadline_ms);
  return record;
}

void HashRecord::destroy(HashRecord* record) {
  heap::deallocate(record, record->allocation_bytes());
}

int64_t HashRecord::deadline_ms() const {
  if (!has_deadline) return kNoDeadline;
  int64_t deadline_ms;
  std::memcpy(&deadline_ms, data() + field_bytes + value_bytes, sizeof deadline_ms);
  return deadline_ms;
}

void HashRecord::set_deadline_ms(int64_t deadline_ms) {
  std::memcpy(data() + field_bytes + value_bytes, &deadline_ms, sizeof deadline_ms);
}

bool HashRecord::overwrite(std::string_view value) {
  if (heap::allocated_size(allocation_bytes()) != heap::allocated_size(bytes_with(value.size()))) {
    return false;
  }
  const int64_t deadline = deadline_ms();
  std::memmove(data() + field_bytes, value.data(), value.size());
  value_bytes = static_cast<uint32_t>(value.size());
  if (has_deadline) set_deadline_ms(deadline);
  return true;
}

// --- Looking

size_t Hash::stored_size() const {
  return is_packed() ? listpack::count(blob()) / stride() : table().size();
}

size_t Hash::size() const {
  if (!may_hide()) return stored_size();
  size_t count = 0;
  for_each([&](std::string_view, std::string_view) { ++count; });
  return count;
}

int64_t Hash::packed_deadline_ms(size_t position) const {
  const size_t at = listpack::next(blob(), listpack::next(blob(), position));
  const int64_t stored = listpack::get(blob(), at).integer;
  return stored == 0 ? kNoDeadline : stored;
}

bool Hash::is_due(size_t position) const {
  if (object_.encoding != Encoding::listpackex) return false;
  const int64_t deadline = packed_deadline_ms(position);
  return deadline != kNoDeadline && deadline < now_ms_;
}

size_t Hash::find(std::string_view field) const {
  const size_t position = listpack::find(blob(), listpack::first(blob()), field, stride());
  if (position == listpack::kNone || is_due(position)) return listpack::kNone;
  return position;
}

HashRecord* Hash::find_record(std::string_view field) const {
  HashRecord* record = table().find(hash_bytes(field), field);
  return record && !record->is_due(now_ms_) ? record : nullptr;
}

std::optional<std::string_view> Hash::get(std::string_view field, char* buffer) const {
  if (is_packed()) {
    const size_t position = find(field);
    if (position == listpack::kNone) return std::nullopt;
    return listpack::get(blob(), listpack::next(blob(), position)).text(buffer);
  }
  const HashRecord* record = find_record(field);
  if (!record) return std::nullopt;
  return record->value();
}

bool Hash::contains(std::string_view field) const {
  return is_packed() ? find(field) != listpack::kNone : find_record(field) != nullptr;
}

// --- Changing

bool Hash::set(std::string_view field, std::string_view value, const EncodingLimits& limits,
               FieldDeadline deadline) {
  if (is_packed() && (field.size() > limits.hash_max_listpack_value ||
                      value.size() > limits.hash_max_listpack_value)) {
    convert_to_table();
  }
  return is_packed() ? set_packed(field, value, limits, deadline) : set_in_table(field, value, deadline);
}

bool Hash::set_packed(std::string_view field, std::string_view value, const EncodingLimits& limits,
                      FieldDeadline deadline) {
  const bool timed = is_timed();
  auto packed = blob();
  const size_t position = listpack::find(packed, listpack::first(packed), field, stride());
  const bool is_new = position == listpack::kNone || is_due(position);
  const bool loses_deadline = timed && position != listpack::kNone &&
                              (is_new || deadline == FieldDeadline::clear) &&
                              packed_deadline_ms(position) != kNoDeadline;
  if (position != listpack::kNone && !loses_deadline) {
    listpack::replace(packed, listpack::next(packed, position), value);
  } else {
    if (loses_deadline) listpack::erase(packed, position, 3);  // its place is at the end now
    listpack::append(packed, field);
    listpack::append(packed, value);
    if (timed) listpack::append(packed, kNeverText);
  }
  object_.data = packed;
  if (is_new && stored_size() > limits.hash_max_listpack_entries) convert_to_table();
  return is_new;
}

bool Hash::set_in_table(std::string_view field, std::string_view value, FieldDeadline deadline) {
  const uint64_t hash = hash_bytes(field);
  HashRecord* old = table().find(hash, field);
  if (!old) {
    table().insert(hash, HashRecord::create(field, value));
    return true;
  }
  const bool is_new = old->is_due(now_ms_);
  const bool loses_deadline = old->has_deadline && (is_new || deadline == FieldDeadline::clear);
  if (!loses_deadline && old->overwrite(value)) return false;
  HashRecord* fresh =
      HashRecord::create(field, value, loses_deadline ? kNoDeadline : old->deadline_ms());
  table().replace(hash, old, fresh);
  HashRecord::destroy(old);
  if (loses_deadline) --timed_table().timed_count;
  return is_new;
}

void Hash::take_out(HashRecord* record) {
  if (record->has_deadline) --timed_table().timed_count;
  table().erase(hash_bytes(record->field()), record->field());
  HashRecord::destroy(record);
}

bool Hash::erase(std::string_view field) {
  if (is_packed()) {
    const size_t position = find(field);
    if (position == listpack::kNone) return false;
    auto packed = blob();
    listpack::erase(packed, position, stride());
    object_.data = packed;
    return true;
  }
  if (is_timed()) {
    HashRecord* record = find_record(field);
    if (record) take_out(record);
    return record != nullptr;
  }
  HashRecord* record = table().erase(hash_bytes(field), field);
  if (record) HashRecord::destroy(record);
  return record != nullptr;
}

// --- Deadlines

std::optional<int64_t> Hash::deadline_ms(std::string_view field) const {
  if (is_packed()) {
    const size_t position = find(field);
    if (position == listpack::kNone) return std::nullopt;
    return is_timed() ? packed_deadline_ms(position) : kNoDeadline;
  }
  const HashRecord* record = find_record(field);
  if (!record) return std::nullopt;
  return record->deadline_ms();
}

void Hash::set_deadline_ms(std::string_view field, int64_t deadline_ms) {
  if (!is_timed()) {
    if (deadline_ms == kNoDeadline) return;
    convert_to_timed();
  }
  is_packed() ? set_packed_deadline(field, deadline_ms) : set_record_deadline(field, deadline_ms);
}

void Hash::set_packed_deadline(std::string_view field, int64_t deadline_ms) {
  const size_t position = find(field);
  if (packed_deadline_ms(position) == deadline_ms) return;
  auto packed = blob();
  char value_buffer[24], deadline_buffer[24];
  const std::string name(field);  // may be a view into the blob
  const std::string value(listpack::get(packed, listpack::next(packed, position)).text(value_buffer));
  listpack::erase(packed, position, 3);
  object_.data = packed;
  size_t place = listpack::first(packed);
  while (place != listpack::kNone &&
         deadline_order(packed_deadline_ms(place)) <= deadline_order(deadline_ms)) {
    for (int i = 0; i < 3 && place != listpack::kNone; ++i) place = listpack::next(packed, place);
  }
  for (const std::string_view element :
       {std::string_view(name), std::string_view(value), deadline_text(deadline_ms, deadline_buffer)}) {
    const size_t inserted = listpack::insert(packed, place, element);
    if (place != listpack::kNone) place = listpack::next(packed, inserted);
  }
  object_.data = packed;
}

void Hash::set_record_deadline(std::string_view field, int64_t deadline_ms) {
  TimedFieldTable& timed = timed_table();
  const uint64_t hash = hash_bytes(field);
  HashRecord* record = timed.find(hash, field);
  const int64_t old_deadline_ms = record->deadline_ms();
  if (old_deadline_ms == deadline_ms) return;
  if (record->has_deadline && deadline_ms != kNoDeadline) {
    record->set_deadline_ms(deadline_ms);
  } else {
    HashRecord* fresh = HashRecord::create(record->field(), record->value(), deadline_ms);
    timed.replace(hash, record, fresh);
    HashRecord::destroy(record);
    fresh->has_deadline ? ++timed.timed_count : --timed.timed_count;
  }
  if (deadline_order(deadline_ms) < deadline_order(old_deadline_ms)) {
    timed.deadlines.add(hash, first_due_ms(deadline_ms));
  }
}

bool Hash::has_deadlines() const {
  if (!is_timed()) return false;
  if (!is_packed()) return timed_table().timed_count > 0;
  const size_t first = listpack::first(blob());
  return first != listpack::kNone && packed_deadline_ms(first) != kNoDeadline;
}

int64_t Hash::next_due_ms() const {
  if (!has_deadlines()) return kNoDeadline;
  return is_packed() ? first_due_ms(packed_deadline_ms(listpack::first(blob())))
                     : timed_table().deadlines.earliest_ms();
}

bool Hash::expire(size_t& fields_max, const VisitField& fn) {
  if (!is_timed()) return false;
  if (!is_packed()) return expire_records(fields_max, fn);
  expire_packed(fields_max, fn);
  return false;
}

void Hash::expire_packed(size_t& fields_max, const VisitField& fn) {
  auto packed = blob();
  size_t at = listpack::first(packed);
  size_t due = 0;
  char buffer[24];
  while (at != listpack::kNone && is_due(at)) {
    fn(listpack::get(packed, at).text(buffer));
    ++due;
    for (int i = 0; i < 3 && at != listpack::kNone; ++i) at = listpack::next(packed, at);
  }
  if (due > 0) listpack::erase(packed, listpack::first(packed), due * 3);
  object_.data = packed;
  fields_max -= std::min(fields_max, due);
}

bool Hash::expire_records(size_t& fields_max, const VisitField& fn) {
  TimedFieldTable& timed = timed_table();
  std::vector<HashRecord*> due;
  bool more = true;
  while (more && fields_max > 0) {
    more = timed.deadlines.collect(now_ms_, 1, [&](uint32_t index_record) { return find_due(index_record, due); });
    fields_max -= std::min(fields_max, due.size() + 1);
    for (HashRecord* record : due) {
      fn(record->field());
      take_out(record);
    }
    due.clear();
  }
  return more;
}

// What is due in the record's bucket, whether the record is theirs or not: fields that are due together are read once,
// and the records of the others will find an empty bucket. Returns when the record is to come up again. As in
// Access::find_due, fields that share half a hash share their records.
int64_t Hash::find_due(uint32_t index_record, std::vector<HashRecord*>& due) const {
  int64_t next_ms = ExpiryIndex::kDropped;
  const HashFieldTable& fields = table();
  fields.for_each_in_bucket(index_record, [](const HashRecord* record) { __builtin_prefetch(record); });
  fields.for_each_in_bucket(index_record, [&](HashRecord* record) {
    if (!record->has_deadline) return;
    if (record->is_due(now_ms_)) return due.push_back(record);
    if (ExpiryIndex::record_of(HashPolicy::hash(record)) != index_record) return;
    const int64_t due_ms = first_due_ms(record->deadline_ms());
    next_ms = next_ms == ExpiryIndex::kDropped ? due_ms : std::min(next_ms, due_ms);
  });
  return next_ms;
}

// --- Conversions

void Hash::convert_to_table() {
  const bool timed = is_timed();
  HashFieldTable* table = timed ? make_table<TimedFieldTable>() : make_table<HashFieldTable>();
  auto* deadlines = timed ? static_cast<TimedFieldTable*>(table) : nullptr;
  if (timed) deadlines->deadlines.start_at(now_ms_);
  Hash(object_).for_each_with_deadline(
      [&](std::string_view field, std::string_view value, int64_t deadline_ms) {
        const uint64_t hash = hash_bytes(field);
        table->insert(hash, HashRecord::create(field, value, deadline_ms));
        if (deadline_ms == kNoDeadline) return;
        deadlines->deadlines.add(hash, first_due_ms(deadline_ms));
        ++deadlines->timed_count;
      });
  listpack::free(blob());
  object_.data = table;
  object_.encoding = timed ? Encoding::timed_table : Encoding::hashtable;
}

void Hash::convert_to_timed() {
  if (!is_packed()) {
    auto* timed = make_table<TimedFieldTable>();
    timed->deadlines.start_at(now_ms_);
    timed->swap(table());
    destroy_table(&table(), HashRecord::destroy);
    object_.data = static_cast<HashFieldTable*>(timed);
    object_.encoding = Encoding::timed_table;
    return;
  }
  listpack::Blob timed = listpack::create();
  for_each([&](std::string_view field, std::string_view value) {
    listpack::append(timed, field);
    listpack::append(timed, value);
    listpack::append(timed, kNeverText);
  });
  listpack::free(blob());
  object_.data = timed;
  object_.encoding = Encoding::listpackex;
}

// --- All of it

void Hash::for_each(const Visit& fn) const {
  if (!is_packed()) {
    return for_each_in_memory_order(table(), [&](HashRecord* record) {
      if (!record->is_due(now_ms_)) fn(record->field(), record->value());
    });
  }
  char field[24], value[24];
  const bool timed = is_timed();
  for (size_t at = listpack::first(blob()); at != listpack::kNone;) {
    const bool due = timed && is_due(at);
    const size_t value_at = listpack::next(blob(), at);
    if (!due) fn(listpack::get(blob(), at).text(field), listpack::get(blob(), value_at).text(value));
    at = listpack::next(blob(), value_at);
    if (timed) at = listpack::next(blob(), at);
  }
}

void Hash::for_each_with_deadline(const TimedVisit& fn) const {
  if (!is_packed()) {
    return for_each_in_memory_order(table(), [&](HashRecord* record) {
      if (!record->is_due(now_ms_)) fn(record->field(), record->value(), record->deadline_ms());
    });
  }
  if (!is_timed()) {
    return for_each([&](std::string_view field, std::string_view value) { fn(field, value, kNoDeadline); });
  }
  char field[24], value[24];
  for (size_t at = listpack::first(blob()); at != listpack::kNone;) {
    const size_t value_at = listpack::next(blob(), at);
    if (!is_due(at)) {
      fn(listpack::get(blob(), at).text(field), listpack::get(blob(), value_at).text(value),
         packed_deadline_ms(at));
    }
    at = listpack::next(blob(), listpack::next(blob(), value_at));
  }
}

uint64_t Hash::scan(uint64_t cursor, const Visit& fn) const {
  return scan_with_deadline(cursor, [&](std::string_view field, std::string_view value, int64_t) { fn(field, value); });
}

uint64_t Hash::scan_with_deadline(uint64_t cursor, const TimedVisit& fn) const {
  if (is_packed()) {
    for_each_with_deadline(fn);
    return 0;
  }
  return table().scan(cursor, [&](HashRecord* record) {
    if (!record->is_due(now_ms_)) fn(record->field(), record->value(), record->deadline_ms());
  });
}

void Hash::random(Random& random, const Visit& fn) const {
  if (may_hide()) {
    for (int draw = 0; !is_packed() && draw < kDrawsMax; ++draw) {
      const HashRecord* record = table().random(random);
      if (!record->is_due(now_ms_)) return fn(record->field(), record->value());
    }
    size_t skip = random.below(size());  // few are left: they are counted through
    return for_each([&](std::string_view field, std::string_view value) {
      if (skip-- == 0) fn(field, value);
    });
  }
  if (!is_packed()) {
    const HashRecord* record = table().random(random);
    return fn(record->field(), record->value());
  }
  const size_t at =
      listpack::seek(blob(), static_cast<int64_t>(random.below(stored_size()) * stride()));
  char field[24], value[24];
  fn(listpack::get(blob(), at).text(field),
     listpack::get(blob(), listpack::next(blob(), at)).text(value));
}

void Hash::destroy() {
  if (is_packed()) return listpack::free(blob());
  if (is_timed()) return destroy_table(&timed_table(), HashRecord::destroy);
  destroy_table(&table(), HashRecord::destroy);
}

Object Hash::clone() const {
  if (is_packed()) return {Type::hash, object_.encoding, listpack::clone(blob())};
  const auto copy = [](const HashRecord* record) {
    return HashRecord::create(record->field(), record->value(), record->deadline_ms());
  };
  if (!is_timed()) return {Type::hash, Encoding::hashtable, clone_table(table(), copy)};
  TimedFieldTable* timed = clone_table(timed_table(), copy);
  timed->deadlines.start_at(now_ms_);
  timed->timed_count = timed_table().timed_count;
  timed->for_each([&](const HashRecord* record) {
    if (!record->has_deadline) return;
    timed->deadlines.add(HashPolicy::hash(record), first_due_ms(record->deadline_ms()));
  });
  return {Type::hash, Encoding::timed_table, static_cast<HashFieldTable*>(timed)};
}

size_t Hash::memory_bytes(size_t samples) const {
  if (is_packed()) return listpack::allocated_bytes(blob());
  const auto bytes_of = [](const HashRecord* record) {
    return heap::allocated_size(record->allocation_bytes());
  };
  if (!is_timed()) return table_memory_bytes(table(), samples, bytes_of);
  return table_memory_bytes(timed_table(), samples, bytes_of) + timed_table().deadlines.memory_bytes();
}

void Hash::check_invariants() const {
  const auto check = [](bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
  };
  if (!is_packed()) table().check_invariants();
  if (object_.encoding == Encoding::listpackex) {
    check(listpack::count(blob()) % 3 == 0, "a listpackex does not consist of triples");
    uint64_t last = 0;
    for (size_t at = listpack::first(blob()); at != listpack::kNone;) {
      const size_t deadline_at = listpack::next(blob(), listpack::next(blob(), at));
      check(listpack::get(blob(), deadline_at).is_integer, "a deadline is no integer");
      const uint64_t order = deadline_order(packed_deadline_ms(at));
      check(last <= order, "the fields of a listpackex are not ordered by their deadlines");
      last = order;
      at = listpack::next(blob(), deadline_at);
    }
  }
  if (object_.encoding == Encoding::timed_table) {
    size_t timed = 0;
    int64_t first_ms = std::numeric_limits<int64_t>::max();
    table().for_each([&](const HashRecord* record) {
      if (!record->has_deadline) return;
      ++timed;
      first_ms = std::min(first_ms, record->deadline_ms());
    });
    check(timed == timed_table().timed_count, "the count of timed fields is wrong");
    check(timed == 0 || timed_table().deadlines.record_count() > 0, "a deadline is not in the index");
    check(timed == 0 || next_due_ms() <= first_due_ms(first_ms), "the index comes up too late");
  }
}

}  // namespace redstart
