// SSCAN key cursor [MATCH pattern] [COUNT count]: goes through the members of a set step by step.
#include "execution/command_context.h"
#include "types/commands/element_scan.h"
#include "types/set/set.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  scan_elements<Set>(c, Type::set,
                     [](const Set& set, uint64_t cursor, const ScanOptions& options,
                        ElementList& elements, int64_t& seen) {
                       return set.scan(cursor, [&](std::string_view member) {
                         ++seen;
                         if (options.matches(member)) elements.add(member);
                       });
                     });
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "cursor", .type = ArgumentType::integer},
    {.name = "pattern", .type = ArgumentType::pattern, .token = "MATCH", .flags = kOptional},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(sscan) = {
    .name = "sscan",
    .summary = "Goes through the members of a set step by step.",
    .complexity = "O(1) a call, O(N) for all of it, N: elements of the collection",
    .since = "2.8.0",
    .group = CommandGroup::set,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "set",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
