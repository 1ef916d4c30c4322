// EVAL_RO script numkeys [key ...] [arg ...]: runs a Lua script that may not write.
#include "execution/scripting/commands/script_command.h"

namespace redstart {
namespace {

constexpr auto kKeys = keys_of_reader(kUpToTheScript);
constexpr auto kArguments = call_arguments("script");

}  // namespace

REDSTART_COMMAND(eval_ro) = {
    .name = "eval_ro",
    .summary = "Runs a Lua script that may not write.",
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
