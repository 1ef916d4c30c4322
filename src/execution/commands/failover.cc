// FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]: there is no replica to hand over
// to.
#include "base/numbers.h"
#include "execution/command_context.h"

namespace redstart {
namespace {

struct Options {
  bool has_target = false, has_timeout = false, abort = false, force = false;
  int64_t timeout_ms = 0;
};

// False: the error has been replied.
bool parse(CommandContext& c, Options& options) {
  for (size_t i = 1; i < c.arg_count(); ++i) {
    const size_t left = c.arg_count() - i - 1;
    if (c.arg_is(i, "TIMEOUT") && left >= 1 && !options.has_timeout) {
      if (!c.parse_integer(i + 1, options.timeout_ms)) return false;
      if (options.timeout_ms <= 0) {
        c.error("ERR FAILOVER timeout must be greater than 0");
        return false;
      }
      options.has_timeout = true;
      ++i;
    } else if (c.arg_is(i, "ABORT") && c.arg_count() == 2) {
      options.abort = true;
    } else if (c.arg_is(i, "TO") && left >= 2 && !options.has_target) {
      int64_t port;
      if (!c.parse_integer(i + 2, port)) return false;
      options.has_target = true;
      i += 2;
    } else if (c.arg_is(i, "FORCE") && !options.force) {
      options.force = true;
    } else {
      c.syntax_error();
      return false;
    }
  }
  return true;
}

void run(CommandContext& c) {
  Options options;
  if (!parse(c, options)) return;
  if (options.abort) return c.error("ERR No failover in progress.");
  c.error("ERR FAILOVER requires connected replicas.");
}

constexpr Argument kArgumentsTarget[] = {
    {.name = "host", .type = ArgumentType::string},
    {.name = "port", .type = ArgumentType::integer},
    {.name = "force", .type = ArgumentType::pure_token, .token = "FORCE", .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "target",
     .type = ArgumentType::block,
     .token = "TO",
     .flags = kOptional,
     .children = kArgumentsTarget},
    {.name = "abort", .type = ArgumentType::pure_token, .token = "ABORT", .flags = kOptional},
    {.name = "milliseconds", .type = ArgumentType::integer, .token = "TIMEOUT", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(failover) = {
    .name = "failover",
    .summary = "Hands over to a replica in good order.",
    .complexity = "O(1)",
    .since = "6.2.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kAdmin | kNoScript | kStale,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
