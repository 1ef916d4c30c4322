// XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key ... id ...: entries that
// no consumer of the group was given yet (>), or those that are pending for this consumer
#include "types/commands/note_read.h"
#include "types/stream/commands/group.h"
#include "types/stream/commands/read.h"

namespace redstart {
namespace {

struct Source {
  std::string_view key;
  bool reads_new = false;
  StreamId after;  // history: behind this id
};

// What a stream gave: a run of its entries, or the consumer's pending ids.
struct Given {
  std::string_view key;
  const Entry* entry = nullptr;
  StreamRange range;
  size_t count = 0;
  bool is_history = false;
  std::vector<StreamId> pending;
};

bool parse_source(CommandContext& c, size_t index, Source& source) {
  const std::string_view word = c.arg(index);
  if (word == "$") {
    c.error(
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
        "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return "
        "an empty result set.");
    return false;
  }
  source.reads_new = word == ">";
  if (source.reads_new) return true;
  if (!parse_id(c, index, source.after)) return false;
  source.reads_new = source.after == kStreamIdMax;  // Redis's own mark of ">"
  return true;
}

// A waiting reader whose stream or group went away is told so. False: an error is replied.
bool check_source(CommandContext& c, const ReadArguments& arguments, size_t key, Source& source) {
  source.key = arguments.keys[key];
  const Entry* entry = c.runs_again() ? c.peek(source.key) : c.find(source.key);
  const bool is_stream = entry && entry->type() == Type::stream;
  if (c.runs_again() && !is_stream) {
    c.error("UNBLOCKED the stream key no longer exists");
    return false;
  }
  if (entry && !is_stream) {
    c.wrong_type_error();
    return false;
  }
  Object object = entry ? entry->object() : Object{};
  if (entry && Stream(object).find_group(arguments.group)) {
    note_read(c, true, source.key);  // Redis looks at each stream twice
    return parse_source(c, arguments.id_index(key), source);
  }
  if (c.runs_again()) {
    c.error("NOGROUP the consumer group this client was blocked on no longer exists");
  } else {
    no_group_error(c, source.key, arguments.group, " in XREADGROUP with GROUP option");
  }
  return false;
}

class GroupReader {
 public:
  GroupReader(CommandContext& c, const ReadArguments& arguments, const Source& source)
      : c_(c),
        arguments_(arguments),
        source_(source),
        edit_(c.edit_quietly(source.key, Type::stream)),
        stream_(look_into(edit_)),
        group_(*stream_.find_group(arguments.group)),
        consumer_(c, source.key, group_, arguments.consumer) {}

  // What there is for the consumer; `given` stays without an entry when there is nothing to say.
  void read(Given& given) {
    given.key = source_.key;
    const bool has_new = stream_.size() > 0 && stream_.last_entry_id() > group_.last_id;
    if (source_.reads_new && !has_new) return;
    edit_.object();
    edit_.concerns(ChangeAudience::nobody);
    source_.reads_new ? read_new(given, consumer_.get()) : read_history(given, consumer_.get());
    // As in Redis, reading the history again is no change.
    if (!source_.reads_new && !consumer_.was_created()) edit_.unchanged();
    if (consumer_.was_created()) edit_.event("xgroup-createconsumer");
  }

 private:
  void read_new(Given& given, Consumer& consumer) {
    given.entry = edit_.entry();
    const StreamRange unread{.first = *group_.last_id.next()};
    given.range.first = unread.first;
    stream_.for_each(unread, false, [&](const PackedEntry& entry) {
      deliver(entry.id(), consumer);
      given.range.last = entry.id();
      return ++given.count < arguments_.count_max;
    });
    tell_group_position(c_, source_.key, group_);
  }

  void deliver(const StreamId& id, Consumer& consumer) {
    stream_.advance(group_, id);
    if (arguments_.no_ack) return;
    const PendingEntry& pending = group_.deliver(id, consumer, c_.access().wall_time_ms());
    consumer.active_ms = c_.access().wall_time_ms();
    tell_pending(c_, source_.key, group_, pending);
  }

