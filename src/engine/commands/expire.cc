// EXPIRE key seconds [NX | XX | GT | LT]: gives a key seconds to live.
// PEXPIRE key milliseconds [NX | XX | GT | LT]: gives a key milliseconds to live.
// EXPIREAT key unix-time-seconds [NX | XX | GT | LT]: says when a key expires.
// PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]: says when a key expires.
#include <array>
#include <string_view>

#include "engine/commands/deadlines.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyUpdate, .index = 1, .last = 0},
};

constexpr std::array<Argument, 3> arguments_of(std::string_view when, ArgumentType type) {
  return {{
      {.name = "key", .type = ArgumentType::key, .key_spec = 0},
      {.name = when, .type = type},
      {.name = "condition",
       .type = ArgumentType::one_of,
       .flags = kOptional,
       .since = "7.0.0",
       .children = kDeadlineConditionArguments},
  }};
}

constexpr auto kExpireArguments = arguments_of("seconds", ArgumentType::integer);
constexpr auto kPexpireArguments = arguments_of("milliseconds", ArgumentType::integer);
constexpr auto kExpireatArguments = arguments_of("unix-time-seconds", ArgumentType::unix_time);
constexpr auto kPexpireatArguments =
    arguments_of("unix-time-milliseconds", ArgumentType::unix_time);

}  // namespace

REDSTART_COMMAND(expire) = {
    .name = "expire",
    .summary = "Lets a key expire after some seconds.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kExpireArguments,
    .run = [](CommandContext& c) { set_key_deadline(c, TimeUnit::seconds, TimeOrigin::now); },
};

REDSTART_COMMAND(pexpire) = {
    .name = "pexpire",
    .summary = "Lets a key expire after some milliseconds.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kPexpireArguments,
    .run = [](CommandContext& c) { set_key_deadline(c, TimeUnit::milliseconds, TimeOrigin::now); },
};

REDSTART_COMMAND(expireat) = {
    .name = "expireat",
    .summary = "Lets a key expire at a Unix time in seconds.",
    .complexity = "O(1)",
    .since = "1.2.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kExpireatArguments,
    .run = [](CommandContext& c) { set_key_deadline(c, TimeUnit::seconds, TimeOrigin::epoch); },
};

REDSTART_COMMAND(pexpireat) = {
    .name = "pexpireat",
    .summary = "Lets a key expire at a Unix time in milliseconds.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = -3,
    .flags = kWrite | kFast,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kPexpireatArguments,
    .run =
        [](CommandContext& c) { set_key_deadline(c, TimeUnit::milliseconds, TimeOrigin::epoch); },
};

}  // namespace redstart
