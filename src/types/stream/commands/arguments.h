// What the stream commands' arguments and replies have in common.
//
// Each parse function replies with Redis's error and returns false when the argument is bad.
//
// Threads: as CommandContext.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "execution/command_context.h"
#include "types/stream/stream.h"

namespace redstart {

bool parse_id(CommandContext& c, size_t index, const StreamIdSyntax& syntax, ParsedStreamId& parsed);
// An id as "ms" (seq 0) or "ms-seq".
bool parse_id(CommandContext& c, size_t index, StreamId& id);
// The ids from argument `first` to `end` (excluded).
bool parse_ids(CommandContext& c, size_t first, size_t end, std::vector<StreamId>& ids);
// The ends of a range: "-", "+", incomplete ids, "(" before an end that is excluded.
bool parse_range_first(CommandContext& c, size_t index, StreamId& first);
bool parse_range_last(CommandContext& c, size_t index, StreamId& last);
// KEEPREF, DELREF or ACKED.
bool is_references_word(CommandContext& c, size_t index, GroupReferences& references);
inline constexpr Argument kReferencesArguments[] = {
    {.name = "keepref", .type = ArgumentType::pure_token, .token = "KEEPREF"},
    {.name = "delref", .type = ArgumentType::pure_token, .token = "DELREF"},
    {.name = "acked", .type = ArgumentType::pure_token, .token = "ACKED"},
};

// [KEEPREF|DELREF|ACKED] IDS numids id ..., from argument `first` to the end.
struct EntrySelection {
  GroupReferences references = GroupReferences::keep;
  std::vector<StreamId> ids;
};
bool parse_selection(CommandContext& c, size_t first, EntrySelection& selection);
// What follows IDS.
inline constexpr Argument kSelectedIdsArguments[] = {
    {.name = "numids", .type = ArgumentType::integer},
    {.name = "id", .type = ArgumentType::string, .flags = kMultiple},
};

void reply_id(ReplySink& reply, const StreamId& id);
// [id, [name, value, ...]]
void reply_entry(ReplySink& reply, const PackedEntry& entry);
// The entries of a range, no more than `count_max`, as an array.
void reply_range(ReplySink& reply, const Stream& stream, const StreamRange& range, bool from_end,
                 size_t count_max = SIZE_MAX);
// The one entry of this id; REQUIRES: it is there.
void reply_entry(ReplySink& reply, const Stream& stream, const StreamId& id);

// The stream behind an edit, to look at: nothing counts as changed. REQUIRES: edit.exists(), not a wrong type.
Stream look_into(const Edit& edit);

// A key name or group as errors quote it: up to the first zero byte.
std::string_view quoted(std::string_view word);

}  // namespace redstart
