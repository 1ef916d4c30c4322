// Client: one store, whatever its URL names: an engine inside this process or a server on a socket.
//
//   auto client = redstart::open("memory:").value();       // or "redis://127.0.0.1:6379"
//   client.set("greeting", "hello").value();
//   std::optional<std::string> greeting = client.get("greeting").value();
//
// The commands are methods with typed replies (commands.h); any other command goes through call().
// Pipelines send many commands in one go, transactions run them as one.
//
// Threads: Client is thread-safe; calls of many threads share connections and are pipelined
// automatically. Pipeline and Transaction are thread-compatible.
// Ownership: copies of a Client share one store, which closes with the last of them, or by close().
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/durability.h"
#include "redstart/reply.h"
#include "redstart/result.h"

namespace redstart {

// A command and its arguments: words[0] is the command's name.
using WordSpan = std::span<const std::string_view>;

// What a reply says, as a value: an error reply becomes an Error.
result<Reply> checked(Reply reply);

struct CallOptions {
  // For the whole call, time in queues included. Zero: the client's default.
  std::chrono::milliseconds timeout{0};
  // After a lost connection, a sent command without a reply is sent again only when this says that doing
  // it twice is harmless. Read-only commands always are.
  bool idempotent = false;
  // Some of this may have been executed already, by a call whose outcome is unknown. Writes are then refused (with
  // not_repeated) where a connection has gone silent and the server's ACL forbids CLIENT KILL: what was sent over it
  // may still arrive, and replace what is written later.
  bool repeats = false;
  // How far what the call writes (file: and what it has read) must have come on its way to the disk before it returns;
  // absent: OpenOptions::durability. memory: has no disk. Servers go by their appendfsync, but for `synced`.
  //
  // Synced over a server: the client asks it behind each write (WAITAOF; once for a batch or a transaction, not at all
  // for what only reads). The server must have a log, and be Redstart or Redis 7.2. That takes a round trip more, and
  // connections beside those of other commands, 16 at most. What one thread calls and submits to a server is executed
  // in its order as ever: blocking commands apart, and what is put off and tried again (retries_max). Other threads'
  // commands wait neither for the write nor for the disk; the thread's own later ones wait until the write is executed.
  // When all 16 connections wait for the disk, so do the next synced writes, and what their threads send behind them.
  //
  // Errors of what was executed and is not known to be on disk say so, with Outcome::unknown: timed_out, misconfigured
  // (the log cannot be written; the server has none, or no WAITAOF), connection_lost, no_auth, closed.
  std::optional<Durability> durability = std::nullopt;
};

// Commands that travel and are executed in order, as one unit of submission. Not atomic unless
// `atomic` is set: then they run as MULTI/EXEC.
struct Batch {
  std::vector<std::vector<std::string>> commands;
  bool atomic = false;
  CallOptions options;
};

// A batch that is made while it is sent: the store executes the first commands while the next are made.
struct BatchSource {
  size_t count = 0;
  // The words of the command at a place: called once for each, in order, before submit_from() returns. They need to
  // live until the next is asked for.
  std::function<WordSpan(size_t index)> command;
  CallOptions options = {};
};

// One outcome per command, in order. With `atomic`, one outcome per queued command, or the same Error
// (transaction_aborted) for all.
using BatchResult = std::vector<result<Reply>>;
// Called once, on a thread of the client's or (embedded) the caller's. Must not block; an exception ends the process.
using BatchDone = std::function<void(BatchResult)>;
// Messages out of turn (pub/sub) as RESP3 pushes. Called on a thread of the client's, one at a time; the
// client may be used meanwhile. A million messages may wait for a slow handler of an embedded store; then the
// oldest are dropped. An exception ends the process.
using PushHandler = std::function<void(const Reply&)>;

// The store behind a Client. Everything above is written once against this interface.
class Backend {
 public:
  virtual ~Backend() = default;
  // Runs one command and waits for its reply. Error replies are returned as Reply::Type::error.
  // Blocking commands (BLPOP) do not hold up other callers.
  virtual result<Reply> call(WordSpan words, const CallOptions& options) = 0;
  virtual void submit(Batch batch, BatchDone done) = 0;
  // The same for a long batch that is not atomic.
  virtual void submit_from(const BatchSource& source, BatchDone done);
  // A session of its own: its WATCH, SELECT, MULTI or subscriptions do not touch other callers'.
  virtual result<std::unique_ptr<Backend>> dedicated() = 0;
  // Such a session for one caller and one transaction, in the state of a new one. A store that keeps them gets it back
  // when it is freed; this one keeps none. `options` say how long to wait for one.
  struct TransactionSession {
    std::unique_ptr<Backend> backend;
    bool is_kept = false;  // it has served before: what it is connected to may be gone since
  };
  virtual result<TransactionSession> transaction_session(const CallOptions& options);
  virtual void set_push_handler(PushHandler handler) = 0;
  // Fails what is pending, with ErrorCode::closed. Idempotent.
  virtual void close() = 0;
};

// Which servers of a cluster, or of a master that sentinels guard, answer commands that only read. Replicas lag behind:
// what a replica says may be older than what this client has written.
enum class ReadFrom : unsigned char {
  master,
  replica,  // a replica, in turn; the master when none can be reached
  any,      // master and replicas in turn
};

struct OpenOptions {
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds call_timeout{5000};  // zero: none
  // Connections that ordinary commands are spread over; blocking commands have their own.
  size_t connections = 1;
  size_t blocking_connections_max = 64;
  // Sessions of transactions with watched keys, which are kept for the next ones. One transaction more waits until
  // another has ended, as long as a call may take, and fails with queue_full then.
  size_t transaction_sessions_max = 64;
  // Commands waiting to be sent or answered; beyond it calls fail with queue_full.
  size_t queue_commands_max = 1'000'000;
  // A connection idle for longer is checked with PING before it is used. Zero: never.
  std::chrono::milliseconds health_check_interval{30'000};
  std::chrono::milliseconds reconnect_delay_min{50}, reconnect_delay_max{2000};
  // A command that a server put off (LOADING, CLUSTERDOWN, TRYAGAIN, MASTERDOWN, READONLY), or that was not done
  // because a node of a cluster was lost, is tried again until its deadline, this often at most. Zero: never.
  size_t retries_max = 40;
  std::chrono::milliseconds retry_delay_min{10}, retry_delay_max{500};  // doubled each time, with jitter
  ReadFrom read_from = ReadFrom::master;
  // For redis-sentinel:// URLs: who the client is to the sentinels.
  std::string sentinel_user = {}, sentinel_password = {};
  std::string user = {}, password = {}, client_name = {};
  int db = 0;
  // See CallOptions::durability. Absent: what appendfsync says; for file: that is at first everysec, which is
  // Durability::written.
  std::optional<Durability> durability = std::nullopt;
  // --- For rediss:// URLs. Files are in PEM form.
  // Whom to trust; neither: the authorities that the system trusts.
  std::string tls_ca_file = {}, tls_ca_directory = {};
  // What the client shows when the server asks for a certificate.
  std::string tls_certificate_file = {}, tls_key_file = {}, tls_key_password = {};
  // The name that the server's certificate must be for; empty: the URL's host.
  std::string tls_server_name = {};
  // Off: any certificate is taken, so that anybody may answer for the server.
  bool tls_verify = true;
};

class Client;

// Opens a store.
//   memory:            an engine of this client's own
//   memory:NAME        an engine shared by this name within the process
//   file:DIRECTORY     an engine whose data is kept in a directory, shared within the process
//   redis://[[user]:password@]host[:port][/db]
//   rediss://...       the same over TLS
//   unix:/path/to/socket[?db=N]
//   redis-cluster://[[user]:password@]host[:port][,host[:port]...]           any nodes of a Redis Cluster
//   redis-sentinel://[[user]:password@]host[:port][,...]/service[/db]        the sentinels of a master
//   rediss-cluster://, rediss-sentinel://                                    the same over TLS
// Query parameters set options by name: ?call_timeout_ms=200&connections=2&client_name=shop
// Errors: bad_url, cannot_open (files that are damaged, or in use), invalid_argument (no such database, bad certificate
// files), connection_refused, timed_out, no_auth.
result<Client> open(std::string_view url, OpenOptions options = {});

// The words of a command, out of strings, string views and numbers. Strings are viewed, not copied: they
// must live until the words are used.
class WordList {
 public:
  WordList() = default;
  template <class... Parts>
  explicit WordList(const Parts&... parts) {
    (add(parts), ...);
  }

