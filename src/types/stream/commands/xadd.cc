// XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id name value ...:
// appends an entry.
#include "execution/command_context.h"
#include "types/stream/commands/trim.h"

namespace redstart {
namespace {

constexpr size_t kEntryBytesMax = size_t{1} << 30;

// The id that the entry gets behind `last`; nothing: there is none.
std::optional<StreamId> choose_id(const AppendOptions& options, const StreamId& last, int64_t now_ms) {
  if (options.id) {
    const auto [id, any_seq] = *options.id;
    if (!any_seq || id.ms != last.ms) return id;
    return last.seq == UINT64_MAX ? std::nullopt : last.next();
  }
  const auto now = static_cast<uint64_t>(now_ms);
  return now > last.ms ? StreamId{now, 0} : last.next();
}

void tell_effect(CommandContext& c, const AppendOptions& options, const Stream& stream, const StreamId& id,
                 size_t trimmed) {
  const bool id_is_given = options.id && !options.id->any_seq;
  if (!c.access().records_effects() || (id_is_given && !options.trim.approximate)) return;
  std::vector<std::string> words{"XADD", std::string(c.arg(1))};
  if (trimmed > 0) add_trim_effect(options.trim, stream, words);
  words.push_back(to_string(id));
  for (const std::string_view field : c.args().subspan(options.id_index + 1)) words.emplace_back(field);
  c.effect(std::vector<std::string_view>(words.begin(), words.end()));
}

size_t bytes_of(std::span<const std::string_view> fields) {
  size_t bytes = 0;
  for (const std::string_view field : fields) bytes += field.size();
  return bytes;
}

void run(CommandContext& c) {
  AppendOptions options;
  if (!parse_append_options(c, options)) return;
  const auto fields = c.args().subspan(std::min(options.id_index + 1, c.arg_count()));
  if (fields.size() < 2 || fields.size() % 2 != 0) return c.arity_error();
  if (options.id && !options.id->any_seq && options.id->id.is_zero()) {
    return c.error("ERR The ID specified in XADD must be greater than 0-0");
  }
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  if (!edit.exists() && options.no_mkstream) return c.reply().null();
  const StreamId last = edit.exists() ? look_into(edit).last_id() : StreamId{};
  if (last == kStreamIdMax) {
    return c.error("ERR The stream has exhausted the last possible ID, unable to add more items");
  }
  const auto id = choose_id(options, last, c.access().wall_time_ms());
  if (!id || *id <= last) {
    return c.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  }
  if (bytes_of(fields) > kEntryBytesMax) return c.error("ERR Elements are too large to be stored");
  Stream stream(edit.object());
  stream.append(*id, fields, c.limits());
  reply_id(c.reply(), *id);
  const size_t trimmed = stream.trim(options.trim);
  tell_effect(c, options, stream, *id, trimmed);
  edit.event("xadd");
  if (trimmed == 0) return;
  edit.commit();
  note_trim(c, c.arg(1));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0,
     .notes = "Updated rather than inserted into, since it may trim the stream."},
};

constexpr Argument kArgumentsTrimStrategy[] = {
    {.name = "maxlen", .type = ArgumentType::pure_token, .token = "MAXLEN"},
    {.name = "minid", .type = ArgumentType::pure_token, .token = "MINID", .since = "6.2.0"},
};

constexpr Argument kArgumentsTrimOperator[] = {
    {.name = "equal", .type = ArgumentType::pure_token, .token = "="},
    {.name = "approximately", .type = ArgumentType::pure_token, .token = "~"},
};

constexpr Argument kArgumentsTrim[] = {
    {.name = "strategy", .type = ArgumentType::one_of, .children = kArgumentsTrimStrategy},
    {.name = "operator", .type = ArgumentType::one_of, .flags = kOptional, .children = kArgumentsTrimOperator},
    {.name = "threshold", .type = ArgumentType::string},
    {.name = "count", .type = ArgumentType::integer, .token = "LIMIT", .flags = kOptional, .since = "6.2.0"},
};

constexpr Argument kArgumentsIdOrAuto[] = {
    {.name = "auto_id", .type = ArgumentType::pure_token, .token = "*"},
    {.name = "id", .type = ArgumentType::string},
};

constexpr Argument kArgumentsFieldValue[] = {
    {.name = "field", .type = ArgumentType::string},
    {.name = "value", .type = ArgumentType::string},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "nomkstream",
     .type = ArgumentType::pure_token,
     .token = "NOMKSTREAM",
     .flags = kOptional,
     .since = "6.2.0"},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "8.2.0",
     .children = kReferencesArguments},
    {.name = "trim", .type = ArgumentType::block, .flags = kOptional, .children = kArgumentsTrim},
    {.name = "id_or_auto", .type = ArgumentType::one_of, .children = kArgumentsIdOrAuto},
    {.name = "field_value", .type = ArgumentType::block, .flags = kMultiple, .children = kArgumentsFieldValue},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

constexpr HistoryEntry kHistory[] = {
    {"7.0.0", "The id may be `ms-*`."},
};

}  // namespace

REDSTART_COMMAND(xadd) = {
    .name = "xadd",
    .summary = "Appends an entry to a stream, and trims the stream if asked to.",
    .complexity = "O(1); O(N) when it trims, N: entries that go",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -5,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .history = kHistory,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
