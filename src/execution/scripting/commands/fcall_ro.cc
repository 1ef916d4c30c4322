// FCALL_RO function numkeys [key ...] [arg ...]: calls a function that does not write.
#include "execution/scripting/commands/script_command.h"

namespace redstart {
namespace {

constexpr auto kKeys = keys_of_reader(kUpToTheFunction);
constexpr auto kArguments = call_arguments("function");

}  // namespace

REDSTART_COMMAND(fcall_ro) = {
    .name = "fcall_ro",
    .summary = "Calls a function of a library that does not write.",
    .complexity = "As what it does",
    .since = "7.0.0",
    .group = CommandGroup::scripting,
    .arity = -3,
    .flags = kReadonly | kScriptCommandFlags,
    .acl_categories = "scripting",
    .lock_scope = LockScope::script,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run_function,
};

}  // namespace redstart
