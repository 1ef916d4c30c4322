#include "execution/transaction.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "execution/acl/acl.h"
#include "execution/client_registry.h"
#include "execution/command_context.h"
#include "execution/executor.h"
#include "execution/monitors.h"
#include "execution/run.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "execution/wait_registry.h"

namespace redstart {
namespace {

void end_transaction(Executor& executor, Session& session) {
  session.in_multi = false;
  session.multi_failed = false;
  session.queue.clear();
  session.shown_multi.store(-1, std::memory_order_relaxed);
  session.shown_multi_bytes.store(0, std::memory_order_relaxed);
  executor.clients().count_bytes(session);
}

// Locks what the transaction touches or watches. False: a long script holds some of it.
bool lock_transaction(Run& run, const Session& session,
                      const std::vector<std::vector<std::string_view>>& words) {
  std::vector<Run::Call> calls;
  for (size_t i = 0; i < words.size(); ++i) calls.push_back({session.queue[i].spec, words[i]});
  std::vector<uint16_t> shards;
  for (const Watch& watch : session.watches) {
    shards.push_back(static_cast<uint16_t>(Keyspace::shard_index(watch.hash)));
  }
  return run.lock_for_all(calls, std::move(shards));
}

// REQUIRES: the shards of the watched keys are locked.
bool watched_keys_unchanged(Run& run, Executor& executor, Session& session) {
  // A watched key that has expired meanwhile has changed: looking it up deletes it.
  for (const Watch& watch : session.watches) run.access().lookup(watch.db, watch.key, watch.hash);
  for (const Watch& watch : session.watches) executor.waits().remove_watch(session, watch);
  session.watches.clear();
  session.shown_watches.store(0, std::memory_order_relaxed);
  return !session.watch_touched.exchange(false, std::memory_order_relaxed);
}

}  // namespace

bool is_reset(const CommandSpec& spec) { return spec.name == "reset" && spec.group == CommandGroup::connection; }

bool is_immediate_in_multi(const CommandSpec& spec) {
  constexpr std::string_view kImmediate[] = {"exec", "discard", "multi", "watch", "quit"};
  return std::ranges::find(kImmediate, spec.name) != std::end(kImmediate) || is_reset(spec);
}

std::vector<std::string_view> words_of(const QueuedCommand& queued) {
  return {queued.args.begin(), queued.args.end()};
}

void execute_transaction(CommandContext& c) {
  Session& session = c.session();
  Executor& executor = c.executor();
  if (!session.in_multi) return c.error("ERR EXEC without MULTI");
  if (session.multi_failed) {
    discard_transaction(executor, session);
    return c.error("EXECABORT Transaction discarded because of previous errors.");
  }
  std::vector<std::vector<std::string_view>> words;
  words.reserve(session.queue.size());
  for (const QueuedCommand& command : session.queue) words.push_back(words_of(command));
  Run run(executor, session, executor.thread_context(), c.now_ms());
  if (!lock_transaction(run, session, words)) {
    discard_transaction(executor, session);
    return c.error("EXECABORT Transaction discarded because of: " +
                   std::string(executor.scripting().long_scripts().busy_text()));
  }
  if (!watched_keys_unchanged(run, executor, session)) {
    run.finish();
    end_transaction(executor, session);
    return c.reply().null_array();
  }
  const auto queue = std::exchange(session.queue, {});
  end_transaction(executor, session);
  c.reply().array(queue.size());
  run.begin_replies(c.reply());
  run.begin_unit();
  for (size_t i = 0; i < queue.size(); ++i) {
    session.last_command.store(queue[i].spec, std::memory_order_relaxed);
    const AclDecision decision =
        executor.acl().check(session, *queue[i].spec, words[i], AclContext::multi);
    if (decision.denial != AclDenial::none) {
      c.reply().error(denial_error_at_exec(decision.denial));
      continue;
    }
    run.run_command(*queue[i].spec, words[i], c.reply(), false);
    if (executor.monitors().any()) [[unlikely]] {
      executor.monitors().feed(session, *queue[i].spec, executor.commands().full_name(*queue[i].spec),
                               words[i], executor.clock().unix_time_us());
    }
  }
  run.end_unit();
  run.finish();
}

void discard_transaction(Executor& executor, Session& session) {
  end_transaction(executor, session);
  forget_watches(executor, session);
}

void watch_key(CommandContext& c, std::string_view key) {
  Session& session = c.session();
  const uint64_t hash = c.access().hash_of(key);
  const auto same = [&](const Watch& watch) { return watch.db == session.db && watch.key == key; };
  if (std::ranges::any_of(session.watches, same)) return;
  c.peek(key);  // a key that is due goes now: it counts as missing from the start
  c.executor().waits().add_watch(session, session.db, key, hash);
  session.watches.push_back({session.db, std::string(key), hash});
  session.shown_watches.store(static_cast<int>(session.watches.size()), std::memory_order_relaxed);
}

void forget_watches(Executor& executor, Session& session) {
  for (const Watch& watch : session.watches) {
    ShardLocks locks;
    locks.lock_one(executor.keyspace(), Keyspace::shard_index(watch.hash));
    executor.waits().remove_watch(session, watch);
  }
  session.watches.clear();
  session.watch_touched.store(false, std::memory_order_relaxed);
  session.shown_watches.store(0, std::memory_order_relaxed);
}

}  // namespace redstart
