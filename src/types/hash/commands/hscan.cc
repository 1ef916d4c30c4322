// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]:
// goes through the fields and values of a hash step by step.
#include "execution/command_context.h"
#include "types/commands/element_scan.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  scan_elements<Hash>(c, Type::hash,
                      [](const Hash& hash, uint64_t cursor, const ScanOptions& options,
                         ElementList& elements, int64_t& seen) {
                        return hash.scan(cursor,
                                         [&](std::string_view field, std::string_view value) {
                                           ++seen;
                                           if (!options.matches(field)) return;
                                           elements.add(field);
                                           if (!options.no_values) elements.add(value);
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
    {.name = "novalues",
     .type = ArgumentType::pure_token,
     .token = "NOVALUES",
     .flags = kOptional,
     .since = "7.4.0"},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(hscan) = {
    .name = "hscan",
    .summary = "Goes through the fields and values of a hash step by step.",
    .complexity = "O(1) a call, O(N) for all of it, N: elements of the collection",
    .since = "2.8.0",
    .group = CommandGroup::hash,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
