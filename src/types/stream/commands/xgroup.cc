// XGROUP CREATE | CREATECONSUMER | DELCONSUMER | DESTROY | SETID key group ...: consumer groups of a stream
#include "execution/commands/replies.h"
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

struct GroupOptions {
  bool makes_stream = false;
  int64_t entries_read = ConsumerGroup::kUnknown;
};

// What stands behind the id of CREATE and SETID.
bool parse_options(CommandContext& c, bool creates, GroupOptions& options) {
  for (size_t i = 5; i < c.arg_count(); ++i) {
    if (creates && c.arg_is(i, "MKSTREAM")) {
      options.makes_stream = true;
    } else if (c.arg_is(i, "ENTRIESREAD") && i + 1 < c.arg_count()) {
      if (!c.parse_integer(++i, options.entries_read)) return false;
      if (options.entries_read < 0 && options.entries_read != ConsumerGroup::kUnknown) {
        c.error("ERR value for ENTRIESREAD must be positive or -1");
        return false;
      }
    } else {
      reply_subcommand_syntax_error(c);
      return false;
    }
  }
  return true;
}

bool parse_position(CommandContext& c, size_t index, const Edit& edit, bool allows_ends, StreamId& id) {
  if (c.arg(index) == "$") {
    id = edit.exists() ? look_into(edit).last_id() : StreamId{};
    return true;
  }
  ParsedStreamId parsed;
  if (!parse_id(c, index, {.ends = allows_ends}, parsed)) return false;
  id = parsed.id;
  return true;
}

bool check_key(CommandContext& c, const Edit& edit) {
  if (edit.exists()) return true;
  c.error(
      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
      "MKSTREAM option to create an empty stream automatically.");
  return false;
}

// The group of a subcommand that needs it; null: an error is replied.
ConsumerGroup* need_group(CommandContext& c, const Edit& edit) {
  if (edit.wrong_type() || !check_key(c, edit)) return nullptr;
  ConsumerGroup* group = find_group(edit, c.arg(3));
  if (!group) no_group_for_key_error(c, c.arg(3), c.arg(2));
  return group;
}

void note(Edit& edit, std::string_view event, ChangeAudience audience = ChangeAudience::nobody) {
  edit.object();
  edit.event(event);
  edit.concerns(audience);
}

void run_create(CommandContext& c) {
  GroupOptions options;
  if (!parse_options(c, true, options)) return;
  Edit edit = c.edit(c.arg(2), Type::stream);
  if (edit.wrong_type() || (!options.makes_stream && !check_key(c, edit))) return;
  if (c.arg_count() > 8) return reply_subcommand_syntax_error(c);
  StreamId last_id;
  if (!parse_position(c, 4, edit, false, last_id)) return;
  if (find_group(edit, c.arg(3))) return c.error("BUSYGROUP Consumer Group name already exists");
  const bool is_new = !edit.exists();
  note(edit, "xgroup-create", is_new ? ChangeAudience::all : ChangeAudience::nobody);
  Stream(edit.object()).create_group(c.arg(3), last_id, options.entries_read);
  c.reply().ok();
}

void run_setid(CommandContext& c) {
  GroupOptions options;
  if (!parse_options(c, false, options)) return;
  Edit edit = c.edit(c.arg(2), Type::stream);
  ConsumerGroup* group = need_group(c, edit);
  if (!group) return;
  if (c.arg_count() > 7) return reply_subcommand_syntax_error(c);
  StreamId last_id;
  if (!parse_position(c, 4, edit, true, last_id)) return;
  note(edit, "xgroup-setid");
  group->last_id = last_id;
  group->entries_read = options.entries_read;
  c.reply().ok();
}

void run_destroy(CommandContext& c) {
  Edit edit = c.edit(c.arg(2), Type::stream);
  if (edit.wrong_type() || !check_key(c, edit)) return;
  ConsumerGroup* group = find_group(edit, c.arg(3));
  if (!group) return c.reply().integer(0);
  note(edit, "xgroup-destroy", ChangeAudience::waiters);
  Stream(edit.object()).destroy_group(*group);
  c.reply().integer(1);
}

