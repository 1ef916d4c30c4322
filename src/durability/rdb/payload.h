// Payloads of DUMP and RESTORE: one value in the snapshot format.
//
//   type (1) | value | version of the format (2) | crc64 of all before (8)
//
// Threads: thread-safe; the shard of the entry must be locked.
#pragma once

#include <string>
#include <string_view>

#include "durability/rdb/reader.h"
#include "engine/entry.h"

namespace redstart::rdb {

std::string dump(const Entry& entry, bool compress);
// Whether the payload's version is one that we read, and its checksum right.
bool is_intact(std::string_view payload);
// The payload's value as an entry; null: there is none in it. REQUIRES: is_intact().
Entry* restore(std::string_view payload, std::string_view key, const RdbReader::Shape& shape,
               const EncodingLimits& limits);

}  // namespace redstart::rdb
