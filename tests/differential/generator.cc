#include "tests/differential/generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "tests/differential/scripts.h"
#include "tests/differential/server_commands.h"

namespace redstart::oracle {
namespace {

using namespace std::string_view_literals;

constexpr size_t kKeysPerPool = 8;
// Strings, lists, hashes, sets, sorted sets, HyperLogLogs, streams, sorted sets of positions.
constexpr std::string_view kPools = "slhtzpxg";
// Sorted sets whose members all have the same score: only there are ranges by member defined.
constexpr char kLexPool = 'y';

// Not reached by random drawing often enough, or too destructive to be drawn like the others.
const std::map<std::string_view, double> kWeights = {
    {"SET", 4},         {"HSET", 4},        {"SADD", 4},           {"ZADD", 5},
    {"RPUSH", 4},       {"LPUSH", 3},       {"DEL", 0.5},          {"UNLINK", 0.5},
    {"FLUSHALL", 0.01}, {"FLUSHDB", 0.02},  {"SWAPDB", 0.1},       {"SELECT", 0.2},
    {"DBSIZE", 0.3},    {"KEYS", 0.5},      {"OBJECT HELP", 0.05}, {"WAIT", 0.1},
    {"BLPOP", 0.03},    {"BRPOP", 0.03},    {"BLMOVE", 0.03},      {"BRPOPLPUSH", 0.03},
    {"BLMPOP", 0.03},   {"BZPOPMIN", 0.03}, {"BZPOPMAX", 0.03},    {"BZMPOP", 0.03},
    {"MULTI", 1.5},     {"EXEC", 1.5},      {"DISCARD", 0.2},      {"WATCH", 1},
    {"XADD", 9},        {"XREADGROUP", 3},  {"XTRIM", 0.4},        {"XSETID", 0.15},
    {"XGROUP DESTROY", 0.15}, {"XGROUP HELP", 0.02}, {"XINFO HELP", 0.02}, {"XGROUP SETID", 0.4},
    {"XGROUP DELCONSUMER", 0.3},
    {"UNWATCH", 0.2},   {"SPOP", 0.5},      {"LCS", 0.5},          {"SORT", 2},
    {"SETBIT", 4},      {"GETBIT", 2},      {"BITCOUNT", 3},       {"BITPOS", 4},
    {"BITOP", 5},       {"BITFIELD", 8},    {"BITFIELD_RO", 2},    {"PFADD", 8},
    {"PFCOUNT", 4},     {"PFMERGE", 1},     {"PFDEBUG", 0.4},      {"GEOADD", 5},
    {"GEOSEARCH", 4},   {"EVAL", 30},       {"EVAL_RO", 4},        {"FCALL", 8},
    {"FCALL_RO", 2},    {"FUNCTION LOAD", 6}, {"SCRIPT FLUSH", 0.1}, {"FUNCTION FLUSH", 0.2}};

constexpr std::array kIntegers = {"0"sv,
                                  "1"sv,
                                  "2"sv,
                                  "3"sv,
                                  "5"sv,
                                  "10"sv,
                                  "-1"sv,
                                  "-2"sv,
                                  "-3"sv,
                                  "-10"sv,
                                  "100"sv,
                                  "9999"sv,
                                  "10000"sv,
                                  "-100"sv,
                                  "127"sv,
                                  "128"sv,
                                  "-129"sv,
                                  "32768"sv,
                                  "2147483647"sv,
                                  "-2147483648"sv,
                                  "4294967296"sv,
                                  "9007199254740992"sv,
                                  "9007199254740993"sv,
                                  "9223372036854775807"sv,
                                  "-9223372036854775808"sv,
                                  "-9223372036854775807"sv};
constexpr std::array kNotIntegers = {"9223372036854775808"sv,
                                     "-9223372036854775809"sv,
                                     "18446744073709551616"sv,
                                     "1.5"sv,
                                     "abc"sv,
                                     ""sv,
                                     " 1"sv,
                                     "1 "sv,
                                     "+1"sv,
                                     "01"sv,
                                     "-0"sv,
                                     "0x10"sv,
                                     "1e3"sv,
                                     "--1"sv,
                                     "\0"sv,
                                     "nan"sv};
constexpr std::array kNumbers = {"0"sv,
                                 "1"sv,
                                 "-1"sv,
                                 "1.5"sv,
                                 "2"sv,
                                 "3"sv,
                                 "10"sv,
                                 "0.1"sv,
                                 "-0.1"sv,
                                 "3.14159265358979"sv,
                                 "1e10"sv,
                                 "-0"sv,
                                 "inf"sv,
                                 "-inf"sv,
                                 "+inf"sv,
                                 "1e308"sv,
                                 "-1e308"sv,
                                 "1e-300"sv,
                                 "1e17"sv,
                                 "123456789012345678"sv,
                                 "9007199254740993"sv,
                                 "3.0e5"sv,
                                 "5e-324"sv,
                                 "1.7976931348623157e308"sv,
                                 "100"sv,
                                 "0x10"sv,
                                 ".5"sv,
                                 "17179869184"sv,
                                 "0.30000000000000004"sv,
                                 "9223372036854775807"sv,
                                 "Infinity"sv};
constexpr std::array kNotNumbers = {"nan"sv, "-nan"sv,  "abc"sv, ""sv,   "1e400"sv, " 1"sv,
                                    "1 "sv,  "1.2.3"sv, "--1"sv, "\0"sv, "1e"sv,    "one"sv};
constexpr std::array kWords = {"a"sv,         "b"sv,         "c"sv,
                               "foo"sv,       "bar"sv,       "hello world"sv,
                               ""sv,          "ABC"sv,       "\x00\x01\xff"sv,
                               "\r\n"sv,      "a\0b"sv,      "\xc3\xa9"sv,
                               "x:1"sv,       "m3 m4"sv,     "ohmytext"sv,
                               "mynewtext"sv, "0"sv,         "1"sv,
                               "12"sv,        "-5"sv,        "3.0"sv,
                               "1e5"sv,       "123456789"sv, "99999999999999999999"sv,
                               "  7"sv};
constexpr std::array kPatterns = {"*"sv,      "s*"sv,     "?1"sv,    "[a-l]*"sv, "[^s]*"sv,
                                  "*[0-3]"sv, "m*"sv,     "m1?"sv,   "\\*"sv,    "nothing"sv,
                                  ""sv,       "h*->f1"sv, "s*->x"sv, "#"sv,      "s[0-9"sv,
                                  "*\\"sv,    "[]"sv,     "**1"sv,   "z[z-a]"sv};
constexpr std::array kSortPatterns = {"s*"sv,     "h*->f1"sv, "h*->f2"sv, "#"sv,
                                      "nosort"sv, "h*"sv,     "*"sv,      "h*->"sv,
                                      "l*"sv,     ""sv,       "none_*"sv, "h1->f*"sv};
constexpr std::array kLexBounds = {"-"sv,     "+"sv,    "[m"sv, "(m"sv, "[m3"sv, "(m3"sv,
                                   "[m20"sv,  "(m25"sv, "[a"sv, "[z"sv, "("sv,   "["sv,
                                   "[\xff"sv, "(1"sv,   "m3"sv, ""sv};
constexpr std::array kScoreBounds = {
    "-inf"sv, "+inf"sv, "inf"sv,   "0"sv,    "(0"sv,  "1"sv,   "(1"sv,  "5"sv,   "(5"sv, "10"sv,
    "(10"sv,  "-1"sv,   "(-inf"sv, "(inf"sv, "1.5"sv, "100"sv, "nan"sv, "abc"sv, "("sv,  "((1"sv};
constexpr std::array kBitOperations = {"AND"sv, "OR"sv, "XOR"sv, "NOT"sv, "and"sv, "nor"sv};
constexpr std::array kFieldEncodings = {"u0"sv, "i0"sv, "i65"sv, "i065"sv, "U8"sv, "8"sv, "u"sv, ""sv, "u-1"sv};
constexpr std::array kSketchViews = {"GETREG"sv, "DECODE"sv, "decode"sv, "ENCODING"sv, "TODENSE"sv};
constexpr std::array kDegrees = {"180"sv, "-180"sv, "179.9999999"sv, "85.05112878"sv, "-85.05112878"sv,
                                 "0"sv,   "85"sv,   "66.5"sv,        "1e308"sv,       "85.0511288"sv};
constexpr std::array kTokens = {"NX"sv,         "XX"sv,         "GT"sv,     "LT"sv,    "CH"sv,
                                "EX"sv,         "KEEPTTL"sv,    "GET"sv,    "COUNT"sv, "MATCH"sv,
                                "LIMIT"sv,      "WITHSCORES"sv, "BY"sv,     "STORE"sv, "REV"sv,
                                "WITHVALUES"sv, "LEFT"sv,       "garbage"sv};

bool parses_as_integer(const std::string& text, int64_t& value) {
  if (text.empty() || text[0] == ' ') return false;
  char* end = nullptr;
  errno = 0;
  value = std::strtoll(text.c_str(), &end, 10);
  return errno == 0 && end == text.c_str() + text.size();
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

char pool_of_group(std::string_view group) {
  if (group == "list") return 'l';
  if (group == "hash") return 'h';
  if (group == "set") return 't';
  if (group == "sorted-set") return 'z';
  if (group == "hyperloglog") return 'p';
  if (group == "stream") return 'x';
  if (group == "geo") return 'g';
  return 's';
}

bool is_lex_key(std::string_view word) { return word.size() == 2 && word[0] == kLexPool; }

bool contains_token(const Argv& argv, std::string_view token) {
  return std::any_of(argv.begin(), argv.end(),
                     [&](const std::string& word) { return upper(word) == token; });
}

}  // namespace

Generator::Generator(const Grammar& grammar, const GeneratorOptions& options)
    : grammar_(grammar), options_(options), random_(options.seed), streams_(random_) {
  choose_commands(options.group);
  if (options.group == "acl") {
    acl_.emplace(grammar, random_, [this] { return generate(pick()); });
  }
  if (choices_.empty()) throw std::invalid_argument("no commands in the group " + options.group);
}

void Generator::choose_commands(const std::string& group) {
  static const std::map<std::string, std::set<std::string>> groups = {
      {"string", {"string"}},
      {"list", {"list"}},
      {"hash", {"hash"}},
      {"set", {"set"}},
      {"zset", {"sorted-set"}},
      {"stream", {"stream"}},
      {"generic", {"generic"}},
      {"transactions", {"transactions"}},
      {"bitmap", {"bitmap", "string"}},
      {"hyperloglog", {"hyperloglog"}},
      {"geo", {"geo"}},
      {"acl", {"string", "hash", "list", "set", "transactions"}},
      {"scripting", {"scripting"}},
      {"server", {"string"}},  // and the calls of server_commands.h
      {"mixed", {"string", "list", "hash", "set", "sorted-set", "stream", "generic", "transactions",
                 "bitmap", "hyperloglog", "geo"}}};
  static const std::set<std::string> data_types = {
      "string", "list", "hash", "set", "sorted-set", "stream", "bitmap", "hyperloglog", "geo"};
  static const std::set<std::string> server = {"SELECT", "SWAPDB", "DBSIZE", "FLUSHALL", "FLUSHDB"};
  const auto wanted = groups.find(group);
  if (wanted == groups.end()) throw std::invalid_argument("unknown group " + group);
  const bool with_server = is_one_of(group, {"generic", "transactions", "mixed"});
  for (const auto& [name, command] : grammar_) {
    if (options_.skipped.contains(name) || is_left_out(command)) continue;
    const bool own =
        wanted->second.contains(command.group) || (with_server && server.contains(name));
    if (own) choices_.push_back({&command, weight_of(command)});
    if (data_types.contains(command.group) && !command.has_flag("blocking"))
      others_.push_back(&command);
    if (own && command.has_flag("blocking") && name != "WAIT") blocking_.push_back(&command);
  }
  for (const Choice& choice : choices_) weight_total_ += choice.weight;
}

// A connection that may do little cannot ask what it takes to judge a random reply; and the oracle serves
// blocked clients whatever they have lost.
bool Generator::is_left_out(const Command& command) const {
  return options_.group == "acl" &&
         (command.has_flag("blocking") || command.has_tip("nondeterministic_output") ||
          is_one_of(command.words[0], {"SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER"}));
}

bool Generator::has_sort() const {
  return is_one_of(options_.group, {"generic", "mixed"});
}

double Generator::weight_of(const Command& command) const {
  std::string name = command.words[0];
  if (command.words.size() > 1) name += " " + command.words[1];
  const auto found = kWeights.find(name);
  return found == kWeights.end() ? 1 : found->second;
}

const Command& Generator::pick() {
  // Transactions and key commands are about other commands' data.
  const double others = is_one_of(options_.group, {"generic", "transactions"}) ? 0.6 : 0.08;
  if (chance(others)) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      const Command& command = *others_[below(others_.size())];
      if (chance(std::min(1.0, weight_of(command) / 4))) return command;
    }
  }
  double at = std::uniform_real_distribution<double>(0, weight_total_)(random_);
  for (const Choice& choice : choices_) {
    at -= choice.weight;
    if (at <= 0) return *choice.command;
  }
  return *choices_.back().command;
}

