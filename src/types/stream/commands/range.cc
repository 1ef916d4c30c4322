#include "types/stream/commands/range.h"

#include <algorithm>

#include "types/stream/commands/arguments.h"

namespace redstart {

void run_stream_range(CommandContext& c, bool from_end) {
  StreamRange range;
  if (!parse_range_first(c, from_end ? 3 : 2, range.first)) return;
  if (!parse_range_last(c, from_end ? 2 : 3, range.last)) return;
  size_t count_max = SIZE_MAX;
  for (size_t i = 4; i < c.arg_count(); i += 2) {
    if (!c.arg_is(i, "COUNT") || i + 1 == c.arg_count()) return c.syntax_error();
    int64_t count;
    if (!c.parse_integer(i + 1, count)) return;
    count_max = static_cast<size_t>(std::max<int64_t>(count, 0));
  }
  const Read read = c.read(c.arg(1), Type::stream);
  if (read.wrong_type) return;
  if (!read) return c.reply().array(0);
  if (count_max == 0) return c.reply().null_array();
  Object object = read.object();
  reply_range(c.reply(), Stream(object), range, from_end, count_max);
}

}  // namespace redstart
