// XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]: pending entries that have been idle
// become another consumer's, a page at a time
#include "types/commands/note_read.h"
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

constexpr int64_t kLooksPerEntry = 10;  // pending entries looked at for each that may be claimed
constexpr int64_t kCountMax = INT64_MAX / 16;
constexpr int64_t kCountOfMemory = int64_t{1} << 43;  // ids of as many deleted entries fit no memory

struct Page {
  int64_t min_idle_ms = 0;
  StreamId start;
  int64_t count = 100;
  bool just_ids = false;
};

bool parse_page(CommandContext& c, Page& page) {
  if (!c.parse_integer(4, page.min_idle_ms, "ERR Invalid min-idle-time argument for XAUTOCLAIM")) return false;
  if (!parse_range_first(c, 5, page.start)) return false;
  for (size_t i = 6; i < c.arg_count(); ++i) {
    if (c.arg_is(i, "COUNT") && i + 1 < c.arg_count()) {
      const auto count = parse_int64(c.arg(++i));
      if (!count || *count < 1 || *count > kCountMax) {
        c.error("ERR COUNT must be > 0");
        return false;
      }
      page.count = *count;
    } else if (c.arg_is(i, "JUSTID")) {
      page.just_ids = true;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

struct Outcome {
  StreamId next;  // where the next page begins; 0-0: there is none
  std::vector<StreamId> claimed, forgotten;
  bool created_consumer = false;
};

void claim(CommandContext& c, const Page& page, const Stream& stream, ConsumerGroup& group,
           Outcome& outcome) {
  const std::string_view key = c.arg(1);
  ActingConsumer claiming(c, key, group, c.arg(3));
  auto& all = group.pending;
  int64_t looks_left = page.count * kLooksPerEntry, left = page.count;
  auto place = all.lower_bound(page.start);
  for (; looks_left > 0 && left > 0 && place != all.end(); --looks_left) {
    PendingEntry& pending = all[place];
    if (!stream.contains(pending.id)) {
      tell_forgotten(c, key, group, pending.id);
      outcome.forgotten.push_back(pending.id);
      pending.consumer->pending.erase(pending.id);
      place = all.erase(place);
      --left;
      continue;
    }
    place = all.next(place);
    if (page.min_idle_ms > 0 && c.access().wall_time_ms() - pending.delivered_ms < page.min_idle_ms) continue;
    Consumer& consumer = claiming.get();
    group.assign(pending, consumer);
    pending.delivered_ms = c.access().wall_time_ms();
    if (!page.just_ids) ++pending.delivery_count;
    consumer.active_ms = c.access().wall_time_ms();
    outcome.claimed.push_back(pending.id);
    --left;
    tell_pending(c, key, group, pending);
  }
  if (place != all.end()) outcome.next = all[place].id;
  outcome.created_consumer = claiming.was_created();
}

void reply_outcome(CommandContext& c, const Stream& stream, const Outcome& outcome, bool just_ids) {
  ReplySink& reply = c.reply();
  reply.array(3);
  reply_id(reply, outcome.next);
  reply.array(outcome.claimed.size());
  for (const StreamId& id : outcome.claimed) {
    just_ids ? reply_id(reply, id) : reply_entry(reply, stream, id);
  }
  reply.array(outcome.forgotten.size());
  for (const StreamId& id : outcome.forgotten) reply_id(reply, id);
}

void run(CommandContext& c) {
  Page page;
  note_read(c, c.peek(c.arg(1)) != nullptr, c.arg(1));
  if (!parse_page(c, page)) return;
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  ConsumerGroup* group = find_group(edit, c.arg(2));
  if (!group) return no_group_error(c, c.arg(1), c.arg(2));
  if (page.count > kCountOfMemory) {
    return c.error("ERR Insufficient memory, failed allocating transient memory, COUNT too high.");
  }
  const Stream stream(edit.object());
  edit.concerns(ChangeAudience::nobody);
  Outcome outcome;
  claim(c, page, stream, *group, outcome);
  reply_outcome(c, stream, outcome, page.just_ids);
  if (outcome.claimed.empty() && outcome.forgotten.empty()) edit.unchanged();
  if (outcome.created_consumer) edit.event("xgroup-createconsumer");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "group", .type = ArgumentType::string},
    {.name = "consumer", .type = ArgumentType::string},
    {.name = "min-idle-time", .type = ArgumentType::string},
    {.name = "start", .type = ArgumentType::string},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "justid", .type = ArgumentType::pure_token, .token = "JUSTID", .flags = kOptional},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "Tells the entries that are gone and that it forgot."},
};

}  // namespace

REDSTART_COMMAND(xautoclaim) = {
    .name = "xautoclaim",
    .summary = "Makes pending entries that nobody has dealt with for a while another consumer's.",
    .complexity = "O(N*log(P)), N: COUNT, P: pending entries of the group",
    .since = "6.2.0",
    .group = CommandGroup::stream,
    .arity = -6,
    .flags = kWrite | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
