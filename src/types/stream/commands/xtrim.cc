// XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count] [KEEPREF|DELREF|ACKED]: takes out the oldest entries.
#include "execution/command_context.h"
#include "types/stream/commands/trim.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  StreamTrim trim;
  if (!parse_trim_options(c, trim)) return;
  Edit edit = c.edit(c.arg(1), Type::stream);
  if (edit.wrong_type()) return;
  if (!edit.exists()) return c.reply().integer(0);
  Stream stream(edit.object());
  const size_t removed = stream.trim(trim);
  if (removed == 0) edit.unchanged();
  edit.count_changes(static_cast<uint32_t>(removed));
  if (removed > 0 && trim.approximate && c.access().records_effects()) {
    std::vector<std::string> words{"XTRIM", std::string(c.arg(1))};
    add_trim_effect(trim, stream, words);
    c.effect(std::vector<std::string_view>(words.begin(), words.end()));
  }
  c.reply().integer(static_cast<int64_t>(removed));
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyDelete, .index = 1, .last = 0},
};

constexpr Argument kArgumentsTrimStrategy[] = {
    {.name = "maxlen", .type = ArgumentType::pure_token, .token = "MAXLEN"},
    {.name = "minid", .type = ArgumentType::pure_token, .token = "MINID", .since = "6.2.0"},
};

constexpr Argument kArgumentsTrimOperator[] = {
    {.name = "equal", .type = ArgumentType::pure_token, .token = "="},
    {.name = "approximately", .type = ArgumentType::pure_token, .token = "~"},
};

constexpr Argument kArgumentsTrim[] = {
    {.name = "strategy", .type = ArgumentType::one_of, .children = kArgumentsTrimStrategy},
    {.name = "operator", .type = ArgumentType::one_of, .flags = kOptional, .children = kArgumentsTrimOperator},
    {.name = "threshold", .type = ArgumentType::string},
    {.name = "count", .type = ArgumentType::integer, .token = "LIMIT", .flags = kOptional, .since = "6.2.0"},
    {.name = "condition",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "8.2.0",
     .children = kReferencesArguments},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "trim", .type = ArgumentType::block, .children = kArgumentsTrim},
};

constexpr std::string_view kTips[] = {"nondeterministic_output"};

}  // namespace

REDSTART_COMMAND(xtrim) = {
    .name = "xtrim",
    .summary = "Takes out a stream's oldest entries, down to a length or up to an id.",
    .complexity = "O(N), N: entries that go; little for each, since whole blocks of them go at once",
    .since = "5.0.0",
    .group = CommandGroup::stream,
    .arity = -4,
    .flags = kWrite,
    .acl_categories = "stream",
    .keys = kKeys,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
