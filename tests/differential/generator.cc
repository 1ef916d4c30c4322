#include "tests/differential/generator.h"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "tests/differential/harmless.h"
#include "tests/differential/key_pools.h"
#include "tests/differential/server_commands.h"
#include "tests/differential/value_pools.h"
#include "tests/differential/words.h"

namespace redstart::oracle {
namespace {

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

}  // namespace

Generator::Generator(const Grammar& grammar, const GeneratorOptions& options)
    : grammar_(grammar), options_(options), random_(options.seed), arguments_(random_) {
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
  if (chance(0.002)) {
    return {arguments_.one_of(std::array{"NOSUCH"sv, "GETT"sv, ""sv, "get\r\nx"sv}), arguments_.value(),
            arguments_.key()};
  }
  // Long transactions meet an error on the way and are refused: most are short and in order.
  if (options_.group == "mixed" && chance(in_multi ? 0.12 : 0.01)) {
    return {in_multi ? "EXEC" : "MULTI"};
  }
  if (acl_ && chance(0.6)) return acl_->next();
  const Command& command = pick();
  Argv argv = generate(command);
  fix_ranges(argv, command);
  if (chance(in_multi ? 0.03 : 0.14)) damage(argv, command);
  weaken(argv, in_multi);
  if (!in_multi && chance(0.004)) argv.insert(argv.begin(), {"COMMAND", "GETKEYS"});
  return argv;
}

Argv Generator::generate(const Command& command) {
  char pool = pool_of_group(command.group);
  if (is_one_of(command.group, {"generic", "transactions"})) pool = kPools[below(kPools.size())];
  // Sketches are strings, which other commands damage.
  if (options_.group == "hyperloglog" && pool == 's' && chance(0.5)) pool = 'p';
  if (options_.group == "geo" && pool == 'z' && chance(0.5)) pool = 'g';
  return arguments_.draw(command, pool);
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

// ZRANGE and ZRANGESTORE take indices, scores or members in the same place: mostly the ones that fit.
void Generator::fix_ranges(Argv& argv, const Command& command) {
  const std::string& family = command.words[0];
  const bool store = family == "ZRANGESTORE";
  const size_t first = store ? 3 : 2;
  if ((family != "ZRANGE" && !store) || argv.size() < first + 2 || chance(0.1)) {
    if (family.ends_with("BYLEX") || family == "ZLEXCOUNT") {
      for (size_t i = 2; i < std::min<size_t>(4, argv.size()); ++i) argv[i] = arguments_.lex_bound();
    } else if (family.ends_with("BYSCORE") || family == "ZCOUNT") {
      for (size_t i = 2; i < std::min<size_t>(4, argv.size()); ++i) argv[i] = arguments_.score_bound();
    }
    return;
  }
  for (size_t i = first; i < first + 2; ++i) {
    if (contains_token(argv, "BYLEX")) {
      argv[i] = arguments_.lex_bound();
    } else if (contains_token(argv, "BYSCORE")) {
      argv[i] = arguments_.score_bound();
    } else {
      argv[i] = arguments_.integer("index");
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
      argv.push_back(chance(0.5) ? arguments_.value() : arguments_.one_of(kTokens));
      break;
    case 2:
      if (argv.size() > first) argv[first + below(argv.size() - first)] = arguments_.value();
      break;
    case 3:
      if (argv.size() > first + 1) {
        std::swap(argv[first + below(argv.size() - first)],
                  argv[first + below(argv.size() - first)]);
      }
      break;
    case 4:
      argv.insert(argv.begin() + static_cast<long>(first + below(argv.size() - first + 1)),
                  arguments_.one_of(kTokens));
      break;
    case 5:
      if (argv.size() > first)
        argv.erase(argv.begin() + static_cast<long>(first + below(argv.size() - first)));
      break;
    case 6:
      if (argv.size() > first) argv[first + below(argv.size() - first)] = arguments_.one_of(kNotIntegers);
      break;
    default:
      if (argv.size() > first) argv.push_back(argv[first + below(argv.size() - first)]);
      break;
  }
}

void Generator::weaken(Argv& argv, bool in_multi) {
  const Surroundings surroundings = {.in_multi = in_multi,
                                     .has_sort = is_one_of(options_.group, {"generic", "mixed"}),
                                     .asks_idle_time = asks_idle_time_};
  keep_harmless(argv, surroundings, grammar_, arguments_);
}

Argv Generator::next_blocking() {
  const Command& command = *blocking_[below(blocking_.size())];
  const std::string& family = command.words[0];
  Argv argv = generate(command);
  if (family[0] == 'X') {
    const std::string timeout_ms = chance(0.5) ? "0" : "20000";
    const auto found = std::find_if(argv.begin(), argv.end(), [](const auto& word) { return upper(word) == "BLOCK"; });
    if (found != argv.end()) {
      found[1] = timeout_ms;
    } else {
      argv.insert(argv.begin() + (family == "XREADGROUP" ? 4 : 1), {"BLOCK", timeout_ms});
    }
    return argv;
  }
  const bool timeout_first = is_one_of(family, {"BLMPOP", "BZMPOP"});
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
  const Command& command = grammar_.at(of_streams ? arguments_.one_of(kServingStreams) : arguments_.one_of(kServing));
  const char pool = of_streams ? 'x' : waited == "list" ? 'l' : 'z';
  Argv argv = generate(command);
  // An entry that is trimmed at once, or a stream emptied before it is renamed, wakes the oracle's readers for nothing.
  while (of_streams && (contains_token(argv, "MAXLEN") || contains_token(argv, "MINID"))) argv = generate(command);
  if (command.group == "generic") {
    for (size_t i = 1; i < argv.size(); ++i) argv[i] = arguments_.key_of(pool);
  }
  weaken(argv, true);
  return argv;
}

std::pair<Argv, Argv> Generator::next_scan() {
  Argv options;
  if (chance(0.5)) options.insert(options.end(), {"COUNT", std::to_string(1 + below(30))});
  if (chance(0.4)) options.insert(options.end(), {"MATCH", arguments_.pattern()});
  switch (below(4)) {
    case 0:
      return {{"HSCAN", arguments_.key_of('h')}, options};
    case 1:
      return {{"SSCAN", arguments_.key_of('t')}, options};
    case 2:
      return {{"ZSCAN", arguments_.key_of('z')}, options};
    default:
      break;
  }
  if (chance(0.3)) {
    const std::string type = arguments_.one_of(std::array{"string"sv, "list"sv, "hash"sv, "zset"sv, "ZSET"sv});
    options.insert(options.end(), {"TYPE", type});
  }
  return {{"SCAN"}, options};
}

}  // namespace redstart::oracle
