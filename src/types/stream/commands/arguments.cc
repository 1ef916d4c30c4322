#include "types/stream/commands/arguments.h"

namespace redstart {
namespace {

constexpr std::string_view kInvalidId = "ERR Invalid stream ID specified as stream command argument";

// An end of a range; `is_open` when a "(" stood before it.
bool parse_range_end(CommandContext& c, size_t index, uint64_t missing_seq, StreamId& id, bool& is_open) {
  std::string_view text = c.arg(index);
  is_open = text.size() > 1 && text.front() == '(';
  if (is_open) text.remove_prefix(1);
  const auto parsed = parse_stream_id(text, {.missing_seq = missing_seq, .ends = !is_open});
  if (!parsed) {
    c.error(kInvalidId);
    return false;
  }
  id = parsed->id;
  return true;
}

void reply_value(ReplySink& reply, const listpack::Value& value) {
  char buffer[24];
  reply.bulk(value.text(buffer));
}

}  // namespace

bool parse_id(CommandContext& c, size_t index, const StreamIdSyntax& syntax, ParsedStreamId& parsed) {
  const auto id = parse_stream_id(c.arg(index), syntax);
  if (id) {
    parsed = *id;
    return true;
  }
  c.error(kInvalidId);
  return false;
}

bool parse_id(CommandContext& c, size_t index, StreamId& id) {
  ParsedStreamId parsed;
  if (!parse_id(c, index, {}, parsed)) return false;
  id = parsed.id;
  return true;
}

bool parse_ids(CommandContext& c, size_t first, size_t end, std::vector<StreamId>& ids) {
  ids.resize(end - first);
  for (size_t i = first; i < end; ++i) {
    if (!parse_id(c, i, ids[i - first])) return false;
  }
  return true;
}

bool parse_range_first(CommandContext& c, size_t index, StreamId& first) {
  bool is_open;
  if (!parse_range_end(c, index, 0, first, is_open)) return false;
  if (!is_open) return true;
  const auto next = first.next();
  if (next) {
    first = *next;
  } else {
    c.error("ERR invalid start ID for the interval");
  }
  return next.has_value();
}

bool parse_range_last(CommandContext& c, size_t index, StreamId& last) {
  bool is_open;
  if (!parse_range_end(c, index, UINT64_MAX, last, is_open)) return false;
  if (!is_open) return true;
  const auto previous = last.previous();
  if (previous) {
    last = *previous;
  } else {
    c.error("ERR invalid end ID for the interval");
  }
  return previous.has_value();
}

bool is_references_word(CommandContext& c, size_t index, GroupReferences& references) {
  if (c.arg_is(index, "KEEPREF")) {
    references = GroupReferences::keep;
  } else if (c.arg_is(index, "DELREF")) {
    references = GroupReferences::erase;
  } else if (c.arg_is(index, "ACKED")) {
    references = GroupReferences::acked;
  } else {
    return false;
  }
  return true;
}

bool parse_selection(CommandContext& c, size_t first, EntrySelection& selection) {
  bool has_references = false, has_ids = false;
  for (size_t i = first; i < c.arg_count(); ++i) {
    if (!has_references && is_references_word(c, i, selection.references)) {
      has_references = true;
    } else if (!has_ids && c.arg_is(i, "IDS") && i + 2 < c.arg_count()) {
      const auto count = parse_int64(c.arg(i + 1));
      if (!count || *count <= 0) {
        c.error("ERR Number of IDs must be a positive integer");
        return false;
      }
      const auto left = static_cast<int64_t>(c.arg_count() - i - 2);
      if (*count > left) {
        c.error("ERR The `numids` parameter must match the number of arguments");
        return false;
      }
      const size_t end = i + 2 + static_cast<size_t>(*count);
      if (!parse_ids(c, i + 2, end, selection.ids)) return false;
      has_ids = true;
      i = end - 1;
    } else {
      c.syntax_error();
      return false;
    }
  }
  if (!has_ids) c.syntax_error();
  return has_ids;
}

void reply_id(ReplySink& reply, const StreamId& id) {
  char text[kStreamIdTextBytes];
  reply.bulk({text, format_stream_id(id, text)});
}

void reply_entry(ReplySink& reply, const PackedEntry& entry) {
  reply.array(2);
  reply_id(reply, entry.id());
  reply.array(entry.field_count() * 2);
  entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
    reply_value(reply, name);
    reply_value(reply, value);
  });
}

void reply_range(ReplySink& reply, const Stream& stream, const StreamRange& range, bool from_end,
                 size_t count_max) {
  size_t left = stream.count(range, count_max);
  reply.array(left);
  if (left == 0) return;
  stream.for_each(range, from_end, [&](const PackedEntry& entry) {
    reply_entry(reply, entry);
    return --left > 0;
  });
}

void reply_entry(ReplySink& reply, const Stream& stream, const StreamId& id) {
  stream.for_each({id, id}, false, [&](const PackedEntry& entry) {
    reply_entry(reply, entry);
    return false;
  });
}

std::string_view quoted(std::string_view word) { return word.substr(0, word.find('\0')); }

Stream look_into(const Edit& edit) {
  Object object = edit.entry()->object();
  return Stream(object);
}

}  // namespace redstart