Argv Generator::any_data_command() {
  const Command& command = *others_[below(others_.size())];
  Argv argv = generate(command);
  if (chance(0.2)) damage(argv, command);
  return argv;
}

Argv Generator::next(bool in_multi) {
  if (options_.group == "server" && !in_multi && chance(0.7)) return next_server_command(*this, grammar_);
  if (chance(0.002))
    return {one_of(std::array{"NOSUCH"sv, "GETT"sv, ""sv, "get\r\nx"sv}), value(), key()};
  // Long transactions meet an error on the way and are refused: most are short and in order.
  if (options_.group == "mixed" && chance(in_multi ? 0.12 : 0.01)) {
    return {in_multi ? "EXEC" : "MULTI"};
  }
  if (acl_ && chance(0.6)) return acl_->next();
  const Command& command = pick();
  Argv argv = generate(command);
  fix_ranges(argv);
  if (chance(in_multi ? 0.03 : 0.14)) damage(argv, command);
  keep_harmless(argv, in_multi);
  if (!in_multi && chance(0.004)) argv.insert(argv.begin(), {"COMMAND", "GETKEYS"});
  return argv;
}

Argv Generator::generate(const Command& command) {
  pool_ = pool_of_group(command.group);
  if (is_one_of(command.group, {"generic", "transactions"})) pool_ = kPools[below(kPools.size())];
  // Sketches are strings, which other commands damage.
  if (options_.group == "hyperloglog" && pool_ == 's' && chance(0.5)) pool_ = 'p';
  if (options_.group == "geo" && pool_ == 'z' && chance(0.5)) pool_ = 'g';
  family_ = command.words[0];
  command_group_ = command.group;
  key_count_is_exact_ = false;
  Argv argv(command.words.begin(), command.words.end());
  if (chance(0.2)) {
    for (char& c : argv[0]) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const Argument& argument : command.arguments) add(argument, argv);
  return argv;
}

