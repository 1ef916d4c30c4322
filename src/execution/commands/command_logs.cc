#include "execution/commands/command_logs.h"

#include "base/numbers.h"

namespace redstart {
namespace {

void reply_entry(ReplySink& reply, const SlowLog::Entry& entry) {
  reply.array(6);
  reply.integer(entry.id);
  reply.integer(entry.unix_time_s);
  reply.integer(entry.amount);
  reply.array(entry.args.size());
  for (const std::string& arg : entry.args) reply.bulk(arg);
  reply.bulk(entry.address);
  reply.bulk(entry.client_name);
}

}  // namespace

bool parse_log_count(CommandContext& c, size_t index, int64_t& count) {
  const auto parsed = parse_int64(c.arg(index));
  if (parsed && *parsed >= -1) {
    count = *parsed;
    return true;
  }
  c.error("ERR count should be greater than or equal to -1");
  return false;
}

void reply_log(CommandContext& c, const SlowLog& log, int64_t count) {
  const auto entries = log.newest(count < 0 ? log.size() : static_cast<size_t>(count));
  c.reply().array(entries.size());
  for (const SlowLog::Entry& entry : entries) reply_entry(c.reply(), entry);
}

void reply_log_size(CommandContext& c, const SlowLog& log) {
  c.reply().integer(static_cast<int64_t>(log.size()));
}

void empty_log(CommandContext& c, SlowLog& log) {
  log.reset();
  c.reply().ok();
}

}  // namespace redstart
