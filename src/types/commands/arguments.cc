#include "types/commands/arguments.h"

namespace redstart {

bool parse_whole_number(CommandContext& c, size_t index, int64_t min, int64_t& value,
                        std::string_view error) {
  const auto parsed = parse_int64(c.arg(index));
  if (!parsed || *parsed < min) {
    c.error(error);
    return false;
  }
  value = *parsed;
  return true;
}

bool parse_pop_count(CommandContext& c, size_t index, int64_t& count) {
  return parse_whole_number(c, index, 0, count, "ERR value is out of range, must be positive");
}

bool parse_random_count(CommandContext& c, size_t index, int64_t& count) {
  return c.parse_integer_in(
      index, -INT64_MAX, INT64_MAX, count,
      "ERR value is out of range, value must between -9223372036854775807 and "
      "9223372036854775807");
}

}  // namespace redstart
