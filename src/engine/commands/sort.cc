// SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA] [STORE
// destination]: the elements of a collection in order.
// SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA]: SORT that
// changes nothing.
#include <span>

#include "engine/commands/sorting.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

// SORT_RO has neither the last of the keys nor the last of the arguments: STORE.
constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
    {.flags = kKeyRO | kKeyAccess,
     .begin = KeySpec::Begin::unknown,
     .find = KeySpec::Find::unknown,
     .notes = "Of BY and GET: the names are made of what is sorted."},
    {.flags = kKeyOW | kKeyUpdate,
     .begin = KeySpec::Begin::unknown,
     .find = KeySpec::Find::unknown,
     .notes = "Of STORE, which may stand anywhere among the options."},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "pattern",
     .type = ArgumentType::pattern,
     .key_spec = 1,
     .token = "BY",
     .flags = kOptional},
    {.name = "offset_count",
     .type = ArgumentType::block,
     .token = "LIMIT",
     .flags = kOptional,
     .children = kSortLimitArguments},
    {.name = "pattern",
     .type = ArgumentType::pattern,
     .key_spec = 1,
     .token = "GET",
     .flags = kOptional | kMultiple | kMultipleToken},
    {.name = "order",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kSortOrderArguments},
    {.name = "sorting", .type = ArgumentType::pure_token, .token = "ALPHA", .flags = kOptional},
    {.name = "destination",
     .type = ArgumentType::key,
     .key_spec = 2,
     .token = "STORE",
     .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(sort) = {
    .name = "sort",
    .summary = "Sorts the elements of a list, set or sorted set, and stores them if asked to.",
    .complexity =
        "O(N + M*log(M)), N: elements of the collection, M: elements returned; O(N) unsorted",
    .since = "1.0.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kWrite | kDenyOom | kMovableKeys,
    .acl_categories = "dangerous list set sortedset",
    .lock_scope = LockScope::keyspace,
    .keys = kKeys,
    .arguments = kArguments,
    .run = [](CommandContext& c) { sort_elements(c, true); },
};

REDSTART_COMMAND(sort_ro) = {
    .name = "sort_ro",
    .summary = "Sorts the elements of a list, set or sorted set.",
    .complexity =
        "O(N + M*log(M)), N: elements of the collection, M: elements returned; O(N) unsorted",
    .since = "7.0.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kReadonly | kMovableKeys,
    .acl_categories = "dangerous list set sortedset",
    .lock_scope = LockScope::keyspace,
    .keys = std::span(kKeys).first(2),
    .arguments = std::span(kArguments).first(6),
    .run = [](CommandContext& c) { sort_elements(c, false); },
};

}  // namespace redstart
