#include "durability/rdb/payload.h"

#include <cstdint>
#include <cstring>

#include "base/crc64.h"
#include "durability/byte_source.h"
#include "durability/rdb/writer.h"

namespace redstart::rdb {
namespace {

constexpr size_t kVersionBytes = 2, kChecksumBytes = 8, kFooterBytes = kVersionBytes + kChecksumBytes;

template <class T>
T little_endian(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

std::string dump(const Entry& entry, bool compress) {
  std::string payload;
  RdbWriter writer(payload, compress);
  writer.type(RdbWriter::type_of(entry));
  writer.value(entry);
  payload.push_back(static_cast<char>(entry.has_timed_fields() ? kVersionOfFieldDeadlines : kVersion));
  payload.push_back(0);
  const uint64_t checksum = crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return payload;
}

bool is_intact(std::string_view payload) {
  if (payload.size() < kFooterBytes) return false;
  const std::string_view checked = payload.substr(0, payload.size() - kChecksumBytes);
  if (little_endian<uint16_t>(checked.substr(checked.size() - kVersionBytes)) > kVersionMax) return false;
  return little_endian<uint64_t>(payload.substr(checked.size())) == crc64(0, checked);
}

Entry* restore(std::string_view payload, std::string_view key, const RdbReader::Shape& shape,
               const EncodingLimits& limits) {
  ByteSource source(payload.substr(0, payload.size() - kFooterBytes));
  RdbReader reader(source, limits);
  const auto type = static_cast<ValueType>(reader.byte());
  Entry* entry = reader.value(type, key, shape);
  if (!reader.failed()) return entry;
  if (entry) Entry::destroy(entry);
  return nullptr;
}

}  // namespace redstart::rdb