void Generator::add(const Argument& argument, Argv& argv) {
  if (argument.optional && !chance(0.35)) return;
  if (!argument.multiple) return add_once(argument, argv);
  size_t count = repetitions();
  if (argument.type == "key" && key_count_is_exact_) count = key_count_;
  if (argument.name == "weight" && !chance(0.1)) count = key_count_;
  if (argument.has_token && !argument.multiple_token) argv.push_back(argument.token);
  for (size_t i = 0; i < count; ++i) {
    if (argument.multiple_token || !argument.has_token) {
      add_once(argument, argv);
    } else {
      add_value(argument, argv);
    }
  }
  if (argument.type == "key") key_count_is_exact_ = false;
}

size_t Generator::repetitions() {
  const uint64_t draw = below(2000);
  if (draw < 1000) return 1;
  if (draw < 1900) return 2 + below(4);
  if (draw < 1997) return 6 + below(30);
  return 130 + below(500);
}

void Generator::add_once(const Argument& argument, Argv& argv) {
  if (argument.has_token) {
    argv.push_back(argument.token);
    if (chance(0.1)) argv.back()[0] = static_cast<char>(std::tolower(argv.back()[0]));
  }
  if (argument.type != "pure-token") add_value(argument, argv);
}

void Generator::add_value(const Argument& argument, Argv& argv) {
  const std::string& type = argument.type;
  if (family_[0] == 'X' && type != "oneof" && type != "block" && type != "key") {
    if (auto drawn = streams_.draw(family_, argument, argv)) return argv.push_back(std::move(*drawn));
  }
  if (type == "block" && argument.name == "streams") return add_streams(argument, argv);
  if (type == "oneof") return add(argument.children[below(argument.children.size())], argv);
  if (type == "block") {
    for (const Argument& child : argument.children) add(child, argv);
  } else if (type == "key") {
    argv.push_back(key());
  } else if (type == "pattern") {
    argv.push_back(family_.starts_with("SORT") ? one_of(kSortPatterns) : pattern());
  } else if (command_group_ == "geo" && is_one_of(type, {"double", "integer"})) {
    argv.push_back(geo_number(argument.name));
  } else if (type == "double") {
    argv.push_back(number());
  } else if (type == "unix-time") {
    argv.push_back(deadline(argument.name));
  } else if (command_group_ == "scripting" && is_one_of(argument.name, {"script", "sha1", "function", "function-code"})) {
    argv.push_back(scripting_word(argument.name));
  } else if (command_group_ == "bitmap" && type != "key") {
    argv.push_back(bitmap_word(argument.name));
  } else if (type == "integer") {
    argv.push_back(integer(argument.name));
  } else if (family_ == "PFADD" && type != "key" && chance(0.6)) {
    argv.push_back(std::to_string(random_()));
  } else if (family_ == "PFDEBUG" && chance(0.97)) {
    argv.push_back(one_of(kSketchViews));
  } else if (is_one_of(argument.name, {"field", "member", "element", "pivot"})) {
    argv.push_back(chance(0.9) ? member() : value());
  } else if (is_one_of(argument.name, {"min", "max", "start", "stop"})) {
    argv.push_back(chance(0.5) ? score_bound() : lex_bound());
  } else {
    argv.push_back(value());
  }
}