  WordList& add(std::string_view word) & {
    if (size_ < kInline) {
      inline_[size_] = word;
    } else {
      if (size_ == kInline) many_.assign(inline_, inline_ + kInline);
      many_.push_back(word);
    }
    ++size_;
    return *this;
  }
  WordList& add(const std::string& word) & { return add(std::string_view(word)); }
  WordList& add(const char* word) & { return add(std::string_view(word)); }
  WordList& add(int64_t number) &;
  WordList& add(uint64_t number) &;
  WordList& add(int number) & { return add(static_cast<int64_t>(number)); }
  WordList& add(double number) &;
  template <class Range>
  WordList& add_all(const Range& words) & {
    for (const auto& word : words) add(word);
    return *this;
  }
  template <class Word>
  WordList&& add(const Word& word) && {
    return std::move(add(word));
  }
  template <class Range>
  WordList&& add_all(const Range& words) && {
    return std::move(add_all(words));
  }

  WordSpan span() const {
    return size_ <= kInline ? WordSpan(inline_, size_) : WordSpan(many_);
  }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kInline = 6;
  WordList& add_owned(std::string text);

  size_t size_ = 0;
  std::string_view inline_[kInline];
  std::vector<std::string_view> many_;
  std::vector<std::unique_ptr<std::string>> owned_;  // the text of numbers
};

}  // namespace redstart

#include "redstart/commands.h"

namespace redstart {

class AsyncClient;
class Pipeline;
class Transaction;

// Where coroutines and callbacks go on: called with what is to be run. Empty: on the thread that completes the call,
// which is the client's own and must not be held up.
using Scheduler = std::function<void(std::function<void()>)>;

class Client : public CommandMethods<Client> {
 public:
  template <class T>
  using Returned = result<T>;

