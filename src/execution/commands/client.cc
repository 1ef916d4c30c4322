// CLIENT ID | INFO | LIST | KILL | SETNAME | PAUSE ...: this session and the others.
#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "command/table.h"
#include "execution/acl/acl.h"
#include "execution/client_info.h"
#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/command_stats.h"
#include "execution/commands/client_tracking.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "execution/store_state.h"
#include "execution/wait_registry.h"

namespace redstart {
namespace {

bool parse_on_off(CommandContext& c, size_t index, std::atomic<bool>& value) {
  const bool on = c.arg_is(index, "ON");
  if (!on && !c.arg_is(index, "OFF")) {
    c.syntax_error();
    return false;
  }
  value = on;
  return true;
}

bool parse_yes_no(CommandContext& c, size_t index, bool& value) {
  const bool yes = c.arg_is(index, "YES");
  if (!yes && !c.arg_is(index, "NO")) {
    c.syntax_error();
    return false;
  }
  value = yes;
  return true;
}

// Lines of all sessions, of one type, or with the given ids in their order.
std::string lines_of(CommandContext& c, std::optional<ClientType> type, const std::vector<int64_t>& ids) {
  Executor& executor = c.executor();
  std::string lines;
  const auto add = [&](Session& session) {
    if (type && type_of(session) != *type) return;
    const auto args = &session == &c.session() ? c.args() : std::span<const std::string_view>();
    lines += client_line(session, executor, args) + "\n";
  };
  for (const int64_t id : ids) executor.clients().with(static_cast<uint64_t>(id), add);
  if (ids.empty()) executor.clients().for_each(add);
  return lines;
}

// Which sessions CLIENT KILL means: those that fit all conditions.
struct KillFilter {
  std::optional<uint64_t> id;
  std::optional<ClientType> type;
  std::optional<std::string_view> address, local_address, user;
  std::optional<int64_t> age_s_min;
  int64_t now_ms = 0;
  bool skips_me = true;

