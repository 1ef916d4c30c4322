// EVALSHA_RO sha1 numkeys [key ...] [arg ...]: runs a Lua script of the cache that may not write.
#include "execution/scripting/commands/script_command.h"

namespace redstart {
namespace {

constexpr auto kKeys = keys_of_reader();
constexpr auto kArguments = call_arguments("sha1");

}  // namespace

REDSTART_COMMAND(evalsha_ro) = {
    .name = "evalsha_ro",
    .summary = "Runs a Lua script that the server has seen before and that may not write.",
    .complexity = "As what it does",
    .since = "7.0.0",
    .group = CommandGroup::scripting,
    .arity = -3,
    .flags = kReadonly | kScriptCommandFlags,
    .acl_categories = "scripting",
    .lock_scope = LockScope::script,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run_script,
};

}  // namespace redstart
