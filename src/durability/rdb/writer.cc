#include "durability/rdb/writer.h"

#include <liblzf/lzf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "base/numbers.h"
#include "durability/rdb/stream.h"
#include "types/hash/hash.h"
#include "types/intset.h"
#include "types/list/list.h"
#include "types/listpack.h"
#include "types/set/set.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

using rdb::ValueType;

constexpr size_t kIntegerTextBytesMax = 11;  // "-2147483648"
constexpr size_t kCompressedBytesMin = 21;   // shorter strings are not worth the try
constexpr size_t kCompressionGainMin = 4;
constexpr size_t kSharedBytesMin = 16 * 1024;

std::string_view bytes_of(const listpack::Blob blob) {
  return {reinterpret_cast<const char*>(blob), listpack::bytes(blob)};
}

template <class T>
void append_little_endian(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

template <class T>
void append_big_endian(std::string& out, T value) {
  for (size_t i = sizeof value; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

void RdbWriter::length(uint64_t value) {
  if (value < 1u << 6) return byte(static_cast<uint8_t>(rdb::kLength6Bits | value));
  if (value < 1u << 14) {
    byte(static_cast<uint8_t>(rdb::kLength14Bits | value >> 8));
    return byte(static_cast<uint8_t>(value));
  }
  if (value <= UINT32_MAX) {
    byte(rdb::kLength32Bits);
    return append_big_endian(out_, static_cast<uint32_t>(value));
  }
  byte(rdb::kLength64Bits);
  append_big_endian(out_, value);
}

void RdbWriter::plain_string(std::string_view text) {
  length(text.size());
  out_.append(text);
}

void RdbWriter::integer_text(int64_t value) {
  if (value == static_cast<int8_t>(value)) {
    byte(rdb::kEncodedString | rdb::kInt8);
    return append_little_endian(out_, static_cast<int8_t>(value));
  }
  if (value == static_cast<int16_t>(value)) {
    byte(rdb::kEncodedString | rdb::kInt16);
    return append_little_endian(out_, static_cast<int16_t>(value));
  }
  if (value == static_cast<int32_t>(value)) {
    byte(rdb::kEncodedString | rdb::kInt32);
    return append_little_endian(out_, static_cast<int32_t>(value));
  }
  NumberBuffer buffer;
  plain_string({buffer.text, format_int64(value, buffer.text)});
}

bool RdbWriter::compressed_string(std::string_view text) {
  const size_t room = text.size() - kCompressionGainMin;
  const size_t mark = out_.size();
  byte(rdb::kEncodedString | rdb::kLzf);
  // The compressed size stands before the bytes: it is made room for as if nothing were gained.
  size_t compressed_bytes = 0;
  compressed_.resize_and_overwrite(room, [&](char* place, size_t size) {
    compressed_bytes = lzf_compress(text.data(), static_cast<unsigned>(text.size()), place,
                                    static_cast<unsigned>(size));
    return compressed_bytes;
  });
  if (compressed_bytes == 0) {
    out_.resize(mark);
    return false;
  }
  length(compressed_bytes);
  length(text.size());
  out_.append(compressed_);
  return true;
}

void RdbWriter::finish(const UnfinishedRdb& written) {
  const std::string_view bytes = written.bytes;
  size_t done = 0;
  for (const auto& place : written.strings) {
    out_.append(bytes.substr(done, place.begin - done));
    string(place.shared ? place.shared.view() : bytes.substr(place.text, place.end - place.text));
    done = place.end;
  }
  out_.append(bytes.substr(done));
}

void RdbWriter::string(std::string_view text) {
  if (!text.empty() && text.size() <= kIntegerTextBytesMax &&
      (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
    const auto integer = parse_int64(text);
    if (integer && *integer == static_cast<int32_t>(*integer)) return integer_text(*integer);
  }
  const bool is_worth_it = compress_ && text.size() >= kCompressedBytesMin && text.size() <= UINT32_MAX;
  if (is_worth_it && !unfinished_ && compressed_string(text)) return;
  const size_t begin = out_.size();
  plain_string(text);
  if (is_worth_it && unfinished_) unfinished_->strings.push_back({begin, out_.size() - text.size(), out_.size()});
}

void RdbWriter::number(double value) { append_little_endian(out_, value); }

void RdbWriter::milliseconds(int64_t value) { append_little_endian(out_, value); }

void RdbWriter::scored_member(std::string_view member, double score) {
  string(member);
  number(score);
}

void RdbWriter::timed_field(std::string_view field, std::string_view value, int64_t deadline_ms, int64_t earliest_ms) {
  length(deadline_ms == kNoDeadline ? 0 : static_cast<uint64_t>(deadline_ms - earliest_ms) + 1);
  string(field);
  string(value);
}

void RdbWriter::list_chunk(listpack::Blob chunk) {
  length(rdb::kPackedNode);
  string(bytes_of(chunk));
}

ValueType RdbWriter::type_of(const Entry& entry) {
  const Encoding encoding = entry.encoding();
  switch (entry.type()) {
    case Type::none:
    case Type::string: return ValueType::string;
    case Type::list: return ValueType::list_quicklist_2;
    case Type::set: return encoding == Encoding::intset ? ValueType::set_intset : ValueType::set;
    case Type::zset:
      return encoding == Encoding::listpack ? ValueType::zset_listpack : ValueType::zset;
    case Type::hash:
      if (entry.has_timed_fields()) return ValueType::hash_deadlines;
      return encoding == Encoding::listpack ? ValueType::hash_listpack : ValueType::hash;
    case Type::stream: return ValueType::stream_2;
  }
  return ValueType::string;
}

void RdbWriter::value(const Entry& entry) {
  switch (entry.type()) {
    case Type::none: return;
    case Type::string: {
      if (const auto integer = entry.integer()) return integer_text(*integer);
      if (unfinished_ && entry.is_external() && entry.text_size() >= kSharedBytesMin) {
        unfinished_->strings.push_back({out_.size(), out_.size(), out_.size(), entry.shared_text()});
        unfinished_->shared_bytes += entry.text_size();
        return;
      }
      NumberBuffer buffer;
      return string(entry.text(buffer));
    }
    case Type::list: return list(entry.object());
    case Type::set: return set(entry.object());
    case Type::zset: return sorted_set(entry.object());
    case Type::hash: return hash(entry.object());
    case Type::stream: return rdb::write_stream(*this, entry.object());
  }
}

void RdbWriter::list(Object object) {
  const List list(object);
  length(list.chunk_count());
  list.for_each_chunk([this](const listpack::Blob chunk) { list_chunk(chunk); });
}

void RdbWriter::set(Object object) {
  if (object.encoding == Encoding::intset) {
    return string(intset::bytes_of(static_cast<intset::Blob>(object.data)));
  }
  const Set set(object);
  length(set.size());
  set.for_each([this](std::string_view member) { string(member); });
}

void RdbWriter::sorted_set(Object object) {
  const SortedSet set(object);
  if (set.is_compact()) return string(bytes_of(static_cast<listpack::Blob>(object.data)));
  length(set.size());
  // From the highest on, as Redis does: its loader then always inserts at the front.
  set.for_each({0, set.size()}, true, [this](std::string_view member, double score) {
    scored_member(member, score);
    return true;
  });
}

void RdbWriter::timed_hash(const Hash& hash) {
  int64_t earliest_ms = std::numeric_limits<int64_t>::max();
  hash.for_each_with_deadline([&](std::string_view, std::string_view, int64_t deadline_ms) {
    if (deadline_ms != kNoDeadline) earliest_ms = std::min(earliest_ms, deadline_ms);
  });
  milliseconds(earliest_ms);
  length(hash.size());
  hash.for_each_with_deadline([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
    timed_field(field, value, deadline_ms, earliest_ms);
  });
}

void RdbWriter::hash(Object object) {
  if (object.encoding == Encoding::listpack) {
    return string(bytes_of(static_cast<listpack::Blob>(object.data)));
  }
  const Hash hash(object);
  if (hash.has_deadlines()) return timed_hash(hash);
  length(hash.size());
  hash.for_each([this](std::string_view field, std::string_view value) {
    string(field);
    string(value);
  });
}

}  // namespace redstart
