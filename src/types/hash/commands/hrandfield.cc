// HRANDFIELD key [count [WITHVALUES]]:
// gives random fields of a hash: distinct ones, or any when the count is negative.
#include "execution/command_context.h"
#include "types/hash/commands/fields.h"
#include "types/hash/hash.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() > 2) return run_random_fields(c);
  const Read read = c.read(c.arg(1), Type::hash);
  if (read.wrong_type) return;
  if (!read) return c.reply().null();
  Object object = read.object();
  const Hash hash(object, c.now_ms());
  if (hash.size() == 0) return c.reply().null();  // all are due
  hash.random(c.random(), [&c](std::string_view field, std::string_view) { c.reply().bulk(field); });
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArgumentsOptions[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "withvalues",
     .type = ArgumentType::pure_token,
     .token = "WITHVALUES",
     .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "options",
     .type = ArgumentType::block,
     .flags = kOptional,
     .children = kArgumentsOptions},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(hrandfield) = {
    .name = "hrandfield",
    .summary = "Gives random fields of a hash: distinct ones, or any when the count is negative.",
    .complexity = "O(N), N: fields returned",
    .since = "6.2.0",
    .group = CommandGroup::hash,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "hash",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
