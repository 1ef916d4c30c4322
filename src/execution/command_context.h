// CommandContext: what a command sees while it runs: its arguments, its keys, where its reply goes.
//
// A command checks its arguments, reads keys through read()/find(), changes them through edit(), and says
// its reply through reply(), exactly once. The shards of its declared keys are locked for as long
// as it runs, so it never sees or leaves a half-done state.
//
//   void run(CommandContext& c) {                    // HGET key field
//     const Read hash = c.read(c.arg(1), Type::hash);
//     if (hash.wrong_type) return;                   // read() has replied WRONGTYPE
//     if (!hash) return c.reply().null();
//     ...
//   }
//
// Threads: thread-compatible, lives on the running thread's stack.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "base/random.h"
#include "command/spec.h"
#include "engine/access.h"
#include "engine/edit.h"
#include "engine/entry.h"
#include "redstart/reply.h"
#include "resp/reply_sink.h"
#include "types/object.h"

namespace redstart {

class Executor;
class Run;
class Session;

// A key looked up for reading.
struct Read {
  const Entry* entry = nullptr;
  bool wrong_type = false;
  explicit operator bool() const { return entry != nullptr; }
  Object object() const { return entry->object(); }
};

class CommandContext {
 public:
  CommandContext(Executor& executor, Session& session, Access& access, const CommandSpec& spec,
                 std::span<const std::string_view> args, ReplySink& reply)
      : executor_(executor), session_(session), access_(access), spec_(spec), args_(args),
        reply_(reply) {}

  std::span<const std::string_view> args() const { return args_; }
  size_t arg_count() const { return args_.size(); }
  std::string_view arg(size_t index) const { return args_[index]; }
  // Whether argument `index` is this keyword, in any case.
  bool arg_is(size_t index, std::string_view keyword) const;
  ReplySink& reply() { return reply_; }
  const CommandSpec& spec() const { return spec_; }
  // 2 or 3.
  int protocol() const { return reply_.protocol(); }

  // --- Keys. The key must be among the command's declared keys (or the command's lock scope wider).

  // Looks `key` up for reading: counts a hit or miss, notes the access. Wrong type: replies WRONGTYPE.
  Read read(std::string_view key, Type type);
  // The same for any type.
  const Entry* find(std::string_view key);
  // Looks without statistics and without noting an access (TTL, OBJECT, TYPE, EXISTS by option).
  const Entry* peek(std::string_view key);
  // Opens `key` for change. Wrong type: replies WRONGTYPE. Type::none takes any type.
  Edit edit(std::string_view key, Type type);
  // The same in another database, for COPY and MOVE.
  Edit edit_in(int db, std::string_view key, Type type);
  const Entry* peek_in(int db, std::string_view key);
  // The same without a reply and with a wrong type told only by Edit::wrong_type.
  Edit edit_quietly(std::string_view key, Type type);
  Access& access() { return access_; }
  int db() const;

  // --- Effects. A command whose arguments do not say exactly what happened (relative times, random
  // choices, blocking) says it here; otherwise the command itself is the effect. Replaces the command's
  // own words at the first call; more calls add more.
  void effect(std::initializer_list<std::string_view> words);
  void effect(std::span<const std::string_view> words);

  // --- Arguments. Each replies with Redis's error and returns false when the argument is bad.
  bool parse_integer(size_t index, int64_t& value,
                     std::string_view error = "ERR value is not an integer or out of range");
  // An integer within [min, max]; out of it: `error`.
  bool parse_integer_in(size_t index, int64_t min, int64_t max, int64_t& value, std::string_view error);
  bool parse_number(size_t index, double& value,
                    std::string_view error = "ERR value is not a valid float");
  // A blocking command's timeout in seconds, as the monotonic millisecond at which it ends (0: never).
  bool parse_timeout(size_t index, int64_t& deadline_ms);

  // --- Usual errors.
  void syntax_error() { reply_.error("ERR syntax error"); }
  void wrong_type_error();
  void arity_error();
  // "ERR " + text.
  void error(std::string_view text) { reply_.error(text); }

  // --- Blocking.
  // False inside MULTI and scripts, and when a blocked command is tried again: then reply nil instead.
  bool may_block() const { return may_block_; }
  // Waits until one of `keys` (views into args()) may satisfy the command, which then runs again from
  // its start; when the deadline passes, null (RESP2: null array if `timeout_is_array`) is replied.
  // Say no reply before or after it. REQUIRES: may_block().
  void block(std::span<const std::string_view> keys, int64_t deadline_ms, bool timeout_is_array = true);
  // Waits for nothing but the deadline, and then replies `reply` (WAIT, WAITAOF). REQUIRES: may_block().
  struct SyncWait {
    bool wants_sync = false;        // `reply` becomes WAITAOF's when the session's writes are on disk
    bool ends_when_synced = false;  // and is replied then
  };
  void block_until(int64_t deadline_ms, Reply reply) { block_until(deadline_ms, std::move(reply), {}); }
  void block_until(int64_t deadline_ms, Reply reply, SyncWait sync);
  bool is_blocked() const { return blocked_; }
  // After block(): when the command runs again, argument `index` reads `text` (XREAD's $, which means the
  // moment of the call).
  void substitute(size_t index, std::string text);
  // After block(): the command also runs again when a key is gone or holds another type (XREADGROUP).
  void wait_for_loss_too();
  // It has been blocked and runs again because a key is ready.
  bool runs_again() const { return ready_key_.has_value(); }
  // Which of `keys` a blocking command looks at: all, or, when it runs again, the one that became ready.
  // Redis serves the key that was written, whatever the others hold by then.
  std::span<const std::string_view> keys_to_try(std::span<const std::string_view> keys) const;

  // --- Surroundings.
  int64_t now_ms() const { return access_.now_ms(); }  // Unix time, fixed while the command (or EXEC) runs
  Random& random();
  const EncodingLimits& limits() const;
  Session& session() { return session_; }
  Executor& executor() { return executor_; }
  Run& run() { return *run_; }

 private:
  friend class Run;
  Executor& executor_;
  Session& session_;
  Access& access_;
  const CommandSpec& spec_;
  std::span<const std::string_view> args_;
  ReplySink& reply_;
  Run* run_ = nullptr;
  bool may_block_ = false;
  bool blocked_ = false;
  struct BlockRequest {
    std::vector<std::string_view> keys;
    int64_t deadline_ms = 0;
    bool timeout_is_array = true;
    std::optional<Reply> timeout_reply = {};
    std::vector<std::pair<size_t, std::string>> substitutes = {};
    bool wants_loss = false;
    SyncWait sync = {};
  };
  std::unique_ptr<BlockRequest> block_request_;  // once blocked_
  std::optional<std::string_view> ready_key_;
};

}  // namespace redstart