// As many ids as keys.
void Generator::add_streams(const Argument& argument, Argv& argv) {
  const size_t count = chance(0.8) ? 1 : 2 + below(2);
  for (const Argument& child : argument.children) {
    for (size_t i = 0; i < count; ++i) add_value(child, argv);
  }
}

std::string Generator::scripting_word(const std::string& name) {
  Scripts scripts(random_);
  if (name == "script") return scripts.script();
  if (name == "sha1") return scripts.fingerprint();
  return name == "function" ? scripts.function() : scripts.library();
}

std::string Generator::key_of(char pool) {
  return {pool, static_cast<char>('0' + below(kKeysPerPool))};
}

std::string Generator::key() {
  const uint64_t draw = below(1000);
  if (pool_ == 'z' && draw < 100) return key_of(kLexPool);
  if (draw < 870) return key_of(pool_);
  if (draw < 990) return key_of(kPools[below(kPools.size())]);
  return one_of(std::array{""sv, "k\0\xff"sv, "{tag}s1"sv, "missing"sv, "a key with spaces"sv});
}

bool Generator::is_key(std::string_view word) {
  return (word.size() == 2 &&
          (word[0] == kLexPool || kPools.find(word[0]) != std::string_view::npos) &&
          word[1] >= '0' && word[1] < '0' + static_cast<char>(kKeysPerPool)) ||
         is_one_of(word, {"", "k\0\xff"sv, "{tag}s1", "missing", "a key with spaces"});
}

