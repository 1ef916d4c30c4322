#include "execution/monitors.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "base/quoted_words.h"
#include "command/spec.h"
#include "execution/redaction.h"
#include "execution/session.h"

namespace redstart {
namespace {

std::string line_of(const Session& session, std::string_view from, std::string_view full_name,
                    std::span<const std::string_view> words, int64_t unix_time_us) {
  char time[48];
  std::snprintf(time, sizeof time, "%lld.%06lld [%d ",
                static_cast<long long>(unix_time_us / 1'000'000),
                static_cast<long long>(unix_time_us % 1'000'000), session.db);
  std::string line = time;
  line.append(from).append("]");
  for (const std::string_view word : redacted(full_name, words)) line.append(" ").append(quote(word));
  return line;
}

std::string address_of(const Session& session) {
  const Session::TransportInfo transport = session.transport();
  return transport.unix_socket ? "unix:" + transport.local_address : transport.address;
}

}  // namespace

void Monitors::add(Session& session) {
  const std::lock_guard lock(mutex_);
  if (session.monitoring.exchange(true)) return;
  sessions_.push_back(&session);
  count_.store(sessions_.size(), std::memory_order_relaxed);
}

void Monitors::remove(Session& session) {
  if (!session.monitoring) return;
  const std::lock_guard lock(mutex_);
  std::erase(sessions_, &session);
  count_.store(sessions_.size(), std::memory_order_relaxed);
  session.monitoring = false;
}

void Monitors::feed(const Session& session, const CommandSpec& spec, std::string_view full_name,
                    std::span<const std::string_view> words, int64_t unix_time_us) {
  if (spec.has(kSkipMonitor | kAdmin)) return;
  feed_script(session, full_name, words, unix_time_us);
}

void Monitors::feed_script(const Session& session, std::string_view full_name,
                           std::span<const std::string_view> words, int64_t unix_time_us) {
  show(line_of(session, address_of(session), full_name, words, unix_time_us));
}

void Monitors::feed_from_script(const Session& session, std::string_view full_name,
                                std::span<const std::string_view> words, int64_t unix_time_us) {
  show(line_of(session, "lua", full_name, words, unix_time_us));
}

void Monitors::show(std::string line) {
  const auto message = std::make_shared<const Reply>(Reply::simple(std::move(line)));
  const std::lock_guard lock(mutex_);
  for (Session* monitor : sessions_) monitor->on_push(message);
}

}  // namespace redstart
