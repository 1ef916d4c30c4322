#include "client/cluster/cluster_session.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "client/cluster/plan.h"
#include "client/routing/dispatch.h"
#include "client/session_commands.h"

namespace redstart {
namespace {

constexpr int kRedirectionsMax = 5;

bool is_named(WordSpan words, std::string_view name) { return equal_ignoring_case(words[0], name); }

Error closed_error() { return {ErrorCode::closed, Outcome::not_done, "the client is closed"}; }

Error lost_error() {
  return {ErrorCode::connection_lost, Outcome::not_done,
          "a connection of this session was lost; the session's state is gone with it: open "
          "another with dedicated()"};
}

// What changes the session as a whole, and is to hold on each of its connections.
bool is_setting(WordSpan words) {
  static constexpr std::string_view kNames[] = {"auth",      "hello", "readonly",
                                                "readwrite", "reset", "select"};
  static constexpr std::string_view kOfClient[] = {"no-evict", "no-touch", "setinfo", "setname",
                                                   "tracking"};
  const auto is_word = [](std::string_view word) {
    return [word](std::string_view name) { return equal_ignoring_case(name, word); };
  };
  if (std::ranges::any_of(kNames, is_word(words[0]))) return true;
  return is_named(words, "client") && words.size() > 1 &&
         std::ranges::any_of(kOfClient, is_word(words[1]));
}

// What each master tells only of its own keys.
bool spans_masters(WordSpan words) {
  if (is_named(words, "client")) {
    return std::ranges::any_of(
        words, [](std::string_view word) { return equal_ignoring_case(word, "bcast"); });
  }
  if (!is_named(words, "subscribe") && !is_named(words, "psubscribe")) return false;
  return std::ranges::all_of(words.subspan(1),
                             [](std::string_view channel) { return channel.starts_with("__key"); });
}

std::vector<std::string> owned(WordSpan words) { return {words.begin(), words.end()}; }

}  // namespace

ClusterSession::ClusterSession(std::shared_ptr<ClusterRouter> router)
    : router_(std::move(router)) {}

ClusterSession::~ClusterSession() { close(); }

std::optional<Error> ClusterSession::refusal() const {
  if (is_closed_ || router_->is_closed()) return closed_error();
  const std::lock_guard lock(shared_->mutex);
  if (shared_->is_lost) return lost_error();
  return std::nullopt;
}

// --- Connections

// REQUIRES: mutex_ is held.
result<void> ClusterSession::repeat_settings(remote::RemoteBackend& connection) {
  for (const auto& setting : settings_) {
    const std::vector<std::string_view> words(setting.begin(), setting.end());
    auto reply = connection.call(words, {});
    if (reply) reply = checked(std::move(*reply));
    if (!reply) return std::unexpected(reply.error());
  }
  return {};
}

result<ClusterSession::Connection> ClusterSession::connection_at(const remote::Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  const auto known = connections_.find(endpoint.text());
  if (known != connections_.end()) return known->second;
  auto session = router_->session_at(endpoint);
  if (!session) return std::unexpected(session.error());
  const Connection connection = std::move(*session);
  std::weak_ptr<ClusterRouter> router = router_;
  connection->set_push_handler([shared = shared_, router = std::move(router)](const Reply& push) {
    std::shared_ptr<const PushHandler> handler;
    const bool says_lost = push.size() > 0 && push[0].text() == "connection_lost";
    {
      const std::lock_guard lock(shared->mutex);
      if (shared->is_lost && says_lost) return;
      shared->is_lost = shared->is_lost || says_lost;
      handler = shared->handler;
    }
    const auto alive = says_lost ? router.lock() : nullptr;
    if (alive) alive->refresh();  // the next session is not to begin there
    if (handler && *handler) (*handler)(push);
  });
  if (auto repeated = repeat_settings(*connection); !repeated)
    return std::unexpected(repeated.error());
  connections_.emplace(endpoint.text(), connection);
  return connection;
}

result<ClusterSession::Connection> ClusterSession::connection_of_slot(int slot) {
  const auto node = router_->node_of(slot, false, 0);
  if (!node) {
    router_->refresh();
    return std::unexpected(router_->no_node_error());
  }
  auto connection = connection_at(node->endpoint());
  if (!connection) router_->refresh();  // somebody else may have the slot soon
  return connection;
}

result<ClusterSession::Connection> ClusterSession::home() {
  {
    const std::lock_guard lock(mutex_);
    if (!home_.empty()) return connections_.at(home_);
    if (!connections_.empty()) return connections_.begin()->second;
  }
  auto connection = connection_of_slot(RoutePart::kAnySlot);
  if (!connection) return connection;
  const std::lock_guard lock(mutex_);
  home_ = (*connection)->endpoint().text();
  return connection;
}

result<ClusterSession::Connection> ClusterSession::connection_for(WordSpan words) {
  const auto slot = common_slot_of(words);
  if (!slot) return std::unexpected(slot.error());
  return *slot == RoutePart::kAnySlot ? home() : connection_of_slot(*slot);
}

std::vector<ClusterSession::Connection> ClusterSession::all_connections() {
  const std::lock_guard lock(mutex_);
  std::vector<Connection> all;
  for (const auto& [endpoint, connection] : connections_) all.push_back(connection);
  return all;
}

// --- Calls

result<Reply> ClusterSession::call(WordSpan words, const CallOptions& options) {
  if (auto refused = refusal()) return std::unexpected(std::move(*refused));
  if (is_named(words, "watch")) return watch(words, options);
  if (is_named(words, "unwatch")) return unwatch(words, options);
  if (is_named(words, "exec") || is_named(words, "discard")) return end_transaction(words, options);
  if (is_named(words, "multi") && transaction_ == Transaction::none) {
    transaction_ = Transaction::wanted;
    return Reply::simple("OK");
  }
  if (transaction_ != Transaction::none) return call_in_transaction(words, options);
  const bool is_for_all = is_setting(words) || spans_masters(words) || is_named(words, "ping");
  if (is_for_all || (is_named(words, "sunsubscribe") && words.size() == 1))
    return call_everywhere(words, options);
  const bool is_shared = kind_of(words) == CommandKind::ordinary && !simple_slot(words);
  if (!is_shared) {
    auto connection = connection_for(words);
    if (!connection) return std::unexpected(connection.error());
    return call_redirected(*connection, words, options);
  }
  const auto batch = std::make_shared<Batch>();
  batch->commands.push_back(owned(words));
  batch->options = options;
  return std::move(Dispatch::run(router_, batch).front());
}

result<void> ClusterSession::open_all_masters() {
  for (const auto& master : router_->masters()) {
    if (const auto connection = connection_at(master); !connection)
      return std::unexpected(connection.error());
  }
  return {};
}

result<Reply> ClusterSession::call_everywhere(WordSpan words, const CallOptions& options) {
  if (const auto any = home(); !any) return std::unexpected(any.error());
  const bool is_new_span = spans_masters(words);
  if (is_new_span || spans_masters_) {
    if (auto opened = open_all_masters(); !opened) return std::unexpected(opened.error());
  }
  result<Reply> reply;
  for (const auto& connection : all_connections()) {
    reply = connection->call(words, options);
    if (!reply || reply->is_error()) return reply;
  }
  if (!is_setting(words) && !is_new_span) return reply;
  const std::lock_guard lock(mutex_);
  spans_masters_ = spans_masters_ || is_new_span;
  if (is_named(words, "reset")) {
    settings_.clear();
    spans_masters_ = false;
  } else {
    settings_.push_back(owned(words));
  }
  return reply;
}

// A redirection is followed; the topology is asked for anew. `connection` is the last one then.
result<Reply> ClusterSession::call_redirected(Connection& connection, WordSpan words,
                                              const CallOptions& options) {
  bool asks = false;
  for (int i = 0;; ++i) {
    result<Reply> reply;
    if (asks) {
      Batch batch;
      batch.commands = {{"ASKING"}, owned(words)};
      batch.options = options;
      reply = std::move(Client(connection).run_batch(std::move(batch)).back());
    } else {
      reply = connection->call(words, options);
    }
    if (!reply || !reply->is_error() || i == kRedirectionsMax) return reply;
    const auto redirection = redirection_in(reply->text());
    if (!redirection) return reply;
    asks = redirection->is_ask;
    router_->refresh();
    const auto next =
        connection_at(router_->node_at(redirection->endpoint, connection)->endpoint());
    if (!next) return std::unexpected(next.error());
    connection = *next;
  }
}

result<Reply> ClusterSession::watch(WordSpan words, const CallOptions& options) {
  if (transaction_ != Transaction::none) return call_in_transaction(words, options);
  auto connection = connection_for(words);
  if (!connection) return std::unexpected(connection.error());
  auto reply = call_redirected(*connection, words, options);
  if (!reply || reply->is_error()) return reply;
  if (bound_ && bound_ != *connection) {
    return std::unexpected(
        Error{ErrorCode::cross_slot, Outcome::not_done,
              "CROSSSLOT the keys that a session watches must be in one slot of the cluster"});
  }
  bound_ = *connection;
  return reply;
}

result<Reply> ClusterSession::unwatch(WordSpan words, const CallOptions& options) {
  if (transaction_ != Transaction::none) return call_in_transaction(words, options);
  const auto connection = bound_ ? result<Connection>(bound_) : home();
  if (!connection) return std::unexpected(connection.error());
  bound_ = nullptr;
  return (*connection)->call(words, options);
}

result<Reply> ClusterSession::call_in_transaction(WordSpan words, const CallOptions& options) {
  if (transaction_ == Transaction::begun) return bound_->call(words, options);
  if (!bound_) {
    const auto connection = connection_for(words);
    if (!connection) return std::unexpected(connection.error());
    bound_ = *connection;
  }
  const std::string_view multi[] = {"MULTI"};
  auto began = bound_->call(multi, options);
  if (!began || began->is_error()) return began;
  transaction_ = Transaction::begun;
  return bound_->call(words, options);
}

result<Reply> ClusterSession::end_transaction(WordSpan words, const CallOptions& options) {
  const Transaction before = std::exchange(transaction_, Transaction::none);
  const auto connection = bound_ ? result<Connection>(bound_) : home();
  bound_ = nullptr;
  if (!connection) return std::unexpected(connection.error());
  if (before == Transaction::wanted) {
    const std::string_view multi[] = {"MULTI"};
    auto began = (*connection)->call(multi, options);
    if (!began || began->is_error()) return began;
  }
  return (*connection)->call(words, options);
}

// --- Batches

void ClusterSession::submit(Batch batch, BatchDone done) {
  const size_t count = batch.commands.size();
  if (auto refused = refusal())
    return done(BatchResult(count, std::unexpected(std::move(*refused))));
  if (transaction_ != Transaction::none) {
    return done(BatchResult(
        count, std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                     "a batch cannot be part of the session's transaction"})));
  }
  if (!batch.atomic) return submit_spread(std::move(batch), std::move(done));
  const auto slot = common_slot_of(batch.commands);
  if (!slot) return done(BatchResult(count, std::unexpected(slot.error())));
  result<Connection> connection = bound_;
  if (!bound_) connection = *slot == RoutePart::kAnySlot ? home() : connection_of_slot(*slot);
  if (!connection) return done(BatchResult(count, std::unexpected(connection.error())));
  bound_ = nullptr;
  // What a redirection says is as if a watched key had changed: the transaction is to be begun
  // anew.
  (*connection)
      ->submit(std::move(batch), [router = router_, done = std::move(done)](BatchResult outcome) {
        for (auto& one : outcome) {
          if (one || !redirection_in(one.error().message)) continue;
          router->refresh();
          one.error().code = ErrorCode::transaction_aborted;
        }
        done(std::move(outcome));
      });
}

