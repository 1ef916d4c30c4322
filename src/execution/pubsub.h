// PubSub: who listens to which channel, and the delivery of messages to them.
//
// Channels are spread over parts with a lock each, so that publishers of different channels do not meet.
// A message is delivered under its part's lock: all subscribers of a channel see its messages in one
// order. What a session listens to is kept twice, here and in the session's own sets, which only its
// owner touches.
//
// Threads: thread-safe; subscribe, unsubscribe and detach by the session's owner. Lock order: a part, then
// whatever Session::on_push takes. Ownership: borrows the sessions, which detach before they go.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "redstart/reply.h"

namespace redstart {

class Session;

class PubSub {
 public:
  enum class Kind : uint8_t { channel, pattern, shard_channel };

  // Each returns false when nothing changed: subscribed already, or not subscribed.
  bool subscribe(Session& session, Kind kind, std::string_view name);
  bool unsubscribe(Session& session, Kind kind, std::string_view name);
  // Ends every subscription of a session.
  void detach(Session& session);

  // Delivers to the channel's subscribers and to those of matching patterns; returns how many sessions
  // received it (one that matches twice counts twice). Cost: O(receivers + patterns).
  size_t publish(std::string_view channel, std::string_view message);
  size_t publish_to_shard(std::string_view channel, std::string_view message);

  // Calls `visit` with every subscription. It must not subscribe or unsubscribe.
  void for_each(const std::function<void(Kind, std::string_view name, Session&)>& visit) const;

  // Channels with a subscriber that match the pattern.
  std::vector<std::string> channels(Kind kind, std::string_view pattern) const;
  size_t subscriber_count(Kind kind, std::string_view channel) const;
  // Distinct patterns.
  size_t pattern_count() const { return pattern_count_.load(std::memory_order_relaxed); }
  size_t channel_count(Kind kind) const;

 private:
  static constexpr size_t kParts = 64;

  struct StringHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return hash_bytes(text); }
  };
  using Subscribers =
      std::unordered_map<std::string, std::vector<Session*>, StringHash, std::equal_to<>>;
  struct alignas(64) Part {
    mutable std::mutex mutex;
    Subscribers channels;
  };
  using Parts = std::array<Part, kParts>;

  Parts& parts_of(Kind kind) { return kind == Kind::channel ? channels_ : shard_channels_; }
  const Parts& parts_of(Kind kind) const {
    return kind == Kind::channel ? channels_ : shard_channels_;
  }
  static Part& part_of(Parts& parts, std::string_view name) {
    return parts[hash_bytes(name) % kParts];
  }
  static const Part& part_of(const Parts& parts, std::string_view name) {
    return parts[hash_bytes(name) % kParts];
  }
  void add(Session& session, Kind kind, std::string_view name);
  void remove(Session& session, Kind kind, std::string_view name);
  size_t deliver(Parts& parts, std::string_view kind, std::string_view channel,
                 std::string_view message);
  size_t deliver_to_patterns(std::string_view channel, std::string_view message);

  Parts channels_;
  Parts shard_channels_;
  mutable std::shared_mutex patterns_mutex_;  // guards patterns_
  Subscribers patterns_;
  std::atomic<size_t> pattern_count_{0};
};

}  // namespace redstart
