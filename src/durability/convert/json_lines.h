// JSON lines: a key in each line, as an object; docs/formats.md says what stands in it.
//
// Threads: thread-safe; the shard of an entry that is written must be locked. Cost: linear in the value.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "engine/entry.h"

namespace redstart {

struct DestroyEntry {
  void operator()(Entry* entry) const { Entry::destroy(entry); }
};
using OwnedEntry = std::unique_ptr<Entry, DestroyEntry>;

// With the line's end.
std::string json_line_of(int db, const Entry& entry);
std::string json_line_of_function(std::string_view code);

// A line that was read: a key, or the code of a library of functions.
struct JsonLine {
  int db = 0;
  OwnedEntry entry;
  std::string function;
};
// `line`: without its end; ttl_ms in it counts from now_ms. Error: what is wrong.
std::expected<JsonLine, std::string> parse_json_line(std::string_view line, int64_t now_ms);

}  // namespace redstart
