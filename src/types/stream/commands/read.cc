#include "types/stream/commands/read.h"

#include <algorithm>

#include "execution/executor.h"

namespace redstart {
namespace {

bool parse_block(CommandContext& c, size_t index, std::optional<int64_t>& deadline_ms) {
  int64_t timeout_ms;
  if (!c.parse_integer(index, timeout_ms, "ERR timeout is not an integer or out of range")) return false;
  if (timeout_ms < 0) {
    c.error("ERR timeout is negative");
    return false;
  }
  const int64_t now_ms = c.executor().clock().monotonic_time_ns() / 1'000'000;
  deadline_ms = timeout_ms == 0 ? 0 : now_ms + std::min(timeout_ms, INT64_MAX - now_ms);
  return true;
}

bool refuse_option(CommandContext& c, std::string_view option) {
  c.error("ERR The " + std::string(option) +
          " option is only supported by XREADGROUP. You called XREAD instead.");
  return false;
}

bool parse_streams(CommandContext& c, size_t first, ReadArguments& arguments) {
  const size_t words = c.arg_count() - first;
  if (words % 2 != 0) {
    c.error(
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
    return false;
  }
  arguments.keys = c.args().subspan(first, words / 2);
  arguments.ids_index = first + words / 2;
  return true;
}

bool parse_count(CommandContext& c, size_t index, size_t& count_max) {
  int64_t count;
  if (!c.parse_integer(index, count)) return false;
  count_max = count <= 0 ? SIZE_MAX : static_cast<size_t>(count);
  return true;
}

}  // namespace

bool parse_read_arguments(CommandContext& c, bool with_group, ReadArguments& arguments) {
  for (size_t i = 1; i < c.arg_count() && arguments.ids_index == 0; ++i) {
    const size_t more = c.arg_count() - i - 1;
    if (c.arg_is(i, "BLOCK") && more > 0) {
      if (!parse_block(c, ++i, arguments.deadline_ms)) return false;
    } else if (c.arg_is(i, "COUNT") && more > 0) {
      if (!parse_count(c, ++i, arguments.count_max)) return false;
    } else if (c.arg_is(i, "STREAMS") && more > 0) {
      if (!parse_streams(c, i + 1, arguments)) return false;
    } else if (c.arg_is(i, "GROUP") && more >= 2) {
      if (!with_group) return refuse_option(c, "GROUP");
      arguments.has_group = true;
      arguments.group = c.arg(++i);
      arguments.consumer = c.arg(++i);
    } else if (c.arg_is(i, "NOACK")) {
      if (!with_group) return refuse_option(c, "NOACK");
      arguments.no_ack = true;
    } else {
      c.syntax_error();
      return false;
    }
  }
  if (arguments.ids_index == 0) {
    c.syntax_error();
    return false;
  }
  if (with_group && !arguments.has_group) {
    c.error("ERR Missing GROUP option for XREADGROUP");
    return false;
  }
  return true;
}

KeyIndices keys_to_read(CommandContext& c, const ReadArguments& arguments) {
  const auto keys = c.keys_to_try(arguments.keys);
  const auto first = static_cast<size_t>(keys.data() - arguments.keys.data());
  return {first, first + keys.size()};
}

void announce_streams(ReplySink& reply, size_t count) {
  reply.protocol() == 2 ? reply.array(count) : reply.map(count);
}

void announce_stream(ReplySink& reply, std::string_view key) {
  if (reply.protocol() == 2) reply.array(2);
  reply.bulk(key);
}

}  // namespace redstart
