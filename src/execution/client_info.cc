#include "execution/client_info.h"

#include <algorithm>

#include "base/text.h"
#include "command/table.h"
#include "execution/client_registry.h"
#include "execution/executor.h"
#include "execution/session.h"
#include "execution/tracking.h"

namespace redstart {
namespace {

std::string flags_of(const Session& session, const Session::TransportInfo& transport,
                     uint16_t tracking) {
  std::string flags;
  if (session.monitoring) flags += 'O';
  if (type_of(session) == ClientType::pubsub) flags += 'P';
  if (session.shown_multi >= 0) flags += 'x';
  if (session.shown_blocked) flags += 'b';
  if (tracking & kTrackingOn) flags += 't';
  if (tracking & kTrackingBrokenRedirect) flags += 'R';
  if (tracking & kTrackingBroadcast) flags += 'B';
  if (session.watch_touched) flags += 'd';
  if (session.killed) flags += 'A';
  if (transport.unix_socket) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

// Joins name=value pairs.
class Line {
 public:
  Line& add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ' ';
    text_.append(name).append("=").append(value);
    return *this;
  }
  Line& add(std::string_view name, int64_t value) { return add(name, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// What the words of its call take: of one that waits, or that runs.
size_t argument_bytes(const Session& session, std::span<const std::string_view> running) {
  size_t bytes = 0;
  for (const std::string_view word : running) bytes += word.size();
  return session.shown_blocked ? session.shown_waiting_bytes.load(std::memory_order_relaxed) : bytes;
}

void add_buffers(Line& line, const Session& session, const Session::TransportInfo& transport, size_t arguments) {
  const auto bytes = [](size_t count) { return static_cast<int64_t>(count); };
  line.add("qbuf", bytes(transport.query_buffer_bytes))
      .add("qbuf-free", bytes(transport.query_buffer_free_bytes))
      .add("argv-mem", bytes(arguments))
      .add("multi-mem", bytes(session.shown_multi_bytes))
      .add("rbs", bytes(transport.output_buffer_bytes))
      .add("rbp", bytes(transport.output_buffer_bytes))
      .add("obl", 0)
      .add("oll", bytes(transport.output_list_length))
      .add("omem", bytes(transport.output_list_bytes))
      .add("tot-mem", bytes(ClientRegistry::bytes_of(session) + arguments));
}

}  // namespace

std::optional<ClientType> parse_client_type(std::string_view name) {
  if (equal_ignoring_case(name, "normal")) return ClientType::normal;
  if (equal_ignoring_case(name, "slave")) return ClientType::replica;
  if (equal_ignoring_case(name, "replica")) return ClientType::replica;
  if (equal_ignoring_case(name, "pubsub")) return ClientType::pubsub;
  if (equal_ignoring_case(name, "master")) return ClientType::master;
  return std::nullopt;
}

ClientType type_of(const Session& session) {
  const int subscriptions = session.shown_subscriptions + session.shown_pattern_subscriptions +
                            session.shown_shard_subscriptions;
  return subscriptions > 0 ? ClientType::pubsub : ClientType::normal;
}

bool is_client_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
}

bool set_client_name(CommandContext& c, std::string_view name) {
  if (!is_client_name(name)) {
    c.error("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  const std::lock_guard lock(c.session().mutex);
  c.session().name = name;
  return true;
}

std::string client_line(const Session& session, const Executor& executor,
                        std::span<const std::string_view> running) {
  const Session::TransportInfo transport = session.transport();
  const int64_t now_ms = executor.clock().unix_time_ms();
  std::string name, user, lib_name, lib_version;
  std::shared_ptr<TrackingClient> tracking;
  {
    const std::lock_guard lock(session.mutex);
    tracking = session.tracking;
    name = session.name;
    user = session.identity.user() ? session.identity.user()->name : "default";
    lib_name = session.lib_name;
    lib_version = session.lib_version;
  }
  const CommandSpec* command = session.last_command;
  const uint16_t tracking_flags = tracking ? tracking->flags.load() : uint16_t{0};
  const int64_t redirect_id =
      tracking_flags & kTrackingOn ? static_cast<int64_t>(tracking->redirect_id.load()) : -1;
  Line line;
  line.add("id", static_cast<int64_t>(session.id))
      .add("addr", transport.address)
      .add("laddr", transport.local_address)
      .add("fd", transport.fd)
      .add("name", name)
      .add("age", (now_ms - session.created_ms) / 1000)
      .add("idle", (now_ms - session.last_interaction_ms) / 1000)
      .add("flags", flags_of(session, transport, tracking_flags))
      .add("db", session.shown_db)
      .add("sub", session.shown_subscriptions)
      .add("psub", session.shown_pattern_subscriptions)
      .add("ssub", session.shown_shard_subscriptions)
      .add("multi", session.shown_multi)
      .add("watch", session.shown_watches);
  add_buffers(line, session, transport, argument_bytes(session, running));
  line.add("events", transport.output_buffer_bytes == 0 ? "r" : "rw")
      .add("cmd", command ? executor.commands().full_name(*command) : "NULL")
      .add("user", user)
      .add("redir", redirect_id)
      .add("resp", session.shown_protocol)
      .add("lib-name", lib_name)
      .add("lib-ver", lib_version);
  return line.take();
}

}  // namespace redstart
