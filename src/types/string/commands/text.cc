#include "types/string/commands/text.h"

#include "base/numbers.h"
#include "execution/config.h"
#include "execution/executor.h"

namespace redstart {

std::optional<int64_t> integer_of(const Entry& entry) {
  if (const auto integer = entry.integer()) return integer;
  NumberBuffer buffer;
  return parse_int64(entry.text(buffer));
}

void add_to_integer(CommandContext& c, int64_t increment) {
  Edit edit = c.edit(c.arg(1), Type::string);
  if (edit.wrong_type()) return;
  int64_t value = 0;
  if (edit.exists()) {
    const auto present = integer_of(*edit.entry());
    if (!present) return c.error("ERR value is not an integer or out of range");
    value = *present;
  }
  if (__builtin_add_overflow(value, increment, &value)) {
    return c.error("ERR increment or decrement would overflow");
  }
  edit.set_integer(value);
  edit.event("incrby");
  c.reply().integer(value);
}

bool allows_size(CommandContext& c, uint64_t size, uint64_t more) {
  uint64_t total;
  if (!__builtin_add_overflow(size, more, &total) &&
      total <= c.executor().config().bulk_bytes_max()) {
    return true;
  }
  c.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

void reply_range(CommandContext& c) {
  int64_t start, end;
  if (!c.parse_integer(2, start) || !c.parse_integer(3, end)) return;
  const Read value = c.read(c.arg(1), Type::string);
  if (value.wrong_type) return;
  if (!value || (start < 0 && end < 0 && start > end)) return c.reply().bulk("");
  NumberBuffer buffer;
  const std::string_view text = value.entry->text(buffer);
  const auto size = static_cast<int64_t>(text.size());
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end) return c.reply().bulk("");
  c.reply().bulk(text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1)));
}

}  // namespace redstart
