// XINFO STREAM | GROUPS | CONSUMERS key ...: what there is to know of a stream and its consumer groups
#include "execution/commands/replies.h"
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

constexpr int64_t kFullCount = 10;  // entries and pending entries shown by FULL without a count

// False: an error is replied.
bool look_up(CommandContext& c, Object& object) {
  const Read read = c.read(c.arg(2), Type::stream);
  if (read.wrong_type) return false;
  if (!read) {
    c.error("ERR no such key");
    return false;
  }
  object = read.object();
  return true;
}

void reply_field(ReplySink& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

void reply_field(ReplySink& reply, std::string_view name, const StreamId& id) {
  reply.bulk(name);
  reply_id(reply, id);
}

void reply_field(ReplySink& reply, std::string_view name, const std::optional<int64_t>& value) {
  reply.bulk(name);
  value ? reply.integer(*value) : reply.null();
}

void reply_head(ReplySink& reply, const Stream& stream) {
  reply_field(reply, "length", static_cast<int64_t>(stream.size()));
  // Our nodes stand in a tree of another kind, whose every key is a node.
  reply_field(reply, "radix-tree-keys", static_cast<int64_t>(stream.node_count()));
  reply_field(reply, "radix-tree-nodes", static_cast<int64_t>(stream.node_count() + 1));
  reply_field(reply, "last-generated-id", stream.last_id());
  reply_field(reply, "max-deleted-entry-id", stream.max_removed_id());
  reply_field(reply, "entries-added", static_cast<int64_t>(stream.entries_added()));
  reply_field(reply, "recorded-first-entry-id", stream.first_entry_id());
}

void reply_one_entry(ReplySink& reply, std::string_view name, const Stream& stream, const StreamId& id) {
  reply.bulk(name);
  stream.size() == 0 ? reply.null() : reply_entry(reply, stream, id);
}

void reply_brief(ReplySink& reply, const Stream& stream) {
  reply.map(10);
  reply_head(reply, stream);
  reply_field(reply, "groups", static_cast<int64_t>(stream.group_count()));
  reply_one_entry(reply, "first-entry", stream, stream.first_entry_id());
  reply_one_entry(reply, "last-entry", stream, stream.last_entry_id());
}

std::optional<int64_t> entries_read(const ConsumerGroup& group) {
  if (group.entries_read == ConsumerGroup::kUnknown) return std::nullopt;
  return group.entries_read;
}

void reply_consumer(ReplySink& reply, const ConsumerGroup& group, const Consumer& consumer,
                    size_t count_max) {
  reply.map(5);
  reply.bulk("name");
  reply.bulk(consumer.name());
  reply_field(reply, "seen-time", consumer.seen_ms);
  reply_field(reply, "active-time", consumer.active_ms);
  reply_field(reply, "pel-count", static_cast<int64_t>(consumer.pending.size()));
  reply.bulk("pending");
  size_t left = std::min(count_max, consumer.pending.size());
  reply.array(left);
  for (auto place = consumer.pending.begin(); left > 0; place = consumer.pending.next(place), --left) {
    const PendingEntry& pending = *group.pending.find(consumer.pending[place]);
    reply.array(3);
    reply_id(reply, pending.id);
    reply.integer(pending.delivered_ms);
    reply.integer(pending.delivery_count);
  }
}

void reply_group(ReplySink& reply, const Stream& stream, const ConsumerGroup& group, size_t count_max) {
  reply.map(7);
  reply.bulk("name");
  reply.bulk(group.name());
  reply_field(reply, "last-delivered-id", group.last_id);
  reply_field(reply, "entries-read", entries_read(group));
  reply_field(reply, "lag", stream.lag(group));
  reply_field(reply, "pel-count", static_cast<int64_t>(group.pending.size()));
  reply.bulk("pending");
  size_t left = std::min(count_max, group.pending.size());
  reply.array(left);
  for (auto place = group.pending.begin(); left > 0; place = group.pending.next(place), --left) {
    const PendingEntry& pending = group.pending[place];
    reply.array(4);
    reply_id(reply, pending.id);
    reply.bulk(pending.consumer->name());
    reply.integer(pending.delivered_ms);
    reply.integer(pending.delivery_count);
  }
  reply.bulk("consumers");
  reply.array(group.consumers.size());
  group.consumers.for_each(
      [&](const Consumer* consumer) { reply_consumer(reply, group, *consumer, count_max); });
}

void reply_full(ReplySink& reply, const Stream& stream, size_t count_max) {
  reply.map(9);
  reply_head(reply, stream);
  reply.bulk("entries");
  reply_range(reply, stream, {}, false, count_max);
  reply.bulk("groups");
  reply.array(stream.group_count());
  stream.for_each_group(
      [&](const ConsumerGroup& group) { reply_group(reply, stream, group, count_max); });
}

void run_stream(CommandContext& c) {
  Object object;
  if (!look_up(c, object)) return;
  const Stream stream(object);
  const size_t options = c.arg_count() - 3;
  if (options == 0) return reply_brief(c.reply(), stream);
  const bool fits = (options == 1 || options == 3) && c.arg_is(3, "FULL") &&
                    (options == 1 || c.arg_is(4, "COUNT"));
  if (!fits) return reply_subcommand_syntax_error(c);
  int64_t count = kFullCount;
  if (options == 3 && !c.parse_integer(5, count)) return;
  if (count < 0) count = kFullCount;
  reply_full(c.reply(), stream, count == 0 ? SIZE_MAX : static_cast<size_t>(count));
}

void run_groups(CommandContext& c) {
  Object object;
  if (!look_up(c, object)) return;
  const Stream stream(object);
  ReplySink& reply = c.reply();
  reply.array(stream.group_count());
  stream.for_each_group([&](const ConsumerGroup& group) {
    reply.map(6);
    reply.bulk("name");
    reply.bulk(group.name());
    reply_field(reply, "consumers", static_cast<int64_t>(group.consumers.size()));
    reply_field(reply, "pending", static_cast<int64_t>(group.pending.size()));
    reply_field(reply, "last-delivered-id", group.last_id);
    reply_field(reply, "entries-read", entries_read(group));
    reply_field(reply, "lag", stream.lag(group));
  });
}

void run_consumers(CommandContext& c) {
  Object object;
  if (!look_up(c, object)) return;
  const ConsumerGroup* group = Stream(object).find_group(c.arg(3));
  if (!group) return no_group_for_key_error(c, c.arg(3), c.arg(2));
  ReplySink& reply = c.reply();
  const int64_t now_ms = c.now_ms();
  reply.array(group->consumers.size());
  group->consumers.for_each([&](const Consumer* consumer) {
    const bool was_active = consumer->active_ms != Consumer::kNeverActive;
    reply.map(4);
    reply.bulk("name");
    reply.bulk(consumer->name());
    reply_field(reply, "pending", static_cast<int64_t>(consumer->pending.size()));
    reply_field(reply, "idle", std::max<int64_t>(0, now_ms - consumer->seen_ms));
    reply_field(reply, "inactive",
                was_active ? std::max<int64_t>(0, now_ms - consumer->active_ms) : Consumer::kNeverActive);
  });
}

void run_help(CommandContext& c) { reply_help(c); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 2, .last = 0},
};

