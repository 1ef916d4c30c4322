#include "types/hash/hash.h"

#include <new>

#include "types/table_object.h"

namespace redstart {

HashRecord* HashRecord::create(std::string_view field, std::string_view value) {
  auto* record =
      static_cast<HashRecord*>(heap::allocate(sizeof(HashRecord) + field.size() + value.size()));
  record->field_bytes = static_cast<uint32_t>(field.size());
  record->value_bytes = static_cast<uint32_t>(value.size());
  std::memcpy(record->data(), field.data(), field.size());
  std::memcpy(record->data() + field.size(), value.data(), value.size());
  return record;
}

void HashRecord::destroy(HashRecord* record) {
  heap::deallocate(record, record->allocation_bytes());
}

bool HashRecord::overwrite(std::string_view value) {
  const size_t fresh_bytes = sizeof *this + field_bytes + value.size();
  if (heap::allocated_size(allocation_bytes()) != heap::allocated_size(fresh_bytes)) return false;
  std::memmove(data() + field_bytes, value.data(), value.size());
  value_bytes = static_cast<uint32_t>(value.size());
  return true;
}

size_t Hash::size() const { return is_compact() ? listpack::count(blob()) / 2 : table().size(); }

size_t Hash::find(std::string_view field) const {
  return listpack::find(blob(), listpack::first(blob()), field, 2);
}

std::optional<std::string_view> Hash::get(std::string_view field, char* buffer) const {
  if (is_compact()) {
    const size_t position = find(field);
    if (position == listpack::kNone) return std::nullopt;
    return listpack::get(blob(), listpack::next(blob(), position)).text(buffer);
  }
  const HashRecord* record = table().find(hash_bytes(field), field);
  if (!record) return std::nullopt;
  return record->value();
}

bool Hash::contains(std::string_view field) const {
  if (is_compact()) return find(field) != listpack::kNone;
  return table().find(hash_bytes(field), field) != nullptr;
}

bool Hash::set(std::string_view field, std::string_view value, const EncodingLimits& limits) {
  if (is_compact() && (field.size() > limits.hash_max_listpack_value ||
                       value.size() > limits.hash_max_listpack_value)) {
    convert();
  }
  if (is_compact()) {
    auto packed = blob();
    const size_t position = find(field);
    if (position != listpack::kNone) {
      listpack::replace(packed, listpack::next(packed, position), value);
    } else {
      listpack::append(packed, field);
      listpack::append(packed, value);
    }
    object_.data = packed;
    if (position == listpack::kNone && size() > limits.hash_max_listpack_entries) convert();
    return position == listpack::kNone;
  }
  const uint64_t hash = hash_bytes(field);
  HashRecord* old = table().find(hash, field);
  if (old && old->overwrite(value)) return false;
  HashRecord* fresh = HashRecord::create(field, value);
  if (!old) {
    table().insert(hash, fresh);
    return true;
  }
  table().replace(hash, old, fresh);
  HashRecord::destroy(old);
  return false;
}

bool Hash::erase(std::string_view field) {
  if (is_compact()) {
    const size_t position = find(field);
    if (position == listpack::kNone) return false;
    auto packed = blob();
    listpack::erase(packed, position, 2);
    object_.data = packed;
    return true;
  }
  HashRecord* record = table().erase(hash_bytes(field), field);
  if (record) HashRecord::destroy(record);
  return record != nullptr;
}

void Hash::convert() {
  auto* table = make_table<HashFieldTable>();
  for_each([&](std::string_view field, std::string_view value) {
    table->insert(hash_bytes(field), HashRecord::create(field, value));
  });
  listpack::free(blob());
  object_.data = table;
  object_.encoding = Encoding::hashtable;
}

void Hash::for_each(const Visit& fn) const {
  if (!is_compact()) {
    return table().for_each([&](HashRecord* record) { fn(record->field(), record->value()); });
  }
  char field[24], value[24];
  for (size_t at = listpack::first(blob()); at != listpack::kNone;) {
    const size_t value_at = listpack::next(blob(), at);
    fn(listpack::get(blob(), at).text(field), listpack::get(blob(), value_at).text(value));
    at = listpack::next(blob(), value_at);
  }
}

uint64_t Hash::scan(uint64_t cursor, const Visit& fn) const {
  if (is_compact()) {
    for_each(fn);
    return 0;
  }
  return table().scan(cursor, [&](HashRecord* record) { fn(record->field(), record->value()); });
}

void Hash::random(Random& random, const Visit& fn) const {
  if (!is_compact()) {
    const HashRecord* record = table().random(random);
    return fn(record->field(), record->value());
  }
  const size_t at = listpack::seek(blob(), static_cast<int64_t>(random.below(size()) * 2));
  char field[24], value[24];
  fn(listpack::get(blob(), at).text(field),
     listpack::get(blob(), listpack::next(blob(), at)).text(value));
}

void Hash::destroy() {
  if (is_compact()) return listpack::free(blob());
  destroy_table(&table(), HashRecord::destroy);
}

Object Hash::clone() const {
  if (is_compact()) return {Type::hash, Encoding::listpack, listpack::clone(blob())};
  return {Type::hash, Encoding::hashtable, clone_table(table(), [](const HashRecord* record) {
            return HashRecord::create(record->field(), record->value());
          })};
}

size_t Hash::memory_bytes(size_t samples) const {
  if (is_compact()) return listpack::allocated_bytes(blob());
  return table_memory_bytes(table(), samples, [](const HashRecord* record) {
    return heap::allocated_size(record->allocation_bytes());
  });
}

}  // namespace redstart
