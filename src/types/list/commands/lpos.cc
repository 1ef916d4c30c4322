// LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]:
// gives the indices of the elements that equal the given one.
#include <vector>

#include "execution/command_context.h"
#include "types/commands/arguments.h"
#include "types/list/list.h"

namespace redstart {
namespace {

struct Search {
  int64_t rank = 1;        // which match to begin with; negative: from the tail
  int64_t count = 1;       // matches wanted; 0: all
  int64_t length_max = 0;  // elements looked at; 0: all
  bool has_count = false;
};

bool parse_option(CommandContext& c, size_t index, Search& search) {
  if (c.arg_is(index, "rank")) {
    if (!c.parse_integer(index + 1, search.rank)) return false;
    if (search.rank != 0) return true;
    c.error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
        "negative to start from the end of the list");
    return false;
  }
  if (c.arg_is(index, "count")) {
    search.has_count = true;
    return parse_whole_number(c, index + 1, 0, search.count, "ERR COUNT can't be negative");
  }
  if (c.arg_is(index, "maxlen")) {
    return parse_whole_number(c, index + 1, 0, search.length_max, "ERR MAXLEN can't be negative");
  }
  c.syntax_error();
  return false;
}

bool parse_options(CommandContext& c, Search& search) {
  for (size_t i = 3; i < c.arg_count(); i += 2) {
    if (i + 1 == c.arg_count()) {
      c.syntax_error();
      return false;
    }
    if (!parse_option(c, i, search)) return false;
  }
  return true;
}

std::vector<size_t> find(const List& list, std::string_view wanted, const Search& search) {
  const bool backwards = search.rank < 0;
  // Redis takes the smallest integer, which has no positive counterpart, as rank -1.
  uint64_t skipped = 0;
  if (search.rank != INT64_MIN) skipped = static_cast<uint64_t>(std::abs(search.rank)) - 1;
  const size_t length = search.length_max == 0 ? SIZE_MAX : static_cast<size_t>(search.length_max);
  const size_t size = list.size();
  std::vector<size_t> found;
  size_t seen = 0;
  list.for_each(backwards ? size - 1 : 0, length, backwards, [&](std::string_view element) {
    const size_t index = backwards ? size - 1 - seen : seen;
    ++seen;
    if (element != wanted) return true;
    if (skipped > 0) return --skipped, true;
    found.push_back(index);
    return found.size() != static_cast<uint64_t>(search.count);
  });
  return found;
}

void run(CommandContext& c) {
  Search search;
  if (!parse_options(c, search)) return;
  const Read read = c.read(c.arg(1), Type::list);
  if (read.wrong_type) return;
  std::vector<size_t> found;
  if (read) {
    Object object = read.object();
    found = find(List(object), c.arg(2), search);
  }
  if (search.has_count) {
    c.reply().array(found.size());
    for (const size_t index : found) c.reply().integer(static_cast<int64_t>(index));
  } else {
    found.empty() ? c.reply().null() : c.reply().integer(static_cast<int64_t>(found.front()));
  }
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 0},
};

constexpr Argument kArguments[] = {
    {.name = "key", .type = ArgumentType::key, .key_spec = 0},
    {.name = "element", .type = ArgumentType::string},
    {.name = "rank", .type = ArgumentType::integer, .token = "RANK", .flags = kOptional},
    {.name = "num-matches", .type = ArgumentType::integer, .token = "COUNT", .flags = kOptional},
    {.name = "len", .type = ArgumentType::integer, .token = "MAXLEN", .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(lpos) = {
    .name = "lpos",
    .summary = "Gives the indices of the elements that equal the given one.",
    .complexity = "O(N), N: elements compared, MAXLEN at most",
    .since = "6.0.6",
    .group = CommandGroup::list,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "list",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
