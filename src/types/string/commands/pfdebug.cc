// PFDEBUG GETREG|DECODE|ENCODING|TODENSE key: looks into a HyperLogLog, or makes it dense. As in
// Redis, nobody who watches the key hears of its new encoding: it means the same.
#include <string>

#include "types/string/commands/hyperloglog_value.h"

namespace redstart {
namespace {

// Leaves the value dense. False: the error has been replied.
bool make_dense(CommandContext& c, Edit& edit, std::string& value) {
  if (!hyperloglog::to_dense(value)) {
    reply_corrupt_sketch(c);
    return false;
  }
  store_sketch(edit, value);
  edit.unchanged();
  c.effect(c.args());
  return true;
}

void reply_registers(CommandContext& c, Edit& edit, std::string& value) {
  if (!make_dense(c, edit, value)) return;
  hyperloglog::Registers registers{};
  hyperloglog::merge(value, registers);
  c.reply().array(registers.size());
  for (const uint8_t rank : registers) c.reply().integer(rank);
}

void reply_runs(CommandContext& c, std::string_view value) {
  if (hyperloglog::is_dense(value)) return c.error("ERR HLL encoding is not sparse");
  c.reply().bulk(hyperloglog::describe_runs(value));
}

void run(CommandContext& c) {
  Edit edit = c.edit(c.arg(2), Type::string);
  if (!edit.exists()) return c.error("ERR The specified key does not exist");
  if (!holds_sketch(c, edit)) return;
  NumberBuffer unused;
  std::string value(edit.entry()->text(unused));
  edit.resize_text(value.size());  // the raw encoding, as Redis leaves it
  edit.unchanged();
  if (c.arg_is(1, "getreg")) return reply_registers(c, edit, value);
  if (c.arg_is(1, "todense")) {
    const bool was_dense = hyperloglog::is_dense(value);
    if (make_dense(c, edit, value)) c.reply().integer(!was_dense);
    return;
  }
  if (c.arg_is(1, "decode")) return reply_runs(c, value);
  if (c.arg_is(1, "encoding")) {
    return c.reply().simple(hyperloglog::is_dense(value) ? "dense" : "sparse");
  }
  const std::string_view shown = c.arg(1).substr(0, c.arg(1).find('\0'));
  c.error("ERR Unknown PFDEBUG subcommand '" + std::string(shown) + "'");
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRW | kKeyAccess, .index = 2, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "subcommand", .type = ArgumentType::string},
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
};

}  // namespace

REDSTART_COMMAND(pfdebug) = {
    .name = "pfdebug",
    .summary = "Shows the registers of a HyperLogLog, its runs or its encoding, or makes it dense.",
    .complexity = "O(1), all registers are gone through",
    .since = "2.8.9",
    .group = CommandGroup::hyperloglog,
    .arity = 3,
    .flags = kWrite | kDenyOom | kAdmin,
    .acl_categories = "hyperloglog",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
