// Notifications: keyspace notifications: what happens to keys, published on channels named after the key
// (__keyspace@0__:key) and after the event (__keyevent@0__:del), as `notify-keyspace-events` asks for.
//
// Threads: thread-safe. Events of a key are told with its shard locked, so that subscribers see them in the
// order of the changes. Lock order: a shard, then a part of PubSub.
#pragma once

#include "engine/access.h"

namespace redstart {

class Config;
class PubSub;

class Notifications {
 public:
  Notifications(const Config& config, PubSub& pubsub) : config_(config), pubsub_(pubsub) {}

  // Whether anything is to be told at all.
  bool is_on() const;
  void tell(const KeyEvent& event);

 private:
  const Config& config_;
  PubSub& pubsub_;
};

}  // namespace redstart
