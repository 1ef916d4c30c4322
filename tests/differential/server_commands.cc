#include "tests/differential/server_commands.h"

#include <array>
#include <span>

namespace redstart::oracle {
namespace {

using namespace std::string_view_literals;
using Texts = std::span<const std::string_view>;

// Such that both servers know the same commands of them.
constexpr std::array kCategories = {"transaction"sv, "LIST"sv, "set"sv, "sortedset"sv, "pubsub"sv, "nope"sv, ""sv};
constexpr std::array kNamePatterns = {"hincr*"sv, "*pop*"sv, "config*"sv, "latency|*"sv, "[z]r*"sv, "x"sv, ""sv};
constexpr std::array kSections = {"server"sv,      "clients"sv,    "memory"sv,   "persistence"sv, "stats"sv,
                                  "replication"sv, "CPU"sv,        "modules"sv,  "commandstats"sv, "errorstats"sv,
                                  "latencystats"sv, "cluster"sv,   "keyspace"sv, "all"sv,         "everything"sv,
                                  "default"sv,     "nope"sv,       ""sv};
constexpr std::array kConfigPatterns = {"*"sv,           "hash-max-*"sv,    "TIMEOUT"sv,       "timeout"sv,
                                        "[st]*"sv,       "slave-*"sv,       "replica-priority"sv, "nope"sv,
                                        "watchdog-period"sv, "*-listpack-*"sv, "maxmemory*"sv,    "?z"sv,
                                        "save"sv,        "client-output-buffer-limit"sv, "tls-*"sv, ""sv};

// Directives that change nothing for the other commands of a run, each with values that fit and values that do
// not.
struct Directive {
  std::string_view name;
  std::array<std::string_view, 6> values;
};
constexpr Directive kDirectives[] = {
    {"timeout", {"0", "1.5", "-1", "abc", "2147483648", ""}},
    {"tcp-keepalive", {"300", "0", "-5", "x", "1.5", " 1"}},
    {"appendfsync", {"always", "NO", "everysec", "sometimes", "", "always no"}},
    {"loglevel", {"notice", "debug", "WARNING", "loud", "", "0"}},
    {"maxmemory-samples", {"5", "0", "1", "x", "-1", "100"}},
    {"maxmemory-clients", {"0", "10%", "101%", "1gb", "-1%", "x"}},
    {"client-query-buffer-limit", {"1gb", "1", "1mb", "2mbb", "-1", ""}},
    {"client-output-buffer-limit",
     {"normal 0 0 0", "pubsub 32mb 8mb 60", "normal 0 0", "nope 0 0 0", "slave 1 a 0", "replica 256mb 64mb 60"}},
    {"save", {"", "60 5", "60", "a b", "0 1", "900 1 300 10"}},
    {"notify-keyspace-events", {"", "KEA", "Kx", "q", "mKE", "AK"}},
    {"latency-tracking", {"yes", "no", "maybe", "", "YES", "1"}},
    {"latency-tracking-info-percentiles", {"50 99 99.9", "", "101", "a", "0 100", "-1"}},
    {"slowlog-max-len", {"128", "0", "3", "-1", "x", "1000"}},
    {"repl-backlog-size", {"1mb", "2mb", "1048576", "x", "0", "16384"}},
    {"oom-score-adj-values", {"0 200 800", "1 2", "1 2 3", "a b c", "0 0 5000", ""}},
    {"shutdown-on-sigterm", {"default", "save now", "nosave", "save nosave", "nope", ""}},
    {"dbfilename", {"dump.rdb", "a/b", "x", "", "dump", "a\\b"}},
    {"databases", {"16", "3", "x", "0", "-1", ""}},
    {"hll-sparse-max-bytes", {"3000", "1kb", "x", "-1", "", "0"}},
    {"lfu-decay-time", {"1", "-1", "0", "x", "", "5"}},
    {"unixsocketperm", {"700", "0", "999", "x", "", "7"}},
    {"replica-priority", {"100", "0", "-1", "x", "", "50"}},
    {"slave-priority", {"100", "0", "-1", "x", "", "50"}},
    {"cluster-announce-hostname", {"", "a-b.c", "a_b", "a b", "x", "1"}},
    {"active-defrag-cycle-min", {"1", "0", "100", "x", "", "25"}},
    {"nope", {"1", "", "x", "0", "yes", "no"}},
};

constexpr std::array kSlots = {"0"sv, "1"sv, "16383"sv, "16384"sv, "-1"sv, "x"sv, ""sv};
constexpr std::array kClusterCalls = {
    "INFO"sv,         "NODES"sv,    "SLOTS"sv,      "SHARDS"sv,     "MYID"sv,        "KEYSLOT k"sv,
    "KEYSLOT"sv,      "LINKS"sv,    "SAVECONFIG"sv, "HELP"sv,       "COUNTKEYSINSLOT %"sv, "COUNTKEYSINSLOT"sv,
    "GETKEYSINSLOT % 5"sv, "ADDSLOTS %"sv, "ADDSLOTS"sv, "DELSLOTS % %"sv, "SETSLOT % STABLE"sv, "SETSLOT %"sv,
    "FAILOVER"sv,     "FAILOVER x"sv, "RESET"sv,    "RESET HARD"sv, "FORGET x"sv,    "MEET 127.0.0.1 1"sv,
    "MEET x"sv,       "REPLICAS x"sv, "SLAVES x"sv, "REPLICATE x"sv, "BUMPEPOCH"sv,  "SET-CONFIG-EPOCH %"sv,
    "COUNT-FAILURE-REPORTS x"sv, "FLUSHSLOTS"sv, "ADDSLOTSRANGE % %"sv, "NOPE"sv,    ""sv};
constexpr std::array kLatencyCalls = {"LATEST"sv,    "HISTORY command"sv, "HISTORY"sv,       "RESET"sv,
                                      "RESET a b"sv, "GRAPH nope"sv,      "GRAPH"sv,         "DOCTOR x"sv,
                                      "LATEST x"sv,  "HISTOGRAM get set"sv, "HISTOGRAM nope"sv, "NOPE"sv,
                                      ""sv};
constexpr std::array kSlowlogCalls = {"LEN"sv,    "RESET"sv, "GET 0"sv, "GET -2"sv, "GET x"sv, "GET 1 2"sv,
                                      "LEN x"sv,  "NOPE"sv,  ""sv,      "RESET x"sv};
// Whole calls that need nothing drawn.
constexpr std::array kCalls = {
    "READONLY"sv,
    "READWRITE"sv,
    "ASKING"sv,
    "READONLY x"sv,
    "MODULE LIST"sv,
    "MODULE LIST x"sv,
    "MODULE LOAD x"sv,
    "MODULE LOAD"sv,
    "MODULE LOADEX x"sv,
    "MODULE UNLOAD x"sv,
    "MODULE NOPE"sv,
    "MODULE"sv,
    "REPLICAOF NO ONE"sv,
    "SLAVEOF no one"sv,
    "REPLICAOF host x"sv,
    "REPLICAOF host -1"sv,
    "REPLICAOF host 65536"sv,
    "REPLICAOF host"sv,
    "ROLE"sv,
    "ROLE x"sv,
    "FAILOVER"sv,
    "FAILOVER ABORT"sv,
    "FAILOVER ABORT x"sv,
    "FAILOVER TO a b"sv,
    "FAILOVER TO a 1"sv,
    "FAILOVER TO a 1 FORCE"sv,
    "FAILOVER TO a"sv,
    "FAILOVER TIMEOUT 0"sv,
    "FAILOVER TIMEOUT 5 TIMEOUT 6"sv,
    "FAILOVER TIMEOUT x"sv,
    "FAILOVER FORCE"sv,
    "FAILOVER nope"sv,
    "REPLCONF a"sv,
    "LASTSAVE"sv,
    "LASTSAVE x"sv,
    "SHUTDOWN ABORT"sv,
    "SHUTDOWN SAVE NOSAVE"sv,
    "SHUTDOWN NOW ABORT"sv,
    "SHUTDOWN nope"sv,
    "SWAPDB 0 16"sv,
    "SWAPDB a 1"sv,
    "SWAPDB 0 b"sv,
    "SWAPDB 0 0"sv,
    "SWAPDB 1"sv,
    "LOLWUT VERSION x"sv,
    "COMMAND NOPE"sv,
    "COMMAND COUNT x"sv,
    "COMMAND LIST FILTERBY"sv,
    "COMMAND LIST FILTERBY NOPE x"sv,
    "COMMAND LIST FILTERBY MODULE x"sv,
    "CONFIG"sv,
    "CONFIG NOPE"sv,
    "CONFIG GET"sv,
    "CONFIG SET timeout"sv,
    "CONFIG SET timeout 0 hz"sv,
    "CONFIG SET timeout 0 timeout 0"sv,
    "CONFIG SET replica-priority 1 slave-priority 2"sv,
    "CONFIG REWRITE"sv,
    "CONFIG RESETSTAT x"sv,
    "DEBUG NOPE"sv,
    "DEBUG SLEEP"sv,
    "DEBUG SET-ACTIVE-EXPIRE"sv,
    "DEBUG HTSTATS x"sv,
    "DEBUG HTSTATS 16"sv,
    "DEBUG HTSTATS-KEY no-such-key"sv,
    "DEBUG SDSLEN no-such-key"sv,
    "DEBUG QUICKLIST no-such-key"sv,
    "DEBUG LISTPACK no-such-key"sv,
    "DEBUG OBJECT no-such-key"sv,
    "DEBUG PROTOCOL string"sv,
    "DEBUG PROTOCOL map"sv,
    "DEBUG PROTOCOL set"sv,
    "DEBUG PROTOCOL double"sv,
    "DEBUG PROTOCOL true"sv,
    "DEBUG PROTOCOL null"sv,
    "DEBUG PROTOCOL verbatim"sv,
    "DEBUG ERROR MYERR"sv,
    "TIME x"sv,
};

Argv split(std::string_view line) {
  Argv argv;
  while (!line.empty()) {
    const size_t space = std::min(line.find(' '), line.size());
    argv.emplace_back(line.substr(0, space));
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return argv;
}

class Draw {
 public:
  Draw(Generator& generator, const Grammar& grammar) : generator_(generator), grammar_(grammar) {}

  Argv command() {
    switch (generator_.below(10)) {
      case 0:
        return about_commands();
      case 1:
      case 2:
        return config();
      case 3:
        return info();
      case 4:
        return container("CLUSTER", kClusterCalls);
      case 5:
        return container("LATENCY", kLatencyCalls);
      case 6:
        return container("SLOWLOG", kSlowlogCalls);
      case 7:
        return keys_of_call();
      default:
        return split(one_of(kCalls));
    }
  }

 private:
  template <class Pool>
  std::string_view one_of(const Pool& pool) {
    return pool[generator_.below(std::size(pool))];
  }
  // "GET", "config|set", and now and then what does not exist.
  std::string name() {
    if (generator_.chance(0.05)) return std::string(one_of(std::array{"nope"sv, "get|x"sv, "config|nope"sv, ""sv}));
    auto at = grammar_.begin();
    std::advance(at, static_cast<long>(generator_.below(grammar_.size())));
    const Command& command = at->second;
    std::string text = command.words[0];
    if (command.words.size() > 1 && generator_.chance(0.5)) text += "|" + command.words[1];
    return text;
  }
  Argv about_commands() {
    Argv argv = {"COMMAND", generator_.chance(0.5) ? "INFO" : "DOCS"};
    if (generator_.chance(0.3)) {
      const uint64_t filter = generator_.below(2);
      return {"COMMAND", "LIST", "FILTERBY", filter ? "ACLCAT" : "PATTERN",
              std::string(filter ? one_of(kCategories) : one_of(kNamePatterns))};
    }
    for (uint64_t i = 1 + generator_.below(3); i > 0; --i) argv.push_back(name());
    return argv;
  }
  Argv config() {
    if (generator_.chance(0.05)) return {"CONFIG", "RESETSTAT"};
    Argv argv = {"CONFIG", generator_.chance(0.5) ? "GET" : "SET"};
    const bool sets = argv[1] == "SET";
    for (uint64_t i = 1 + generator_.below(3); i > 0; --i) {
      const Directive& directive = kDirectives[generator_.below(std::size(kDirectives))];
      argv.emplace_back(sets || generator_.chance(0.4) ? directive.name : one_of(kConfigPatterns));
      if (sets) argv.emplace_back(one_of(directive.values));
    }
    return argv;
  }
  Argv info() {
    Argv argv = {"INFO"};
    for (uint64_t i = generator_.below(3); i > 0; --i) argv.emplace_back(one_of(kSections));
    return argv;
  }
  Argv container(std::string_view container, Texts calls) {
    Argv argv = split(calls[generator_.below(calls.size())]);
    argv.insert(argv.begin(), std::string(container));
    for (std::string& word : argv) {
      if (word == "%") word = one_of(kSlots);
    }
    return argv;
  }
  Argv keys_of_call() {
    Argv argv = generator_.any_data_command();
    const bool flags = generator_.chance(0.5);
    argv.insert(argv.begin(), {"COMMAND", flags ? "GETKEYSANDFLAGS" : "GETKEYS"});
    return argv;
  }

  Generator& generator_;
  const Grammar& grammar_;
};

}  // namespace

Argv next_server_command(Generator& generator, const Grammar& grammar) {
  return Draw(generator, grammar).command();
}

}  // namespace redstart::oracle
