// Subscriber: a session, what is subscribed to, and a thread that makes the session anew.
#include "redstart/subscriber.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace redstart {
namespace {

enum class Kind : unsigned char { channel, pattern, shard };
struct KindNames {
  std::string_view subscribe, unsubscribe, message;
};
constexpr std::array<KindNames, 3> kNames = {{{"SUBSCRIBE", "UNSUBSCRIBE", "message"},
                                              {"PSUBSCRIBE", "PUNSUBSCRIBE", "pmessage"},
                                              {"SSUBSCRIBE", "SUNSUBSCRIBE", "smessage"}}};
const KindNames& names_of(Kind kind) { return kNames[static_cast<size_t>(kind)]; }

bool is_transport_failure(const Error& error) {
  return error.code == ErrorCode::connection_lost || error.code == ErrorCode::connection_refused ||
         error.code == ErrorCode::timed_out || error.code == ErrorCode::cluster_down ||
         error.code == ErrorCode::closed || error.prefix() == "MOVED";
}

}  // namespace

class Subscriber::State : public std::enable_shared_from_this<Subscriber::State> {
 public:
  State(Client client, SubscriberOptions options)
      : client_(std::move(client)), options_(std::move(options)) {}

  result<void> start() {
    if (auto opened = open_session(); !opened) return opened;
    keeper_ = std::thread([this] { keep(); });
    return {};
  }
  void stop() {
    std::optional<Client> session;
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
      session = std::exchange(session_, std::nullopt);
      handlers_.clear();
    }
    changed_.notify_all();
    if (session) end(*session);
    if (!keeper_.joinable()) return;
    if (keeper_.get_id() == std::this_thread::get_id()) {
      keeper_.detach();
    } else {
      keeper_.join();
    }
  }

  result<void> add(Kind kind, std::string_view name, Handler handler) {
    std::optional<Client> session;
    {
      const std::lock_guard lock(mutex_);
      handlers_[{kind, std::string(name)}] = std::make_shared<const Handler>(std::move(handler));
      session = session_;
    }
    if (!session)
      return std::unexpected(
          Error{ErrorCode::connection_lost, Outcome::not_done, "there is no session now"});
    const auto reply = session->call({names_of(kind).subscribe, name});
    if (reply) return {};
    if (!is_transport_failure(reply.error())) {
      const std::lock_guard lock(mutex_);
      handlers_.erase({kind, std::string(name)});
    }
    return std::unexpected(reply.error());
  }

  result<void> remove(Kind kind, std::string_view name) {
    std::optional<Client> session;
    {
      const std::lock_guard lock(mutex_);
      handlers_.erase({kind, std::string(name)});
      session = session_;
    }
    if (!session) return {};
    const auto reply = session->call({names_of(kind).unsubscribe, name});
    if (!reply && !is_transport_failure(reply.error())) return std::unexpected(reply.error());
    return {};
  }

 private:
  using Key = std::pair<Kind, std::string>;

  static void end(Client& session) {
    session.on_push({});
    session.close();
  }

  result<void> open_session() {
    auto session = client_.dedicated();
    if (!session) return std::unexpected(std::move(session.error()));
    uint64_t number;
    std::vector<Key> wanted;
    {
      const std::lock_guard lock(mutex_);
      number = ++number_;
      is_lost_ = false;
      for (const auto& [key, handler] : handlers_) wanted.push_back(key);
    }
    session->on_push([weak = weak_from_this(), number](const Reply& push) {
      if (const auto self = weak.lock()) self->on_push(push, number);
    });
    for (const auto& [kind, name] : wanted) {
      const auto reply = session->call({names_of(kind).subscribe, name});
      if (reply || !is_transport_failure(reply.error())) continue;
      end(*session);
      return std::unexpected(reply.error());
    }
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || is_lost_) {
      end(*session);
      return std::unexpected(
          Error{ErrorCode::connection_lost, Outcome::not_done, "the session was lost again"});
    }
    session_ = std::move(*session);
    // What was subscribed to meanwhile.
    for (const auto& [key, handler] : handlers_) {
      if (std::ranges::find(wanted, key) == wanted.end()) again_.push_back(key);
    }
    return {};
  }

  void on_push(const Reply& push, uint64_t number) {
    if (push.size() < 2) return;
    const std::string& kind = push[0].text();
    if (kind == "connection_lost") return lose(number, push[1].text());
    if (kind == "message" && push.size() == 3)
      return deliver({Kind::channel, push[1].text()}, {push[1].text(), {}, push[2].text()});
    if (kind == "smessage" && push.size() == 3)
      return deliver({Kind::shard, push[1].text()}, {push[1].text(), {}, push[2].text()});
    if (kind == "pmessage" && push.size() == 4) {
      return deliver({Kind::pattern, push[1].text()},
                     {push[2].text(), push[1].text(), push[3].text()});
    }
    if (kind != "sunsubscribe") return;
    // Nobody has asked for it: the slot has gone to another node.
    const std::lock_guard lock(mutex_);
    if (!handlers_.contains({Kind::shard, push[1].text()})) return;
    again_.push_back({Kind::shard, push[1].text()});
    changed_.notify_all();
  }

  void deliver(const Key& key, const Message& message) {
    std::shared_ptr<const Handler> handler;
    {
      const std::lock_guard lock(mutex_);
      const auto found = handlers_.find(key);
      if (found == handlers_.end()) return;
      handler = found->second;
    }
    if (*handler) (*handler)(message);
  }

  void lose(uint64_t number, const std::string& reason) {
    std::optional<Client> session;
    {
      const std::lock_guard lock(mutex_);
      if (number != number_) return;
      is_lost_ = true;
      if (!session_) return;
      session = std::exchange(session_, std::nullopt);
      again_.clear();
    }
    changed_.notify_all();
    if (options_.on_gap) options_.on_gap(reason);
  }

  void keep() {
    auto delay = options_.retry_delay_min;
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
      if (!session_) {
        lock.unlock();
        const bool is_open = open_session().has_value();
        if (is_open && options_.on_restored) options_.on_restored();
        lock.lock();
        if (is_open) {
          delay = options_.retry_delay_min;
        } else {
          changed_.wait_for(lock, delay, [&] { return is_stopping_; });
          delay = std::min(options_.retry_delay_max, delay * 2);
        }
        continue;
      }
      if (again_.empty())
        changed_.wait_for(lock, options_.heartbeat,
                          [&] { return is_stopping_ || !session_ || !again_.empty(); });
      if (is_stopping_ || !session_) continue;
      Client session = *session_;
      const uint64_t number = number_;
      const auto again = std::exchange(again_, {});
      lock.unlock();
      look_after(session, number, again);
      lock.lock();
    }
  }

  void look_after(Client& session, uint64_t number, const std::vector<Key>& again) {
    for (const auto& [kind, name] : again) {
      const auto reply = session.call({names_of(kind).subscribe, name});
      if (reply || !is_transport_failure(reply.error())) continue;
      lose(number, reply.error().message);
      return end(session);
    }
    const std::string_view ping[] = {"PING"};
    const auto answered = session.call(ping, {.timeout = options_.heartbeat});
    if (answered) return;
    lose(number, answered.error().message);
    end(session);
  }

  Client client_;
  const SubscriberOptions options_;
  std::thread keeper_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<Key, std::shared_ptr<const Handler>> handlers_;
  std::vector<Key> again_;  // to be subscribed to anew, over the same session
  std::optional<Client> session_;
  uint64_t number_ = 0;  // of the session
  bool is_lost_ = false;
  bool is_stopping_ = false;
};

