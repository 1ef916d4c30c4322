#include "engine/entry.h"

#include <algorithm>
#include <new>

#include "base/heap.h"
#include "base/numbers.h"

namespace redstart {

Entry* Entry::create(std::string_view key, const Shape& shape) {
  const bool wide = key.size() >= kWideKey;
  const uint8_t deadline_bytes = Entry::deadline_bytes(shape.deadline_ms);
  const size_t bytes = 8 + deadline_bytes + (wide ? 4 : 0) + key.size() + shape.value_bytes;
  auto* entry = static_cast<Entry*>(heap::allocate(bytes));
  entry->type_encoding_ = pack(shape.type, shape.encoding);
  entry->flags_ = static_cast<uint8_t>(deadline_bytes | (shape.external ? kExternal : 0) |
                                       (shape.timed_fields ? kTimedFields : 0));
  entry->key_size_ = wide ? kWideKey : static_cast<uint8_t>(key.size());
  entry->value_bytes_ = shape.value_bytes;
  entry->set_access(shape.access);
  if (deadline_bytes != 0) entry->set_deadline_ms(shape.deadline_ms);
  if (wide) {
    const auto size = static_cast<uint32_t>(key.size());
    std::memcpy(const_cast<char*>(entry->after_deadline()), &size, sizeof size);
  }
  std::memcpy(entry->key_data(), key.data(), key.size());
  return entry;
}

Entry* Entry::create_text(std::string_view key, std::string_view bytes, const TextShape& shape) {
  if (const auto integer = canonical_integer(bytes)) return create_integer(key, *integer, shape);
  return create_plain_text(key, bytes, shape);
}

Entry* Entry::create_plain_text(std::string_view key, std::string_view bytes, const TextShape& shape) {
  const bool external = bytes.size() > kInlineBytesMax;
  Entry* entry = create(
      key, {.type = Type::string,
            .encoding = bytes.size() <= kEmbeddedStringBytesMax ? Encoding::embstr : Encoding::raw,
            .value_bytes = static_cast<uint16_t>(external ? sizeof(void*) : bytes.size()),
            .external = external,
            .deadline_ms = shape.deadline_ms,
            .access = shape.access});
  if (external) {
    entry->put_shared(SharedBytes::copy(bytes));
  } else {
    bytes.copy(entry->value_data(), bytes.size());
  }
  return entry;
}

Entry* Entry::create_integer(std::string_view key, int64_t value, const TextShape& shape) {
  Entry* entry = create(key, {.type = Type::string,
                              .encoding = Encoding::int_,
                              .value_bytes = integer_bytes(value),
                              .deadline_ms = shape.deadline_ms,
                              .access = shape.access});
  // Little-endian: the low bytes come first.
  std::memcpy(entry->value_data(), &value, entry->value_bytes());
  return entry;
}

Entry* Entry::clone(const Entry& source, std::string_view key) {
  Entry* copy = create(key, {.type = source.type(),
                             .encoding = source.encoding(),
                             .value_bytes = source.value_bytes(),
                             .external = source.is_external(),
                             .deadline_ms = source.deadline_ms(),
                             .access = source.access()});
  if (source.is_external()) {
    copy->put_shared(source.shared_text());
  } else if (source.is_string()) {
    std::memcpy(copy->value_data(), source.value_data(), source.value_bytes());
  } else {
    copy->set_object(redstart::clone(source.object()));
  }
  return copy;
}

void Entry::free_shell(Entry* entry) { heap::deallocate(entry, entry->allocation_bytes()); }

void Entry::destroy(Entry* entry) {
  if (entry->is_external()) {
    entry->take_shared();
  } else if (!entry->is_string()) {
    Object object = entry->object();
    redstart::destroy(object);
  }
  free_shell(entry);
}

int64_t Entry::deadline_ms() const {
  if (!has_deadline()) return kNoDeadline;
  uint64_t value = 0;
  const char* place = reinterpret_cast<const char*>(this) + 8;
  (flags_ & kDeadlineBytes) == 6 ? std::memcpy(&value, place, 6) : std::memcpy(&value, place, 8);
  return static_cast<int64_t>(value);
}

int64_t Entry::next_timer_ms() const {
  const int64_t key_ms = deadline_ms();
  if (!has_timed_fields()) return key_ms;
  const int64_t fields_ms = next_element_due_ms(object());
  return key_ms == kNoDeadline ? fields_ms : std::min(key_ms, fields_ms);
}

void Entry::set_deadline_ms(int64_t deadline_ms) {
  std::memcpy(reinterpret_cast<char*>(this) + 8, &deadline_ms, flags_ & kDeadlineBytes);
}

std::optional<int64_t> Entry::integer() const {
  if (encoding() != Encoding::int_ || !is_string()) return std::nullopt;
  switch (value_bytes_) {
    case 1:
      return static_cast<int8_t>(*value_data());
    case 2: {
      int16_t v;
      std::memcpy(&v, value_data(), 2);
      return v;
    }
    case 4: {
      int32_t v;
      std::memcpy(&v, value_data(), 4);
      return v;
    }
    default: {
      int64_t v;
      std::memcpy(&v, value_data(), 8);
      return v;
    }
  }
}

std::string_view Entry::text(NumberBuffer& buffer) const {
  if (is_external()) return SharedBytes::view_of(pointer());
  if (encoding() != Encoding::int_) return {value_data(), value_bytes_};
  return {buffer.text, format_int64(*integer(), buffer.text)};
}

size_t Entry::text_size() const {
  NumberBuffer buffer;
  return text(buffer).size();
}

size_t Entry::memory_bytes(size_t samples) const {
  size_t bytes = heap::allocated_size(allocation_bytes());
  if (is_external()) return bytes + SharedBytes::borrow(pointer()).memory_bytes();
  if (!is_string()) bytes += redstart::memory_bytes(object(), samples);
  return bytes;
}

std::optional<int64_t> canonical_integer(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 20) return std::nullopt;
  return parse_int64(bytes);
}

uint16_t integer_bytes(int64_t value) {
  if (value == static_cast<int8_t>(value)) return 1;
  if (value == static_cast<int16_t>(value)) return 2;
  if (value == static_cast<int32_t>(value)) return 4;
  return 8;
}

}  // namespace redstart
