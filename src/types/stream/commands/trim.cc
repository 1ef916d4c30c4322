#include "types/stream/commands/trim.h"

#include <algorithm>

namespace redstart {
namespace {

constexpr int64_t kLimitFallback = 10'000;  // where the nodes have no limit of entries
constexpr int64_t kLimitMax = 1'000'000;
constexpr int64_t kNodesPerTrim = 100;

class OptionParser {
 public:
  OptionParser(CommandContext& c, bool appends, AppendOptions& options)
      : c_(c), appends_(appends), options_(options), trim_(options.trim) {}

  bool parse() {
    for (index_ = 2; index_ < c_.arg_count(); ++index_) {
      if (appends_ && c_.arg(index_) == "*") break;
      bool is_id = false;
      if (!parse_one(is_id)) return false;
      if (is_id) break;
    }
    options_.id_index = index_;
    return check();
  }

 private:
  bool has_more() const { return index_ + 1 < c_.arg_count(); }
  bool fail(std::string_view error) {
    c_.error(error);
    return false;
  }

  bool parse_one(bool& is_id) {
    if (c_.arg_is(index_, "MAXLEN") && has_more()) return parse_strategy(StreamTrim::By::length);
    if (c_.arg_is(index_, "MINID") && has_more()) return parse_strategy(StreamTrim::By::id);
    if (c_.arg_is(index_, "LIMIT") && has_more()) return parse_limit();
    if (is_references_word(c_, index_, trim_.references)) return true;
    if (!appends_) {
      c_.syntax_error();
      return false;
    }
    if (c_.arg_is(index_, "NOMKSTREAM")) {
      options_.no_mkstream = true;
      return true;
    }
    ParsedStreamId id;
    if (!parse_id(c_, index_, {.any_seq = true}, id)) return false;
    options_.id = id;
    is_id = true;
    return true;
  }

  bool parse_strategy(StreamTrim::By by) {
    if (trim_.by != StreamTrim::By::none) {
      return fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    }
    trim_.by = by;
    ++index_;
    const std::string_view word = c_.arg(index_);
    if ((word == "~" || word == "=") && has_more()) {
      trim_.approximate = word == "~";
      ++index_;
    }
    if (by == StreamTrim::By::id) return parse_id(c_, index_, trim_.id_min);
    int64_t length;
    if (!c_.parse_integer(index_, length)) return false;
    if (length < 0) return fail("ERR The MAXLEN argument must be >= 0.");
    trim_.length_max = static_cast<uint64_t>(length);
    return true;
  }

  bool parse_limit() {
    int64_t limit;
    if (!c_.parse_integer(++index_, limit)) return false;
    if (limit < 0) return fail("ERR The LIMIT argument must be >= 0.");
    limit_ = limit;
    return true;
  }

  bool check() {
    if (limit_.value_or(0) != 0 && trim_.by == StreamTrim::By::none) {
      return fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }
    if (!appends_ && trim_.by == StreamTrim::By::none) {
      return fail("ERR syntax error, XTRIM must be called with a trimming strategy");
    }
    if (limit_ && !trim_.approximate) {
      return fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
    }
    if (trim_.approximate) {
      trim_.limit = static_cast<uint64_t>(limit_.value_or(usual_limit()));
    }
    return true;
  }

  // What keeps an approximate trim from taking long.
  int64_t usual_limit() const {
    const auto entries = std::min<size_t>(c_.limits().stream_node_max_entries, kLimitMax);
    const int64_t limit = kNodesPerTrim * static_cast<int64_t>(entries);
    return limit == 0 ? kLimitFallback : std::min(limit, kLimitMax);
  }

  CommandContext& c_;
  const bool appends_;
  AppendOptions& options_;
  StreamTrim& trim_;
  std::optional<int64_t> limit_;
  size_t index_ = 0;
};

}  // namespace

bool parse_append_options(CommandContext& c, AppendOptions& options) {
  return OptionParser(c, true, options).parse();
}

bool parse_trim_options(CommandContext& c, StreamTrim& trim) {
  AppendOptions options;
  if (!OptionParser(c, false, options).parse()) return false;
  trim = options.trim;
  return true;
}

void add_trim_effect(const StreamTrim& trim, const Stream& stream, std::vector<std::string>& words) {
  // Whatever it was asked for, a trim takes the oldest entries that may go, so their number says all.
  words.insert(words.end(), {"MAXLEN", "=", std::to_string(stream.size())});
  if (trim.references == GroupReferences::erase) words.push_back("DELREF");
  if (trim.references == GroupReferences::acked) words.push_back("ACKED");
}

void note_trim(CommandContext& c, std::string_view key) {
  Edit edit = c.edit_quietly(key, Type::stream);
  edit.object();
  edit.event("xtrim");
  edit.count_changes(0);
}

}  // namespace redstart
