#include "patterns/cache/change_listener.h"

#include <algorithm>
#include <memory>

namespace redstart {

// Whom the messages of one session reach: some may still be on their way when it is closed.
struct ChangeListener::Recipient {
  std::mutex mutex;  // held while a message is taken
  ChangeListener* listener;
};

ChangeListener::ChangeListener(Client client, const CacheOptions& options, std::string channel, std::string sender,
                               LocalLevel& level)
    : client_(std::move(client)),
      options_(options),
      channel_(std::move(channel)),
      sender_(std::move(sender)),
      level_(level),
      thread_([this] { listen(); }) {}

ChangeListener::~ChangeListener() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void ChangeListener::listen() {
  while (true) {
    if (auto session = client_.dedicated()) {
      const auto recipient = std::make_shared<Recipient>();
      recipient->listener = this;
      session->on_push([recipient](const Reply& push) {
        const std::lock_guard lock(recipient->mutex);
        if (recipient->listener) recipient->listener->on_push(push);
      });
      {
        const std::lock_guard lock(mutex_);
        lost_ = false;
      }
      if (subscribe(*session)) watch(*session);
      lose();
      session->close();
      const std::lock_guard lock(recipient->mutex);
      recipient->listener = nullptr;
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, options_.local.heartbeat, [&] { return stopping_; });
    if (stopping_) return;
  }
}

result<void> ChangeListener::subscribe(Client& session) {
  if (options_.local.coherence == Coherence::tracking) {
    // Each server of a cluster tells of its own keys only.
    const auto info = session.info("cluster");
    if (!info || info->find("cluster_enabled:1") != std::string::npos) {
      return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, "tracking is for one server"});
    }
  }
  const auto reply = options_.local.coherence == Coherence::publish
                         ? session.call({"SUBSCRIBE", channel_})
                         : session.call({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", options_.prefix + ":"});
  if (!reply) return std::unexpected(reply.error());
  const std::lock_guard lock(mutex_);
  if (!lost_) level_.open();
  changed_.notify_all();
  return {};
}

// Until the connection is lost, or does not answer.
void ChangeListener::watch(Client& session) {
  const auto heartbeat = std::max(options_.local.heartbeat, std::chrono::milliseconds(10));
  const std::string_view ping[] = {"PING"};
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, heartbeat, [&] { return stopping_ || lost_; });
      if (stopping_ || lost_) return;
    }
    if (!session.call(ping, {.timeout = heartbeat})) return;
  }
}

void ChangeListener::lose() {
  const std::lock_guard lock(mutex_);
  if (level_.is_open()) ++resets_;
  level_.close();
  lost_ = true;
  changed_.notify_all();
}

void ChangeListener::on_push(const Reply& push) {
  if (push.size() == 0) return;
  const std::string& kind = push[0].text();
  if (kind == "message" && push.size() == 3) {
    const std::string_view text = push[2].text();
    if (!text.starts_with(sender_)) level_.erase(std::string(text.substr(text.find(':') + 1)));
  } else if (kind == "invalidate" && push.size() == 2) {
    if (push[1].is_null()) {  // everything: the database was flushed
      const std::lock_guard lock(mutex_);
      level_.close();
      if (!lost_) level_.open();
    }
    for (const Reply& key : push[1].elements()) level_.erase(key.text());
  } else if (kind == "connection_lost") {
    lose();
  }
}

bool ChangeListener::wait_until_open(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return level_.is_open(); });
}

}  // namespace redstart
