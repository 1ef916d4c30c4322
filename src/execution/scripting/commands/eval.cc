// EVAL script numkeys [key ...] [arg ...]: runs a Lua script.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/scripting/script_runner.h"

namespace redstart {
namespace {

void run(CommandContext& c) { ScriptRunner::of(c.executor().thread_context(), c.executor()).eval(c); }

constexpr KeySpec kKeys[] = {counted_keys(
    kKeyRW | kKeyAccess | kKeyUpdate, 2,
    "What is done with them is up to the script: the most that it could be.")};

constexpr Argument kArguments[] = {
    {.name = "script"},
    {.name = "numkeys", .type = ArgumentType::integer},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0, .flags = kOptional | kMultiple},
    {.name = "arg", .flags = kOptional | kMultiple},
};

}  // namespace

REDSTART_COMMAND(eval) = {
    .name = "eval",
    .summary = "Runs a Lua script.",
    .complexity = "As what it does",
    .since = "2.6.0",
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
