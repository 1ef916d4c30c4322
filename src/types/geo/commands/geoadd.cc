// GEOADD key [NX|XX] [CH] longitude latitude member ...: gives members their positions, as scores
// of a sorted set.
#include <vector>

#include "execution/command_context.h"
#include "types/geo/commands/arguments.h"
#include "types/geo/geohash.h"
#include "types/zset/commands/add.h"

namespace redstart {
namespace {

// The options that stand at `index`; it then is where the positions begin.
AddOptions parse_options(CommandContext& c, size_t& index) {
  AddOptions options;
  for (; index < c.arg_count(); ++index) {
    if (c.arg_is(index, "nx")) {
      options.only_new = true;
    } else if (c.arg_is(index, "xx")) {
      options.only_existing = true;
    } else if (c.arg_is(index, "ch")) {
      options.count_changed = true;
    } else {
      break;
    }
  }
  return options;
}

void run(CommandContext& c) {
  size_t index = 2;
  const AddOptions options = parse_options(c, index);
  const size_t words = c.arg_count() - index;
  if (words == 0 || words % 3 != 0 || (options.only_new && options.only_existing)) {
    return c.syntax_error();
  }
  std::vector<double> scores;
  scores.reserve(words / 3);
  for (size_t at = index; at < c.arg_count(); at += 3) {
    geo::Position position;
    if (!parse_position(c, at, position)) return;
    scores.push_back(geo::score_of(position));
  }
  add_scored(c, options, scores, {.first_index = index + 2, .step = 3});
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr Argument kArgumentsCondition[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
};

constexpr Argument kArgumentsPosition[] = {
    {.name = "longitude", .type = ArgumentType::number},
    {.name = "latitude", .type = ArgumentType::number},
    {.name = "member", .type = ArgumentType::string},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "6.2.0",
     .children = kArgumentsCondition},
    {.name = "change",
     .type = ArgumentType::pure_token,
     .token = "CH",
     .flags = kOptional,
     .since = "6.2.0"},
    {.name = "longitude_latitude_member",
     .type = ArgumentType::block,
     .flags = kMultiple,
     .children = kArgumentsPosition},
};

}  // namespace

REDSTART_COMMAND(geoadd) = {
    .name = "geoadd",
    .summary = "Gives members of a sorted set their positions, adding those that are new.",
    .complexity = "O(log(N)) for each member, with N being the size of the sorted set.",
    .since = "3.2.0",
    .group = CommandGroup::geo,
    .arity = -5,
    .flags = kWrite | kDenyOom,
    .acl_categories = "geo",
    .element_index = 4,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
