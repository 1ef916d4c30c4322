#include "execution/pubsub.h"

#include <algorithm>

#include "base/glob.h"
#include "execution/session.h"

namespace redstart {
namespace {

std::set<std::string, std::less<>>& names_of(Session& session, PubSub::Kind kind) {
  switch (kind) {
    case PubSub::Kind::channel:
      return session.channels;
    case PubSub::Kind::pattern:
      return session.patterns;
    case PubSub::Kind::shard_channel:
      break;
  }
  return session.shard_channels;
}

std::atomic<int>& shown_count(Session& session, PubSub::Kind kind) {
  switch (kind) {
    case PubSub::Kind::channel:
      return session.shown_subscriptions;
    case PubSub::Kind::pattern:
      return session.shown_pattern_subscriptions;
    case PubSub::Kind::shard_channel:
      break;
  }
  return session.shown_shard_subscriptions;
}

std::shared_ptr<const Reply> message_of(std::initializer_list<std::string_view> words) {
  std::vector<Reply> elements;
  elements.reserve(words.size());
  for (const std::string_view word : words) elements.push_back(Reply::bulk(std::string(word)));
  return std::make_shared<const Reply>(Reply::aggregate(Reply::Type::push, std::move(elements)));
}

}  // namespace

bool PubSub::subscribe(Session& session, Kind kind, std::string_view name) {
  auto& names = names_of(session, kind);
  if (!names.emplace(name).second) return false;
  shown_count(session, kind).store(static_cast<int>(names.size()), std::memory_order_relaxed);
  add(session, kind, name);
  return true;
}

bool PubSub::unsubscribe(Session& session, Kind kind, std::string_view name) {
  auto& names = names_of(session, kind);
  const auto found = names.find(name);
  if (found == names.end()) return false;
  remove(session, kind, name);
  names.erase(found);
  shown_count(session, kind).store(static_cast<int>(names.size()), std::memory_order_relaxed);
  return true;
}

void PubSub::detach(Session& session) {
  for (const Kind kind : {Kind::channel, Kind::pattern, Kind::shard_channel}) {
    auto& names = names_of(session, kind);
    for (const std::string& name : names) remove(session, kind, name);
    names.clear();
    shown_count(session, kind).store(0, std::memory_order_relaxed);
  }
}

void PubSub::add(Session& session, Kind kind, std::string_view name) {
  if (kind == Kind::pattern) {
    const std::unique_lock lock(patterns_mutex_);
    patterns_[std::string(name)].push_back(&session);
    pattern_count_.store(patterns_.size(), std::memory_order_relaxed);
    return;
  }
  Part& part = part_of(parts_of(kind), name);
  const std::lock_guard lock(part.mutex);
  part.channels[std::string(name)].push_back(&session);
}

void PubSub::remove(Session& session, Kind kind, std::string_view name) {
  const auto remove_from = [&](Subscribers& subscribers) {
    const auto found = subscribers.find(name);
    std::erase(found->second, &session);
    if (found->second.empty()) subscribers.erase(found);
  };
  if (kind == Kind::pattern) {
    const std::unique_lock lock(patterns_mutex_);
    remove_from(patterns_);
    pattern_count_.store(patterns_.size(), std::memory_order_relaxed);
    return;
  }
  Part& part = part_of(parts_of(kind), name);
  const std::lock_guard lock(part.mutex);
  remove_from(part.channels);
}

size_t PubSub::deliver(Parts& parts, std::string_view kind, std::string_view channel,
                       std::string_view message) {
  Part& part = part_of(parts, channel);
  const std::lock_guard lock(part.mutex);
  const auto found = part.channels.find(channel);
  if (found == part.channels.end()) return 0;
  const auto push = message_of({kind, channel, message});
  for (Session* session : found->second) session->on_push(push);
  return found->second.size();
}

size_t PubSub::deliver_to_patterns(std::string_view channel, std::string_view message) {
  size_t receivers = 0;
  const std::shared_lock lock(patterns_mutex_);
  for (const auto& [pattern, sessions] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    const auto push = message_of({"pmessage", pattern, channel, message});
    for (Session* session : sessions) session->on_push(push);
    receivers += sessions.size();
  }
  return receivers;
}

size_t PubSub::publish(std::string_view channel, std::string_view message) {
  const size_t receivers = deliver(channels_, "message", channel, message);
  if (pattern_count() == 0) return receivers;
  return receivers + deliver_to_patterns(channel, message);
}

size_t PubSub::publish_to_shard(std::string_view channel, std::string_view message) {
  return deliver(shard_channels_, "smessage", channel, message);
}

void PubSub::for_each(
    const std::function<void(Kind, std::string_view, Session&)>& visit) const {
  const auto visit_all = [&](Kind kind, const Subscribers& subscribers) {
    for (const auto& [name, sessions] : subscribers) {
      for (Session* session : sessions) visit(kind, name, *session);
    }
  };
  for (const Kind kind : {Kind::channel, Kind::shard_channel}) {
    for (const Part& part : parts_of(kind)) {
      const std::lock_guard lock(part.mutex);
      visit_all(kind, part.channels);
    }
  }
  const std::shared_lock lock(patterns_mutex_);
  visit_all(Kind::pattern, patterns_);
}

std::vector<std::string> PubSub::channels(Kind kind, std::string_view pattern) const {
  std::vector<std::string> result;
  for (const Part& part : parts_of(kind)) {
    const std::lock_guard lock(part.mutex);
    for (const auto& [name, sessions] : part.channels) {
      if (glob_match(pattern, name)) result.push_back(name);
    }
  }
  return result;
}

size_t PubSub::subscriber_count(Kind kind, std::string_view channel) const {
  const Part& part = part_of(parts_of(kind), channel);
  const std::lock_guard lock(part.mutex);
  const auto found = part.channels.find(channel);
  return found == part.channels.end() ? 0 : found->second.size();
}

size_t PubSub::channel_count(Kind kind) const {
  size_t result = 0;
  for (const Part& part : parts_of(kind)) {
    const std::lock_guard lock(part.mutex);
    result += part.channels.size();
  }
  return result;
}

}  // namespace redstart
