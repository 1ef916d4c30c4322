// XSETID key last-id [ENTRIESADDED count] [MAXDELETEDID id]: sets what a stream remembers beside its entries
#include "execution/command_context.h"
#include "types/stream/commands/arguments.h"

namespace redstart {
namespace {

struct Settings {
  StreamId last_id;
  std::optional<int64_t> entries_added;
  StreamId max_removed_id;
};

bool parse_settings(CommandContext& c, Settings& settings) {
  if (!parse_id(c, 2, settings.last_id)) return false;
  for (size_t i = 3; i < c.arg_count(); i += 2) {
    const bool has_more = i + 1 < c.arg_count();
    if (has_more && c.arg_is(i, "ENTRIESADDED")) {
      int64_t count;
      if (!c.parse_integer(i + 1, count)) return false;
      if (count < 0) {
        c.error("ERR entries_added must be positive");
        return false;
      }
      settings.entries_added = count;
    } else if (has_more && c.arg_is(i, "MAXDELETEDID")) {
      if (!parse_id(c, i + 1, settings.max_removed_id)) return false;
      if (settings.last_id < settings.max_removed_id) {
        c.error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
        return false;
      }
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

// Empty when the settings are possible.
std::string_view objection(const Stream& stream, const Settings& settings) {
  if (stream.size() == 0) return {};
  if (settings.last_id < stream.last_entry_id()) {
    return "ERR The ID specified in XSETID is smaller than the target stream top item";
  }
  if (settings.entries_added && static_cast<uint64_t>(*settings.entries_added) < stream.size()) {
    return "ERR The entries_added specified in XSETID is smaller than the target stream length";
  }
  return {};
}

void run(CommandContext& c) {
  Settings settings;
  if (!parse_settings(c, settings)) return;
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.error("ERR no such key");
  const std::string_view error = objection(look_into(edit), settings);
  if (!error.empty()) return c.error(error);
  Stream stream(edit.object());
  stream.set_last_id(settings.last_id);
  if (settings.entries_added) stream.set_entries_added(static_cast<uint64_t>(*settings.entries_added));
  if (!settings.max_removed_id.is_zero()) stream.set_max_removed_id(settings.max_removed_id);
  edit.concerns(ChangeAudience::nobody);
  c.reply().ok();
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "last-id", .type = ArgumentType::string},
    {.name = "entries_added",
     .type = ArgumentType::integer,
     .token = "ENTRIESADDED",
     .flags = kOptional,
     .since = "7.0.0"},
    {.name = "max_deleted_entry_id",
     .type = ArgumentType::string,
     .token = "MAXDELETEDID",
     .flags = kOptional,
     .since = "7.0.0"},
};

}  // namespace

REDSTART_COMMAND(xsetid) = {
    .name = "xsetid",
    .summary = "Sets a stream's last id and its counters, for copies of streams.",
    .complexity = "O(1)",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -3,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
