// FCALL function numkeys [key ...] [arg ...]: calls a function of a library.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/scripting/script_runner.h"

namespace redstart {
namespace {

void run(CommandContext& c) { ScriptRunner::of(c.executor().thread_context(), c.executor()).call_function(c); }

constexpr KeySpec kKeys[] = {counted_keys(
    kKeyRW | kKeyAccess | kKeyUpdate, 2,
    "What is done with them is up to the function: the most that it could be.")};

constexpr Argument kArguments[] = {
    {.name = "function"},
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kOptional | kMultiple},
    {.name = "arg", .flags = kOptional | kMultiple},
};

}  // namespace

REDSTART_COMMAND(fcall) = {
    .name = "fcall",
    .summary = "Calls a function of a library.",
    .complexity = "As what it does",
    .since = "7.0.0",
    .group = CommandGroup::scripting,
    .arity = -3,
    .flags = kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys,
    .acl_categories = "scripting",
    .lock_scope = LockScope::script,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
