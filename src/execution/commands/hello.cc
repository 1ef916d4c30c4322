// HELLO [protocol [AUTH username password] [SETNAME name]]: begins a session and describes the
// server.
#include "base/numbers.h"
#include "execution/acl/acl.h"
#include "execution/client_info.h"
#include "execution/command_context.h"
#include "execution/commands/authentication.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/session.h"

namespace redstart {
namespace {

struct Request {
  int protocol = 0;  // 0: stays as it is
  bool has_credentials = false;
  std::string_view user, password;
  bool has_name = false;
  std::string_view name;
};

bool parse(CommandContext& c, Request& request) {
  if (c.arg_count() == 1) return true;
  int64_t protocol;
  if (!c.parse_integer(1, protocol, "ERR Protocol version is not an integer or out of range")) {
    return false;
  }
  if (protocol != 2 && protocol != 3) {
    c.error("NOPROTO unsupported protocol version");
    return false;
  }
  request.protocol = static_cast<int>(protocol);
  for (size_t i = 2; i < c.arg_count(); ++i) {
    const size_t more = c.arg_count() - 1 - i;
    if (c.arg_is(i, "AUTH") && more >= 2) {
      request.has_credentials = true;
      request.user = c.arg(i + 1);
      request.password = c.arg(i + 2);
      i += 2;
    } else if (c.arg_is(i, "SETNAME") && more >= 1) {
      request.has_name = true;
      request.name = c.arg(++i);
    } else {
      c.error("ERR Syntax error in HELLO option '" + std::string(c.arg(i)) + "'");
      return false;
    }
  }
  return true;
}

void describe(CommandContext& c) {
  ReplySink& reply = c.reply();
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(c.session().protocol);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(c.session().id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

void run(CommandContext& c) {
  Request request;
  if (!parse(c, request)) return;
  Session& session = c.session();
  if (request.has_credentials && !authenticate(c, request.user, request.password)) return;
  if (!session.identity.is_authenticated() && c.executor().acl().requires_authentication()) {
    return c.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
  }
  if (request.has_name && !set_client_name(c, request.name)) return;
  if (request.protocol != 0) {
    session.protocol = request.protocol;
    session.shown_protocol.store(request.protocol, std::memory_order_relaxed);
  }
  describe(c);
}

constexpr Argument kArgumentsArgumentsUsernamePassword[] = {
    {.name = "username", .type = ArgumentType::string},
    {.name = "password", .type = ArgumentType::string},
};

constexpr Argument kArgumentsArguments[] = {
    {.name = "protover", .type = ArgumentType::integer},
    {.name = "username_password",
     .type = ArgumentType::block,
     .token = "AUTH",
     .flags = kOptional,
     .children = kArgumentsArgumentsUsernamePassword},
    {.name = "clientname", .type = ArgumentType::string, .token = "SETNAME", .flags = kOptional},
};

constexpr Argument kArguments[] = {
    {.name = "arguments",
     .type = ArgumentType::block,
     .flags = kOptional,
     .children = kArgumentsArguments},
};

constexpr HistoryEntry kHistory[] = {
    {"6.2.0", "`protover` may be left out: then it only tells."},
};

}  // namespace

REDSTART_COMMAND(hello) = {
    .name = "hello",
    .summary = "Switches the protocol, optionally authenticates, and describes the server.",
    .complexity = "O(1)",
    .since = "6.0.0",
    .group = CommandGroup::connection,
    .arity = -1,
    .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
    .acl_categories = "connection",
    .arguments = kArguments,
    .history = kHistory,
    .run = run,
};

}  // namespace redstart
