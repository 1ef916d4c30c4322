// Extents: where a value in the snapshot format ends, told from its lengths alone, without what reading it costs. So
// one thread can cut a file into values that others read.
//
// Threads: thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "durability/rdb/format.h"

namespace redstart::rdb {

// How many of `bytes`, which begin with a value of this type, are the value's. Nothing: it does not end within them, or
// is not what the format says; RdbReader tells which. Of a value that can be read it is exactly what RdbReader::value()
// would read. Cost: O(strings that it is made of).
std::optional<size_t> value_extent(ValueType type, std::string_view bytes);

}  // namespace redstart::rdb
