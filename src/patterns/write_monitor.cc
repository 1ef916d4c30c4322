#include "redstart/patterns/write_monitor.h"

#include <algorithm>

#include "patterns/info_text.h"
#include "patterns/write_sender.h"

namespace redstart {
namespace {

constexpr int kPings = 50;
constexpr std::string_view kStatsPrefix = "cmdstat_", kLatencyPrefix = "latency_percentiles_usec_";

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(message)});
}

std::string_view text_in(const std::map<std::string, std::string>& info, const std::string& field) {
  const auto found = info.find(field);
  return found == info.end() ? std::string_view() : std::string_view(found->second);
}

int64_t number_in(const std::map<std::string, std::string>& info, const std::string& field) {
  return std::strtoll(std::string(text_in(info, field)).c_str(), nullptr, 10);
}

// Of a row of COMMAND: its name when it writes, and its subcommands'.
void collect_writes(const Reply& row, std::set<std::string>& names) {
  if (row.size() < 3) return;
  const bool writes = std::ranges::any_of(row[2].elements(), [](const Reply& flag) { return flag.text() == "write"; });
  if (writes) names.insert(row[0].text());
  if (row.size() < 10) return;
  for (const Reply& subcommand : row[9].elements()) collect_writes(subcommand, names);
}

}  // namespace

WriteMonitor::WriteMonitor(Client client, WriteMonitorOptions options)
    : client_(std::move(client)), options_([&] {
        if (!options.clock) options.clock = &WaitClock::system();
        return std::move(options);
      }()) {}

result<WriteMonitor::Sample> WriteMonitor::sample() const {
  const auto reply = client_.call({"INFO", "all"});
  if (!reply) return std::unexpected(reply.error());
  Sample sample{.at = options_.clock->now(), .info = {}};
  const InfoText info(reply->text());
  for (const auto& [field, value] : info.fields()) sample.info.emplace(field, value);
  return sample;
}

result<void> WriteMonitor::learn_writes() {
  const auto commands = client_.call({"COMMAND"});
  if (!commands) return std::unexpected(commands.error());
  for (const Reply& row : commands->elements()) collect_writes(row, writes_);
  return {};
}

result<void> WriteMonitor::begin() {
  if (writes_.empty()) {
    if (auto learned = learn_writes(); !learned) return learned;
  }
  auto now = sample();
  if (!now) return std::unexpected(std::move(now.error()));
  before_ = std::move(*now);
  return {};
}

void WriteMonitor::add_commands(WritePerformance& seen, const Sample& now) const {
  uint64_t write_usec = 0;
  for (const auto& [field, list] : now.info) {
    if (!field.starts_with(kStatsPrefix)) continue;
    const std::string name = field.substr(kStatsPrefix.size());
    // A command that was not called before has no line yet: it begins at zero.
    const std::string_view list_before = text_in(before_->info, field);
    const auto delta_of = [&](std::string_view part) {
      const double before = InfoText::part(list_before, part), after = InfoText::part(list, part);
      if (after >= before) return static_cast<uint64_t>(after - before);
      seen.was_reset = true;
      return static_cast<uint64_t>(after);
    };
    CommandLoad load{.name = name, .calls = delta_of("calls"), .usec = delta_of("usec")};
    seen.total_commands += load.calls;
    if (load.calls == 0 || !writes_.contains(name)) continue;
    seen.write_commands += load.calls;
    write_usec += load.usec;
    if (const auto latency = text_in(now.info, std::string(kLatencyPrefix) + name); !latency.empty()) {
      load.p50_usec = InfoText::part(latency, "p50");
      load.p99_usec = InfoText::part(latency, "p99");
    }
    seen.writes.push_back(std::move(load));
  }
  std::ranges::sort(seen.writes, std::greater<>(), &CommandLoad::usec);
  if (seen.total_commands > 0) {
    seen.write_percentage = 100 * static_cast<double>(seen.write_commands) / static_cast<double>(seen.total_commands);
  }
  if (seen.write_commands > 0) {
    seen.avg_write_latency_us = static_cast<double>(write_usec) / static_cast<double>(seen.write_commands);
  }
  seen.write_ops_per_second = static_cast<double>(seen.write_commands) / seen.duration_seconds;
}