  bool matches(const Session& session) const {
    if (id && session.id != *id) return false;
    if (type && type_of(session) != *type) return false;
    if (address && session.transport().address != *address) return false;
    if (local_address && session.transport().local_address != *local_address) return false;
    if (age_s_min && now_ms / 1000 - session.created_ms / 1000 < *age_s_min) return false;
    if (!user) return true;
    const std::lock_guard lock(session.mutex);
    return session.identity.user()->name == *user;
  }
};

// One condition of the newer form, at `index`. False: the error has been replied.
bool parse_condition(CommandContext& c, size_t index, KillFilter& filter) {
  const std::string_view value = c.arg(index + 1);
  if (c.arg_is(index, "ID")) {
    const auto id = parse_int64(value);
    if (!id || *id < 1) {
      c.error("ERR client-id should be greater than 0");
      return false;
    }
    filter.id = static_cast<uint64_t>(*id);
  } else if (c.arg_is(index, "TYPE")) {
    filter.type = parse_client_type(value);
    if (!filter.type) {
      c.error("ERR Unknown client type '" + std::string(value) + "'");
      return false;
    }
  } else if (c.arg_is(index, "ADDR")) {
    filter.address = value;
  } else if (c.arg_is(index, "LADDR")) {
    filter.local_address = value;
  } else if (c.arg_is(index, "USER")) {
    if (!c.executor().acl().find(value)) {
      c.error("ERR No such user '" + std::string(value) + "'");
      return false;
    }
    filter.user = value;
  } else if (c.arg_is(index, "MAXAGE")) {
    int64_t age_s;
    if (!c.parse_integer(index + 1, age_s, "ERR maxage is not an integer or out of range")) return false;
    if (age_s < 1) {
      c.error("ERR maxage should be greater than 0");
      return false;
    }
    filter.age_s_min = age_s;
  } else if (c.arg_is(index, "SKIPME")) {
    return parse_yes_no(c, index + 1, filter.skips_me);
  } else {
    c.syntax_error();
    return false;
  }
  return true;
}

bool parse_filter(CommandContext& c, KillFilter& filter) {
  if (c.arg_count() == 3) {
    filter.address = c.arg(2);
    filter.skips_me = false;
    return true;
  }
  for (size_t i = 2; i < c.arg_count(); i += 2) {
    if (i + 1 == c.arg_count()) {
      c.syntax_error();
      return false;
    }
    if (!parse_condition(c, i, filter)) return false;
  }
  return true;
}

// Whether the session was blocked and is not any more (or soon, when this runs inside a
// transaction).
bool unblock(CommandContext& c, uint64_t id, Executor::Unblock why) {
  Executor& executor = c.executor();
  std::shared_ptr<Waiter> waiter;
  executor.clients().with(id, [&](Session& session) {
    if (session.shown_blocked) waiter = session.waiter.get();
  });
  if (!waiter) return false;
  auto unblocked = std::make_shared<bool>(true);
  executor.state().run_unlocked(c, [&executor, waiter, why, unblocked] {
    *unblocked = executor.cancel_wait(waiter, why);
    if (!*unblocked) return;
    ThreadContext& thread = executor.thread_context();
    thread.record_reply(executor.commands().index_of(*waiter->spec), 0, true);
    if (why == Executor::Unblock::error) thread.record_error("UNBLOCKED");
  });
  return *unblocked;
}

void run_getname(CommandContext& c) {
  const std::lock_guard lock(c.session().mutex);
  const std::string& name = c.session().name;
  name.empty() ? c.reply().null() : c.reply().bulk(name);
}

void run_help(CommandContext& c) { reply_help(c); }

void run_id(CommandContext& c) { c.reply().integer(static_cast<int64_t>(c.session().id)); }

void run_info(CommandContext& c) { reply_text(c, client_line(c.session(), c.executor(), c.args()) + "\n"); }

void run_kill(CommandContext& c) {
  KillFilter filter;
  filter.now_ms = c.executor().clock().unix_time_ms();
  if (!parse_filter(c, filter)) return;
  ClientRegistry& clients = c.executor().clients();
  int64_t killed = 0;
  clients.for_each([&](Session& session) {
    if (!filter.matches(session) || (&session == &c.session() && filter.skips_me)) return;
    ++killed;
    if (&session == &c.session()) {
      session.close_after_reply = true;  // only after it has been told
    } else {
      clients.kill(session);
    }
  });
  if (c.arg_count() > 3) return c.reply().integer(killed);
  killed == 0 ? c.error("ERR No such client") : c.reply().ok();
}

void run_list(CommandContext& c) {
  std::optional<ClientType> type;
  std::vector<int64_t> ids;
  if (c.arg_count() > 3 && c.arg_is(2, "ID")) {
    for (size_t i = 3; i < c.arg_count(); ++i) {
      if (!c.parse_integer(i, ids.emplace_back(), "ERR Invalid client ID")) return;
    }
  } else if (c.arg_count() == 4 && c.arg_is(2, "TYPE")) {
    type = parse_client_type(c.arg(3));
    if (!type) return c.error("ERR Unknown client type '" + std::string(c.arg(3)) + "'");
  } else if (c.arg_count() != 2) {
    return c.syntax_error();
  }
  reply_text(c, lines_of(c, type, ids));
}

void run_no_evict(CommandContext& c) {
  if (parse_on_off(c, 2, c.session().no_evict)) c.reply().ok();
}

void run_no_touch(CommandContext& c) {
  if (parse_on_off(c, 2, c.session().no_touch)) c.reply().ok();
}

void run_pause(CommandContext& c) {
  if (c.arg_count() > 4) return reply_subcommand_syntax_error(c);
  ClientRegistry::Pause kind = ClientRegistry::Pause::all;
  if (c.arg_count() == 4) {
    if (c.arg_is(3, "WRITE")) {
      kind = ClientRegistry::Pause::write;
    } else if (!c.arg_is(3, "ALL")) {
      return c.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  }
  int64_t duration_ms;
  if (!c.parse_integer(2, duration_ms, "ERR timeout is not an integer or out of range")) return;
  if (duration_ms < 0) return c.error("ERR timeout is negative");
  const int64_t now_ms = c.executor().clock().unix_time_ms();
  if (duration_ms > std::numeric_limits<int64_t>::max() - now_ms) {
    return c.error("ERR timeout is out of range");
  }
  c.executor().clients().pause(kind, now_ms + duration_ms);
  c.reply().ok();
}

void run_reply(CommandContext& c) {
  Session& session = c.session();
  if (c.arg_is(2, "ON")) {
    session.reply_off = session.reply_skip_next = session.reply_skip_this = false;
    c.reply().ok();
  } else if (c.arg_is(2, "OFF")) {
    session.reply_off = true;
  } else if (c.arg_is(2, "SKIP")) {
    if (!session.reply_off) session.reply_skip_next = true;
  } else {
    c.syntax_error();
  }
}

void run_setinfo(CommandContext& c) {
  const bool is_name = c.arg_is(2, "LIB-NAME");
  if (!is_name && !c.arg_is(2, "LIB-VER")) {
    return c.error("ERR Unrecognized option '" + std::string(c.arg(2)) + "'");
  }
  if (!is_client_name(c.arg(3))) {
    return c.error(std::string("ERR ") + (is_name ? "lib-name" : "lib-ver") +
                   " cannot contain spaces, newlines or special characters.");
  }
  const std::lock_guard lock(c.session().mutex);
  (is_name ? c.session().lib_name : c.session().lib_version) = c.arg(3);
  c.reply().ok();
}

void run_setname(CommandContext& c) {
  if (set_client_name(c, c.arg(2))) c.reply().ok();
}

void run_unblock(CommandContext& c) {
  if (c.arg_count() > 4) return reply_subcommand_syntax_error(c);
  auto why = Executor::Unblock::timeout;
  if (c.arg_count() == 4) {
    if (c.arg_is(3, "ERROR")) {
      why = Executor::Unblock::error;
    } else if (!c.arg_is(3, "TIMEOUT")) {
      return c.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  int64_t id;
  if (!c.parse_integer(2, id)) return;
  c.reply().integer(unblock(c, static_cast<uint64_t>(id), why) ? 1 : 0);
}

void run_unpause(CommandContext& c) {
  c.executor().clients().unpause();
  c.reply().ok();
}

constexpr Argument kClientCachingArgumentsMode[] = {
    {.name = "yes", .type = ArgumentType::pure_token, .token = "YES"},
    {.name = "no", .type = ArgumentType::pure_token, .token = "NO"},
};

constexpr Argument kClientCachingArguments[] = {
    {.name = "mode", .type = ArgumentType::one_of, .children = kClientCachingArgumentsMode},
};

constexpr std::string_view kClientInfoTips[] = {"nondeterministic_output"};

constexpr Argument kClientKillArgumentsFilterNewFormatNormalMasterSlavePubsub[] = {
    {.name = "normal", .type = ArgumentType::pure_token, .token = "NORMAL"},
    {.name = "master", .type = ArgumentType::pure_token, .token = "MASTER", .since = "3.2.0"},
    {.name = "slave", .type = ArgumentType::pure_token, .token = "SLAVE"},
    {.name = "replica", .type = ArgumentType::pure_token, .token = "REPLICA", .since = "5.0.0"},
    {.name = "pubsub", .type = ArgumentType::pure_token, .token = "PUBSUB"},
};

constexpr Argument kClientKillArgumentsFilterNewFormat[] = {
    {.name = "client-id",
     .type = ArgumentType::integer,
     .token = "ID",
     .flags = kOptional,
     .since = "2.8.12"},
    {.name = "normal_master_slave_pubsub",
     .type = ArgumentType::one_of,
     .token = "TYPE",
     .flags = kOptional,
     .since = "2.8.12",
     .children = kClientKillArgumentsFilterNewFormatNormalMasterSlavePubsub},
    {.name = "username", .type = ArgumentType::string, .token = "USER", .flags = kOptional},
    {.name = "ip:port", .type = ArgumentType::string, .token = "ADDR", .flags = kOptional},
    {.name = "ip:port",
     .type = ArgumentType::string,
     .token = "LADDR",
     .flags = kOptional,
     .since = "6.2.0"},
    {.name = "yes/no", .type = ArgumentType::string, .token = "SKIPME", .flags = kOptional},
};

constexpr Argument kClientKillArgumentsFilter[] = {
    {.name = "ip:port", .type = ArgumentType::string, .deprecated_since = "2.8.12"},
    {.name = "new-format",
     .type = ArgumentType::one_of,
     .flags = kMultiple,
     .children = kClientKillArgumentsFilterNewFormat},
};

constexpr Argument kClientKillArguments[] = {
    {.name = "filter", .type = ArgumentType::one_of, .children = kClientKillArgumentsFilter},
};

constexpr Argument kClientListArgumentsNormalMasterReplicaPubsub[] = {
    {.name = "normal", .type = ArgumentType::pure_token, .token = "NORMAL"},
    {.name = "master", .type = ArgumentType::pure_token, .token = "MASTER"},
    {.name = "replica", .type = ArgumentType::pure_token, .token = "REPLICA"},
    {.name = "pubsub", .type = ArgumentType::pure_token, .token = "PUBSUB"},
};

constexpr Argument kClientListArgumentsId[] = {
    {.name = "client-id", .type = ArgumentType::integer, .flags = kMultiple},
};

constexpr Argument kClientListArguments[] = {
    {.name = "normal_master_replica_pubsub",
     .type = ArgumentType::one_of,
     .token = "TYPE",
     .flags = kOptional,
     .since = "5.0.0",
     .children = kClientListArgumentsNormalMasterReplicaPubsub},
    {.name = "id",
     .type = ArgumentType::block,
     .token = "ID",
     .flags = kOptional,
     .since = "6.2.0",
     .children = kClientListArgumentsId},
};

constexpr std::string_view kClientListTips[] = {"nondeterministic_output"};

constexpr Argument kClientNoEvictArgumentsEnabled[] = {
    {.name = "on", .type = ArgumentType::pure_token, .token = "ON"},
    {.name = "off", .type = ArgumentType::pure_token, .token = "OFF"},
};

constexpr Argument kClientNoEvictArguments[] = {
    {.name = "enabled", .type = ArgumentType::one_of, .children = kClientNoEvictArgumentsEnabled},
};

constexpr Argument kClientNoTouchArguments[] = {
    {.name = "enabled", .type = ArgumentType::one_of, .children = kClientNoEvictArgumentsEnabled},
};

constexpr Argument kClientSetinfoArgumentsAttribute[] = {
    {.name = "libname", .type = ArgumentType::string, .token = "LIB-NAME"},
    {.name = "libver", .type = ArgumentType::string, .token = "LIB-VER"},
};

constexpr Argument kClientSetinfoArguments[] = {
    {.name = "attr", .type = ArgumentType::one_of, .children = kClientSetinfoArgumentsAttribute},
};

constexpr Argument kClientPauseArgumentsMode[] = {
    {.name = "write", .type = ArgumentType::pure_token, .token = "WRITE"},
    {.name = "all", .type = ArgumentType::pure_token, .token = "ALL"},
};

constexpr Argument kClientPauseArguments[] = {
    {.name = "timeout", .type = ArgumentType::integer},
    {.name = "mode",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .since = "6.2.0",
     .children = kClientPauseArgumentsMode},
};

constexpr Argument kClientReplyArgumentsOnOffSkip[] = {
    {.name = "on", .type = ArgumentType::pure_token, .token = "ON"},
    {.name = "off", .type = ArgumentType::pure_token, .token = "OFF"},
    {.name = "skip", .type = ArgumentType::pure_token, .token = "SKIP"},
};

constexpr Argument kClientReplyArguments[] = {
    {.name = "on_off_skip",
     .type = ArgumentType::one_of,
     .children = kClientReplyArgumentsOnOffSkip},
};

constexpr Argument kClientSetnameArguments[] = {
    {.name = "connection-name", .type = ArgumentType::string},
};

constexpr Argument kClientTrackingArgumentsStatus[] = {
    {.name = "on", .type = ArgumentType::pure_token, .token = "ON"},
    {.name = "off", .type = ArgumentType::pure_token, .token = "OFF"},
};

constexpr Argument kClientTrackingArguments[] = {
    {.name = "status", .type = ArgumentType::one_of, .children = kClientTrackingArgumentsStatus},
    {.name = "client-id", .type = ArgumentType::integer, .token = "REDIRECT", .flags = kOptional},
    {.name = "prefix",
     .type = ArgumentType::string,
     .token = "PREFIX",
     .flags = kOptional | kMultiple | kMultipleToken},
    {.name = "bcast", .type = ArgumentType::pure_token, .token = "BCAST", .flags = kOptional},
    {.name = "optin", .type = ArgumentType::pure_token, .token = "OPTIN", .flags = kOptional},
    {.name = "optout", .type = ArgumentType::pure_token, .token = "OPTOUT", .flags = kOptional},
    {.name = "noloop", .type = ArgumentType::pure_token, .token = "NOLOOP", .flags = kOptional},
};

constexpr Argument kClientUnblockArgumentsTimeoutError[] = {
    {.name = "timeout", .type = ArgumentType::pure_token, .token = "TIMEOUT"},
    {.name = "error", .type = ArgumentType::pure_token, .token = "ERROR"},
};

constexpr Argument kClientUnblockArguments[] = {
    {.name = "client-id", .type = ArgumentType::integer},
    {.name = "timeout_error",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kClientUnblockArgumentsTimeoutError},
};

constexpr HistoryEntry kClientKillHistory[] = {
    {"2.8.12", "Takes filters in place of an address."},
};

constexpr HistoryEntry kClientListHistory[] = {
    {"2.8.12", "Tells `id`."},
    {"6.0.0", "Tells `user`."},
    {"6.2.0", "Tells `argv-mem`, `tot-mem`, `laddr` and `redir`."},
    {"7.0.0", "Tells `resp`, `multi-mem`, `rbs` and `rbp`."},
    {"7.0.3", "Tells `ssub`."},
    {"7.2.0", "Tells `lib-name` and `lib-ver`."},
    {"7.4.0", "Tells `watch`."},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "caching",
     .summary = "Says whether the next command's keys are to be tracked.",
     .complexity = "O(1)",
     .since = "6.0.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientCachingArguments,
     .run = run_client_caching},
    {.name = "getname",
     .summary = "Tells the session's name.",
     .complexity = "O(1)",
     .since = "2.6.9",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_getname},
    {.name = "getredir",
     .summary = "Tells which session gets the invalidation messages.",
     .complexity = "O(1)",
     .since = "6.0.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_client_getredir},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = "connection",
     .run = run_help},
    {.name = "id",
     .summary = "Tells the session's number.",
     .complexity = "O(1)",
     .since = "5.0.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_id},
    {.name = "info",
     .summary = "Describes this session.",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .tips = kClientInfoTips,
     .run = run_info},
    {.name = "kill",
     .summary = "Closes the sessions that fit all conditions.",
     .complexity = "O(N), N: clients",
     .since = "2.4.0",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientKillArguments,
     .history = kClientKillHistory,
     .run = run_kill},
    {.name = "list",
     .summary = "Describes all sessions, a line each.",
     .complexity = "O(N), N: clients",
     .since = "2.4.0",
     .group = CommandGroup::connection,
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientListArguments,
     .history = kClientListHistory,
     .tips = kClientListTips,
     .run = run_list},
    {.name = "no-evict",
     .summary = "Keeps the session from being closed for memory.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientNoEvictArguments,
     .run = run_no_evict},
    {.name = "no-touch",
     .summary = "Lets the session read without refreshing the keys it reads.",
     .complexity = "O(1)",
     .since = "7.2.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientNoTouchArguments,
     .run = run_no_touch},
    {.name = "pause",
     .summary = "Holds back the commands of all clients for a while.",
     .complexity = "O(1)",
     .since = "2.9.50",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientPauseArguments,
     .run = run_pause},
    {.name = "reply",
     .summary = "Switches replies off and on, or skips one.",
     .complexity = "O(1)",
     .since = "3.2.0",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientReplyArguments,
     .run = run_reply},
    {.name = "setinfo",
     .summary = "Tells the name or version of the client library.",
     .complexity = "O(1)",
     .since = "7.2.0",
     .group = CommandGroup::connection,
     .arity = 4,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientSetinfoArguments,
     .run = run_setinfo},
    {.name = "setname",
     .summary = "Names the session.",
     .complexity = "O(1)",
     .since = "2.6.9",
     .group = CommandGroup::connection,
     .arity = 3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientSetnameArguments,
     .run = run_setname},
    {.name = "tracking",
     .summary = "Switches messages about changed keys on or off.",
     .complexity = "O(N), N: prefixes given",
     .since = "6.0.0",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientTrackingArguments,
     .run = run_client_tracking},
    {.name = "trackinginfo",
     .summary = "Tells how the session tracks keys.",
     .complexity = "O(1)",
     .since = "6.2.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_client_trackinginfo},
    {.name = "unblock",
     .summary = "Ends the wait of a blocked session.",
     .complexity = "O(log(N)), N: clients",
     .since = "5.0.0",
     .group = CommandGroup::connection,
     .arity = -3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .arguments = kClientUnblockArguments,
     .run = run_unblock},
    {.name = "unpause",
     .summary = "Lets held back commands go on.",
     .complexity = "O(N), N: clients held back",
     .since = "6.2.0",
     .group = CommandGroup::connection,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .acl_categories = "connection",
     .run = run_unpause},
};

}  // namespace

REDSTART_COMMAND(client) = {
    .name = "client",
    .summary = "Describes and controls sessions.",
    .complexity = "See the subcommands",
    .since = "2.4.0",
    .group = CommandGroup::connection,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
