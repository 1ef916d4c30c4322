// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]: ends the server.
#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "execution/store_state.h"

namespace redstart {
namespace {

void run(CommandContext& c) {
  bool save = false, no_save = false, now = false, force = false, abort = false;
  for (size_t i = 1; i < c.arg_count(); ++i) {
    if (c.arg_is(i, "SAVE")) {
      save = true;
    } else if (c.arg_is(i, "NOSAVE")) {
      no_save = true;
    } else if (c.arg_is(i, "NOW")) {
      now = true;
    } else if (c.arg_is(i, "FORCE")) {
      force = true;
    } else if (c.arg_is(i, "ABORT")) {
      abort = true;
    } else {
      return c.syntax_error();
    }
  }
  if ((save && no_save) || (abort && (save || no_save || now || force))) return c.syntax_error();
  if (abort) return c.error("ERR No shutdown in progress.");
  StoreState& state = c.executor().state();
  if (c.executor().options().embedded || !state.is_served()) {
    return c.error("ERR SHUTDOWN is for servers: an embedded store ends when it is closed");
  }
  LongScripts& long_scripts = c.executor().scripting().long_scripts();
  if (!no_save && c.executor().clients().is_busy()) return c.error(long_scripts.busy_text());
  long_scripts.kill_all();  // they would hold up the threads that are to end
  const bool has_save_points = !c.executor().config().save_points().empty();
  const auto error = c.executor().persistence().finish(save || (has_save_points && !no_save));
  if (error && !force) {
    state.log("no shutdown: " + *error);
    return c.error("ERR Errors trying to SHUTDOWN. Check logs.");
  }
  state.shut_down();
  c.session().close_after_reply = true;  // without a reply: the closed connection is the answer
}

constexpr Argument kArgumentsNosaveSave[] = {
    {.name = "nosave", .type = ArgumentType::pure_token, .token = "NOSAVE"},
    {.name = "save", .type = ArgumentType::pure_token, .token = "SAVE"},
};

constexpr Argument kArguments[] = {
    {.name = "nosave_save",
     .type = ArgumentType::one_of,
     .flags = kOptional,
     .children = kArgumentsNosaveSave},
    {.name = "now",
     .type = ArgumentType::pure_token,
     .token = "NOW",
     .flags = kOptional,
     .since = "7.0.0"},
    {.name = "force",
     .type = ArgumentType::pure_token,
     .token = "FORCE",
     .flags = kOptional,
     .since = "7.0.0"},
    {.name = "abort",
     .type = ArgumentType::pure_token,
     .token = "ABORT",
     .flags = kOptional,
     .since = "7.0.0"},
};

}  // namespace

REDSTART_COMMAND(shutdown) = {
    .name = "shutdown",
    .summary = "Ends the server.",
    .complexity = "O(1), or O(N) with a last save, N: keys of all databases",
    .since = "1.0.0",
    .group = CommandGroup::server,
    .arity = -1,
    .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