void run_createconsumer(CommandContext& c) {
  Edit edit = c.edit(c.arg(2), Type::stream);
  ConsumerGroup* group = need_group(c, edit);
  if (!group) return;
  if (group->find_consumer(c.arg(4))) return c.reply().integer(0);
  note(edit, "xgroup-createconsumer");
  group->create_consumer(c.arg(4), c.access().wall_time_ms());
  c.reply().integer(1);
}

void run_delconsumer(CommandContext& c) {
  Edit edit = c.edit(c.arg(2), Type::stream);
  ConsumerGroup* group = need_group(c, edit);
  if (!group) return;
  Consumer* consumer = group->find_consumer(c.arg(4));
  if (!consumer) return c.reply().integer(0);
  const auto pending = static_cast<int64_t>(consumer->pending.size());
  note(edit, "xgroup-delconsumer");
  group->destroy_consumer(*consumer);
  c.reply().integer(pending);
}

void run_help(CommandContext& c) { reply_help(c); }

constexpr KeySpec kInsertKeys[] = {
    {.flags = kKeyRW | kKeyInsert, .index = 2, .last = 0},
};

constexpr KeySpec kDeleteKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 2, .last = 0},
};

constexpr KeySpec kUpdateKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 2, .last = 0},
};

constexpr Argument kPosition[] = {
    {.name = "id", .type = ArgumentType::string},
    {.name = "new_id", .type = ArgumentType::pure_token, .token = "$"},
};

constexpr Argument kCreateArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "groupname", .type = ArgumentType::string},
    {.name = "id", .type = ArgumentType::one_of, .children = kPosition},
    {.name = "mkstream", .type = ArgumentType::pure_token, .token = "MKSTREAM", .flags = kOptional},
    {.name = "entries_read", .type = ArgumentType::integer, .token = "ENTRIESREAD", .flags = kOptional},
};

constexpr Argument kSetidArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "groupname", .type = ArgumentType::string},
    {.name = "id", .type = ArgumentType::one_of, .children = kPosition},
    {.name = "entries_read", .type = ArgumentType::integer, .token = "ENTRIESREAD", .flags = kOptional},
};

constexpr Argument kDestroyArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "groupname", .type = ArgumentType::string},
};

constexpr Argument kConsumerArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "groupname", .type = ArgumentType::string},
    {.name = "consumername", .type = ArgumentType::string},
};

constexpr HistoryEntry kXgroupCreateHistory[] = {
    {"7.0.0", "Takes `ENTRIESREAD`."},
};

constexpr HistoryEntry kXgroupSetidHistory[] = {
    {"7.0.0", "Takes `ENTRIESREAD`."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "create",
     .summary = "Makes a consumer group, and the stream if asked to.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .acl_categories = "stream",
     .keys = kInsertKeys,
     .arguments = kCreateArguments,
     .history = kXgroupCreateHistory,
     .run = run_create},
    {.name = "createconsumer",
     .summary = "Makes a consumer of a group.",
     .complexity = "O(log(C)), C: consumers of the group",
     .since = "6.2.0",
     .group = CommandGroup::stream,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .acl_categories = "stream",
     .keys = kInsertKeys,
     .arguments = kConsumerArguments,
     .run = run_createconsumer},
    {.name = "delconsumer",
     .summary = "Removes a consumer of a group, with what is pending for it.",
     .complexity = "O(N*log(P)), N: entries pending for it, P: for the group",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = 5,
     .flags = kWrite,
     .acl_categories = "stream",
     .keys = kDeleteKeys,
     .arguments = kConsumerArguments,
     .run = run_delconsumer},
    {.name = "destroy",
     .summary = "Removes a consumer group.",
     .complexity = "O(N), N: pending entries of the group",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = 4,
     .flags = kWrite,
     .acl_categories = "stream",
     .keys = kDeleteKeys,
     .arguments = kDestroyArguments,
     .run = run_destroy},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "stream",
     .run = run_help},
    {.name = "setid",
     .summary = "Sets the entry behind which a group goes on reading.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = -5,
     .flags = kWrite,
     .acl_categories = "stream",
     .keys = kUpdateKeys,
     .arguments = kSetidArguments,
     .history = kXgroupSetidHistory,
     .run = run_setid},
};

}  // namespace

REDSTART_COMMAND(xgroup) = {
    .name = "xgroup",
    .summary = "Makes, changes and removes consumer groups of streams.",
    .complexity = "See the subcommands",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
