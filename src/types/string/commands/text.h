// What the string commands have in common: replying a value, setting one, counting.
//
// Threads: as CommandContext.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/entry.h"
#include "execution/command_context.h"

namespace redstart {

// From this size on a value is handed to the connection by reference instead of being copied.
inline constexpr size_t kSharedReplyBytesMin = 16 * 1024;

// REQUIRES: the entry holds a string.
inline void reply_string(ReplySink& reply, const Entry& entry) {
  if (entry.is_external() && entry.text_size() >= kSharedReplyBytesMin) [[unlikely]] {
    return reply.shared_bulk(entry.shared_text());
  }
  NumberBuffer buffer;
  reply.bulk(entry.text(buffer));
}

// The integer that a string spells, however it is stored.
std::optional<int64_t> integer_of(const Entry& entry);

// SET without options.
inline void set_string(CommandContext& c, std::string_view key, std::string_view value) {
  Edit edit = c.edit(key, Type::none);
  edit.set_text(value, kNoDeadline);
  edit.event("set");
}

// INCR, DECR, INCRBY, DECRBY: adds to the integer at the command's key and replies the sum.
void add_to_integer(CommandContext& c, int64_t increment);

// Whether a string may grow to `size` + `more` bytes; false: the error has been replied.
bool allows_size(CommandContext& c, uint64_t size, uint64_t more);

// GETRANGE and SUBSTR.
void reply_range(CommandContext& c);

}  // namespace redstart
