#include "tests/differential/events.h"

#include <algorithm>

namespace redstart::oracle {
namespace {

constexpr const char* kEveryClass = "KEAmn";
constexpr const char* kMarkChannel = "differential:mark";
constexpr size_t kShownBefore = 6;

// A key that is due goes when a server meets it, which WATCH, EXEC and SCAN may do at other moments.
bool is_expiry(const std::string& channel, const std::string& payload) {
  return payload == "expired" || channel.ends_with("__:expired");
}

bool is_miss(const std::string& event) { return event.find("keymiss") != std::string::npos; }

}  // namespace

// SORT looks for the keys of its patterns in the order of the elements, which for a set is any.
void EventListener::sort_misses(Events& events) {
  for (auto at = events.begin(); at != events.end();) {
    const auto end = std::find_if_not(at, events.end(), [](const Event& event) { return is_miss(event.text); });
    std::ranges::sort(at, end, {}, &Event::text);
    at = end == events.end() ? end : std::next(end);
  }
}

std::string EventListener::shown(const Events& events, size_t at) {
  std::string text;
  for (size_t i = at < kShownBefore ? 0 : at - kShownBefore; i <= at; ++i) {
    if (!text.empty()) text += ' ';
    text += i < events.size() ? events[i].text : "(nothing)";
    if (i >= events.size()) break;
  }
  return text;
}

EventListener::EventListener(const Servers& servers, Wire& oracle_control, Wire& subject_control)
    : oracle_(servers.oracle, 2), subject_(servers.subject, 2) {
  for (Wire* control : {&oracle_control, &subject_control}) {
    if (control->call({"CONFIG", "SET", "notify-keyspace-events", kEveryClass}).is_error()) {
      throw WireError("a server refuses notify-keyspace-events");
    }
  }
  for (Wire* listener : {&oracle_, &subject_}) {
    listener->call({"PSUBSCRIBE", "__key*__:*"});
    listener->call({"SUBSCRIBE", kMarkChannel});
  }
}

EventListener::Events EventListener::take(Wire& listener, Wire& control) {
  const std::string mark = std::to_string(++marks_);
  control.call({"PUBLISH", kMarkChannel, mark});
  Events events;
  while (true) {
    const RawReply message = parse_reply(listener.receive());
    const std::string& payload = message.elements.back().text;
    const std::string& channel = message.elements[message.elements.size() - 2].text;
    if (channel == kMarkChannel && payload == mark) return events;
    if (is_expiry(channel, payload)) continue;
    const bool names_key = channel.starts_with("__keyspace@");
    const std::string key = names_key ? channel.substr(channel.find(':') + 1) : payload;
    events.push_back({key, quote_word(channel) + "=" + quote_word(payload)});
  }
}

std::optional<EventListener::Difference> EventListener::compare(Wire& oracle_control,
                                                                Wire& subject_control) {
  Events expected = take(oracle_, oracle_control);
  Events actual = take(subject_, subject_control);
  // Where another event is missing, the misses around it run together: that one is the difference.
  if (auto difference = first_difference(without_misses(expected), without_misses(actual))) return difference;
  sort_misses(expected);
  sort_misses(actual);
  return first_difference(expected, actual);
}

EventListener::Events EventListener::without_misses(Events events) {
  std::erase_if(events, [](const Event& event) { return is_miss(event.text); });
  return events;
}

std::optional<EventListener::Difference> EventListener::first_difference(const Events& expected,
                                                                         const Events& actual) {
  if (expected == actual) return std::nullopt;
  const size_t shorter = std::min(expected.size(), actual.size());
  size_t at = 0;
  while (at < shorter && expected[at] == actual[at]) ++at;
  const bool is_surplus = at < actual.size() && actual.size() > expected.size();
  const Event& first = is_surplus ? actual[at] : at < expected.size() ? expected[at] : actual[at];
  return Difference{shown(expected, at), shown(actual, at), first.key};
}

void EventListener::skip(Wire& oracle_control, Wire& subject_control) {
  take(oracle_, oracle_control);
  take(subject_, subject_control);
}

}  // namespace redstart::oracle
