// ClusterSession: a session of a cluster's client: one connection to each node that it comes to
// need.
//
//   keys' slot --> the connection to that node        SUBSCRIBE, commands without keys --> the home
//   node's WATCH, MULTI, EXEC --> the node of the transaction's slot: MULTI waits for the first
//   command that names it CLIENT TRACKING, CLIENT SETNAME, ... --> every connection, those that are
//   opened later included PING --> every connection CLIENT TRACKING ... BCAST, SUBSCRIBE __key...
//   --> every master: each tells only of its own keys. Masters that come
//       later are found by the next PING.
//
// A session ends as a whole with the first of its connections that is lost, and says so by one push
// of "connection_lost": what it had on that node (watched keys, subscriptions, tracked keys) is
// gone. A PING that finds a node to be a replica, or cut off from the cluster, ends it as well:
// such a node does not tell of what changes.
//
// Threads: thread-safe; the state of a transaction is the caller's, as in any session. Ownership:
// owns its connections.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/cluster/cluster_router.h"

namespace redstart {

class ClusterSession final : public Backend {
 public:
  explicit ClusterSession(std::shared_ptr<ClusterRouter> router);
  ~ClusterSession() override;

  result<Reply> call(WordSpan words, const CallOptions& options) override;
  void submit(Batch batch, BatchDone done) override;
  result<std::unique_ptr<Backend>> dedicated() override { return router_->dedicated(); }
  void set_push_handler(PushHandler handler) override;
  void close() override;

 private:
  using Connection = std::shared_ptr<remote::RemoteBackend>;
  enum class Transaction : unsigned char { none, wanted, begun };
  // What the connections' push handlers share with the session, which may end before them.
  struct Shared {
    std::mutex mutex;  // guards what follows
    std::shared_ptr<const PushHandler> handler;
    bool is_lost = false;
  };

  result<Connection> connection_at(const remote::Endpoint& endpoint);
  result<Connection> connection_of_slot(int slot);
  result<Connection> home();
  result<Connection> connection_for(WordSpan words);
  result<void> repeat_settings(remote::RemoteBackend& connection);
  std::vector<Connection> all_connections();
  result<void> open_all_masters();
  result<Reply> call_everywhere(WordSpan words, const CallOptions& options);
  result<Reply> call_in_transaction(WordSpan words, const CallOptions& options);
  result<Reply> end_transaction(WordSpan words, const CallOptions& options);
  result<Reply> watch(WordSpan words, const CallOptions& options);
  result<Reply> unwatch(WordSpan words, const CallOptions& options);
  result<Reply> call_redirected(Connection& connection, WordSpan words, const CallOptions& options);
  void submit_spread(Batch batch, BatchDone done);
  std::optional<Error> refusal() const;

  const std::shared_ptr<ClusterRouter> router_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::atomic<bool> is_closed_{false};
  mutable std::mutex mutex_;                       // guards what follows
  std::map<std::string, Connection> connections_;  // by endpoints
  std::string home_;
  std::vector<std::vector<std::string>> settings_;  // what was said to every connection
  bool spans_masters_ = false;
  Transaction transaction_ = Transaction::none;
  Connection bound_;  // where keys are watched, or the transaction has begun
};

}  // namespace redstart
