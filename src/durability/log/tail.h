// What stands in a log file behind the place where it can no longer be read.
//
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/disk.h"
#include "durability/byte_source.h"

namespace redstart {

// REQUIRES: the source stands before `offset`. It ends there, or at its end.
void skip_to(ByteSource& source, uint64_t offset);
// Whether a batch that fits its hash stands next.
bool stands_before_batch(ByteSource& source);
// How many batches that fit their hashes stand in the rest of a log, whatever is between them.
uint64_t count_whole_batches(ByteSource& source);
// If there are whole batches behind byte `begin` of the file, copies what stands there into a file beside it, syncs it
// and returns its name: cut off, they would be gone.
DiskResult<std::optional<std::string>> keep_tail(Disk& disk, const std::string& path, uint64_t begin);

}  // namespace redstart
