#include "types/set/set.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/numbers.h"
#include "types/memory_order.h"
#include "types/table_object.h"

namespace redstart {
namespace {

constexpr size_t kIntegerTextMin = 7;  // that much text fits into the smallest block anyway

std::string_view text_of(int64_t value, char* buffer) {
  return {buffer, format_int64(value, buffer)};
}

// The fewest bytes that hold the value in two's complement.
size_t integer_bytes(int64_t value) {
  const auto magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  return static_cast<size_t>(std::bit_width(magnitude)) / 8 + 1;
}

int64_t read_integer(const char* data, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, data, bytes);
  const size_t unused_bits = 64 - 8 * bytes;
  return static_cast<int64_t>(value << unused_bits) >> unused_bits;
}

}  // namespace

std::string_view SetRecord::member(Buffer& buffer) const {
  const char* data = reinterpret_cast<const char*>(this) + 1;
  if (head <= kTextBytesMax) return {data, head};
  if (is_integer()) return text_of(read_integer(data, head - kInteger), buffer);
  uint32_t size;
  std::memcpy(&size, data, 4);
  return {data + 4, size};
}

size_t SetRecord::allocation_bytes() const {
  if (head <= kTextBytesMax) return 1 + size_t{head};
  if (is_integer()) return 1 + size_t{head} - kInteger;
  Buffer unused;
  return 5 + member(unused).size();
}

SetRecord* SetRecord::create(std::string_view member) {
  // A short text takes no more room than the integer that it spells would.
  const auto integer = member.size() > kIntegerTextMin ? parse_int64(member) : std::nullopt;
  const size_t integer_size = integer ? integer_bytes(*integer) : 8;
  if (integer_size < 8) {
    auto* record = static_cast<SetRecord*>(heap::allocate(1 + integer_size));
    record->head = static_cast<uint8_t>(kInteger + integer_size);
    std::memcpy(reinterpret_cast<char*>(record) + 1, &*integer, integer_size);
    return record;
  }
  const bool wide = member.size() > kTextBytesMax;
  auto* record = static_cast<SetRecord*>(heap::allocate(1 + (wide ? 4 : 0) + member.size()));
  char* data = reinterpret_cast<char*>(record) + 1;
  record->head = wide ? kWide : static_cast<uint8_t>(member.size());
  if (wide) {
    const auto size = static_cast<uint32_t>(member.size());
    std::memcpy(data, &size, 4);
    data += 4;
  }
  std::memcpy(data, member.data(), member.size());
  return record;
}

SetRecord* SetRecord::clone(const SetRecord* record) {
  const size_t bytes = record->allocation_bytes();
  return static_cast<SetRecord*>(std::memcpy(heap::allocate(bytes), record, bytes));
}

void SetRecord::destroy(SetRecord* record) { heap::deallocate(record, record->allocation_bytes()); }

size_t Set::size() const {
  switch (object_.encoding) {
    case Encoding::intset:
      return intset::count(integers());
    case Encoding::listpack:
      return listpack::count(packed());
    default:
      return table().size();
  }
}

bool Set::contains(std::string_view member) const {
  switch (object_.encoding) {
    case Encoding::intset: {
      const auto integer = parse_int64(member);
      return integer && intset::contains(integers(), *integer);
    }
    case Encoding::listpack:
      return listpack::find(packed(), listpack::first(packed()), member) != listpack::kNone;
    default:
      return table().find(hash_bytes(member), member) != nullptr;
  }
}

bool Set::add(std::string_view member, const EncodingLimits& limits) {
  if (object_.encoding == Encoding::intset) {
    if (const auto integer = parse_int64(member)) {
      auto blob = integers();
      const bool added = intset::add(blob, *integer);
      object_.data = blob;
      if (added && size() > limits.set_max_intset_entries) convert_to_table();
      return added;
    }
    const bool fits = size() < limits.set_max_listpack_entries;
    fits ? convert_to_listpack() : convert_to_table();
  }
  if (object_.encoding == Encoding::listpack) {
    if (contains(member)) return false;
    if (size() < limits.set_max_listpack_entries &&
        member.size() <= limits.set_max_listpack_value) {
      auto blob = packed();
      listpack::append(blob, member);
      object_.data = blob;
      return true;
    }
    convert_to_table();
  }
  const uint64_t hash = hash_bytes(member);
  if (table().find(hash, member)) return false;
  table().insert(hash, SetRecord::create(member));
  return true;
}

