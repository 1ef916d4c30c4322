// MEMORY
#include "execution/command_context.h"

namespace redstart {
namespace {

void run_doctor(CommandContext& c) {
  // IMPLEMENT
}

void run_help(CommandContext& c) {
  // IMPLEMENT
}

void run_malloc_stats(CommandContext& c) {
  // IMPLEMENT
}

void run_purge(CommandContext& c) {
  // IMPLEMENT
}

void run_stats(CommandContext& c) {
  // IMPLEMENT
}

void run_usage(CommandContext& c) {
  // IMPLEMENT
}

constexpr std::string_view kMemoryDoctorTips[] = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

constexpr std::string_view kMemoryMallocStatsTips[] = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

constexpr std::string_view kMemoryPurgeTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};

constexpr std::string_view kMemoryStatsTips[] = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"};

constexpr KeySpec kMemoryUsageKeys[] = {
    {.flags = kKeyRO, .index = 2, .last = 0},
};

constexpr Argument kMemoryUsageArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "count", .type = ArgumentType::integer, .token = "SAMPLES", .flags = kOptional},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "doctor",
     .summary = "",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .tips = kMemoryDoctorTips,
     .run = run_doctor},
    {.name = "help",
     .summary = "",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "malloc-stats",
     .summary = "",
     .complexity = "Depends on how much memory is allocated, could be slow",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .tips = kMemoryMallocStatsTips,
     .run = run_malloc_stats},
    {.name = "purge",
     .summary = "",
     .complexity = "Depends on how much memory is allocated, could be slow",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .tips = kMemoryPurgeTips,
     .run = run_purge},
    {.name = "stats",
     .summary = "",
     .complexity = "O(1)",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = 2,
     .tips = kMemoryStatsTips,
     .run = run_stats},
    {.name = "usage",
     .summary = "",
     .complexity = "O(N) where N is the number of samples.",
     .since = "4.0.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kReadonly,
     .keys = kMemoryUsageKeys,
     .arguments = kMemoryUsageArguments,
     .run = run_usage},
};

}  // namespace

const CommandSpec memory_command = {
    .name = "memory",
    .summary = "",
    .complexity = "Depends on subcommand.",
    .since = "4.0.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
