// LOLWUT
#include "execution/command_context.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  // IMPLEMENT
}

constexpr Argument kArguments[] = {
    {.name = "version", .type = ArgumentType::integer, .token = "VERSION", .flags = kOptional},
};

}  // namespace

const CommandSpec lolwut_command = {
    .name = "lolwut",
    .summary = "",
    .complexity = "",
    .since = "5.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kReadonly | kFast,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
