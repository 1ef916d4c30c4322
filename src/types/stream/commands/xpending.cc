// XPENDING key group [[IDLE min-idle-time] start end count [consumer]]: what was given and not acknowledged
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

struct Filter {
  bool is_summary = true;
  int64_t min_idle_ms = 0;
  StreamRange range;
  int64_t count_max = 0;
  std::optional<std::string_view> consumer;
};

bool parse_filter(CommandContext& c, Filter& filter) {
  filter.is_summary = c.arg_count() == 3;
  if (filter.is_summary) return true;
  size_t first = 3;
  const bool fits = c.arg_count() >= 6 && c.arg_count() <= 9;
  if (fits && c.arg_is(3, "IDLE")) {
    if (!c.parse_integer(4, filter.min_idle_ms)) return false;
    first += 2;
  }
  if (!fits || c.arg_count() < first + 3) {
    c.syntax_error();
    return false;
  }
  if (!c.parse_integer(first + 2, filter.count_max)) return false;
  if (!parse_range_first(c, first, filter.range.first)) return false;
  if (!parse_range_last(c, first + 1, filter.range.last)) return false;
  if (first + 3 < c.arg_count()) filter.consumer = c.arg(first + 3);
  return true;
}

void reply_summary(ReplySink& reply, const ConsumerGroup& group) {
  reply.array(4);
  reply.integer(static_cast<int64_t>(group.pending.size()));
  if (group.pending.empty()) {
    reply.null();
    reply.null();
    reply.null_array();
    return;
  }
  reply_id(reply, group.pending.front().id);
  reply_id(reply, group.pending.back().id);
  size_t consumers = 0;
  group.consumers.for_each([&](const Consumer* consumer) { consumers += !consumer->pending.empty(); });
  reply.array(consumers);
  group.consumers.for_each([&](const Consumer* consumer) {
    if (consumer->pending.empty()) return;
    reply.array(2);
    reply.bulk(consumer->name());
    reply.bulk_integer(static_cast<int64_t>(consumer->pending.size()));
  });
}

// Calls visit(PendingEntry) for what the filter lets through, `count_max` times at most.
template <class Visit>
void for_each_pending(const ConsumerGroup& group, const Consumer* consumer, const Filter& filter,
                      int64_t now_ms, Visit&& visit) {
  int64_t left = filter.count_max;
  const auto offer = [&](const PendingEntry& pending) {
    if (filter.min_idle_ms != 0 && now_ms - pending.delivered_ms < filter.min_idle_ms) return;
    visit(pending);
    --left;
  };
  if (consumer) {
    const auto& ids = consumer->pending;
    for (auto at = ids.lower_bound(filter.range.first); left > 0 && at != ids.end(); at = ids.next(at)) {
      if (ids[at] > filter.range.last) return;
      offer(*group.pending.find(ids[at]));
    }
    return;
  }
  const auto& all = group.pending;
  for (auto at = all.lower_bound(filter.range.first); left > 0 && at != all.end(); at = all.next(at)) {
    if (all[at].id > filter.range.last) return;
    offer(all[at]);
  }
}

void reply_entries(CommandContext& c, const ConsumerGroup& group, const Filter& filter) {
  const Consumer* consumer = filter.consumer ? group.find_consumer(*filter.consumer) : nullptr;
  if (filter.consumer && !consumer) return c.reply().array(0);
  std::vector<PendingEntry> found;
  for_each_pending(group, consumer, filter, c.now_ms(),
                   [&](const PendingEntry& pending) { found.push_back(pending); });
  c.reply().array(found.size());
  for (const PendingEntry& pending : found) {
    c.reply().array(4);
    reply_id(c.reply(), pending.id);
    c.reply().bulk(pending.consumer->name());
    c.reply().integer(std::max<int64_t>(0, c.now_ms() - pending.delivered_ms));
    c.reply().integer(pending.delivery_count);
  }
}

void run(CommandContext& c) {
  Filter filter;
  if (!parse_filter(c, filter)) return;
  const Read read = c.read(c.arg(1), Type::stream);
  if (read.wrong_type) return;
  Object object = read ? read.object() : Object{};
  const ConsumerGroup* group = read ? Stream(object).find_group(c.arg(2)) : nullptr;
  if (!group) return no_group_error(c, c.arg(1), c.arg(2));
  filter.is_summary ? reply_summary(c.reply(), *group) : reply_entries(c, *group, filter);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsFilters[] = {
    {.name = "min-idle-time",
     .type = ArgumentType::integer,
     .token = "IDLE",
     .flags = kOptional,
     .since = "6.2.0"},
    {.name = "start", .type = ArgumentType::string},
    {.name = "end", .type = ArgumentType::string},
    {.name = "count", .type = ArgumentType::integer},
    {.name = "consumer", .type = ArgumentType::string, .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "group", .type = ArgumentType::string},
    {.name = "filters", .type = ArgumentType::block, .flags = kOptional, .children = kArgumentsFilters},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(xpending) = {
    .name = "xpending",
    .summary = "Tells what a group's consumers were given and have not acknowledged.",
    .complexity =
        "O(C), C: consumers; with a range O(log(P) + N), P: pending entries, N: entries looked at",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
