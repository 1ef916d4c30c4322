// MULTI, EXEC and WATCH: a session's queued commands run as one, under all their locks.
//
// Threads: as the session (one thread at a time).
#pragma once

#include <string_view>
#include <vector>

#include "command/spec.h"

namespace redstart {

class CommandContext;
class Executor;
class Session;
struct QueuedCommand;

// Whether it is the command RESET, and not a subcommand (SLOWLOG RESET, LATENCY RESET ...).
bool is_reset(const CommandSpec& spec);
// Whether a command runs at once although the session is in MULTI (EXEC, DISCARD, QUIT, RESET ...).
bool is_immediate_in_multi(const CommandSpec& spec);
// The words of a command that is queued, which it keeps.
std::vector<std::string_view> words_of(const QueuedCommand& queued);
// Runs the queue of a session and ends the transaction. Replies EXEC's reply.
void execute_transaction(CommandContext& c);
// Drops the queue and the watches.
void discard_transaction(Executor& executor, Session& session);
// Watches `key` of the selected database; REQUIRES: its shard is locked.
void watch_key(CommandContext& c, std::string_view key);
// Takes the locks that it needs: nothing may be locked.
void forget_watches(Executor& executor, Session& session);

}  // namespace redstart
