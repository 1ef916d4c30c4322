// LATENCY LATEST | HISTORY | RESET | GRAPH | DOCTOR | HISTOGRAM: what took long, and how long
// commands take.
#include "base/cycle_clock.h"
#include "base/quoted_words.h"
#include "command/table.h"
#include "execution/command_context.h"
#include "execution/command_stats.h"
#include "execution/commands/latency_report.h"
#include "execution/commands/replies.h"
#include "execution/config.h"
#include "execution/executor.h"
#include "execution/latency_monitor.h"

namespace redstart {
namespace {

int64_t now_s(CommandContext& c) { return c.executor().clock().unix_time_ms() / 1000; }

void run_doctor(CommandContext& c) {
  const LatencyMonitor& monitor = c.executor().latency();
  if (!monitor.is_on()) {
    return reply_text(
        c,
        "Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> "
        "says from how long on an event is kept.\n");
  }
  const LatencyAdvice advice{.threshold_ms = monitor.threshold_ms(),
                             .slowlog_threshold_us = c.executor().config().slowlog_threshold_us()};
  reply_text(c, latency_diagnosis(monitor.events(), advice));
}

void run_graph(CommandContext& c) {
  const LatencyMonitor::Event event = c.executor().latency().event(c.arg(2));
  if (event.samples.empty()) {
    const std::string name = quoted_in_error(c.arg(2), std::string_view::npos);
    return c.error("ERR No samples available for event '" + name + "'");
  }
  reply_text(c, latency_graph(event, now_s(c)));
}

void run_help(CommandContext& c) { reply_help(c); }

// --- HISTOGRAM

// Upper bounds in microseconds, and how many calls took no longer.
using Bounds = std::vector<std::pair<int64_t, uint64_t>>;

// Up to how many microseconds, and how many calls took no longer. A bound is twice the one before
// it; the first is about a microsecond. Bounds that no more calls fall under are left out.
std::vector<std::pair<int64_t, uint64_t>> cumulative(const std::vector<uint64_t>& latencies) {
  // Redis's bounds: powers of two times 1024 ns, and what its histograms cannot tell from them.
  const auto bound_ns = [](int level) { return (uint64_t{1024} << level) * 129 / 128 - 1; };
  Bounds result;
  uint64_t sum = 0;
  int level = 0;
  for (size_t bucket = 0; bucket < latencies.size(); ++bucket) {
    if (latencies[bucket] == 0) continue;
    const uint64_t duration_ns = CycleClock::to_ns(LatencyHistogram::upper_bound(bucket));
    while (bound_ns(level) < duration_ns) ++level;
    const auto bound_us = static_cast<int64_t>(bound_ns(level) / 1000);
    sum += latencies[bucket];
    if (result.empty() || result.back().first != bound_us) result.emplace_back(bound_us, 0);
    result.back().second = sum;
  }
  return result;
}

void reply_histogram(ReplySink& reply, std::string_view name, const Bounds& bounds) {
  reply.bulk(name);
  reply.map(2);
  reply.bulk("calls");
  reply.integer(static_cast<int64_t>(bounds.back().second));
  reply.bulk("histogram_usec");
  reply.map(bounds.size());
  for (const auto& [bound_us, calls] : bounds) {
    reply.integer(bound_us);
    reply.integer(static_cast<int64_t>(calls));
  }
}

// Those that are asked for: a command, a subcommand, or all subcommands of a container.
std::vector<size_t> asked_commands(CommandContext& c) {
  const CommandTable& table = c.executor().commands();
  std::vector<size_t> indices;
  if (c.arg_count() == 2) {
    for (size_t i = 0; i < table.size(); ++i) indices.push_back(i);
    return indices;
  }
  for (const std::string_view name : c.args().subspan(2)) {
    const CommandSpec* spec = table.find_by_full_name(name);
    if (!spec) continue;
    indices.push_back(table.index_of(*spec));
    for (const CommandSpec& subcommand : spec->subcommands) {
      indices.push_back(table.index_of(subcommand));
    }
  }
  return indices;
}

void run_histogram(CommandContext& c) {
  const CommandTable& table = c.executor().commands();
  const auto threads = c.executor().thread_contexts();
  std::vector<std::pair<std::string_view, Bounds>> histograms;
  for (const size_t index : asked_commands(c)) {
    Bounds bounds = cumulative(merged_stats(threads, index).latencies);
    if (!bounds.empty()) histograms.emplace_back(table.full_name(index), std::move(bounds));
  }
  c.reply().map(histograms.size());
  for (const auto& [name, bounds] : histograms) reply_histogram(c.reply(), name, bounds);
}

// --- Events

void run_history(CommandContext& c) {
  const LatencyMonitor::Event event = c.executor().latency().event(c.arg(2));
  c.reply().array(event.samples.size());
  for (const LatencyMonitor::Sample& sample : event.samples) {
    c.reply().array(2);
    c.reply().integer(sample.unix_time_s);
    c.reply().integer(sample.latency_ms);
  }
}

void run_latest(CommandContext& c) {
  const auto events = c.executor().latency().events();
  c.reply().array(events.size());
  for (const LatencyMonitor::Event& event : events) {
    c.reply().array(4);
    c.reply().bulk(event.name);
    c.reply().integer(event.samples.back().unix_time_s);
    c.reply().integer(event.samples.back().latency_ms);
    c.reply().integer(event.worst_ms);
  }
}

void run_reset(CommandContext& c) {
  c.reply().integer(static_cast<int64_t>(c.executor().latency().reset(c.args().subspan(2))));
}

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:all_nodes",
                                            "response_policy:special"};

constexpr Argument kGraphArguments[] = {
    {.name = "event", .type = ArgumentType::string},
};

constexpr Argument kHistogramArguments[] = {
    {.name = "command", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr Argument kHistoryArguments[] = {
    {.name = "event", .type = ArgumentType::string},
};

constexpr Argument kResetArguments[] = {
    {.name = "event", .type = ArgumentType::string, .flags = kOptional | kMultiple},
};

constexpr std::string_view kResetTips[] = {"request_policy:all_nodes",
                                           "response_policy:all_succeeded"};

constexpr CommandSpec kSubcommands[] = {
    {.name = "doctor",
     .summary = "Says in words what took long and what may help.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .tips = kTips,
     .run = run_doctor},
    {.name = "graph",
     .summary = "Draws the latencies of an event.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kGraphArguments,
     .tips = kTips,
     .run = run_graph},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "histogram",
     .summary = "Tells how many calls of commands took up to which time.",
     .complexity = "O(N), N: commands named, or all",
     .since = "7.0.0",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kHistogramArguments,
     .tips = kTips,
     .run = run_histogram},
    {.name = "history",
     .summary = "Lists the latencies of an event with their times.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 3,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kHistoryArguments,
     .tips = kTips,
     .run = run_history},
    {.name = "latest",
     .summary = "Lists the latest and the worst latency of every event.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .tips = kTips,
     .run = run_latest},
    {.name = "reset",
     .summary = "Forgets the latencies of some events, or of all.",
     .complexity = "O(N), N: events",
     .since = "2.8.13",
     .group = CommandGroup::server,
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .arguments = kResetArguments,
     .tips = kResetTips,
     .run = run_reset},
};

}  // namespace

REDSTART_COMMAND(latency) = {
    .name = "latency",
    .summary = "Tells about events that took long.",
    .complexity = "See the subcommands",
    .since = "2.8.13",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