  void read_history(Given& given, const Consumer& consumer) {
    given.entry = edit_.entry();
    given.is_history = true;
    const auto& ids = consumer.pending;
    auto place = ids.lower_bound(*source_.after.next());
    for (; place != ids.end() && given.pending.size() < arguments_.count_max; place = ids.next(place)) {
      const StreamId& id = ids[place];
      given.pending.push_back(id);
      if (!stream_.contains(id)) continue;
      PendingEntry& pending = *group_.pending.find(id);
      pending.delivered_ms = c_.access().wall_time_ms();
      ++pending.delivery_count;
    }
  }

  CommandContext& c_;
  const ReadArguments& arguments_;
  const Source& source_;
  Edit edit_;
  Stream stream_;
  ConsumerGroup& group_;
  ActingConsumer consumer_;
};

void reply_history(ReplySink& reply, const Stream& stream, const std::vector<StreamId>& ids) {
  reply.array(ids.size());
  for (const StreamId& id : ids) {
    if (stream.contains(id)) {
      reply_entry(reply, stream, id);
    } else {
      reply.array(2);
      reply_id(reply, id);
      reply.null_array();
    }
  }
}

void reply_given(CommandContext& c, const std::vector<Given>& all) {
  announce_streams(c.reply(), all.size());
  for (const Given& given : all) {
    announce_stream(c.reply(), given.key);
    Object object = given.entry->object();
    const Stream stream(object);
    if (given.is_history) {
      reply_history(c.reply(), stream, given.pending);
      continue;
    }
    c.reply().array(given.count);
    stream.for_each(given.range, false, [&](const PackedEntry& entry) {
      reply_entry(c.reply(), entry);
      return true;
    });
  }
}

void run(CommandContext& c) {
  ReadArguments arguments;
  if (!parse_read_arguments(c, true, arguments)) return;
  const KeyIndices indices = keys_to_read(c, arguments);
  std::vector<Source> sources(indices.end - indices.first);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (!check_source(c, arguments, indices.first + i, sources[i])) return;
  }
  std::vector<Given> all;
  for (const Source& source : sources) {
    Given given;
    GroupReader(c, arguments, source).read(given);
    if (given.entry) all.push_back(std::move(given));
  }
  if (!all.empty()) return reply_given(c, all);
  if (!arguments.deadline_ms || !c.may_block()) return c.reply().null_array();
  c.block(arguments.keys, *arguments.deadline_ms);
  c.wait_for_loss_too();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess,
     .begin = KeySpec::Begin::keyword,
     .keyword = "STREAMS",
     .start_from = 4,
     .last = -1,
     .limit = 2},
};

constexpr Argument kArgumentsGroupConsumer[] = {
    {.name = "group", .type = ArgumentType::string},
    {.name = "consumer", .type = ArgumentType::string},
};

constexpr Argument kArgumentsStreams[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "id", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr Argument kArguments[] = {
    {.name = "group_consumer", .type = ArgumentType::block, .token = "GROUP", .children = kArgumentsGroupConsumer},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "BLOCK", .flags = kOptional},
    {.name = "noack", .type = ArgumentType::pure_token, .token = "NOACK", .flags = kOptional},
    {.name = "streams", .type = ArgumentType::block, .token = "STREAMS", .children = kArgumentsStreams},
};

}  // namespace

REDSTART_COMMAND(xreadgroup) = {
    .name = "xreadgroup",
    .summary = "Gives a consumer the entries that its group has yet to see, or those that are pending for it.",
    .complexity =
        "O(N*log(P)) for each stream, N: entries given, P: pending entries of the group; an XADD also pays for "
        "all readers that it wakes",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -7,
    .flags = kWrite | kBlocking | kMovableKeys,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
