#include "client/remote/remote_backend.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/text.h"
#include "client/command_lookup.h"
#include "client/remote/parking.h"

namespace redstart::remote {
namespace {

Error closed_error() { return {ErrorCode::closed, Outcome::not_done, "the client is closed"}; }

Error on_io_thread_error() {
  return {
      ErrorCode::invalid_argument, Outcome::not_done,
      "a handler of the client waits for a reply, which its own thread would have to read; hand "
      "the work to another thread, or use submit()"};
}

// Commands after which replies would no longer answer commands one by one.
bool breaks_protocol(WordSpan words) {
  if (equal_ignoring_case(words[0], "sync") || equal_ignoring_case(words[0], "psync")) return true;
  return words.size() >= 2 && equal_ignoring_case(words[0], "client") &&
         equal_ignoring_case(words[1], "reply");
}

void refuse_all(const Request& request, const Error& error) {
  request.done(BatchResult(request.commands, std::unexpected(error)));
}

// The outcomes with the refused commands' errors in their places.
BatchResult with_refused(BatchResult outcome, const std::map<size_t, Error>& refused) {
  for (const auto& [index, error] : refused) {
    outcome.insert(outcome.begin() + static_cast<ptrdiff_t>(index), std::unexpected(error));
  }
  return outcome;
}

// Drops what ASKING was answered, in front of each command.
BatchDone without_asking(BatchDone done) {
  return [done = std::move(done)](BatchResult outcome) {
    BatchResult answers;
    for (size_t i = 1; i < outcome.size(); i += 2) answers.push_back(std::move(outcome[i]));
    done(std::move(answers));
  };
}

size_t thread_number() {
  static std::atomic<size_t> threads{0};
  thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

// Connections on which one caller waits at a time.
struct RemoteBackend::BlockingPool {
  std::mutex mutex;  // guards what follows
  std::vector<std::shared_ptr<Connection>> idle;
  std::vector<std::weak_ptr<Connection>> busy;
  size_t count = 0;
  bool is_closed = false;

  void give_back(std::shared_ptr<Connection> connection, bool is_usable) {
    {
      const std::lock_guard lock(mutex);
      std::erase_if(busy, [&](const auto& one) {
        const auto alive = one.lock();
        return !alive || alive == connection;
      });
      if (is_usable && !is_closed) {
        idle.push_back(std::move(connection));
        return;
      }
      --count;
    }
    // The server still waits to answer what nobody wants any more.
    connection->close(closed_error());
  }
};

RemoteBackend::RemoteBackend(std::shared_ptr<IoLease> io,
                             std::shared_ptr<const RemoteSettings> settings,
                             std::shared_ptr<CommandBudget> budget, Kind kind)
    : io_(std::move(io)),
      settings_(std::move(settings)),
      budget_(std::move(budget)),
      is_session_(kind == Kind::session),
      blocking_(std::make_shared<BlockingPool>()),
      synced_(std::make_shared<SyncedWrites>(io_->io, settings_, budget_)) {
  const size_t count = is_session_ ? 1 : std::max<size_t>(1, settings_->options.connections);
  for (size_t i = 0; i < count; ++i) {
    connections_.push_back(Connection::make(io_->io, settings_, budget_, is_session_));
  }
}

// The others connect when they are first used.
result<void> RemoteBackend::connect() { return connections_.front()->connect(); }

RemoteBackend::~RemoteBackend() { close(); }

const std::shared_ptr<Connection>& RemoteBackend::connection_of_thread() {
  if (connections_.size() == 1) return connections_.front();
  return connections_[thread_number() % connections_.size()];
}

std::optional<Error> RemoteBackend::refusal(WordSpan words, CommandKind kind) const {
  if (words.empty()) {
    return Error{ErrorCode::invalid_argument, Outcome::not_done, "empty command"};
  }
  if (!is_session_ && kind == CommandKind::session) return shared_session_error(words[0]);
  if (breaks_protocol(words)) {
    return Error{
        ErrorCode::invalid_argument, Outcome::not_done,
        std::string(words[0]) + " cannot be used here: it changes which commands are answered"};
  }
  return std::nullopt;
}

void RemoteBackend::set_deadline(Request& request, const CallOptions& options,
                                 bool is_blocking) const {
  request.is_idempotent = options.idempotent;
  request.is_repeat = options.repeats;
  request.timeout = options.timeout;
  // A blocking command says itself how long it waits.
  if (request.timeout.count() <= 0 && !is_blocking) {
    request.timeout = settings_->options.call_timeout;
  }
  if (request.timeout.count() > 0) request.deadline = SteadyClock::now() + request.timeout;
}

bool RemoteBackend::wants_sync(const CallOptions& options) const {
  return options.durability.value_or(settings_->options.durability.value_or(Durability::none)) == Durability::synced;
}

bool RemoteBackend::writes_now(WordSpan words, CommandKind kind) {
  if (kind != CommandKind::session) return !in_multi_ && may_write(words);
  if (equal_ignoring_case(words[0], "multi")) in_multi_ = true;
  if (equal_ignoring_case(words[0], "exec")) return in_multi_.exchange(false);
  if (equal_ignoring_case(words[0], "discard") || equal_ignoring_case(words[0], "reset")) in_multi_ = false;
  return false;
}

bool RemoteBackend::asks_for_role(WordSpan words) const {
  const bool wants_master = settings_->role == ServerRole::master || settings_->role == ServerRole::cluster_master;
  return is_session_ && wants_master && !in_multi_ && words.size() == 1 && equal_ignoring_case(words[0], "ping");
}

void RemoteBackend::ask_for_role(Request& request) const {
  static constexpr std::string_view kHello[] = {"HELLO"}, kClusterInfo[] = {"CLUSTER", "INFO"};
  request.add(kHello);
  if (settings_->role == ServerRole::cluster_master) request.add(kClusterInfo);
}

// The reply to PING. Servers that do not know or allow the questions behind it say nothing by it.
result<Reply> RemoteBackend::reply_of_master(Request& request) {
  BatchResult replies = request.take_outcome();
  for (auto& reply : replies) {
    if (!reply) return std::move(reply);
  }
  auto reason = replica_error(*replies[1]);
  if (!reason && replies.size() > 2) reason = cut_off_error(*replies[2]);
  if (!reason) return std::move(replies.front());
  reason->code = ErrorCode::connection_lost;
  reason->message = "the session with " + settings_->endpoint.text() + " was given up: " + reason->message;
  connections_.front()->give_up(*reason);
  return std::unexpected(std::move(*reason));
}

result<Reply> RemoteBackend::call(WordSpan words, const CallOptions& options) {
  const CommandKind kind = kind_of(words);
  if (auto refused = refusal(words, kind)) return std::unexpected(std::move(*refused));
  if (io_->io->is_current()) return std::unexpected(on_io_thread_error());
  const bool is_blocking = kind == CommandKind::blocking;
  const auto request = std::make_shared<Request>();
  request->add(words);
  const bool asks_role = asks_for_role(words);
  if (asks_role) ask_for_role(*request);
  set_deadline(*request, options, is_blocking);
  if (kind == CommandKind::session) request->session_commands[0].assign(words.begin(), words.end());
  const bool wants_sync = this->wants_sync(options);
  const bool writes = (wants_sync || kind == CommandKind::session) && writes_now(words, kind);
  if (wants_sync && writes) return call_synced(request, is_blocking);
  if (is_blocking && !is_session_) return call_blocking(request);
  if (synced_->has_lines()) {
    if (auto late = synced_->wait_for_turn(thread_number(), *request)) return std::unexpected(std::move(*late));
  }
  Connection& connection = *connection_of_thread();
  if (auto refused = connection.call(request)) return std::unexpected(std::move(*refused));
  // A session that still waits for an element would give it to the next caller.
  if (is_blocking && request->failure) connection.close(*request->failure);
  return asks_role ? reply_of_master(*request) : request->take_reply();
}

result<std::shared_ptr<Connection>> RemoteBackend::take_blocking_connection() {
  const std::lock_guard lock(blocking_->mutex);
  if (blocking_->is_closed) return std::unexpected(closed_error());
  std::shared_ptr<Connection> connection;
  if (!blocking_->idle.empty()) {
    connection = std::move(blocking_->idle.back());
    blocking_->idle.pop_back();
  } else if (blocking_->count < settings_->options.blocking_connections_max) {
    connection = Connection::make(io_->io, settings_, budget_, false);
    ++blocking_->count;
  } else {
    return std::unexpected(Error{ErrorCode::queue_full, Outcome::not_done,
                                 std::to_string(blocking_->count) +
                                     " blocking commands wait already (blocking_connections_max)"});
  }
  blocking_->busy.push_back(connection);
  return connection;
}

result<Reply> RemoteBackend::call_blocking(const std::shared_ptr<Request>& request) {
  const auto connection = take_blocking_connection();
  if (!connection) return std::unexpected(connection.error());
  auto refused = (*connection)->call(request);
  blocking_->give_back(*connection, refused || !request->failure);
  if (refused) return std::unexpected(std::move(*refused));
  return request->take_reply();
}

namespace {

// For Sending::command: the words of the strings that command_at(index) returns.
template <class CommandAt>
auto words_of(CommandAt command_at) {
  std::vector<std::string_view> words;
  return [command_at = std::move(command_at), words = std::move(words)](size_t index) mutable -> WordSpan {
    const std::vector<std::string>& command = command_at(index);
    words.assign(command.begin(), command.end());
    return words;
  };
}

}  // namespace

RemoteBackend::Sending RemoteBackend::sending_of(const Batch& batch) {
  const auto command_at = [&batch](size_t index) -> const auto& { return batch.commands[index]; };
  return {.count = batch.commands.size(), .command = words_of(command_at), .atomic = batch.atomic,
          .options = batch.options};
}

RemoteBackend::Sending RemoteBackend::sending_of(std::vector<const std::vector<std::string>*> commands,
                                                 const CallOptions& options) {
  const size_t count = commands.size();
  auto command_at = [commands = std::move(commands)](size_t index) -> const auto& { return *commands[index]; };
  return {.count = count, .command = words_of(std::move(command_at)), .options = options};
}

void RemoteBackend::submit(Batch batch, BatchDone done) { send(sending_of(batch), std::move(done)); }

// Puts the commands that may be sent into `request`; why the others may not, by their positions.
std::map<size_t, Error> RemoteBackend::fill(Request& request, const Sending& sending, Contents& contents) {
  static constexpr std::string_view kMulti[] = {"MULTI"}, kExec[] = {"EXEC"}, kAsking[] = {"ASKING"};
  const bool wants_sync = this->wants_sync(sending.options);
  std::map<size_t, Error> refused;
  if (sending.atomic && sending.asking) request.add(kAsking);
  if (sending.atomic) request.add(kMulti);
  for (size_t i = 0; i < sending.count; ++i) {
    const WordSpan words = sending.command(i);
    const CommandKind kind = kind_of(words);
    if (auto refusal_of_one = refusal(words, kind)) {
      refused.emplace(i, std::move(*refusal_of_one));
      continue;
    }
    contents.is_blocking = contents.is_blocking || kind == CommandKind::blocking;
    if ((wants_sync || kind == CommandKind::session) && writes_now(words, kind)) contents.writes = true;
    if (sending.asking && !sending.atomic) request.add(kAsking);
    if (kind == CommandKind::session) {
      request.session_commands[request.replies_expected].assign(words.begin(), words.end());
    }
    request.add(words);
  }
  if (sending.atomic) request.add(kExec);
  if (in_multi_) contents.writes = false;  // EXEC is still to come, and would find the question among its commands
  return refused;
}

bool RemoteBackend::goes_in_pieces(const Sending& sending) const {
  if (sending.atomic || sending.count <= Pieces::kCommandsMax || wants_sync(sending.options)) return false;
  return std::ranges::none_of(std::views::iota(size_t{0}, sending.count), [&](size_t index) {
    return kind_of(sending.command(index)) == CommandKind::blocking;
  });
}

struct RemoteBackend::Pieces::Joined {
  std::vector<BatchResult> outcomes;
  std::atomic<size_t> missing;
  BatchDone done;
};

RemoteBackend::Pieces::Pieces(RemoteBackend& server, size_t commands, const CallOptions& options, BatchDone done)
    : server_(server), options_(options) {
  const size_t count = (commands + kCommandsMax - 1) / kCommandsMax;
  joined_ = std::make_shared<Joined>(std::vector<BatchResult>(count), count, std::move(done));
}

void RemoteBackend::Pieces::add(size_t count, std::function<WordSpan(size_t index)> command, bool asking) {
  const Sending sending{.count = count, .command = std::move(command), .asking = asking, .options = options_};
  before_ = server_.send_piece(sending, std::move(before_), [joined = joined_, piece = added_++](BatchResult outcome) {
    joined->outcomes[piece] = std::move(outcome);
    if (joined->missing.fetch_sub(1) > 1) return;
    BatchResult whole;
    whole.reserve(joined->outcomes.size() * kCommandsMax);
    for (BatchResult& one : joined->outcomes) std::ranges::move(one, std::back_inserter(whole));
    joined->done(std::move(whole));
  });
}

void RemoteBackend::send_in_pieces(const Sending& sending, BatchDone done) {
  Pieces pieces(*this, sending.count, sending.options, std::move(done));
  for (size_t begin = 0; begin < sending.count; begin += Pieces::kCommandsMax) {
    const auto command = [&sending, begin](size_t index) { return sending.command(begin + index); };
    pieces.add(std::min(sending.count - begin, Pieces::kCommandsMax), command, sending.asking);
  }
}

void RemoteBackend::send(const Sending& sending, BatchDone done) {
  if (goes_in_pieces(sending)) return send_in_pieces(sending, std::move(done));
  send_piece(sending, nullptr, std::move(done));
}

std::shared_ptr<Request> RemoteBackend::send_piece(const Sending& sending, std::shared_ptr<Request> before,
                                                   BatchDone done) {
  const auto request = std::make_shared<Request>();
  request->before = std::move(before);
  const size_t count = sending.count;
  Contents contents;
  std::map<size_t, Error> refused = fill(*request, sending, contents);
  const bool is_blocking = contents.is_blocking && !sending.atomic;
  if (sending.atomic) {
    request->is_atomic = true;
    request->commands = count;
    if (!refused.empty()) return done(BatchResult(count, std::unexpected(refused.begin()->second))), request;
  }
  if (request->commands == 0) return done(with_refused({}, refused)), request;
  set_deadline(*request, sending.options, is_blocking);
  if (refused.empty()) {
    request->done = std::move(done);
  } else {
    request->done = [refused = std::move(refused), done = std::move(done)](BatchResult outcome) {
      done(with_refused(std::move(outcome), refused));
    };
  }
  if (sending.asking && !sending.atomic) request->done = without_asking(std::move(request->done));
  if (contents.writes && wants_sync(sending.options)) return submit_synced(request, is_blocking), request;
  if (is_blocking && !is_session_) return submit_blocking(request), request;
  const auto& connection = connection_of_thread();
  if (synced_->has_lines() && synced_->hold(thread_number(), connection, request)) return request;
  if (auto error = connection->submit(request)) {
    request->failure = *error;
    refuse_all(*request, *error);
  }
  return request;
}

void RemoteBackend::submit_synced(const std::shared_ptr<Request>& request, bool is_blocking) {
  if (is_session_) return synced_->send_over(connections_.front(), request, is_blocking);
  if (is_blocking) return synced_->send_alone(request);
  synced_->send(thread_number(), connection_of_thread(), request);
}

result<Reply> RemoteBackend::call_synced(const std::shared_ptr<Request>& request, bool is_blocking) {
  struct Waiting {
    Parking told;
    BatchResult outcome;
  };
  const auto waiting = std::make_shared<Waiting>();
  request->done = [waiting](BatchResult outcome) {
    waiting->outcome = std::move(outcome);
    waiting->told.tell();
  };
  submit_synced(request, is_blocking);
  waiting->told.wait(kNever);  // it is told at its deadline
  return std::move(waiting->outcome.front());
}

void RemoteBackend::submit_blocking(const std::shared_ptr<Request>& request) {
  auto connection = take_blocking_connection();
  if (!connection) return refuse_all(*request, connection.error());
  request->done = [pool = blocking_, connection = *connection,
                   done = std::move(request->done)](BatchResult outcome) {
    bool is_usable = true;
    for (const auto& one : outcome) is_usable = is_usable && one.has_value();
    pool->give_back(connection, is_usable);
    done(std::move(outcome));
  };
  if (auto error = (*connection)->submit(request)) refuse_all(*request, *error);
}

result<std::unique_ptr<Backend>> RemoteBackend::dedicated() {
  if (is_closed_) return std::unexpected(closed_error());
  auto session = std::make_unique<RemoteBackend>(
      io_, settings_, std::make_shared<CommandBudget>(budget_->commands_max()), Kind::session);
  if (auto connected = session->connect(); !connected) return std::unexpected(std::move(connected.error()));
  return session;
}

void RemoteBackend::set_push_handler(PushHandler handler) {
  const auto shared = std::make_shared<const PushHandler>(std::move(handler));
  for (const auto& connection : connections_) connection->set_push_handler(shared);
}

void RemoteBackend::close() { close(closed_error()); }

void RemoteBackend::close(const Error& reason) {
  is_closed_ = true;
  for (const auto& connection : connections_) connection->close(reason);
  std::vector<std::shared_ptr<Connection>> blocking;
  {
    const std::lock_guard lock(blocking_->mutex);
    blocking_->is_closed = true;
    blocking.swap(blocking_->idle);
    blocking_->count -= blocking.size();
    for (const auto& one : blocking_->busy) {
      if (auto connection = one.lock()) blocking.push_back(std::move(connection));
    }
  }
  for (const auto& connection : blocking) connection->close(reason);
  synced_->close(reason);
}

}  // namespace redstart::remote
