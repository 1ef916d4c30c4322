// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]:
// gives fields of a hash a time to live, in seconds.
// HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]:
// gives fields of a hash a time to live, in milliseconds.
// HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]:
// gives fields of a hash a deadline, as a Unix time in seconds.
// HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]:
// gives fields of a hash a deadline, as a Unix time in milliseconds.
#include <array>
#include <string_view>

#include "types/hash/commands/field_deadlines.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr std::array<Argument, 4> arguments_of(std::string_view when, ArgumentType type) {
  return {{
      {.name = "key", .type = ArgumentType::key, .key_spec = 0},
      {.name = when, .type = type},
      {.name = "condition",
       .type = ArgumentType::one_of,
       .flags = kOptional,
       .children = kDeadlineConditionArguments},
      kFieldsArgument,
  }};
}

constexpr auto kHexpireArguments = arguments_of("seconds", ArgumentType::integer);
constexpr auto kHpexpireArguments = arguments_of("milliseconds", ArgumentType::integer);
constexpr auto kHexpireatArguments = arguments_of("unix-time-seconds", ArgumentType::unix_time);
constexpr auto kHpexpireatArguments =
    arguments_of("unix-time-milliseconds", ArgumentType::unix_time);

}  // namespace

REDSTART_COMMAND(hexpire) = {
    .name = "hexpire",
    .summary = "Gives fields of a hash a time to live, in seconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -6,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kHexpireArguments,
    .run = [](CommandContext& c) { set_field_deadlines(c, TimeUnit::seconds, TimeOrigin::now); },
};

REDSTART_COMMAND(hpexpire) = {
    .name = "hpexpire",
    .summary = "Gives fields of a hash a time to live, in milliseconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -6,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kHpexpireArguments,
    .run =
        [](CommandContext& c) { set_field_deadlines(c, TimeUnit::milliseconds, TimeOrigin::now); },
};

REDSTART_COMMAND(hexpireat) = {
    .name = "hexpireat",
    .summary = "Gives fields of a hash a deadline, as a Unix time in seconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -6,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kHexpireatArguments,
    .run = [](CommandContext& c) { set_field_deadlines(c, TimeUnit::seconds, TimeOrigin::epoch); },
};

REDSTART_COMMAND(hpexpireat) = {
    .name = "hpexpireat",
    .summary = "Gives fields of a hash a deadline, as a Unix time in milliseconds.",
    .complexity = "O(N) in the number of fields.",
    .since = "7.4.0",
    .group = CommandGroup::hash,
    .arity = -6,
    .flags = kWrite | kDenyOom | kFast,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kHpexpireatArguments,
    .run =
        [](CommandContext& c) {
          set_field_deadlines(c, TimeUnit::milliseconds, TimeOrigin::epoch);
        },
};

}  // namespace redstart