  explicit Client(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {}

  // Any command, words as they are. An error reply is an Error.
  result<Reply> call(WordSpan words, const CallOptions& options = {}) const;
  result<Reply> call(std::initializer_list<std::string_view> words) const {
    return call(WordSpan(words.begin(), words.size()));
  }
  // Any command out of strings and numbers: command("SETRANGE", key, 5, "tail").
  template <class... Parts>
  result<Reply> command(const Parts&... parts) const {
    return call(WordList(parts...).span());
  }
  // Runs a typed command (what the methods of CommandMethods do).
  template <class T>
  result<T> run(const Call<T>& typed) const {
    auto reply = call(typed.words.span(), typed.options);
    if (!reply) return std::unexpected(std::move(reply.error()));
    return typed.decode(std::move(*reply));
  }

  // The same commands without waiting, for coroutines, callbacks and futures; see async.h.
  AsyncClient async(Scheduler scheduler = {}) const;
  // Commands collected and sent together; see Pipeline.
  Pipeline pipeline() const;
  // Watches `keys`, lets `function` read through the given client and queue writes into the transaction,
  // and runs it; tries again when a watched key has changed in between, or when the session was lost before the
  // transaction was sent. `function` returns false to give up (nothing is executed; the result is false). On a cluster
  // all keys are of one slot. Errors: transaction_aborted after `attempts_max`; cross_slot; queue_full (see
  // OpenOptions::transaction_sessions_max).
  //
  // The given client is a session that all copies of this client share, one transaction at a time; copies of it hold it
  // back. What `function` does to it (SELECT, CLIENT, SUBSCRIBE ...) nobody else sees: it is closed then, as it is when
  // `function` throws or a call over it fails, and kept for the next transaction otherwise.
  using TransactionFunction = std::function<bool(Client& reader, Transaction&)>;
  result<bool> transaction(std::span<const std::string> keys, const TransactionFunction& function,
                           int attempts_max = 100) const;
  // Commands run as one, without watched keys.
  Transaction transaction() const;

  // A client with a session of its own (for SELECT, WATCH, SUBSCRIBE).
  result<Client> dedicated() const;
  // This client with other defaults, for calls, coroutines, pipelines, transactions and sessions made from it, and for
  // whatever is built on it: a timeout or durability that a call does not give is that of `options` (the timeout also
  // of blocking commands), and what `options` call idempotent or a repetition is one. What `options` leave unsaid stays
  // as it is for this client. All else is shared, close() included. Cost: a virtual call for each command.
  //
  //   Client careful = client.with({.timeout = 200ms, .durability = Durability::synced});
  Client with(const CallOptions& options) const;
  void on_push(PushHandler handler) const { backend_->set_push_handler(std::move(handler)); }
  void submit(Batch batch, BatchDone done) const { backend_->submit(std::move(batch), std::move(done)); }
  void submit_from(const BatchSource& source, BatchDone done) const { backend_->submit_from(source, std::move(done)); }
  // Submits and waits.
  BatchResult run_batch(Batch batch) const;
  void close() const { backend_->close(); }
  const std::shared_ptr<Backend>& backend() const { return backend_; }

 private:
  struct SessionInUse;
  result<SessionInUse> transaction_session() const;
  static std::optional<result<bool>> attempt(SessionInUse& session, std::span<const std::string> keys,
                                             const TransactionFunction& function);

  std::shared_ptr<Backend> backend_;
};

// The typed reply of a command in a pipeline; readable once the pipeline has run.
template <class T>
class Pending {
 public:
  // REQUIRES: the pipeline has run.
  const result<T>& get() const { return **value_; }
  const result<T>& operator*() const { return get(); }
  bool ready() const { return value_->has_value(); }

