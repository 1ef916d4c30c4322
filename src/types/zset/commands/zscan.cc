// ZSCAN key cursor [MATCH pattern] [COUNT count]: the next members of an iteration
#include <cmath>

#include "base/numbers.h"
#include "execution/command_context.h"
#include "types/commands/element_scan.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

// As Redis shows a score here: a listpack has whole numbers as integers, to their last digit.
std::string_view score_text(const SortedSet& set, double score, char (&text)[kNumberTextBytes]) {
  constexpr double kWholeMax = static_cast<double>(INT64_MAX / 2);
  if (!set.is_compact() || std::abs(score) > kWholeMax || score != std::trunc(score))
    return {text, format_double(score, text)};
  return {text, format_int64(static_cast<int64_t>(score), text)};
}

uint64_t step(const SortedSet& set, uint64_t cursor, const ScanOptions& options,
              ElementList& elements, int64_t& seen) {
  return set.scan(cursor, [&](std::string_view member, double score) {
    ++seen;
    if (!options.matches(member)) return;
    char text[kNumberTextBytes];
    elements.add(member);
    elements.add(score_text(set, score, text));
  });
}

void run(CommandContext& c) { scan_elements<SortedSet>(c, Type::zset, step); }

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

REDSTART_COMMAND(zscan) = {
    .name = "zscan",
    .summary = "Gives the next members of an iteration, with their scores.",
    .complexity = "O(1) a call, O(N) for all of it, N: elements of the collection",
    .since = "2.8.0",
    .group = CommandGroup::sorted_set,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "sortedset",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
