// PING [message]: replies PONG, or the message.
#include "execution/command_context.h"
#include "execution/session.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  if (c.arg_count() > 2) return c.arity_error();
  const std::string_view message = c.arg_count() == 2 ? c.arg(1) : std::string_view();
  if (c.session().in_subscribe_mode()) {
    // Among pushed messages the reply must look like one of them.
    c.reply().array(2);
    c.reply().bulk("pong");
    return c.reply().bulk(message);
  }
  c.arg_count() == 2 ? c.reply().bulk(message) : c.reply().simple("PONG");
}

constexpr Argument kArguments[] = {
    {.name = "message", .type = ArgumentType::string, .flags = kOptional},
};

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};

}  // namespace

REDSTART_COMMAND(ping) = {
    .name = "ping",
    .summary = "Tells whether the server answers, and how long that takes.",
    .complexity = "O(1)",
    .since = "1.0.0",
    .group = CommandGroup::connection,
    .arity = -1,
    .flags = kFast,
    .acl_categories = "connection",
    .arguments = kArguments,
    .tips = kTips,
    .run = run,
};

}  // namespace redstart
