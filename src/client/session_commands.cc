#include "client/session_commands.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"
#include "client/command_lookup.h"
#include "command/table.h"

namespace redstart {
namespace {

constexpr std::string_view kSessionNames[] = {
    "auth",       "discard",      "exec",        "hello",   "monitor", "multi",
    "psubscribe", "punsubscribe", "quit",        "reset",   "select",  "ssubscribe",
    "subscribe",  "sunsubscribe", "unsubscribe", "unwatch", "watch",
};
constexpr std::string_view kBlockingNames[] = {
    "blmove", "blmpop", "blpop", "brpop", "brpoplpush", "bzmpop", "bzpopmax", "bzpopmin", "wait", "waitaof",
};
constexpr size_t kNameMax = 12;

// The first letters, as bits, of the names of each length that are not ordinary.
constexpr auto kLettersOfLength = [] {
  std::array<uint32_t, kNameMax + 1> letters = {};
  const auto note = [&](std::string_view name) { letters[name.size()] |= 1u << (name[0] & 31); };
  for (const std::string_view name : kSessionNames) note(name);
  for (const std::string_view name : kBlockingNames) note(name);
  for (const std::string_view name : {"xread", "xreadgroup"}) note(name);
  return letters;
}();

// XREAD and XREADGROUP wait only when they are told to.
bool has_block(WordSpan words) {
  return std::ranges::any_of(
      words.subspan(1), [](std::string_view word) { return equal_ignoring_case(word, "block"); });
}

}  // namespace

CommandKind kind_of(WordSpan words) {
  const std::string_view name = words.empty() ? std::string_view() : words[0];
  if (name.empty() || name.size() > kNameMax) return CommandKind::ordinary;
  // Most commands are decided by their length and first letter.
  if (!(kLettersOfLength[name.size()] >> (name[0] & 31) & 1)) return CommandKind::ordinary;
  char lower[kNameMax];
  std::ranges::transform(
      name, lower, [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  const std::string_view lowered(lower, name.size());
  if (lowered[0] == 'b' || lowered[0] == 'w') {
    if (std::ranges::binary_search(kBlockingNames, lowered)) return CommandKind::blocking;
  }
  if (lowered[0] == 'x' && lowered.starts_with("xread") && has_block(words)) {
    return CommandKind::blocking;
  }
  if (std::ranges::binary_search(kSessionNames, lowered)) return CommandKind::session;
  return CommandKind::ordinary;
}

bool changes_session(WordSpan words) {
  static constexpr std::string_view kMore[] = {"asking",    "client",   "psync", "readonly",
                                               "readwrite", "replconf", "sync"};
  if (words.empty()) return false;  // it is refused
  if (kind_of(words) == CommandKind::session || !spec_of(words)) return true;
  const auto is_named = [&](std::string_view name) { return equal_ignoring_case(name, words[0]); };
  if (std::ranges::any_of(kMore, is_named)) return true;
  return words.size() > 1 && is_named("script") && equal_ignoring_case(words[1], "debug");
}

bool is_read_only(std::string_view name) {
  static const CommandTable table(command_specs());
  const CommandSpec* const spec = table.find(name);
  return spec && spec->has(kReadonly);
}

Error shared_session_error(std::string_view command) {
  return {ErrorCode::invalid_argument, Outcome::not_done,
          std::string(command) +
              " changes the session, which this client shares with other callers: use "
              "Client::dedicated(), Client::pipeline() or Client::transaction()"};
}

}  // namespace redstart
