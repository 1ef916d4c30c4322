// LASTSAVE: when the data was last saved.
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/persistence.h"

namespace redstart {
namespace {

void run(CommandContext& c) { c.reply().integer(c.executor().persistence().status().last_save_unix_s); }

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(lastsave) = {
    .name = "lastsave",
    .summary = "Tells the Unix time of the last save to disk.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = 1,
    .flags = kLoading | kStale | kFast,
    .acl_categories = "admin dangerous",
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
