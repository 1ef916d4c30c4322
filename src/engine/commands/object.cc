// OBJECT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_encoding(CommandContext& c) {
  // IMPLEMENT
}

void run_freq(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_idletime(CommandContext& c) {
  // IMPLEMENT
}

void run_refcount(CommandContext& c) {
  // IMPLEMENT
}

constexpr KeySpec kObjectEncodingKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kObjectEncodingArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kObjectEncodingTips[] = {"nondeterministic_output"};

constexpr KeySpec kObjectFreqKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kObjectFreqArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kObjectFreqTips[] = {"nondeterministic_output"};

constexpr KeySpec kObjectIdletimeKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kObjectIdletimeArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kObjectIdletimeTips[] = {"nondeterministic_output"};

constexpr KeySpec kObjectRefcountKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kObjectRefcountArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kObjectRefcountTips[] = {"nondeterministic_output"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "encoding",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.2.3",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kObjectEncodingKeys,
     .arguments = kObjectEncodingArguments,
     .tips = kObjectEncodingTips,
     .run = run_encoding},
    {.name = "freq",
     .summary = "",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kObjectFreqKeys,
     .arguments = kObjectFreqArguments,
     .tips = kObjectFreqTips,
     .run = run_freq},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::generic,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "keyspace",
     .run = run_help},
    {.name = "idletime",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.2.3",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kObjectIdletimeKeys,
     .arguments = kObjectIdletimeArguments,
     .tips = kObjectIdletimeTips,
     .run = run_idletime},
    {.name = "refcount",
     .summary = "",
     .complexity = "O(1)",
     .since = "2.2.3",
     .group = CommandGroup::generic,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = "keyspace",
     .keys = kObjectRefcountKeys,
     .arguments = kObjectRefcountArguments,
     .tips = kObjectRefcountTips,
     .run = run_refcount},
};

}  // namespace

const CommandSpec object_command = {
    .name = "object",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "2.2.3",
    .group = CommandGroup::generic,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
