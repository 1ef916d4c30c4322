// The cursor comes from HashTable::scan; a small set is given whole.
#include "types/zset/scan.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

constexpr int64_t kBucketsPerElementMax =
    10;  // how long a sparse table may delay a reply, as in Redis

struct Options {
  std::optional<std::string_view> pattern = {};
  int64_t count = 10;
};

bool parse_cursor(CommandContext& c, uint64_t& cursor) {
  const std::string text(c.arg(2));
  errno = 0;
  char* end;
  cursor = std::strtoull(text.c_str(), &end, 10);
  const bool leading_space = std::isspace(static_cast<unsigned char>(text.c_str()[0]));
  if (!leading_space && *end == '\0' && errno != ERANGE) return true;
  c.error("ERR invalid cursor");
  return false;
}

bool parse_options(CommandContext& c, Options& options) {
  for (size_t index = 3; index < c.arg_count(); index += 2) {
    const bool has_value = index + 1 < c.arg_count();
    if (has_value && c.arg_is(index, "count")) {
      if (!c.parse_integer(index + 1, options.count)) return false;
      if (options.count < 1) return c.syntax_error(), false;
    } else if (has_value && c.arg_is(index, "match")) {
      options.pattern = c.arg(index + 1);
    } else {
      return c.syntax_error(), false;
    }
  }
  return true;
}

// Views of members of a small set would not outlive the walk: their text is kept.
struct Page {
  std::string texts;
  std::vector<std::pair<size_t, double>> ends;  // where a member's text ends, and its score
  void add(std::string_view member, double score) {
    texts.append(member);
    ends.emplace_back(texts.size(), score);
  }
};

uint64_t collect(const SortedSet& set, uint64_t cursor, const Options& options, Page& page) {
  int64_t visited = 0;
  int64_t steps_left = options.count > INT64_MAX / kBucketsPerElementMax
                           ? INT64_MAX
                           : options.count * kBucketsPerElementMax;
  do {
    cursor = set.scan(cursor, [&](std::string_view member, double score) {
      ++visited;
      if (!options.pattern || glob_match(*options.pattern, member)) page.add(member, score);
    });
  } while (cursor != 0 && visited < options.count && --steps_left > 0);
  return cursor;
}

void reply_page(ReplySink& reply, uint64_t cursor, const Page& page) {
  reply.array(2);
  reply.bulk(std::to_string(cursor));
  reply.array(page.ends.size() * 2);
  size_t begin = 0;
  char text[kNumberTextBytes];
  for (const auto& [end, score] : page.ends) {
    reply.bulk(std::string_view(page.texts).substr(begin, end - begin));
    reply.bulk({text, format_double(score, text)});
    begin = end;
  }
}

}  // namespace

void run_scan(CommandContext& c) {
  uint64_t cursor;
  if (!parse_cursor(c, cursor)) return;
  const Read read = c.read(c.arg(1), Type::zset);
  if (read.wrong_type) return;
  if (!read) return reply_page(c.reply(), 0, {});
  Options options;
  if (!parse_options(c, options)) return;
  Object object = read.object();
  Page page;
  cursor = collect(SortedSet(object), cursor, options, page);
  reply_page(c.reply(), cursor, page);
}

}  // namespace redstart
