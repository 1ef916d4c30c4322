#include "types/commands/element_scan.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace redstart {

bool parse_scan_cursor(CommandContext& c, size_t index, uint64_t& cursor) {
  const std::string text(c.arg(index));
  char* end;
  errno = 0;
  cursor = std::strtoul(text.c_str(), &end, 10);
  const bool starts_with_space = !text.empty() && std::isspace(static_cast<unsigned char>(text[0]));
  if (!starts_with_space && *end == '\0' && errno != ERANGE) return true;
  c.error("ERR invalid cursor");
  return false;
}

bool parse_scan_options(CommandContext& c, size_t first, ScanOptions& options) {
  for (size_t i = first; i < c.arg_count(); i += 2) {
    if (c.spec().name == "hscan" && c.arg_is(i, "novalues")) {
      options.no_values = true;
      --i;  // it stands alone
      continue;
    }
    const bool has_value = i + 1 < c.arg_count();
    if (has_value && c.arg_is(i, "count")) {
      if (!c.parse_integer(i + 1, options.count)) return false;
      if (options.count >= 1) continue;
    } else if (has_value && c.arg_is(i, "match")) {
      options.pattern = c.arg(i + 1);
      continue;
    }
    c.syntax_error();
    return false;
  }
  return true;
}

void reply_scan(CommandContext& c, uint64_t cursor, const ElementList& elements) {
  c.reply().array(2);
  c.reply().bulk_integer(static_cast<int64_t>(cursor));
  c.reply().array(elements.size());
  elements.reply_elements(c.reply());
}

}  // namespace redstart
