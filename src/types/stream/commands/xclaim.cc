// XCLAIM key group consumer min-idle-time id ... [IDLE ms|TIME unix-time-ms] [RETRYCOUNT count] [FORCE] [JUSTID]
// [LASTID id]: pending entries become another consumer's
#include "types/commands/note_read.h"
#include "types/stream/commands/group.h"

namespace redstart {
namespace {

struct Claim {
  int64_t min_idle_ms = 0;
  std::vector<StreamId> ids;
  std::optional<int64_t> delivered_ms;
  std::optional<int64_t> delivery_count;
  bool force = false;
  bool just_ids = false;
  StreamId last_id;
};

bool parse_option_number(CommandContext& c, size_t index, std::string_view option, int64_t& value) {
  return c.parse_integer(index, value, "ERR Invalid " + std::string(option) + " option argument for XCLAIM");
}

bool parse_option(CommandContext& c, size_t& index, Claim& claim) {
  const bool has_more = index + 1 < c.arg_count();
  int64_t value;
  if (c.arg_is(index, "FORCE")) {
    claim.force = true;
  } else if (c.arg_is(index, "JUSTID")) {
    claim.just_ids = true;
  } else if (has_more && c.arg_is(index, "IDLE")) {
    if (!parse_option_number(c, ++index, "IDLE", value)) return false;
    const auto now_ms = static_cast<uint64_t>(c.access().wall_time_ms());
    claim.delivered_ms = static_cast<int64_t>(now_ms - static_cast<uint64_t>(value));
  } else if (has_more && c.arg_is(index, "TIME")) {
    if (!parse_option_number(c, ++index, "TIME", value)) return false;
    claim.delivered_ms = value;
  } else if (has_more && c.arg_is(index, "RETRYCOUNT")) {
    if (!parse_option_number(c, ++index, "RETRYCOUNT", value)) return false;
    claim.delivery_count = value;
  } else if (has_more && c.arg_is(index, "LASTID")) {
    return parse_id(c, ++index, claim.last_id);
  } else {
    c.error("ERR Unrecognized XCLAIM option '" + std::string(quoted(c.arg(index))) + "'");
    return false;
  }
  return true;
}

bool parse_claim(CommandContext& c, Claim& claim) {
  if (!c.parse_integer(4, claim.min_idle_ms, "ERR Invalid min-idle-time argument for XCLAIM")) return false;
  size_t index = 5;
  for (; index < c.arg_count(); ++index) {  // the first word that is no id begins the options
    const auto id = parse_stream_id(c.arg(index), {});
    if (!id) break;
    claim.ids.push_back(id->id);
  }
  for (; index < c.arg_count(); ++index) {
    if (!parse_option(c, index, claim)) return false;
  }
  return true;
}

class Claimer {
 public:
  Claimer(CommandContext& c, const Claim& claim, Stream stream, ConsumerGroup& group)
      : c_(c), claim_(claim), stream_(stream), group_(group), consumer_(c, c.arg(1), group, c.arg(3)) {}

  bool changed() const { return changed_; }
  bool created_consumer() const { return consumer_.was_created(); }

  void run() {
    if (claim_.last_id > group_.last_id) {
      group_.last_id = claim_.last_id;
      changed_ = true;
      tell_group_position(c_, c_.arg(1), group_);
    }
    std::vector<StreamId> claimed;
    for (const StreamId& id : claim_.ids) {
      if (take(id)) claimed.push_back(id);
    }
    c_.reply().array(claimed.size());
    for (const StreamId& id : claimed) {
      claim_.just_ids ? reply_id(c_.reply(), id) : reply_entry(c_.reply(), stream_, id);
    }
  }

 private:
  bool take(const StreamId& id) {
    PendingEntry* pending = group_.pending.find(id);
    if (!stream_.contains(id)) {
      if (pending) forget(id);
      return false;
    }
    if (!pending && !claim_.force) return false;
    if (pending && claim_.min_idle_ms > 0 &&
        c_.access().wall_time_ms() - pending->delivered_ms < claim_.min_idle_ms) {
      return false;
    }
    Consumer& consumer = consumer_.get();
    if (pending) {
      group_.assign(*pending, consumer);
    } else {
      pending = &group_.deliver(id, consumer, c_.access().wall_time_ms());
    }
    pending->delivered_ms = delivery_time_ms();
    if (claim_.delivery_count.value_or(-1) >= 0) {
      pending->delivery_count = *claim_.delivery_count;
    } else if (!claim_.just_ids) {
      ++pending->delivery_count;
    }
    consumer.active_ms = c_.access().wall_time_ms();
    changed_ = true;
    tell_pending(c_, c_.arg(1), group_, *pending);
    return true;
  }

  // The stream has it no more.
  void forget(const StreamId& id) {
    group_.forget(id);
    changed_ = true;
    tell_forgotten(c_, c_.arg(1), group_, id);
  }

  // A clock that is ahead of ours is no reason to fail.
  int64_t delivery_time_ms() const {
    const int64_t now_ms = c_.access().wall_time_ms();
    const int64_t wanted_ms = claim_.delivered_ms.value_or(now_ms);
    return wanted_ms < 0 || wanted_ms > now_ms ? now_ms : wanted_ms;
  }

  CommandContext& c_;
  const Claim& claim_;
  Stream stream_;
  ConsumerGroup& group_;
  ActingConsumer consumer_;
  bool changed_ = false;
};

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(1), Type::stream);
  note_read(c, edit.exists(), c.arg(1));
  if (edit.wrong_type()) return;
  ConsumerGroup* group = find_group(edit, c.arg(2));
  if (!group) return no_group_error(c, c.arg(1), c.arg(2));
  Claim claim;
  if (!parse_claim(c, claim)) return;
  Claimer claimer(c, claim, Stream(edit.object()), *group);
  edit.concerns(ChangeAudience::nobody);
  claimer.run();
  if (!claimer.changed()) edit.unchanged();
  if (claimer.created_consumer()) edit.event("xgroup-createconsumer");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "group", .type = ArgumentType::string},
    {.name = "consumer", .type = ArgumentType::string},
    {.name = "min-idle-time", .type = ArgumentType::string},
    {.name = "id", .type = ArgumentType::string, .flags = kMultiple},
    {.name = "ms", .type = ArgumentType::integer, .token = "IDLE", .flags = kOptional},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time, .token = "TIME", .flags = kOptional},
    {.name = "count", .type = ArgumentType::integer, .token = "RETRYCOUNT", .flags = kOptional},
    {.name = "force", .type = ArgumentType::pure_token, .token = "FORCE", .flags = kOptional},
    {.name = "justid", .type = ArgumentType::pure_token, .token = "JUSTID", .flags = kOptional},
    {.name = "id", .type = ArgumentType::string, .token = "LASTID", .flags = kOptional},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(xclaim) = {
    .name = "xclaim",
    .summary = "Makes pending entries another consumer's.",
    .complexity = "O(N*log(P)), N: ids given, P: pending entries of the group",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -6,
    .flags = kWrite | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
