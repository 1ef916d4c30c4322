// Unions, intersections and differences of sorted sets and plain sets (whose members count as
// scored 1).
//
// Threads: thread-compatible.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class ZsetOperation : uint8_t { union_, intersection, difference };

// ZUNION, ZINTER, ZDIFF: numkeys, keys, options.
void run_algebra(CommandContext& c, ZsetOperation operation);
// ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE: the same behind a destination.
void run_algebra_store(CommandContext& c, ZsetOperation operation);
// ZINTERCARD.
void run_intersection_size(CommandContext& c);

// --- What ZUNION and ZINTER, and what ZUNIONSTORE and ZINTERSTORE declare alike.
inline constexpr Argument kAggregateArguments[] = {
    {.name = "sum", .type = ArgumentType::pure_token, .token = "SUM"},
    {.name = "min", .type = ArgumentType::pure_token, .token = "MIN"},
    {.name = "max", .type = ArgumentType::pure_token, .token = "MAX"},
};

inline constexpr Argument kAlgebraArguments[] = {
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kMultiple},
    {.name = "weight",
     .type = ArgumentType::integer,
     .token = "WEIGHTS",
     .flags = kOptional | kMultiple},
    {.name = "aggregate",
     .type = ArgumentType::one_of,
     .token = "AGGREGATE",
     .flags = kOptional,
     .children = kAggregateArguments},
    {.name = "withscores",
     .type = ArgumentType::pure_token,
     .token = "WITHSCORES",
     .flags = kOptional},
};

inline constexpr Argument kAlgebraStoreArguments[] = {
    {.name = "destination", .type = ArgumentType::key, .key_spec = 0},
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 1, .flags = kMultiple},
    {.name = "weight",
     .type = ArgumentType::integer,
     .token = "WEIGHTS",
     .flags = kOptional | kMultiple},
    {.name = "aggregate",
     .type = ArgumentType::one_of,
     .token = "AGGREGATE",
     .flags = kOptional,
     .children = kAggregateArguments},
};

}  // namespace redstart
