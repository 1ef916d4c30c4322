// GEODIST key member1 member2 [M|KM|FT|MI]: how far two members are apart.
#include <optional>

#include "execution/command_context.h"
#include "types/geo/commands/arguments.h"
#include "types/geo/commands/search_arguments.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  double unit_m = 1;
  if (c.arg_count() > 5) return c.syntax_error();
  if (c.arg_count() == 5 && !parse_distance_unit(c, 4, unit_m)) return;
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  const auto first = position_of_member(read.object(), c.arg(2));
  const auto second = position_of_member(read.object(), c.arg(3));
  if (!first || !second) return c.reply().null();
  reply_distance(c, geo::distance_m(*first, *second) / unit_m);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "member1", .type = ArgumentType::string},
    {.name = "member2", .type = ArgumentType::string},
    {.name = "unit",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kDistanceUnitArguments},
};

}  // namespace

REDSTART_COMMAND(geodist) = {
    .name = "geodist",
    .summary = "Tells how far two members are apart.",
    .complexity = "O(1)",
    .since = "3.2.0",
    .group = CommandGroup::geo,
    .arity = -4,
    .flags = kReadonly,
    .acl_categories = "geo",
    .element_index = 2,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