bool Set::remove(std::string_view member) {
  if (object_.encoding == Encoding::intset) {
    const auto integer = parse_int64(member);
    if (!integer) return false;
    auto blob = integers();
    const bool removed = intset::remove(blob, *integer);
    object_.data = blob;
    return removed;
  }
  if (object_.encoding == Encoding::listpack) {
    auto blob = packed();
    const size_t position = listpack::find(blob, listpack::first(blob), member);
    if (position == listpack::kNone) return false;
    listpack::erase(blob, position);
    object_.data = blob;
    return true;
  }
  SetRecord* record = table().erase(hash_bytes(member), member);
  if (record) SetRecord::destroy(record);
  return record != nullptr;
}

void Set::convert_to_table() {
  auto* fresh = make_table<SetTable>();
  for_each([&](std::string_view member) {
    fresh->insert(hash_bytes(member), SetRecord::create(member));
  });
  destroy();
  object_.data = fresh;
  object_.encoding = Encoding::hashtable;
}

void Set::convert_to_listpack() {
  auto blob = listpack::create();
  for_each([&](std::string_view member) { listpack::append(blob, member); });
  destroy();
  object_.data = blob;
  object_.encoding = Encoding::listpack;
}

void Set::for_each(const Visit& fn) const {
  if (object_.encoding == Encoding::hashtable) {
    char buffer[24];
    return for_each_in_memory_order(table(), [&](SetRecord* record) { fn(record->member(buffer)); });
  }
  for_each_while([&](std::string_view member) {
    fn(member);
    return true;
  });
}

void Set::for_each_while(const std::function<bool(std::string_view)>& fn) const {
  char buffer[24];
  if (object_.encoding == Encoding::intset) {
    for (size_t i = 0; i < intset::count(integers()); ++i) {
      if (!fn(text_of(intset::get(integers(), i), buffer))) return;
    }
  } else if (object_.encoding == Encoding::listpack) {
    for (size_t at = listpack::first(packed()); at != listpack::kNone;
         at = listpack::next(packed(), at)) {
      if (!fn(listpack::get(packed(), at).text(buffer))) return;
    }
  } else {
    table().for_each_while([&](SetRecord* record) { return fn(record->member(buffer)); });
  }
}

uint64_t Set::scan(uint64_t cursor, const Visit& fn) const {
  if (object_.encoding != Encoding::hashtable) {
    for_each(fn);
    return 0;
  }
  char buffer[24];
  return table().scan(cursor, [&](SetRecord* record) { fn(record->member(buffer)); });
}

void Set::random(Random& random, const Visit& fn) const {
  char buffer[24];
  if (object_.encoding == Encoding::intset) {
    return fn(text_of(intset::get(integers(), random.below(size())), buffer));
  }
  if (object_.encoding == Encoding::listpack) {
    const size_t at = listpack::seek(packed(), static_cast<int64_t>(random.below(size())));
    return fn(listpack::get(packed(), at).text(buffer));
  }
  fn(table().random(random)->member(buffer));
}

void Set::pop(Random& random, const Visit& fn) {
  char buffer[24];
  if (object_.encoding == Encoding::intset) {
    auto blob = integers();
    const int64_t value = intset::get(blob, random.below(size()));
    fn(text_of(value, buffer));
    intset::remove(blob, value);
    object_.data = blob;
  } else if (object_.encoding == Encoding::listpack) {
    auto blob = packed();
    const size_t at = listpack::seek(blob, static_cast<int64_t>(random.below(size())));
    fn(listpack::get(blob, at).text(buffer));
    listpack::erase(blob, at);
    object_.data = blob;
  } else {
    SetRecord* record = table().random(random);
    const std::string_view member = record->member(buffer);
    fn(member);
    table().erase(hash_bytes(member), member);
    SetRecord::destroy(record);
  }
}

void Set::destroy() {
  switch (object_.encoding) {
    case Encoding::intset:
      return intset::free(integers());
    case Encoding::listpack:
      return listpack::free(packed());
    default:
      return destroy_table(&table(), SetRecord::destroy);
  }
}

Object Set::clone() const {
  Object copy = object_;
  switch (object_.encoding) {
    case Encoding::intset:
      copy.data = intset::clone(integers());
      break;
    case Encoding::listpack:
      copy.data = listpack::clone(packed());
      break;
    default:
      copy.data = clone_table(table(), SetRecord::clone);
  }
  return copy;
}

size_t Set::memory_bytes(size_t samples) const {
  switch (object_.encoding) {
    case Encoding::intset:
      return intset::allocated_bytes(integers());
    case Encoding::listpack:
      return listpack::allocated_bytes(packed());
    default:
      return table_memory_bytes(table(), samples, [](const SetRecord* record) {
        return heap::allocated_size(record->allocation_bytes());
      });
  }
}

}  // namespace redstart