 private:
  friend class Pipeline;
  std::shared_ptr<std::optional<result<T>>> value_ = std::make_shared<std::optional<result<T>>>();
};

// Commands collected and sent in one go. Each has an outcome of its own: one that fails does not stop
// the others.
//
//   auto pipeline = client.pipeline();
//   auto first = pipeline.get("a");
//   pipeline.set("b", "2");
//   pipeline.run();
//   if (*first) use(**first);
class Pipeline : public CommandMethods<Pipeline> {
 public:
  template <class T>
  using Returned = Pending<T>;

  explicit Pipeline(std::shared_ptr<Backend> backend, bool atomic = false)
      : backend_(std::move(backend)), atomic_(atomic) {}

  template <class T>
  Pending<T> run(const Call<T>& typed) {
    Pending<T> pending;
    add(typed.words.span(), [slot = pending.value_, decode = typed.decode](result<Reply> reply) {
      if (reply) reply = checked(std::move(*reply));
      if (reply) {
        slot->emplace(decode(std::move(*reply)));
      } else {
        slot->emplace(std::unexpected(std::move(reply.error())));
      }
    });
    return pending;
  }
  template <class... Parts>
  Pending<Reply> command(const Parts&... parts) {
    return run(Call<Reply>{WordList(parts...), [](Reply reply) { return result<Reply>(std::move(reply)); }, {}});
  }
  // Sends everything and waits; then the pipeline is empty again. Every Pending is ready after it. The
  // result is the first transport error, if there was one: error replies are in their Pendings.
  result<void> run(const CallOptions& options = {});
  // The same without waiting: `finished` gets the result on a thread of the client's, when every Pending is ready.
  void start(std::function<void(result<void>)> finished, const CallOptions& options = {});
  // Sends the script's text ahead, once for this run, so that EVALSHA finds it (see Script).
  void provide_script(const std::string& sha1, const std::string& text);
  size_t size() const { return batch_.commands.size(); }

 private:
  void add(WordSpan words, std::function<void(result<Reply>)> done);

  std::shared_ptr<Backend> backend_;
  bool atomic_;
  Batch batch_;
  std::vector<std::function<void(result<Reply>)>> done_;
  std::set<std::string, std::less<>> scripts_;  // provided in this run
};

// A pipeline that runs as MULTI/EXEC: all or nothing, and nobody sees a state in between. run() fails with
// transaction_aborted when a watched key changed or a command could not be queued.
class Transaction : public Pipeline {
 public:
  explicit Transaction(std::shared_ptr<Backend> backend) : Pipeline(std::move(backend), true) {}
};

inline Pipeline Client::pipeline() const { return Pipeline(backend_); }
inline Transaction Client::transaction() const { return Transaction(backend_); }

}  // namespace redstart
