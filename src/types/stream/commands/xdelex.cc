// XDELEX key [KEEPREF|DELREF|ACKED] IDS numids id ...: takes entries out, minding the consumer groups
#include "execution/command_context.h"
#include "types/stream/commands/arguments.h"

namespace redstart {
namespace {

enum Outcome : int64_t { kMissing = -1, kRemoved = 1, kStillReferenced = 2 };

Outcome remove(Stream& stream, const StreamId& id, GroupReferences references, uint32_t& changes) {
  if (references == GroupReferences::acked && stream.contains(id) && stream.is_referenced(id)) {
    return kStillReferenced;
  }
  if (references == GroupReferences::erase) changes += stream.erase_references(id);
  const bool removed = stream.erase(id);
  changes += removed;
  return removed ? kRemoved : kMissing;
}

void run(CommandContext& c) {
  EntrySelection selection;
  if (!parse_selection(c, 2, selection)) return;
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  c.reply().array(selection.ids.size());
  if (!edit.exists()) {
    for (size_t i = 0; i < selection.ids.size(); ++i) c.reply().integer(kMissing);
    return;
  }
  Stream stream(edit.object());
  uint32_t changes = 0;
  for (const StreamId& id : selection.ids) {
    c.reply().integer(remove(stream, id, selection.references, changes));
  }
  if (changes == 0) edit.unchanged();
  edit.count_changes(changes);
  edit.event("xdel");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "condition", .type = ArgumentType::one_of, .flags = kOptional, .children = kReferencesArguments},
    {.name = "ids", .type = ArgumentType::block, .token = "IDS", .children = kSelectedIdsArguments},
};

}  // namespace

REDSTART_COMMAND(xdelex) = {
    .name = "xdelex",
    .summary = "Takes entries out of a stream, with a choice of what becomes of consumer groups' pending ones.",
    .complexity = "O(N*(log(S) + G)), N: ids given, S: entries of the stream, G: its groups unless KEEPREF",
    .since = "8.2.0",
    .group = CommandGroup::stream,
    .arity = -5,
    .flags = kWrite | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
