// RemoteBackend: a server on a socket as a Backend.
//
// Ordinary commands are pipelined over OpenOptions::connections; each thread keeps to one of them,
// so that its commands are executed in its order. Blocking commands have connections of their own,
// which are kept for the next one. So have writes that wait for the server's disk (synced_writes.h). A
// dedicated session is one connection.
//
// After a lost connection: what was not sent yet is sent on the next one; what was sent is sent
// again when it is read-only or idempotent, and fails with connection_lost and Outcome::unknown
// otherwise. While the server cannot be reached, calls fail at once; the connection is tried again
// by the first call after the back-off.
//
// A PING over a session that wants a master (RemoteSettings::role) asks whether the server is still one; if not, the
// session is lost. So who looks after a session by PING need not know of masters.
//
// Threads: thread-safe. Ownership: owns its connections; shares the I/O thread with its sessions.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "client/remote/connection.h"
#include "client/remote/synced_writes.h"
#include "client/session_commands.h"
#include "redstart/client.h"

namespace redstart::remote {

// The I/O thread of a client, which ends with the last backend that uses it.
struct IoLease {
  explicit IoLease(std::shared_ptr<IoThread> thread) : io(std::move(thread)) {}
  ~IoLease() { io->stop(); }
  const std::shared_ptr<IoThread> io;
};

class RemoteBackend final : public Backend {
 public:
  enum class Kind : unsigned char { shared, session };
  // Connects with the first command, or connect(). `budget`: the commands that wait in all backends that share it.
  RemoteBackend(std::shared_ptr<IoLease> io, std::shared_ptr<const RemoteSettings> settings,
                std::shared_ptr<CommandBudget> budget, Kind kind);
  ~RemoteBackend() override;

  // Errors: connection_refused, timed_out, no_auth.
  result<void> connect();
  const Endpoint& endpoint() const { return settings_->endpoint; }
  // REQUIRES: it is a session.
  const std::shared_ptr<Connection>& session_connection() const { return connections_.front(); }

  result<Reply> call(WordSpan words, const CallOptions& options) override;
  void submit(Batch batch, BatchDone done) override;
  // Commands of others. Done as in submit().
  struct Sending {
    size_t count = 0;
    std::function<WordSpan(size_t index)> command;  // its words, which live until the next is asked for
    bool atomic = false;
    bool asking = false;  // each (atomic: the whole) behind ASKING
    CallOptions options = {};
  };
  // A whole batch / these commands, which need to live as long as it does.
  static Sending sending_of(const Batch& batch);
  static Sending sending_of(std::vector<const std::vector<std::string>*> commands, const CallOptions& options);
  void send(const Sending& sending, BatchDone done);
  // A long batch that is handed over in pieces, so that the server executes the first while the next are made. A piece
  // is not sent when the one before it was not. REQUIRES: nothing in it blocks or wants_sync().
  class Pieces {
   public:
    static constexpr size_t kCommandsMax = 250;  // of a piece
    Pieces(RemoteBackend& server, size_t commands, const CallOptions& options, BatchDone done);
    // Each but the last has kCommandsMax commands.
    void add(size_t count, std::function<WordSpan(size_t index)> command, bool asking = false);

   private:
    struct Joined;
    RemoteBackend& server_;
    const CallOptions options_;
    std::shared_ptr<Joined> joined_;
    std::shared_ptr<Request> before_;
    size_t added_ = 0;
  };
  // Whether what is written is to be on the server's disk before the call returns.
  bool wants_sync(const CallOptions& options) const;
  result<std::unique_ptr<Backend>> dedicated() override;
  void set_push_handler(PushHandler handler) override;
  void close() override;
  // The same; what is pending, and what is submitted later, fails with `reason`.
  void close(const Error& reason);

 private:
  struct BlockingPool;

  const std::shared_ptr<Connection>& connection_of_thread();
  std::optional<Error> refusal(WordSpan words, CommandKind kind) const;
  bool asks_for_role(WordSpan words) const;
  void ask_for_role(Request& request) const;
  result<Reply> reply_of_master(Request& request);
  bool goes_in_pieces(const Sending& sending) const;
  void send_in_pieces(const Sending& sending, BatchDone done);
  // `before`: the piece of the same batch that goes before it, if any.
  std::shared_ptr<Request> send_piece(const Sending& sending, std::shared_ptr<Request> before, BatchDone done);
  // What is said of the commands of a batch together.
  struct Contents {
    bool is_blocking = false;
    bool writes = false;  // found out for those that are to be synced
  };
  std::map<size_t, Error> fill(Request& request, const Sending& sending, Contents& contents);
  // Whether something may have been written when the command is answered: in a session's MULTI not yet.
  bool writes_now(WordSpan words, CommandKind kind);
  void set_deadline(Request& request, const CallOptions& options, bool is_blocking) const;
  result<std::shared_ptr<Connection>> take_blocking_connection();
  result<Reply> call_blocking(const std::shared_ptr<Request>& request);
  void submit_blocking(const std::shared_ptr<Request>& request);
  result<Reply> call_synced(const std::shared_ptr<Request>& request, bool is_blocking);
  void submit_synced(const std::shared_ptr<Request>& request, bool is_blocking);

  const std::shared_ptr<IoLease> io_;
  const std::shared_ptr<const RemoteSettings> settings_;
  const std::shared_ptr<CommandBudget> budget_;
  const bool is_session_;
  std::atomic<bool> is_closed_{false};
  std::vector<std::shared_ptr<Connection>> connections_;
  const std::shared_ptr<BlockingPool> blocking_;
  const std::shared_ptr<SyncedWrites> synced_;
  std::atomic<bool> in_multi_{false};  // of a session
};

}  // namespace redstart::remote
