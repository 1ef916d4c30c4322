#include "execution/commands/replies.h"

#include <limits>

#include "base/numbers.h"
#include "base/quoted_words.h"
#include "base/text.h"
#include "command/syntax.h"
#include "command/table.h"
#include "execution/executor.h"

namespace redstart {

void reply_help(CommandContext& c) {
  const CommandSpec* container = c.executor().commands().container_of(c.spec());
  const auto lines = help_lines(container ? *container : c.spec());
  c.reply().array(lines.size());
  for (const std::string& line : lines) c.reply().simple(line);
}

void reply_subcommand_syntax_error(CommandContext& c) {
  c.error("ERR unknown subcommand or wrong number of arguments for '" + quoted_in_error(c.arg(1)) +
          "'. Try " + upper_case(c.arg(0)) + " HELP.");
}

bool parse_int(CommandContext& c, size_t index, int& value, std::string_view error) {
  constexpr int64_t kMin = std::numeric_limits<int>::min(), kMax = std::numeric_limits<int>::max();
  const auto parsed = parse_int64(c.arg(index));
  if (parsed && *parsed >= kMin && *parsed <= kMax) {
    value = static_cast<int>(*parsed);
    return true;
  }
  if (!error.empty()) {
    c.error("ERR " + std::string(error));
  } else if (parsed) {
    c.error("ERR value is out of range, value must between -2147483648 and 2147483647");
  } else {
    c.error("ERR value is not an integer or out of range");
  }
  return false;
}

void reply_text(CommandContext& c, std::string_view text) { c.reply().verbatim("txt", text); }

}  // namespace redstart
