// Run: one command, or one transaction, while it executes: the locks it holds, the statistics it
// feeds, and the blocked clients that it wakes.
//
// A key that became of use to a blocked client is served before the locks are released, so that nobody
// overtakes who waits. When that needs the lock of another shard (the destination of a BLMOVE) and it
// is not free, the client is served right after, under fresh locks.
//
// Threads: thread-compatible, on the stack of the running thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/cycle_clock.h"
#include "command/keys.h"
#include "durability/log/unit.h"
#include "engine/access.h"
#include "execution/executor.h"
#include "execution/key_scratch.h"
#include "execution/wait_registry.h"

namespace redstart {

class Run final : public ChangeObserver {
 public:
  Run(Executor& executor, Session& session, ThreadContext& thread, int64_t now_ms);
  ~Run() override;

  Access& access() { return access_; }
  // Runs the command with the locks that are held now and records its statistics. Returns false when
  // it blocked (and has been queued as a waiter).
  bool run_command(const CommandSpec& spec, Words words, ReplySink& reply, bool may_block);
  // The same where the command's number in the table is known.
  bool run_command(const CommandSpec& spec, size_t command_index, Words words, ReplySink& reply,
                   bool may_block);
  // Replies of the commands that follow are counted from here on.
  void begin_replies(const ReplySink& reply) { reply_begin_ = reply.bytes_written(); }
  // What was done since the last command is not counted as the next one's time.
  void restart_clock() { begun_cycles_ = CycleClock::now(); }
  // Serves the waiters of keys that became ready, then releases the locks.
  void finish();
  // Something must follow the command before the next: somebody waits for what it has changed, or the
  // session has own_pushes to send.
  bool has_work() const { return has_work_; }
  // The session may have changed its modes since the run began.
  void follow_session();
  // Locks what `spec` needs for `words`. False: a long script holds it, nothing is locked.
  // REQUIRES: nothing is locked.
  bool lock_for(const CommandSpec& spec, Words words);
  // The same for several commands and more shards, together.
  struct Call {
    const CommandSpec* spec;
    Words words;
  };
  bool lock_for_all(std::span<const Call> calls, std::vector<uint16_t> shards);
  // What runs between these, a script or a transaction, is logged as one, all or nothing. They nest.
  void begin_unit() { ++open_units_; }
  bool is_in_unit() const { return open_units_ > 0; }
  LogUnit& unit() { return unit_; }
  void end_unit();
  // Makes sure that a command within a script may run. False: the script may not touch these keys.
  bool reach(const CommandSpec& spec, Words words);
  Executor& executor() { return executor_; }
  ThreadContext& thread() { return thread_; }
  // Adds the shards of a command's keys; returns false when every shard is needed.
  bool collect_shards(const CommandSpec& spec, Words words, std::vector<uint16_t>& shards);

  void on_change(const KeyChange& change) override;
  void on_removal(EventClass why, uint64_t cycles) override;
  void on_event(const KeyEvent& event) override;

 private:
  struct ReadyKey {
    int db;
    std::string key;
    uint64_t hash;
  };
  // Says to the log what a command has done: its effects, or its words if it changed something after
  // `changes_before`.
  void log_command(const CommandSpec& spec, int db, Words words, uint64_t changes_before);
  void log_removals();
  void append_unit();
  // A unit of one command, as nearly all are.
  void append_alone(int db, Words words);
  void note_logged(uint64_t position);
  // What the session is told now depends on what the held shards have logged.
  void note_log_position();
  // What is to be kept of a reply beside the command's statistics.
  void record_outcome(const CommandSpec& spec, Words words, uint64_t cycles, bool failed, const ReplySink& reply);
  // Tells the logs of commands, the latency monitor and the search for hot keys.
  void record_slow(const CommandSpec& spec, Words words, uint64_t cycles, const ReplySink& reply);
  // What a command's words take on the wire.
  static uint64_t request_bytes(Words words);
  void record_sizes(const CommandSpec& spec, Words words, uint64_t cycles, const ReplySink& reply);
  void enqueue_waiter(const CommandSpec& spec, Words words, CommandContext& context);
  KeyScratch& key_scratch();
  KeyScratch& empty_key_scratch();
  void prefetch_keys();
  void tell_caches(const KeyChange& change, bool is_tracked);
  void note_tracking(const CommandSpec& spec, Words words, bool is_top_level);
  void serve_ready();
  // False when the waiter's locks could not be had.
  bool serve_key(const ReadyKey& key);
  // REQUIRES: the waiter's shards are locked.
  void end_wait(const std::shared_ptr<Waiter>& waiter, Reply reply);
  bool try_serve(const std::shared_ptr<Waiter>& waiter, std::string_view ready_key);

  Executor& executor_;
  Session& session_;
  ThreadContext& thread_;
  Access access_;
  // The end of one command is the start of the next: a clock is read once a command.
  uint64_t begun_cycles_ = CycleClock::now();
  size_t reply_begin_ = 0;  // kept while sizes are wanted
  bool has_work_ = false;
  bool is_tracked_ = false;  // what the session reads is to be remembered
  int open_units_ = 0;
  uint64_t removals_seen_ = 0;
  LogUnit unit_;
  std::vector<ReadyKey> ready_;
  std::vector<ReadyKey> deferred_;
  std::unique_ptr<KeyScratch> key_scratch_;  // the thread's, from the first use on
};

}  // namespace redstart
