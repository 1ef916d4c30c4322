// XREAD [COUNT count] [BLOCK milliseconds] STREAMS key ... id ...: entries behind an id in each stream, waiting for
// some if need be
#include "types/commands/note_read.h"
#include "types/stream/commands/read.h"

namespace redstart {
namespace {

// A stream that has something to say.
struct Found {
  std::string_view key;
  const Entry* entry;
  StreamRange range;
};

// The id behind which to read; $ and + are told by what the stream holds now.
bool parse_after(CommandContext& c, size_t index, const Stream* stream, StreamId& after) {
  const std::string_view word = c.arg(index);
  if (word == "$") {
    after = stream ? stream->last_id() : StreamId{};
    return true;
  }
  if (word == "+") {
    // The last entry that is there, so that it is read itself.
    after = stream ? stream->last_entry_id().previous().value_or(StreamId{}) : StreamId{};
    return true;
  }
  if (word == ">") {
    c.error(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
        "option.");
    return false;
  }
  return parse_id(c, index, after);
}

// What a stream was when it was looked at.
struct Looked {
  StreamId after;  // the id behind which to read
  bool exists = false;
};

// False: an error is replied.
bool look_at(CommandContext& c, const ReadArguments& arguments, size_t key, std::vector<Found>& found,
             Looked& looked) {
  const Read read = c.read(arguments.keys[key], Type::stream);
  if (read.wrong_type) return false;
  Object object = read ? read.object() : Object{};
  const Stream stream(object);
  if (!parse_after(c, arguments.id_index(key), read ? &stream : nullptr, looked.after)) return false;
  looked.exists = read.entry != nullptr;
  if (read && stream.size() > 0 && stream.last_entry_id() > looked.after) {
    found.push_back({arguments.keys[key], read.entry, {.first = *looked.after.next()}});
  }
  return true;
}

void reply_found(CommandContext& c, const std::vector<Found>& found, size_t count_max) {
  announce_streams(c.reply(), found.size());
  for (const Found& one : found) {
    announce_stream(c.reply(), one.key);
    Object object = one.entry->object();
    reply_range(c.reply(), Stream(object), one.range, false, count_max);
  }
}

void run(CommandContext& c) {
  ReadArguments arguments;
  if (!parse_read_arguments(c, false, arguments)) return;
  std::vector<Found> found;
  std::vector<Looked> looked(arguments.keys.size());
  const KeyIndices indices = keys_to_read(c, arguments);
  for (size_t key = indices.first; key < indices.end; ++key) {
    if (!look_at(c, arguments, key, found, looked[key])) return;
  }
  // Redis looks at each stream a second time to read it.
  for (size_t key = indices.first; key < indices.end; ++key) {
    note_read(c, looked[key].exists, arguments.keys[key]);
  }
  if (!found.empty()) return reply_found(c, found, arguments.count_max);
  if (!arguments.deadline_ms || !c.may_block()) return c.reply().null_array();
  c.block(arguments.keys, *arguments.deadline_ms);
  for (size_t key = indices.first; key < indices.end; ++key) {
    const size_t index = arguments.id_index(key);
    if (c.arg(index) == "$") c.substitute(index, to_string(looked[key].after));
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess,
     .begin = KeySpec::Begin::keyword,
     .keyword = "STREAMS",
     .start_from = 1,
     .last = -1,
     .limit = 2},
};

constexpr Argument kArgumentsStreams[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "id", .type = ArgumentType::string, .flags = kMultiple},
};

constexpr Argument kArguments[] = {
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "BLOCK", .flags = kOptional},
    {.name = "streams", .type = ArgumentType::block, .token = "STREAMS", .children = kArgumentsStreams},
};

}  // namespace

REDSTART_COMMAND(xread) = {
    .name = "xread",
    .summary = "Gives the entries behind an id in each of some streams, waiting for some if need be.",
    .complexity = "O(N) for each stream, N: entries given; an XADD also pays for all readers that it wakes",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -4,
    .flags = kReadonly | kBlocking | kMovableKeys,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
