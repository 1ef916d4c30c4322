#include "tests/differential/harmless.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "tests/differential/key_pools.h"
#include "tests/differential/words.h"

namespace redstart::oracle {
namespace {

bool parses_as_integer(const std::string& text, int64_t& value) {
  if (text.empty() || text[0] == ' ') return false;
  char* end = nullptr;
  errno = 0;
  value = std::strtoll(text.c_str(), &end, 10);
  return errno == 0 && end == text.c_str() + text.size();
}

// Of members that are equally far, a server may cut off any: what is stored must not depend on it, and what is replied
// shows how far they are.
void keep_ties_harmless(Argv& argv) {
  const std::string name = upper(argv[0]);
  if (!name.starts_with("GEO") || contains_token(argv, "ANY")) return;
  const auto count = std::find_if(argv.begin(), argv.end(),
                                  [](const std::string& word) { return upper(word) == "COUNT"; });
  if (argv.end() - count < 2) return;
  const bool stores = name == "GEOSEARCHSTORE" || contains_token(argv, "STORE") ||
                      contains_token(argv, "STOREDIST");
  argv.insert(count + 2, stores ? "ANY" : "WITHDIST");
}

// Bits far away, though allowed, would make strings of hundreds of megabytes.
void keep_bits_harmless(Argv& argv) {
  constexpr int64_t kFarthest = 40'000, kAllowed = int64_t{8} * 536'870'912;
  const auto pull_near = [](std::string& word) {
    const bool counts_fields = word.starts_with('#');
    int64_t number = 0;
    if (parses_as_integer(word.substr(counts_fields ? 1 : 0), number) && number > kFarthest &&
        number < kAllowed) {
      word = (counts_fields ? "#" : "") + std::to_string(kFarthest / 64);
    }
  };
  const std::string name = upper(argv[0]);
  if (name == "SETBIT" && argv.size() > 2) pull_near(argv[2]);
  if (name != "BITFIELD") return;
  for (size_t i = 2; i + 2 < argv.size(); ++i) {
    if (is_one_of(upper(argv[i]), {"GET", "SET", "INCRBY"})) pull_near(argv[i + 2]);
  }
}

void keep_expiry_harmless(Argv& argv) {
  // Far enough in seconds and in milliseconds alike.
  constexpr int64_t kFar = 100'000'000;
  const std::string name = upper(argv[0]);
  const auto push_away = [](std::string& word) {
    int64_t number = 0;
    if (parses_as_integer(word, number) && number > 0 && number < kFar) word = std::to_string(kFar);
  };
  if (is_one_of(name, {"EXPIRE", "PEXPIRE", "SETEX", "PSETEX"}) && argv.size() > 2)
    push_away(argv[2]);
  if (!is_one_of(name, {"SET", "GETEX"})) return;
  for (size_t i = 2; i + 1 < argv.size(); ++i) {
    if (is_one_of(upper(argv[i]), {"EX", "PX"})) push_away(argv[i + 1]);
  }
}

// What is written under a key of the lex pool has score 0, and ranges by member are asked only of those.
void keep_lex_harmless(Argv& argv, const Grammar& grammar, CommandArguments& arguments) {
  const std::string name = upper(argv[0]);
  const bool by_member = name.find("LEX") != std::string::npos || contains_token(argv, "BYLEX");
  const size_t source_at = name == "ZRANGESTORE" ? 2 : 1;
  if (by_member && argv.size() > source_at) argv[source_at] = arguments.key_of(kLexPool);
  if (name == "ZADD" && argv.size() > 1 && is_lex_key(argv[1])) {
    argv = {argv[0], argv[1]};
    for (size_t i = arguments.repetitions(); i > 0; --i) argv.insert(argv.end(), {"0", arguments.member()});
    return;
  }
  static const std::set<std::string> harmless = {
      "ZREM",    "ZPOPMIN", "ZPOPMAX",  "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREMRANGEBYLEX",
      "DEL",     "UNLINK",  "EXPIRE",   "PEXPIRE",         "EXPIREAT",         "PEXPIREAT",
      "PERSIST", "WATCH",   "BZPOPMIN", "BZPOPMAX",        "BZMPOP",           "ZMPOP"};
  const Command* command = find_command(grammar, argv);
  const bool keeps_scores =
      harmless.contains(name) || (command != nullptr && command->has_flag("readonly"));
  for (size_t i = 1; i < argv.size() && !keeps_scores; ++i) {
    if (is_lex_key(argv[i]) && (!by_member || i != source_at)) argv[i][0] = 'z';
  }
}

// A wait lasts milliseconds; a group's reader, who is noted with the time, does not wait at all.
void keep_stream_waits_harmless(Argv& argv, bool in_multi) {
  const bool with_group = upper(argv[0]) == "XREADGROUP";
  if (!with_group && upper(argv[0]) != "XREAD") return;
  for (size_t i = 1; i + 1 < argv.size(); ++i) {
    int64_t number = 0;
    if (upper(argv[i]) != "BLOCK" || !parses_as_integer(argv[i + 1], number) || number < 0) continue;
    argv[i + 1] = "2";
    if (with_group && !in_multi) argv[i] = "COUNT";
  }
}

// They last milliseconds.
void keep_waits_harmless(Argv& argv) {
  const std::string name = upper(argv[0]);
  int64_t number = 0;
  if (name == "WAIT" && argv.size() > 2 && parses_as_integer(argv[2], number) && number >= 0) argv[2] = "1";
  const bool timeout_first = is_one_of(name, {"BLMPOP", "BZMPOP"});
  const bool timeout_last = is_one_of(name, {"BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX"});
  if ((!timeout_first && !timeout_last) || argv.size() < 2) return;
  std::string& timeout = timeout_first ? argv[1] : argv.back();
  char* end = nullptr;
  const long double seconds = std::strtold(timeout.c_str(), &end);
  if (end != timeout.c_str() && seconds >= 0 && seconds < 9.3e15L) timeout = "0.002";
}

void keep_counts_harmless(Argv& argv, const Surroundings& surroundings) {
  const std::string name = upper(argv[0]);
  int64_t number = 0;
  const bool repeats = is_one_of(name, {"SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER"});
  if (repeats && argv.size() > 2 && parses_as_integer(argv[2], number) && number < -50 &&
      number != INT64_MIN) {
    argv[2] = "-50";
  }
  // What a random removal leaves differs, so within a transaction it leaves nothing.
  if (name == "SPOP" && surroundings.in_multi) {
    if (argv.size() == 2) argv.push_back("1");
    if (argv.size() == 3 && parses_as_integer(argv[2], number) && number > 0)
      argv[2] = "1000000000";
  }
  if (is_one_of(name, {"SORT", "SORT_RO"}) && surroundings.in_multi &&
      contains_token(argv, "BY") && contains_token(argv, "ALPHA")) {
    std::erase_if(argv, [](const std::string& word) { return upper(word) == "STORE"; });
  }
  // The oracle's SORT turns a sorted set into a skiplist, where a negative zero is kept.
  if (is_one_of(name, {"ZADD", "ZINCRBY"}) && surroundings.has_sort) {
    std::replace(argv.begin(), argv.end(), std::string("-0"), std::string("0"));
  }
  // WITHSCORE came with 7.2: the oracle knows it not, and a transaction would go on differently.
  if (is_one_of(name, {"ZRANK", "ZREVRANK"}) && argv.size() > 3) argv.resize(2);
}

}  // namespace

void keep_harmless(Argv& argv, const Surroundings& surroundings, const Grammar& grammar, CommandArguments& arguments) {
  const std::string name = upper(argv[0]);
  int64_t number = 0;
  if (!surroundings.asks_idle_time && name == "OBJECT" && argv.size() > 1 && upper(argv[1]) == "IDLETIME") {
    argv[1] = "ENCODING";
  }
  if (!arguments.has_shared_clock()) keep_expiry_harmless(argv);
  keep_counts_harmless(argv, surroundings);
  keep_lex_harmless(argv, grammar, arguments);
  keep_stream_waits_harmless(argv, surroundings.in_multi);
  if (name == "SETRANGE" && argv.size() > 2 && parses_as_integer(argv[2], number) &&
      number > 5000 && number < 536'870'912) {
    argv[2] = "5000";
  }
  keep_bits_harmless(argv);
  keep_ties_harmless(argv);
  keep_waits_harmless(argv);
}

}  // namespace redstart::oracle
