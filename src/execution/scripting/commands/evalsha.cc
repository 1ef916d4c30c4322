// EVALSHA sha1 numkeys [key ...] [arg ...]: runs a Lua script that the cache has.
#include "execution/scripting/commands/script_command.h"

namespace redstart {
namespace {

constexpr auto kKeys = keys_of_writer();
constexpr auto kArguments = call_arguments("sha1");

}  // namespace

REDSTART_COMMAND(evalsha) = {
    .name = "evalsha",
    .summary = "Runs a Lua script that the server has seen before.",
    .complexity = "As what it does",
    .since = "2.6.0",
    .group = CommandGroup::scripting,
    .arity = -3,
    .flags = kScriptCommandFlags | kMayReplicate,
    .acl_categories = "scripting",
    .lock_scope = LockScope::script,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run_script,
};

}  // namespace redstart
