// DELEX key [IFEQ value | IFNE value | IFDEQ digest | IFDNE digest]:
// deletes a key, or only when its string compares so.
#include "types/string/commands/comparison.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  Comparison comparison;
  if (c.arg_count() > 2) {
    comparison = {comparison_at(c, 2), 3};
    if (!comparison || c.arg_count() != 4) return c.syntax_error();
    if (!check_comparison(c, comparison)) return;
  }
  Edit edit = c.edit(c.arg(1), comparison ? Type::string : Type::none);
  if (edit.wrong_type()) return;
  const bool deletes = edit.exists() && (!comparison || holds(c, comparison, edit.entry()));
  if (deletes) {
    edit.remove();
    edit.event("del");
    c.effect({"DEL", c.arg(1)});
  }
  c.reply().integer(deletes);
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete | kKeyVariableFlags, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kComparisonArguments},
};

}  // namespace

REDSTART_COMMAND(delex) = {
    .name = "delex",
    .summary = "Deletes a key if its string, or the string's digest, equals or differs.",
    .complexity = "O(1), or O(N) where a digest is compared, N: bytes of the string",
    .since = "8.4.0",
    .group = CommandGroup::string,
    .arity = -2,
    .flags = kWrite | kFast,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
