// EVAL script numkeys [key ...] [arg ...]: runs a Lua script.
#include "execution/scripting/commands/script_command.h"

namespace redstart {
namespace {

constexpr auto kKeys = keys_of_writer(kUpToTheScript);
constexpr auto kArguments = call_arguments("script");

}  // namespace

REDSTART_COMMAND(eval) = {
    .name = "eval",
    .summary = "Runs a Lua script.",
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