result<Subscriber> Subscriber::open(Client client, SubscriberOptions options) {
  if (options.heartbeat.count() <= 0) {
    return std::unexpected(
        Error{ErrorCode::invalid_argument, Outcome::not_done, "a heartbeat takes time"});
  }
  auto state = std::make_shared<State>(std::move(client), std::move(options));
  if (auto started = state->start(); !started) return std::unexpected(std::move(started.error()));
  return Subscriber(std::move(state));
}

Subscriber::Subscriber(std::shared_ptr<State> state) : state_(std::move(state)) {}
Subscriber::Subscriber(Subscriber&&) noexcept = default;
Subscriber& Subscriber::operator=(Subscriber&& other) noexcept {
  if (state_ && state_ != other.state_) state_->stop();
  state_ = std::move(other.state_);
  return *this;
}
Subscriber::~Subscriber() {
  if (state_) state_->stop();
}

result<void> Subscriber::subscribe(std::string_view channel, Handler handler) {
  return state_->add(Kind::channel, channel, std::move(handler));
}
result<void> Subscriber::psubscribe(std::string_view pattern, Handler handler) {
  return state_->add(Kind::pattern, pattern, std::move(handler));
}
result<void> Subscriber::ssubscribe(std::string_view channel, Handler handler) {
  return state_->add(Kind::shard, channel, std::move(handler));
}
result<void> Subscriber::unsubscribe(std::string_view channel) {
  return state_->remove(Kind::channel, channel);
}
result<void> Subscriber::punsubscribe(std::string_view pattern) {
  return state_->remove(Kind::pattern, pattern);
}
result<void> Subscriber::sunsubscribe(std::string_view channel) {
  return state_->remove(Kind::shard, channel);
}

}  // namespace redstart