// Each command on the connection of its node; what several nodes share goes by the client's own
// connections.
void ClusterSession::submit_spread(Batch batch, BatchDone done) {
  struct Gathering {
    Batch batch;
    BatchResult outcome;
    BatchDone done;
    std::atomic<size_t> outstanding{1};
    void finish_one() {
      if (outstanding.fetch_sub(1) == 1) done(std::move(outcome));
    }
  };
  const auto gathering = std::make_shared<Gathering>();
  gathering->outcome.resize(batch.commands.size());
  gathering->batch = std::move(batch);
  gathering->done = std::move(done);
  std::map<Connection, std::vector<size_t>> groups;  // null: the client's own
  for (size_t i = 0; i < gathering->batch.commands.size(); ++i) {
    const auto& command = gathering->batch.commands[i];
    const std::vector<std::string_view> words(command.begin(), command.end());
    const auto slot = words.empty() ? std::nullopt : simple_slot(words);
    if (!slot) {
      groups[nullptr].push_back(i);
      continue;
    }
    auto connection = *slot == RoutePart::kAnySlot ? home() : connection_of_slot(*slot);
    if (connection) {
      groups[*connection].push_back(i);
    } else {
      gathering->outcome[i] = std::unexpected(connection.error());
    }
  }
  gathering->outstanding = groups.size() + 1;
  for (const auto& [connection, commands] : groups) {
    const auto take = [gathering, commands](BatchResult outcome) {
      for (size_t i = 0; i < commands.size(); ++i)
        gathering->outcome[commands[i]] = std::move(outcome[i]);
      gathering->finish_one();
    };
    if (connection) {
      std::vector<const std::vector<std::string>*> sent;
      for (const size_t i : commands) sent.push_back(&gathering->batch.commands[i]);
      connection->send(remote::RemoteBackend::sending_of(std::move(sent), gathering->batch.options), take);
    } else {
      const auto shared = std::make_shared<Batch>();
      shared->options = gathering->batch.options;
      for (const size_t i : commands) shared->commands.push_back(gathering->batch.commands[i]);
      Dispatch::start(router_, shared, take);
    }
  }
  gathering->finish_one();
}

void ClusterSession::set_push_handler(PushHandler handler) {
  const std::lock_guard lock(shared_->mutex);
  shared_->handler = std::make_shared<const PushHandler>(std::move(handler));
}

void ClusterSession::close() {
  is_closed_ = true;
  for (const auto& connection : all_connections()) connection->close();
}

}  // namespace redstart