constexpr Argument kConsumersArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "groupname", .type = ArgumentType::string},
};

constexpr Argument kGroupsArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr Argument kStreamArgumentsFull[] = {
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
};

constexpr Argument kStreamArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "full",
     .type = ArgumentType::block,
     .token = "FULL",
     .flags = kOptional,
     .children = kStreamArgumentsFull},
};

constexpr std::string_view kConsumersTips[] = {"nondeterministic_output"};

constexpr HistoryEntry kXinfoGroupsHistory[] = {
    {"7.0.0", "Tells `entries-read` and `lag`."},
};

constexpr HistoryEntry kXinfoStreamHistory[] = {
    {"6.0.0", "Takes `FULL`."},
    {"7.0.0", "Tells `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`."},
};

constexpr HistoryEntry kXinfoConsumersHistory[] = {
    {"7.2.0", "Tells `inactive`."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "consumers",
     .summary = "Lists the consumers of a group.",
     .complexity = "O(C), C: consumers",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = 4,
     .flags = kReadonly,
     .acl_categories = "stream",
     .keys = kKeys,
     .arguments = kConsumersArguments,
     .history = kXinfoConsumersHistory,
     .tips = kConsumersTips,
     .run = run_consumers},
    {.name = "groups",
     .summary = "Lists the consumer groups of a stream.",
     .complexity = "O(G), G: groups",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "stream",
     .keys = kKeys,
     .arguments = kGroupsArguments,
     .history = kXinfoGroupsHistory,
     .run = run_groups},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "stream",
     .run = run_help},
    {.name = "stream",
     .summary = "Describes a stream; with FULL its entries and groups too.",
     .complexity = "O(1); with FULL O(N), N: what is shown",
     .since = "5.0.0",
     .group = CommandGroup::stream,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = "stream",
     .keys = kKeys,
     .arguments = kStreamArguments,
     .history = kXinfoStreamHistory,
     .run = run_stream},
};

}  // namespace

REDSTART_COMMAND(xinfo) = {
    .name = "xinfo",
    .summary = "Describes streams, their consumer groups and their consumers.",
    .complexity = "See the subcommands",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
