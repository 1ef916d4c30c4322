// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN size] [WITHMATCHLEN]: what two strings have in common.
#include "types/string/lcs.h"

#include <vector>

#include "execution/command_context.h"
#include "execution/config.h"
#include "execution/executor.h"

namespace redstart {
namespace {

struct Options {
  bool size_only = false;
  bool matches = false;
  bool match_sizes = false;
  int64_t match_size_min = 0;
};

bool parse_options(CommandContext& c, Options& options) {
  for (size_t i = 3; i < c.arg_count(); ++i) {
    if (c.arg_is(i, "IDX")) {
      options.matches = true;
    } else if (c.arg_is(i, "LEN")) {
      options.size_only = true;
    } else if (c.arg_is(i, "WITHMATCHLEN")) {
      options.match_sizes = true;
    } else if (c.arg_is(i, "MINMATCHLEN") && i + 1 < c.arg_count()) {
      if (!c.parse_integer(++i, options.match_size_min)) return false;
    } else {
      c.syntax_error();
      return false;
    }
  }
  if (!options.matches || !options.size_only) return true;
  c.error("ERR If you want both the length and indexes, please just use IDX.");
  return false;
}

bool allows_table(CommandContext& c, size_t a_size, size_t b_size) {
  if (a_size >= UINT32_MAX - 1 || b_size >= UINT32_MAX - 1) {
    c.error("ERR String too long for LCS");
    return false;
  }
  const auto bytes = LongestCommonSubsequence::table_bytes(a_size, b_size);
  if (bytes && *bytes <= c.executor().config().bulk_bytes_max()) return true;
  c.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  return false;
}

void reply_matches(CommandContext& c, const LongestCommonSubsequence& lcs, const Options& options) {
  auto matches = lcs.matches();
  std::erase_if(matches, [&](const auto& match) { return match.size() < options.match_size_min; });
  ReplySink& reply = c.reply();
  const auto range = [&reply](uint32_t first, uint32_t last) {
    reply.array(2);
    reply.integer(first);
    reply.integer(last);
  };
  reply.map(2);
  reply.bulk("matches");
  reply.array(matches.size());
  for (const auto& match : matches) {
    reply.array(options.match_sizes ? 3 : 2);
    range(match.first_in_a, match.last_in_a);
    range(match.first_in_b, match.last_in_b);
    if (options.match_sizes) reply.integer(match.size());
  }
  reply.bulk("len");
  reply.integer(lcs.size());
}

void run(CommandContext& c) {
  const Entry* first = c.find(c.arg(1));
  const Entry* second = c.find(c.arg(2));

  if ((first && !first->is_string()) || (second && !second->is_string())) {
    return c.error("ERR The specified keys must contain string values");
  }
  Options options;
  if (!parse_options(c, options)) return;
  NumberBuffer first_buffer, second_buffer;
  const std::string_view a = first ? first->text(first_buffer) : std::string_view();
  const std::string_view b = second ? second->text(second_buffer) : std::string_view();
  if (!allows_table(c, a.size(), b.size())) return;
  const LongestCommonSubsequence lcs(a, b);
  if (options.matches) return reply_matches(c, lcs, options);
  if (options.size_only) return c.reply().integer(lcs.size());
  c.reply().bulk(lcs.text());
}

constexpr KeySpec kKeys[] = {
    {.flags = kKeyRO | kKeyAccess, .index = 1, .last = 1},
};

constexpr Argument kArguments[] = {
    {.name = "key1", .type = ArgumentType::key, .key_spec = 0},
    {.name = "key2", .type = ArgumentType::key, .key_spec = 0},
    {.name = "len", .type = ArgumentType::pure_token, .token = "LEN", .flags = kOptional},
    {.name = "idx", .type = ArgumentType::pure_token, .token = "IDX", .flags = kOptional},
    {.name = "len", .type = ArgumentType::integer, .token = "MINMATCHLEN", .flags = kOptional},
    {.name = "withmatchlen",
     .type = ArgumentType::pure_token,
     .token = "WITHMATCHLEN",
     .flags = kOptional},
};

}  // namespace

REDSTART_COMMAND(lcs) = {
    .name = "lcs",
    .summary = "Finds the longest common subsequence of two strings.",
    .complexity = "O(N*M), N, M: bytes of the two strings",
    .since = "7.0.0",
    .group = CommandGroup::string,
    .arity = -3,
    .flags = kReadonly,
    .acl_categories = "string",
    .keys = kKeys,
    .arguments = kArguments,
    .run = run,
};

}  // namespace redstart