result<void> WriteMonitor::add_queues(WritePerformance& seen) const {
  for (const std::string& key : options_.queues) {
    auto type = client_.call({"TYPE", key});
    if (!type) return std::unexpected(std::move(type.error()));
    int64_t depth = 0;
    if (type->text() != "none") {
      const auto length = client_.call({type->text() == "stream" ? "XLEN" : "LLEN", key});
      if (!length) return std::unexpected(length.error());
      depth = length->as_integer();
    }
    seen.queue_depths.emplace_back(key, depth);
  }
  return {};
}

result<WritePerformance> WriteMonitor::measure() {
  if (!before_) return invalid("measure() without begin()");
  const auto now = sample();
  if (!now) return std::unexpected(now.error());
  WritePerformance seen;
  seen.duration_seconds = std::chrono::duration<double>(now->at - before_->at).count();
  if (seen.duration_seconds <= 0) return invalid("no time has passed since begin()");
  const auto delta_of = [&](const std::string& field) {
    return number_in(now->info, field) - number_in(before_->info, field);
  };
  // Another process: its counters have nothing to do with those before.
  seen.was_reset = text_in(now->info, "run_id") != text_in(before_->info, "run_id");
  if (seen.was_reset) before_->info.clear();
  add_commands(seen, *now);
  seen.used_memory_delta = delta_of("used_memory");
  seen.memory_growth_bytes_per_second = static_cast<double>(seen.used_memory_delta) / seen.duration_seconds;
  seen.connected_clients = number_in(now->info, "connected_clients");
  seen.instantaneous_ops_per_sec = number_in(now->info, "instantaneous_ops_per_sec");
  seen.changes_since_last_save = number_in(now->info, "rdb_changes_since_last_save");
  const int64_t server_time_s = number_in(now->info, "server_time_usec") / 1'000'000;
  const int64_t saved_at_s = number_in(now->info, "rdb_last_save_time");
  if (server_time_s > 0 && saved_at_s > 0) {
    seen.seconds_since_last_save = std::max<int64_t>(0, server_time_s - saved_at_s);
  }
  seen.delayed_fsyncs = std::max<int64_t>(0, delta_of("aof_delayed_fsync"));
  seen.pending_fsyncs = number_in(now->info, "aof_pending_bio_fsync");
  std::string persistence;
  for (const auto& [field, value] : now->info) {
    if (field.starts_with("rdb_") || field.starts_with("aof_")) persistence += field + ":" + value + "\n";
  }
  seen.warnings = persistence_status_of(persistence).warnings(options_.aof_rewrite_time_max);
  if (auto added = add_queues(seen); !added) return std::unexpected(std::move(added.error()));
  return seen;
}

result<WritePerformance> monitor_write_performance(Client client, std::chrono::milliseconds duration,
                                                   WriteMonitorOptions options) {
  if (duration.count() <= 0) return invalid("the duration must be positive");
  WaitClock& clock = options.clock ? *options.clock : WaitClock::system();
  WriteMonitor monitor(client, std::move(options));
  if (auto begun = monitor.begin(); !begun) return std::unexpected(std::move(begun.error()));
  DurationHistogram round_trips;
  StopSignal signal(clock);
  const auto end = clock.now() + duration;
  while (clock.now() < end) {
    // The network is real, whatever the clock is.
    const auto sent = std::chrono::steady_clock::now();
    if (auto pong = client.call({"PING"}); !pong) return std::unexpected(std::move(pong.error()));
    round_trips.add(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - sent).count());
    signal.sleep(std::max(std::chrono::milliseconds(1), duration / kPings));
  }
  auto seen = monitor.measure();
  if (!seen) return seen;
  seen->round_trip_p50_ms = round_trips.quantile_ms(0.5);
  seen->round_trip_p99_ms = round_trips.quantile_ms(0.99);
  return seen;
}

}  // namespace redstart
