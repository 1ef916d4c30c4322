// Router: knows which server is to run a command now. A Dispatch asks it, and tells it what went
// wrong.
//
//   SingleRouter    the one server of a redis:// URL
//   SentinelRouter  the master that sentinels name, its replicas
//   ClusterRouter   the nodes of a cluster, by slots
//
// Threads: thread-safe; nothing here waits for a network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/remote/remote_backend.h"
#include "client/routing/retry.h"
#include "redstart/client.h"

namespace redstart {

// A part of a command: what one server gets of it.
struct RoutePart {
  static constexpr int kAnySlot = -1;
  std::vector<std::string> words;  // empty: those of the whole command
  int slot = kAnySlot;
  bool needs_master = false;  // even if it only reads
  // A certain server, whatever its slots.
  std::shared_ptr<remote::RemoteBackend> node = {};
  // Where the keys of this part stand among those of the whole command.
  std::vector<uint32_t> key_numbers = {};
};

// How one reply is made of those of the parts.
enum class Gather : unsigned char {
  only,   // there is one part
  first,  // the first error, or else the first reply
  sum,
  minimum,
  all_true,  // of each element of arrays
  one_succeeds,
  concatenate,  // arrays
  by_key,       // an array with one element per key, put in the order of the keys
  any_found,    // one that is not null
};

struct Route {
  std::vector<RoutePart> parts;
  Gather gather = Gather::only;
  // What is said of the reply to the user (a SCAN's cursor gets its node); null: the reply as it
  // is.
  std::function<result<Reply>(result<Reply>)> finish = {};
};

class Router {
 public:
  using Node = std::shared_ptr<remote::RemoteBackend>;

  virtual ~Router() = default;
  virtual const OpenOptions& options() const = 0;
  virtual remote::IoThread& io() const = 0;

  // The server for all commands, if there is only one.
  virtual Node only_node() const { return nullptr; }
  // The server for this command, if it is one server's and needs no more thought.
  virtual Node direct(WordSpan words) const = 0;
  // What to do with a command. Errors: cross_slot.
  virtual result<Route> route(WordSpan words) const = 0;
  // The slot of a transaction, of whose commands `slot` are the slots. Errors: cross_slot.
  virtual result<int> common_slot(const std::vector<std::vector<std::string>>& commands) const = 0;
  // The server that has the slot now; null when that is not known at the moment. `reads`: a replica
  // will do. `retry`: how often this command has been tried in vain, so that another replica gets
  // its turn.
  virtual Node node_of(int slot, bool reads, size_t retry) const = 0;
  // The server at an address that a redirection names, as seen from `from`.
  virtual Node node_at(const remote::Endpoint& endpoint, const Node& from) = 0;

  // Something does not fit any more: find out anew how things are, soon. Returns at once.
  virtual void refresh() = 0;
  // Whether another server may have the command's place when `node` is lost.
  virtual bool survives_loss() const = 0;
  // A server that takes no writes any more; whether trying again makes sense.
  virtual bool replaces_read_only(const Node& node) = 0;
  // Why there is no server for a command.
  virtual Error no_node_error() const = 0;

  virtual void set_push_handler(std::shared_ptr<const PushHandler> handler) = 0;
  virtual result<std::unique_ptr<Backend>> dedicated() = 0;
  // Another number whenever sessions of before lead to a server that is not the one to ask any more, though it may well
  // answer. A cluster's sessions ask the topology themselves.
  virtual uint64_t session_epoch() const { return 0; }
  virtual bool is_closed() const = 0;
  virtual void close() = 0;
};

}  // namespace redstart
