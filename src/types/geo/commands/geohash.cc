// GEOHASH key [member ...]: the geohash texts of members.
#include "types/geo/geohash.h"

#include <optional>

#include "execution/command_context.h"
#include "types/geo/commands/arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  c.reply().array(c.arg_count() - 2);
  for (const std::string_view member : c.args().subspan(2)) {
    std::optional<geo::Position> position;
    if (read) position = position_of_member(read.object(), member);
    if (!position) {
      c.reply().null();
      continue;
    }
    const auto text = geo::geohash_text(*position);
    c.reply().bulk({text.data(), text.size()});
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member", .type = ArgumentType::string, .flags = kMultiple},
};

}  // namespace

REDSTART_COMMAND(geohash) = {
    .name = "geohash",
    .summary = "Gives the geohash texts of members' positions.",
    .complexity = "O(1) for each member.",
    .since = "3.2.0",
    .group = CommandGroup::geo,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "geo",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
