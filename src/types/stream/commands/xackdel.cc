// XACKDEL key group [KEEPREF|DELREF|ACKED] IDS numids id ...: done with, and out of the stream if nobody objects
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

enum Outcome : int64_t { kNotPending = -1, kRemoved = 1, kStillReferenced = 2 };

Outcome acknowledge(Stream& stream, ConsumerGroup& group, const StreamId& id, GroupReferences references) {
  if (!group.forget(id)) return kNotPending;
  if (references == GroupReferences::acked && stream.is_referenced(id)) return kStillReferenced;
  if (references == GroupReferences::erase) stream.erase_references(id);
  stream.erase(id);
  return kRemoved;
}

void run(CommandContext& c) {
  EntrySelection selection;
  if (!parse_selection(c, 3, selection)) return;
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  ConsumerGroup* group = find_group(edit, c.arg(2));
  c.reply().array(selection.ids.size());
  if (!group) {
    for (size_t i = 0; i < selection.ids.size(); ++i) c.reply().integer(kNotPending);
    return;
  }
  Stream stream(edit.object());
  const size_t length_before = stream.size();
  uint32_t changes = 0;
  for (const StreamId& id : selection.ids) {
    const Outcome outcome = acknowledge(stream, *group, id, selection.references);
    changes += outcome != kNotPending;
    c.reply().integer(outcome);
  }
  edit.count_changes(changes);
  if (changes == 0) return edit.unchanged();
  if (stream.size() == length_before) edit.concerns(ChangeAudience::nobody);
  edit.event("xdel");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "group", .type = ArgumentType::string},
    {.name = "condition", .type = ArgumentType::one_of, .flags = kOptional, .children = kReferencesArguments},
    {.name = "ids", .type = ArgumentType::block, .token = "IDS", .children = kSelectedIdsArguments},
};

}  // namespace

REDSTART_COMMAND(xackdel) = {
    .name = "xackdel",
    .summary = "Acknowledges entries for a group and takes them out of the stream.",
    .complexity = "O(N*(log(P) + log(S) + G)), N: ids given, P: pending entries, S: entries, G: groups",
    .since = "8.2.0",
    .group = CommandGroup::stream,
    .arity = -6,
    .flags = kWrite | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
