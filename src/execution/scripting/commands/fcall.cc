// FCALL function numkeys [key ...] [arg ...]: calls a function of a library.
#include "execution/scripting/commands/script_command.h"

namespace redstart {
namespace {

constexpr auto kKeys = keys_of_writer(kUpToTheFunction);
constexpr auto kArguments = call_arguments("function");

}  // namespace

REDSTART_COMMAND(fcall) = {
    .name = "fcall",
    .summary = "Calls a function of a library.",
    .complexity = "As what it does",
    .since = "7.0.0",
    .group = CommandGroup::scripting,
    .arity = -3,
    .flags = kScriptCommandFlags | kMayReplicate,
    .acl_categories = "scripting",
    .lock_scope = LockScope::script,
    .keys = kKeys,
    .arguments = kArguments,
    .run = run_function,
};

}  // namespace redstart
