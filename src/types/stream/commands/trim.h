// The options that XADD and XTRIM share, and the trimming.
//
// Threads: as CommandContext.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "types/stream/commands/arguments.h"

namespace redstart {

struct AppendOptions {
  StreamTrim trim;
  bool no_mkstream = false;
  std::optional<ParsedStreamId> id;  // nothing: "*"
  size_t id_index = 0;
};

// What stands before XADD's fields, the id included. False: the error is replied.
bool parse_append_options(CommandContext& c, AppendOptions& options);
bool parse_trim_options(CommandContext& c, StreamTrim& trim);

// The words of a trim that had, exactly, this outcome: approximation and limits are not repeatable.
void add_trim_effect(const StreamTrim& trim, const Stream& stream, std::vector<std::string>& words);
// The notification of a trim that came with another change of the key.
void note_trim(CommandContext& c, std::string_view key);

}  // namespace redstart
