// Connection: to whom what comes belongs.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "client/remote/connection.h"

namespace redstart::remote {
namespace {

// The subscription command that a push confirms or that a caller sent, by its lower-case name.
struct SubscriptionName {
  std::string_view name;
  size_t kind;
  bool is_leaving;
};
constexpr SubscriptionName kSubscriptionNames[] = {
    {"subscribe", 0, false},  {"psubscribe", 1, false},  {"ssubscribe", 2, false},
    {"unsubscribe", 0, true}, {"punsubscribe", 1, true}, {"sunsubscribe", 2, true},
};

const SubscriptionName* subscription_named(std::string_view name) {
  for (const auto& known : kSubscriptionNames) {
    if (equal_ignoring_case(known.name, name)) return &known;
  }
  return nullptr;
}

}  // namespace

void Connection::accept(Lock& lock, Reply reply) {
  if (state_ == State::greeting) return take_greeting(lock, std::move(reply));
  if (is_out_of_turn(reply)) return take_push(std::move(reply));
  if (sent_.empty()) {
    return lose(lock, Error{ErrorCode::protocol, Outcome::unknown,
                            "the server answered what nobody asked: " + to_string(reply)});
  }
  const RequestPointer request = sent_.front();
  if (!request->session_commands.empty() && !reply.is_error()) {
    const auto found = request->session_commands.find(request->answered);
    if (found != request->session_commands.end()) note_session_command(found->second);
  }
  ++request->answered;
  if (reply.is_error() && !loading_) loading_ = loading_error(reply);
  if (!request->is_finished) {
    if (request->replies.empty()) request->replies.reserve(request->replies_expected);
    request->replies.push_back(std::move(reply));
  }
  pop_answered(request);
}

void Connection::pop_answered(const RequestPointer& request) {
  request->confirmations_missing = 0;
  if (request->answered < request->replies_expected) return;
  sent_.pop_front();
  budget_->give_back(request->commands);
  if (!request->is_finished) finish(request);
}

// In RESP2, messages are arrays, and a connection with subscriptions has few other replies.
bool Connection::is_out_of_turn(const Reply& reply) const {
  if (reply.type() == Reply::Type::push) return true;
  if (is_monitoring_ && reply.type() == Reply::Type::simple) {
    return !reply.text().empty() && reply.text()[0] >= '0' && reply.text()[0] <= '9';
  }
  if (protocol_ == 3 || reply.type() != Reply::Type::array || reply.size() < 3) return false;
  if (!is_session_) return false;
  const std::string& kind = reply[0].text();
  return kind == "message" || kind == "pmessage" || kind == "smessage" || subscription_named(kind);
}

void Connection::take_push(Reply reply) {
  if (!sent_.empty() && confirms_subscription(reply)) {
    const RequestPointer request = sent_.front();
    if (--request->confirmations_missing > 0) return;
    ++request->answered;
    if (!request->is_finished) request->replies.push_back(std::move(reply));
    return pop_answered(request);
  }
  deliver(std::move(reply));
}

// Whether the push answers a (P|S)(UN)SUBSCRIBE that waits; there is one per channel.
bool Connection::confirms_subscription(const Reply& push) {
  if (push.size() < 3) return false;
  const SubscriptionName* const said = subscription_named(push[0].text());
  if (!said) return false;
  auto& subscribed = subscriptions_[said->kind];
  Request& request = *sent_.front();
  const auto found = request.session_commands.find(request.answered);
  const bool awaited =
      found != request.session_commands.end() && equal_ignoring_case(found->second[0], said->name);
  if (awaited && request.confirmations_missing == 0) {
    const size_t channels = found->second.size() - 1;
    request.confirmations_missing =
        channels > 0 ? channels : std::max<size_t>(1, subscribed.size());
  }
  if (said->is_leaving) {
    subscribed.erase(push[1].text());
  } else {
    subscribed.insert(push[1].text());
  }
  return awaited;
}

void Connection::note_session_command(const std::vector<std::string>& words) {
  if (equal_ignoring_case(words[0], "monitor")) is_monitoring_ = true;
  if (equal_ignoring_case(words[0], "hello") && words.size() > 1)
    protocol_ = words[1] == "2" ? 2 : 3;
  if (!equal_ignoring_case(words[0], "reset")) return;
  is_monitoring_ = false;
  protocol_ = 2;
  for (auto& subscribed : subscriptions_) subscribed.clear();
}

void Connection::deliver(Reply push) {
  if (!push_handler_ || !*push_handler_) return;
  io_->post([weak = weak_from_this(), push = std::move(push)] {
    if (const auto connection = weak.lock()) connection->hand_over(push);
  });
}

// Whoever has taken the handler away meanwhile, or closed the connection, need not reckon with it any more.
void Connection::hand_over(const Reply& push) {
  std::shared_ptr<const PushHandler> handler;
  {
    const Lock lock(*this);
    handler = push_handler_;
  }
  if (handler && *handler) (*handler)(push);
}

}  // namespace redstart::remote
