// MIGRATE: refused, keys go to another server by DUMP and RESTORE. It is known for the sake of those who permit or
// forbid it.
#include "command/spec.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) { c.error("ERR MIGRATE is not supported: use DUMP here and RESTORE there"); }

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess | kKeyDelete, .index = 3},
    {.flags = kKeyRW | kKeyAccess | kKeyDelete | kKeyIncomplete,
     .begin = KeySpec::Begin::keyword,
     .keyword = "KEYS",
     .start_from = -2,
     .last = -1},
};

constexpr Argument kArgumentsOfKey[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "empty_string", .type = ArgumentType::pure_token},
};

constexpr Argument kArgumentsOfUser[] = {
    {.name = "username"},
    {.name = "password"},
};

constexpr Argument kArgumentsOfAuthentication[] = {
    {.name = "password", .token = "AUTH", .flags = kOptional, .since = "4.0.7"},
    {.name = "username_password",
     .type = ArgumentType::block,
     .token = "AUTH2",
     .flags = kOptional,
     .since = "6.0.0",
     .children = kArgumentsOfUser},
};

constexpr Argument kArguments[] = {
    {.name = "host"},
    {.name = "port", .type = ArgumentType::integer},
    {.name = "key_or_empty_string", .type = ArgumentType::one_of, .children = kArgumentsOfKey},
    {.name = "destination-db", .type = ArgumentType::integer},
    {.name = "timeout", .type = ArgumentType::integer},
    {.name = "copy", .type = ArgumentType::pure_token, .token = "COPY", .flags = kOptional, .since = "3.0.0"},
    {.name = "replace", .type = ArgumentType::pure_token, .token = "REPLACE", .flags = kOptional, .since = "3.0.0"},
    {.name = "authentication",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kArgumentsOfAuthentication},
    {.name = "key",
     .type = ArgumentType::key,
     .key_spec = 1,
     .token = "KEYS",
     .flags = kOptional | kMultiple,
     .since = "3.0.6"},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(migrate) = {
    .name = "migrate",
    .summary = "Is refused: keys go to another server by DUMP and RESTORE.",
    .complexity = "O(1)",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = -6,
    .flags = kWrite | kMovableKeys,
    .acl_categories = "keyspace dangerous",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
