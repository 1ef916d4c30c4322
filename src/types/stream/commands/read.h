// The arguments that XREAD and XREADGROUP share, and their reply's outer part.
//
// Threads: as CommandContext.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "types/stream/commands/arguments.h"

namespace redstart {

struct ReadArguments {
  std::optional<int64_t> deadline_ms;  // BLOCK: until this monotonic millisecond; 0: for ever
  size_t count_max = SIZE_MAX;
  bool has_group = false;
  bool no_ack = false;
  std::string_view group, consumer;
  std::span<const std::string_view> keys;
  size_t ids_index = 0;  // where the first key's id stands

  size_t id_index(size_t key) const { return ids_index + key; }
};

bool parse_read_arguments(CommandContext& c, bool with_group, ReadArguments& arguments);
// The keys to look at, as indices into arguments.keys: all, or only the one that is ready.
struct KeyIndices {
  size_t first, end;
};
KeyIndices keys_to_read(CommandContext& c, const ReadArguments& arguments);
// Begins the reply for `count` streams, and for one of them.
void announce_streams(ReplySink& reply, size_t count);
void announce_stream(ReplySink& reply, std::string_view key);

}  // namespace redstart
