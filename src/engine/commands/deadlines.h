// EXPIRE, TTL and their families: deadlines relative or absolute, in seconds or milliseconds.
//
// Threads: as CommandContext.
#pragma once

#include "execution/command_context.h"

namespace redstart {

enum class TimeUnit : uint8_t { seconds, milliseconds };
enum class TimeOrigin : uint8_t { now, epoch };

// key time [NX | XX | GT | LT]: gives a key a deadline, or deletes it when that has passed.
void set_key_deadline(CommandContext& c, TimeUnit unit, TimeOrigin origin);
// key: replies its deadline; -1: it has none, -2: there is no such key.
void reply_key_deadline(CommandContext& c, TimeUnit unit, TimeOrigin origin);

// NX, XX, GT or LT: of EXPIRE, HEXPIRE and their families.
inline constexpr Argument kDeadlineConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::pure_token, .token = "NX"},
    {.name = "xx", .type = ArgumentType::pure_token, .token = "XX"},
    {.name = "gt", .type = ArgumentType::pure_token, .token = "GT"},
    {.name = "lt", .type = ArgumentType::pure_token, .token = "LT"},
};

// An expiry, or PERSIST: of GETEX, HGETEX and INCREX.
inline constexpr Argument kExpiryOrPersistArguments[] = {
    {.name = "seconds", .type = ArgumentType::integer, .token = "EX"},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "PX"},
    {.name = "unix-time-seconds", .type = ArgumentType::unix_time, .token = "EXAT"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time, .token = "PXAT"},
    {.name = "persist", .type = ArgumentType::pure_token, .token = "PERSIST"},
};
// An expiry, or KEEPTTL: of MSETEX and HSETEX.
inline constexpr Argument kExpiryOrKeepttlArguments[] = {
    {.name = "seconds", .type = ArgumentType::integer, .token = "EX"},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "PX"},
    {.name = "unix-time-seconds", .type = ArgumentType::unix_time, .token = "EXAT"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::unix_time, .token = "PXAT"},
    {.name = "keepttl", .type = ArgumentType::pure_token, .token = "KEEPTTL"},
};

}  // namespace redstart
