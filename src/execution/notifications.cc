#include "execution/notifications.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "execution/config.h"
#include "execution/config_values.h"
#include "execution/pubsub.h"

namespace redstart {
namespace {

uint32_t flag_of(EventClass event_class) {
  switch (event_class) {
    case EventClass::generic: return kNotifyGeneric;
    case EventClass::string: return kNotifyString;
    case EventClass::list: return kNotifyList;
    case EventClass::set: return kNotifySet;
    case EventClass::hash: return kNotifyHash;
    case EventClass::zset: return kNotifyZset;
    case EventClass::stream: return kNotifyStream;
    case EventClass::expired: return kNotifyExpired;
    case EventClass::evicted: return kNotifyEvicted;
    case EventClass::new_key: return kNotifyNewKey;
    case EventClass::key_miss: return kNotifyKeyMiss;
  }
  return 0;
}

std::string channel_name(std::string_view kind, int db, std::string_view name) {
  std::string channel = "__";
  channel.append(kind).append("@").append(std::to_string(db)).append("__:").append(name);
  return channel;
}

// Changes that are no events in Redis: an estimate that is kept in its value, what consumer groups deliver.
constexpr std::string_view kUntold[] = {"pfcount", "xack", "xautoclaim", "xclaim", "xreadgroup"};

bool is_told(std::string_view event) { return std::ranges::find(kUntold, event) == std::end(kUntold); }

}  // namespace

bool Notifications::is_on() const { return config_.notify_events() != 0; }

void Notifications::tell(const KeyEvent& event) {
  const uint32_t wanted = config_.notify_events();
  if ((wanted & flag_of(event.event_class)) == 0 || !is_told(event.event)) return;
  if (wanted & kNotifyKeyspace) {
    pubsub_.publish(channel_name("keyspace", event.db, event.key), event.event);
  }
  if (wanted & kNotifyKeyevent) {
    pubsub_.publish(channel_name("keyevent", event.db, event.event), event.key);
  }
}

}  // namespace redstart
