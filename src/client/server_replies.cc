// What the replies of the server's commands mean.
#include <charconv>
#include <initializer_list>

#include "redstart/client.h"

namespace redstart {
namespace {

// Whether it is an array whose elements are of these types, or begins with such.
bool has_shape(const Reply& reply, std::initializer_list<Reply::Type> types) {
  if (!reply.is_aggregate() || reply.size() < types.size()) return false;
  size_t index = 0;
  for (const Reply::Type type : types) {
    if (reply[index++].type() != type) return false;
  }
  return true;
}

template <class T>
result<T> fail(const Reply& reply, std::string_view expected) {
  return std::unexpected(detail::unexpected(reply, expected));
}

constexpr auto kInteger = Reply::Type::integer, kBulk = Reply::Type::bulk, kArray = Reply::Type::array;

}  // namespace

result<SlowCommand> decode(Reply reply, SlowCommand*) {
  if (!has_shape(reply, {kInteger, kInteger, kInteger, kArray, kBulk, kBulk})) {
    return fail<SlowCommand>(reply, "an entry of the slow log");
  }
  SlowCommand command{.id = reply[0].as_integer(),
                      .unix_time_s = reply[1].as_integer(),
                      .duration_us = reply[2].as_integer(),
                      .words = {},
                      .address = reply[4].text(),
                      .client_name = reply[5].text()};
  for (const Reply& word : reply[3].elements()) command.words.push_back(word.text());
  return command;
}

result<LatencyEvent> decode(Reply reply, LatencyEvent*) {
  if (!has_shape(reply, {kBulk, kInteger, kInteger, kInteger})) {
    return fail<LatencyEvent>(reply, "an event with its latencies");
  }
  return LatencyEvent{.name = reply[0].text(),
                      .unix_time_s = reply[1].as_integer(),
                      .latest_ms = reply[2].as_integer(),
                      .worst_ms = reply[3].as_integer()};
}

result<LatencySample> decode(Reply reply, LatencySample*) {
  if (!has_shape(reply, {kInteger, kInteger})) return fail<LatencySample>(reply, "a time and a latency");
  return LatencySample{.unix_time_s = reply[0].as_integer(), .latency_ms = reply[1].as_integer()};
}

// Seconds and microseconds, as text.
result<ServerTime> decode(Reply reply, ServerTime*) {
  if (!has_shape(reply, {kBulk, kBulk})) return fail<ServerTime>(reply, "a time");
  int64_t parts[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    const std::string& text = reply[i].text();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts[i]);
    if (error != std::errc() || end != text.data() + text.size()) return fail<ServerTime>(reply, "a time");
  }
  return ServerTime{parts[0] * 1'000'000 + parts[1]};
}

result<LogAcknowledgements> decode(Reply reply, LogAcknowledgements*) {
  if (!has_shape(reply, {kInteger, kInteger})) {
    return fail<LogAcknowledgements>(reply, "numbers of local and of other logs");
  }
  return LogAcknowledgements{.local = reply[0].as_integer(), .replicas = reply[1].as_integer()};
}

}  // namespace redstart
