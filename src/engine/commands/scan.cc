// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]: the keys, part by part.
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "engine/commands/keyspace_walk.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

constexpr uint64_t kDefaultCount = 10;

// As strtoul reads it: a sign is taken, and an empty word is zero.
bool parse_cursor(CommandContext& c, uint64_t& cursor) {
  const std::string text(c.arg(1));
  char* end;
  errno = 0;
  cursor = std::strtoull(text.c_str(), &end, 10);
  if (*end == '\0' && errno != ERANGE && !std::isspace(static_cast<unsigned char>(text[0]))) {
    return true;
  }
  c.error("ERR invalid cursor");
  return false;
}

bool parse_options(CommandContext& c, KeyFilter& filter, uint64_t& count) {
  for (size_t i = 2; i < c.arg_count(); i += 2) {
    const bool has_value = i + 1 < c.arg_count();
    int64_t wanted;
    if (has_value && c.arg_is(i, "COUNT")) {
      if (!c.parse_integer(i + 1, wanted)) return false;
      if (wanted < 1) return c.syntax_error(), false;
      count = static_cast<uint64_t>(wanted);
    } else if (has_value && c.arg_is(i, "MATCH")) {
      filter.pattern = c.arg(i + 1);
    } else if (has_value && c.arg_is(i, "TYPE")) {
      filter.type = c.arg(i + 1);
    } else {
      return c.syntax_error(), false;
    }
  }
  if (filter.pattern == "*") filter.pattern.reset();
  return true;
}

void run(CommandContext& c) {
  uint64_t cursor, count = kDefaultCount;
  KeyFilter filter;
  if (!parse_cursor(c, cursor) || !parse_options(c, filter, count)) return;
  KeyspaceWalk walk(c, filter);
  cursor = walk.advance(cursor, count);
  c.reply().array(2);
  c.reply().bulk(std::to_string(cursor));
  c.reply().array(walk.keys().size());
  for (const std::string& key : walk.keys()) c.reply().bulk(key);
}

constexpr Argument kArguments[] = {
    {.name = "cursor", .type = ArgumentType::integer},
    {.name = "pattern", .type = ArgumentType::pattern, .token = "MATCH", .flags = kOptional},
    {.name = "count", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "type",
     .type = ArgumentType::string,
     .token = "TYPE",
     .flags = kOptional,
     .since = "6.0.0"},
};

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:special"};

}  // namespace

REDSTART_COMMAND(scan) = {
    .name = "scan",
    .summary = "Lists keys bit by bit, starting and ending with cursor 0.",
    .complexity = "O(1) a call, O(N) for all of it, N: keys of the database",
    .since = "2.8.0",
    .group = CommandGroup::generic,
    .arity = -2,
    .flags = kReadonly,
    .acl_categories = "keyspace",
    .lock_scope = LockScope::self,
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
