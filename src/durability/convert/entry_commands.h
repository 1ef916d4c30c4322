// The commands that make a key anew, for a Redis of any kind that knows its type: in a log, or for `redis-cli --pipe`.
//
// What commands cannot say is lost: pending entries whose entry is no longer in the stream (XCLAIM drops them), and
// when consumers were last seen.
//
// Threads: thread-safe; the shard of the entry must be locked.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "engine/entry.h"

namespace redstart {

// Views live for the call.
using EmitCommand = std::function<void(std::span<const std::string_view> words)>;

// Elements of collections come in commands of up to this many.
inline constexpr size_t kElementsPerCommand = 512;

void for_each_command_of(const Entry& entry, const EmitCommand& emit);

}  // namespace redstart
