// HOTKEYS START | STOP | GET | RESET: which keys take most time, or most bytes on the wire.
#include <limits>

#include "base/numbers.h"
#include "execution/command_context.h"
#include "execution/commands/replies.h"
#include "execution/executor.h"
#include "execution/hot_keys.h"

namespace redstart {
namespace {

constexpr int64_t kMetrics = 2;
constexpr int64_t kLastSlot = 16383;
constexpr int64_t kDurationMaxS = 1'000'000;

// METRICS count [CPU] [NET], from argument 2 on; `next` becomes the argument behind it.
bool parse_metrics(CommandContext& c, HotKeys::Options& options, size_t& next) {
  int64_t count;
  if (c.arg_count() < 4 || !c.arg_is(2, "METRICS")) {
    c.error("ERR METRICS parameter is required");
    return false;
  }
  if (!c.parse_integer_in(3, 1, kMetrics, count, "ERR METRICS count must be > 0 and <= 2")) return false;
  next = 4 + static_cast<size_t>(count);
  if (next > c.arg_count()) {
    c.error("ERR METRICS count does not match number of metric types provided");
    return false;
  }
  for (size_t i = 4; i < next; ++i) {
    const bool cpu = c.arg_is(i, "CPU"), net = c.arg_is(i, "NET");
    bool unused = false;
    bool& chosen = cpu ? options.by_time : net ? options.by_bytes : unused;
    if (chosen) {
      c.error(cpu ? "ERR METRICS CPU defined more than once!" : "ERR METRICS NET defined more than once!");
      return false;
    }
    chosen = true;
  }
  if (options.by_time || options.by_bytes) return true;
  c.error("ERR METRICS no valid metrics passed. Supported: CPU|NET");
  return false;
}

// One option with its value, at `index`.
bool parse_option(CommandContext& c, size_t index, HotKeys::Options& options) {
  int64_t value;
  const bool has_value = index + 1 < c.arg_count();
  if (has_value && c.arg_is(index, "COUNT")) {
    if (!c.parse_integer_in(index + 1, 1, HotKeys::kCountMax, value, "ERR COUNT must be between 1 and 64")) {
      return false;
    }
    options.count = static_cast<size_t>(value);
    return true;
  }
  if (has_value && c.arg_is(index, "DURATION")) {
    if (!c.parse_integer_in(index + 1, 1, kDurationMaxS, value, "ERR DURATION must be between 1 and 1000000")) {
      return false;
    }
    options.duration_ms = value * 1000;
    return true;
  }
  if (has_value && c.arg_is(index, "SAMPLE")) {
    constexpr int64_t kRatioMax = std::numeric_limits<int32_t>::max();
    if (!c.parse_integer_in(index + 1, 1, kRatioMax, value, "ERR SAMPLE ratio must be positive")) return false;
    options.sample_ratio = static_cast<uint32_t>(value);
    return true;
  }
  if (has_value && c.arg_is(index, "SLOTS")) {
    c.error("ERR SLOTS parameter cannot be used in non-cluster mode");
  } else {
    c.syntax_error();
  }
  return false;
}

void run_start(CommandContext& c) {
  constexpr std::string_view kActive = "ERR hotkey tracking session already in progress";
  HotKeys& hot_keys = c.executor().hot_keys();
  if (hot_keys.is_active()) return c.error(kActive);
  HotKeys::Options options;
  size_t index;
  if (!parse_metrics(c, options, index)) return;
  for (; index < c.arg_count(); index += 2) {
    if (!parse_option(c, index, options)) return;
  }
  if (!hot_keys.start(options, c.now_ms())) return c.error(kActive);
  c.executor().apply_attention();
  c.reply().ok();
}

void run_stop(CommandContext& c) {
  if (!c.executor().hot_keys().stop(c.now_ms())) return c.reply().null();
  c.executor().apply_attention();
  c.reply().ok();
}

void run_reset(CommandContext& c) {
  if (!c.executor().hot_keys().reset()) {
    return c.error("ERR hotkey tracking session in progress, stop tracking first");
  }
  c.reply().ok();
}

void reply_number(ReplySink& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

void reply_ranking(ReplySink& reply, std::string_view name, const HotKeys::Ranking& ranking) {
  reply.bulk(name);
  reply.array(ranking.size() * 2);
  for (const auto& [key, weight] : ranking) reply_number(reply, key, static_cast<int64_t>(weight));
}

// All slots: there is no cluster.
void reply_slots(ReplySink& reply) {
  reply.bulk("selected-slots");
  reply.array(1);
  reply.array(2);
  reply.integer(0);
  reply.integer(kLastSlot);
}

void run_get(CommandContext& c) {
  HotKeys::Report report;
  if (!c.executor().hot_keys().report(c.now_ms(), report)) return c.reply().null();
  const bool by_time = report.options.by_time, by_bytes = report.options.by_bytes;
  ReplySink& reply = c.reply();
  reply.array(1);  // one node's
  reply.map(7 + (by_time ? 3 : 0) + (by_bytes ? 2 : 0));
  reply_number(reply, "tracking-active", report.active);
  reply_number(reply, "sample-ratio", report.options.sample_ratio);
  reply_slots(reply);
  reply_number(reply, "all-commands-all-slots-us", static_cast<int64_t>(report.time_us));
  reply_number(reply, "net-bytes-all-commands-all-slots", static_cast<int64_t>(report.bytes));
  reply_number(reply, "collection-start-time-unix-ms", report.started_ms);
  reply_number(reply, "collection-duration-ms", report.duration_ms);
  if (by_time) {
    reply_number(reply, "total-cpu-time-user-ms", report.cpu_user_ms);
    reply_number(reply, "total-cpu-time-sys-ms", report.cpu_system_ms);
  }
  if (by_bytes) reply_number(reply, "total-net-bytes", static_cast<int64_t>(report.bytes));
  if (by_time) reply_ranking(reply, "by-cpu-time-us", report.by_time_us);
  if (by_bytes) reply_ranking(reply, "by-net-bytes", report.by_bytes);
}

void run_help(CommandContext& c) { reply_help(c); }

constexpr Argument kMetricsArguments[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "cpu", .type = ArgumentType::pure_token, .token = "CPU", .flags = kOptional},
    {.name = "net", .type = ArgumentType::pure_token, .token = "NET", .flags = kOptional},
};

constexpr Argument kSlotsArguments[] = {
    {.name = "count", .type = ArgumentType::integer},
    {.name = "slot", .type = ArgumentType::integer, .flags = kMultiple},
};

constexpr Argument kStartArguments[] = {
    {.name = "metrics", .type = ArgumentType::block, .token = "METRICS", .children = kMetricsArguments},
    {.name = "k", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "seconds", .type = ArgumentType::integer, .token = "DURATION", .flags = kOptional},
    {.name = "ratio", .type = ArgumentType::integer, .token = "SAMPLE", .flags = kOptional},
    {.name = "slots",
     .type = ArgumentType::block,
     .token = "SLOTS",
     .flags = kOptional,
     .children = kSlotsArguments},
};

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .summary = "Tells the keys that were found, the heaviest first.",
     .complexity = "O(N), N: keys told",
     .since = "8.6.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript,
     .run = run_get},
    {.name = "help",
     .summary = "Shows the subcommands.",
     .complexity = "O(1)",
     .since = "8.6.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kLoading | kStale,
     .run = run_help},
    {.name = "reset",
     .summary = "Forgets the keys that were found.",
     .complexity = "O(1)",
     .since = "8.6.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript,
     .run = run_reset},
    {.name = "start",
     .summary = "Begins to look for the keys that take most time, or most bytes on the wire.",
     .complexity = "O(1)",
     .since = "8.6.0",
     .group = CommandGroup::server,
     .arity = -3,
     .flags = kAdmin | kNoScript,
     .arguments = kStartArguments,
     .run = run_start},
    {.name = "stop",
     .summary = "Ends the search and keeps what was found.",
     .complexity = "O(1)",
     .since = "8.6.0",
     .group = CommandGroup::server,
     .arity = 2,
     .flags = kAdmin | kNoScript,
     .run = run_stop},
};

}  // namespace

REDSTART_COMMAND(hotkeys) = {
    .name = "hotkeys",
    .summary = "Finds the keys that take most time, or most bytes on the wire.",
    .complexity = "See the subcommands",
    .since = "8.6.0",
    .group = CommandGroup::server,
    .arity = -2,
    .subcommands = kSubcommands,
};

}  // namespace redstart
