// DUMP key: a value as bytes that RESTORE makes it of again.
#include "durability/rdb/payload.h"
#include "execution/command_context.h"
#include "execution/config.h"
#include "execution/executor.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  const Entry* entry = c.find(c.arg(1));
  if (!entry) return c.reply().null();
  c.reply().bulk(rdb::dump(*entry, c.executor().config().rdb_compression()));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(dump) = {
    .name = "dump",
    .summary = "Tells a value as bytes that RESTORE understands.",
    .complexity = "O(N), N: bytes of the value",
    .since = "2.6.0",
    .group = CommandGroup::generic,
    .arity = 2,
    .flags = kReadonly,
    .acl_categories = "keyspace",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