std::string Generator::member() {
  const uint64_t draw = below(1000);
  if (draw < 400) return "m" + std::to_string(below(40));
  if (draw < 600) return std::to_string(below(20));
  if (draw < 650) return "f" + std::to_string(below(4));
  if (draw < 700) return std::to_string(static_cast<int64_t>(below(2000)) - 1000);
  if (draw < 740) return std::to_string(static_cast<int64_t>(random_()));
  if (draw < 760) return "member:" + std::to_string(below(1000));
  if (draw < 800) return std::string(1, static_cast<char>('a' + below(4)));
  return chance(0.5) ? "m" + std::to_string(below(5)) : value();
}

std::string Generator::value() {
  const uint64_t draw = below(1000);
  if (draw < 350) return one_of(kWords);
  if (draw < 500) return one_of(kIntegers);
  if (draw < 600) return one_of(kNumbers);
  if (draw < 640) return one_of(kNotIntegers);
  if (draw < 670) return one_of(kNotNumbers);
  if (draw < 720) return std::string(std::array<size_t, 6>{43, 44, 45, 63, 64, 65}[below(6)], 'x');
  if (draw < 740) return std::string(100 + below(200), static_cast<char>('a' + below(3)));
  if (draw < 742) return std::string(16'000 + below(1000), static_cast<char>('p' + below(3)));
  if (draw < 860) return std::to_string(below(50));
  std::string text;
  for (uint64_t i = below(12); i > 0; --i) text += static_cast<char>('a' + below(3));
  return text;
}

std::string Generator::integer(const std::string& name) {
  if (name == "numkeys") {
    key_count_ = 1 + below(3);
    key_count_is_exact_ = true;
    return chance(0.06) ? one_of(kIntegers) : std::to_string(key_count_);
  }
  if (name.find("seconds") != std::string::npos || name == "ttl") return deadline(name);
  if (is_one_of(name, {"db", "index1", "index2", "destination-db"}) ||
      (name == "index" && is_one_of(family_, {"SELECT", "SWAPDB"}))) {
    return chance(0.9) ? std::to_string(below(3)) : one_of(kIntegers);
  }
  const uint64_t draw = below(100);
  if (draw < 60) return std::to_string(static_cast<int64_t>(below(14)) - 4);
  if (draw < 75) return std::to_string(static_cast<int64_t>(below(200)) - 100);
  if (draw < 93) return one_of(kIntegers);
  return one_of(kNotIntegers);
}

std::string Generator::number() {
  const uint64_t draw = below(100);
  if (draw < 45) return std::to_string(static_cast<int64_t>(below(20)) - 5);
  if (draw < 60) return std::to_string(below(50)) + "." + std::to_string(below(100));
  if (draw < 93) return one_of(kNumbers);
  return one_of(kNotNumbers);
}

// Most positions within a few hundred kilometers, others all over the map and at its edges.
std::string Generator::geo_number(const std::string& name) {
  if (chance(0.02)) return number();
  if (name == "count") return chance(0.95) ? std::to_string(1 + below(12)) : integer(name);
  const auto within = [&](double low, double high) {
    return std::to_string(std::uniform_real_distribution<double>(low, high)(random_));
  };
  if (name == "longitude" || name == "latitude") {
    if (chance(0.04)) return one_of(kDegrees);
    const bool is_near = chance(0.7);
    if (name == "longitude") return is_near ? within(10, 16) : within(-180, 180);
    return is_near ? within(36, 40) : within(-85, 85);
  }
  // A radius or a side, in a unit that is not known yet.
  return std::to_string(std::exp(std::uniform_real_distribution<double>(-2, 16)(random_)));
}

// Offsets near each other, and widths of all sizes.
std::string Generator::bitmap_word(const std::string& name) {
  if (name == "operation") return one_of(kBitOperations);
  if (name == "encoding") {
    if (chance(0.04)) return one_of(kFieldEncodings);
    const bool is_signed = chance(0.5);
    const uint64_t bits = chance(0.3) ? 8u << below(4) : 1 + below(64);
    return (is_signed ? "i" : "u") + std::to_string(is_signed ? bits : std::min<uint64_t>(bits, 63));
  }
  if (name == "offset") {
    if (family_.starts_with("BITFIELD") && chance(0.25)) return "#" + std::to_string(below(12));
    return chance(0.95) ? std::to_string(below(chance(0.1) ? 20'000 : 150)) : integer(name);
  }
  if (name == "bit" || (name == "value" && family_ == "SETBIT")) {
    return chance(0.97) ? std::to_string(below(2)) : integer(name);
  }
  if (is_one_of(name, {"value", "increment"}) && chance(0.5)) {
    const auto size = static_cast<int64_t>(random_() >> below(64));
    return std::to_string(chance(0.5) ? size : -(size / 2));
  }
  return integer(name);
}

std::string Generator::pattern() {
  return chance(0.8) ? one_of(kPatterns) : key_of(kPools[below(kPools.size())]);
}

// A time to live or a point in time, in seconds or milliseconds: over already, or far away in both.
std::string Generator::deadline(const std::string& name) {
  const uint64_t draw = below(100);
  const bool in_ms = name.find("milli") != std::string::npos || family_[0] == 'P';
  if (draw < 10) return one_of(kNotIntegers);
  if (draw < 25) return one_of(std::array{"0"sv, "-1"sv, "-100000"sv, "-9223372036854775808"sv});
  if (draw < 35)
    return one_of(std::array{"9223372036854775807"sv, "9223372036854775"sv, "92233720368547758"sv});
  const bool absolute = name.find("unix") != std::string::npos;
  if (now_ms_ > 0 && draw < 85) return near_deadline(in_ms, absolute);
  if (absolute && draw < 50) return one_of(std::array{"1"sv, "1000"sv, "1500000000"sv});
  const uint64_t seconds = absolute ? 4'102'444'800 + below(1000) : 200'000 + below(1000);
  return std::to_string(in_ms ? seconds * 1000 : seconds);
}

// Some seconds or minutes from now on the shared clock, and now and then in the past.
std::string Generator::near_deadline(bool in_ms, bool absolute) {
  int64_t left_ms = static_cast<int64_t>(below(1'200'000));
  if (chance(0.2)) left_ms = static_cast<int64_t>(below(3000));
  if (chance(0.1)) left_ms = -left_ms / 1000;
  const int64_t at_ms = (absolute ? now_ms_ : 0) + left_ms;
  return std::to_string(in_ms ? at_ms : at_ms / 1000);
}

std::vector<std::string> Generator::command_names() const {
  std::vector<std::string> names;
  for (const Choice& choice : choices_) {
    std::string name = choice.command->words[0];
    for (size_t i = 1; i < choice.command->words.size(); ++i)
      name += " " + choice.command->words[i];
    names.push_back(std::move(name));
  }
  return names;
}

std::string Generator::lex_bound() { return one_of(kLexBounds); }

std::string Generator::score_bound() {
  return chance(0.6) ? one_of(kScoreBounds) : std::to_string(static_cast<int64_t>(below(16)) - 5);
}

// ZRANGE and ZRANGESTORE take indices, scores or members in the same place: mostly the ones that
// fit.
void Generator::fix_ranges(Argv& argv) {
  const bool store = family_ == "ZRANGESTORE";
  const size_t first = store ? 3 : 2;
  if ((family_ != "ZRANGE" && !store) || argv.size() < first + 2 || chance(0.1)) {
    if (family_.ends_with("BYLEX") || family_ == "ZLEXCOUNT") {
      for (size_t i = 2; i < std::min<size_t>(4, argv.size()); ++i) argv[i] = lex_bound();
    } else if (family_.ends_with("BYSCORE") || family_ == "ZCOUNT") {
      for (size_t i = 2; i < std::min<size_t>(4, argv.size()); ++i) argv[i] = score_bound();
    }
    return;
  }
  for (size_t i = first; i < first + 2; ++i) {
    if (contains_token(argv, "BYLEX")) {
      argv[i] = lex_bound();
    } else if (contains_token(argv, "BYSCORE")) {
      argv[i] = score_bound();
    } else {
      argv[i] = integer("index");
    }
  }
}

void Generator::damage(Argv& argv, const Command& command) {
  const size_t first = command.words.size();
  switch (below(8)) {
    case 0:
      while (argv.size() > first && chance(0.7)) argv.pop_back();
      break;
    case 1:
      argv.push_back(chance(0.5) ? value() : one_of(kTokens));
      break;
    case 2:
      if (argv.size() > first) argv[first + below(argv.size() - first)] = value();
      break;
    case 3:
      if (argv.size() > first + 1) {
        std::swap(argv[first + below(argv.size() - first)],
                  argv[first + below(argv.size() - first)]);
      }
      break;
    case 4:
      argv.insert(argv.begin() + static_cast<long>(first + below(argv.size() - first + 1)),
                  one_of(kTokens));
      break;
    case 5:
      if (argv.size() > first)
        argv.erase(argv.begin() + static_cast<long>(first + below(argv.size() - first)));
      break;
    case 6:
      if (argv.size() > first) argv[first + below(argv.size() - first)] = one_of(kNotIntegers);
      break;
    default:
      if (argv.size() > first) argv.push_back(argv[first + below(argv.size() - first)]);
      break;
  }
}

void Generator::keep_harmless(Argv& argv, bool in_multi) {
  const std::string name = upper(argv[0]);
  int64_t number = 0;
  if (!asks_idle_time_ && name == "OBJECT" && argv.size() > 1 && upper(argv[1]) == "IDLETIME") {
    argv[1] = "ENCODING";
  }
  if (now_ms_ == 0) keep_expiry_harmless(argv);
  keep_counts_harmless(argv, in_multi);
  keep_lex_harmless(argv);
  keep_stream_waits_harmless(argv, in_multi);
  if (name == "SETRANGE" && argv.size() > 2 && parses_as_integer(argv[2], number) &&
      number > 5000 && number < 536'870'912) {
    argv[2] = "5000";
  }
  keep_bits_harmless(argv);
  keep_ties_harmless(argv);
  if (name == "WAIT" && argv.size() > 2 && parses_as_integer(argv[2], number) && number >= 0)
    argv[2] = "1";
  const bool timeout_first = is_one_of(name, {"BLMPOP", "BZMPOP"});
  const bool timeout_last =
      is_one_of(name, {"BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX"});
  if ((!timeout_first && !timeout_last) || argv.size() < 2) return;
  std::string& timeout = timeout_first ? argv[1] : argv.back();
  char* end = nullptr;
  const long double seconds = std::strtold(timeout.c_str(), &end);
  if (end != timeout.c_str() && seconds >= 0 && seconds < 9.3e15L) timeout = "0.002";
}

// Of members that are equally far, a server may cut off any: what is stored must not depend on it, and what is replied
// shows how far they are.
void Generator::keep_ties_harmless(Argv& argv) {
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
void Generator::keep_bits_harmless(Argv& argv) {
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

void Generator::keep_expiry_harmless(Argv& argv) {
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

// What is written under a key of the lex pool has score 0, and ranges by member are asked only of
// those.
void Generator::keep_lex_harmless(Argv& argv) {
  const std::string name = upper(argv[0]);
  const bool by_member = name.find("LEX") != std::string::npos || contains_token(argv, "BYLEX");
  const size_t source_at = name == "ZRANGESTORE" ? 2 : 1;
  if (by_member && argv.size() > source_at) argv[source_at] = key_of(kLexPool);
  if (name == "ZADD" && argv.size() > 1 && is_lex_key(argv[1])) {
    argv = {argv[0], argv[1]};
    for (size_t i = repetitions(); i > 0; --i) argv.insert(argv.end(), {"0", member()});
    return;
  }
  static const std::set<std::string> harmless = {
      "ZREM",    "ZPOPMIN", "ZPOPMAX",  "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREMRANGEBYLEX",
      "DEL",     "UNLINK",  "EXPIRE",   "PEXPIRE",         "EXPIREAT",         "PEXPIREAT",
      "PERSIST", "WATCH",   "BZPOPMIN", "BZPOPMAX",        "BZMPOP",           "ZMPOP"};
  const Command* command = find_command(grammar_, argv);
  const bool keeps_scores =
      harmless.contains(name) || (command != nullptr && command->has_flag("readonly"));
  for (size_t i = 1; i < argv.size() && !keeps_scores; ++i) {
    if (is_lex_key(argv[i]) && (!by_member || i != source_at)) argv[i][0] = 'z';
  }
}

// A wait lasts milliseconds; a group's reader, who is noted with the time, does not wait at all.
void Generator::keep_stream_waits_harmless(Argv& argv, bool in_multi) {
  const bool with_group = upper(argv[0]) == "XREADGROUP";
  if (!with_group && upper(argv[0]) != "XREAD") return;
  for (size_t i = 1; i + 1 < argv.size(); ++i) {
    int64_t number = 0;
    if (upper(argv[i]) != "BLOCK" || !parses_as_integer(argv[i + 1], number) || number < 0) continue;
    argv[i + 1] = "2";
    if (with_group && !in_multi) argv[i] = "COUNT";
  }
}

void Generator::keep_counts_harmless(Argv& argv, bool in_multi) {
  const std::string name = upper(argv[0]);
  int64_t number = 0;
  const bool repeats = is_one_of(name, {"SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER"});
  if (repeats && argv.size() > 2 && parses_as_integer(argv[2], number) && number < -50 &&
      number != INT64_MIN) {
    argv[2] = "-50";
  }
  // What a random removal leaves differs, so within a transaction it leaves nothing.
  if (name == "SPOP" && in_multi) {
    if (argv.size() == 2) argv.push_back("1");
    if (argv.size() == 3 && parses_as_integer(argv[2], number) && number > 0)
      argv[2] = "1000000000";
  }
  if (is_one_of(name, {"SORT", "SORT_RO"}) && in_multi && contains_token(argv, "BY") &&
      contains_token(argv, "ALPHA")) {
    std::erase_if(argv, [](const std::string& word) { return upper(word) == "STORE"; });
  }
  // The oracle's SORT turns a sorted set into a skiplist, where a negative zero is kept.
  if (is_one_of(name, {"ZADD", "ZINCRBY"}) && has_sort()) {
    std::replace(argv.begin(), argv.end(), std::string("-0"), std::string("0"));
  }
  // WITHSCORE came with 7.2: the oracle knows it not, and a transaction would go on differently.
  if (is_one_of(name, {"ZRANK", "ZREVRANK"}) && argv.size() > 3) argv.resize(2);
}

Argv Generator::next_blocking() {
  Argv argv = generate(*blocking_[below(blocking_.size())]);
  if (family_[0] == 'X') {
    const std::string timeout_ms = chance(0.5) ? "0" : "20000";
    const auto found = std::find_if(argv.begin(), argv.end(), [](const auto& word) { return upper(word) == "BLOCK"; });
    if (found != argv.end()) {
      found[1] = timeout_ms;
    } else {
      argv.insert(argv.begin() + (family_ == "XREADGROUP" ? 4 : 1), {"BLOCK", timeout_ms});
    }
    return argv;
  }
  const bool timeout_first = is_one_of(family_, {"BLMPOP", "BZMPOP"});
  (timeout_first ? argv[1] : argv.back()) = chance(0.5) ? "0" : "20";
  return argv;
}

Argv Generator::next_serving() {
  static const std::array<std::string_view, 8> kServing = {
      "LPUSH", "RPUSH", "ZADD", "RENAME", "LMOVE", "LINSERT", "RPOPLPUSH", "ZUNIONSTORE"};
  static const std::array<std::string_view, 8> kServingStreams = {
      "XADD", "XADD", "XADD", "XADD", "XADD", "DEL", "XGROUP DESTROY", "XREADGROUP"};
  const std::string& waited = blocking_[0]->group;
  const bool of_streams = waited == "stream" || (options_.group == "mixed" && chance(0.3));
  const Command& command = grammar_.at(of_streams ? one_of(kServingStreams) : one_of(kServing));
  const char pool = of_streams ? 'x' : waited == "list" ? 'l' : 'z';
  Argv argv = generate(command);
  // An entry that is trimmed at once, or a stream emptied before it is renamed, wakes the oracle's readers for nothing.
  while (of_streams && (contains_token(argv, "MAXLEN") || contains_token(argv, "MINID"))) argv = generate(command);
  if (command.group == "generic") {
    for (size_t i = 1; i < argv.size(); ++i) argv[i] = key_of(pool);
  }
  keep_harmless(argv, true);
  return argv;
}

std::pair<Argv, Argv> Generator::next_scan() {
  Argv options;
  if (chance(0.5)) options.insert(options.end(), {"COUNT", std::to_string(1 + below(30))});
  if (chance(0.4)) options.insert(options.end(), {"MATCH", pattern()});
  switch (below(4)) {
    case 0:
      return {{"HSCAN", key_of('h')}, options};
    case 1:
      return {{"SSCAN", key_of('t')}, options};
    case 2:
      return {{"ZSCAN", key_of('z')}, options};
    default:
      break;
  }
  if (chance(0.3)) {
    options.insert(
        options.end(),
        {"TYPE", one_of(std::array{"string"sv, "list"sv, "hash"sv, "zset"sv, "ZSET"sv})});
  }
  return {{"SCAN"}, options};
}

}  // namespace redstart::oracle
