// Subscriber: messages of channels, patterns and shard channels, each with its handler, over a session that is made
// anew when it is lost.
//
//   auto subscriber = redstart::Subscriber::open(client).value();
//   subscriber.subscribe("news", [](const redstart::Message& message) { print(message.text); });
//   subscriber.psubscribe("user:*:login", handler);
//
// Messages that are published while there is no connection are lost, as always with PUBLISH; `on_gap` says that there
// may have been some. What must not be lost belongs into a stream. On a cluster, shard channels are heard from the node
// that has their slot, and followed when it moves.
//
// Threads: thread-safe. Handlers are called one at a time, on a thread of the client's; they must not wait for the
// client, and may subscribe and publish by submit() or another thread. Ownership: has a session and a thread of its
// own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "redstart/client.h"

namespace redstart {

// Views live as long as the handler's call.
struct Message {
  std::string_view channel;
  std::string_view pattern;  // the one that matched; empty: subscribed by name
  std::string_view text;
};

struct SubscriberOptions {
  // A session that does not answer PING for as long is given up.
  std::chrono::milliseconds heartbeat{5000};
  std::chrono::milliseconds retry_delay_min{20}, retry_delay_max{2000};
  // The session was lost: for what reason. Then: all subscriptions are in force again.
  std::function<void(std::string_view reason)> on_gap = {};
  std::function<void()> on_restored = {};
};

class Subscriber {
 public:
  using Handler = std::function<void(const Message&)>;  // an exception from it ends the process

  // Errors: those of the connection.
  static result<Subscriber> open(Client client, SubscriberOptions options = {});
  Subscriber(Subscriber&&) noexcept;
  Subscriber& operator=(Subscriber&&) noexcept;
  ~Subscriber();

  // SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE. In force when it returns; another handler of the same name is replaced. Errors:
  // the store's (no_auth); connection_lost and the like: then the subscription is made with the next session.
  result<void> subscribe(std::string_view channel, Handler handler);
  result<void> psubscribe(std::string_view pattern, Handler handler);
  result<void> ssubscribe(std::string_view channel, Handler handler);
  // UNSUBSCRIBE, PUNSUBSCRIBE, SUNSUBSCRIBE. The handler may be in a last call when it returns.
  result<void> unsubscribe(std::string_view channel);
  result<void> punsubscribe(std::string_view pattern);
  result<void> sunsubscribe(std::string_view channel);

 private:
  class State;
  explicit Subscriber(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace redstart
