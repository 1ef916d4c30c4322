#include "tests/simulation/workload.h"

#include <iterator>

namespace redstart::simulation {
namespace {

using Command = std::vector<std::string>;

std::string key(Random& random, char type) { return type + std::to_string(random.below(4)); }
std::string number(Random& random, uint64_t below) { return std::to_string(random.below(below)); }
std::string text(Random& random) {
  return std::string(random.below(60) == 0 ? random.below(2000) : random.below(12),
                     static_cast<char>('a' + random.below(26)));
}

Command string_command(Random& r) {
  const std::string k = key(r, 's');
  switch (r.below(12)) {
    case 0: return {"SET", k, text(r)};
    case 1: return {"SET", k, number(r, 1000), "EX", "100000"};
    case 2: return {"APPEND", k, text(r)};
    case 3: return {"SET", key(r, 'i'), number(r, 1000)};
    case 4: return {"INCRBY", key(r, 'i'), number(r, 100)};
    case 5: return {"INCRBYFLOAT", key(r, 'i'), "0.25"};
    case 6: return {"GETEX", k, "PX", "500000"};
    case 7: return {"GETDEL", k};
    case 8: return {"SETRANGE", k, number(r, 100), "xyz"};
    case 9: return {"SETBIT", k, number(r, 800), "1"};
    case 10: return {"MSET", key(r, 's'), text(r), key(r, 's'), text(r)};
    default: return {"PFADD", key(r, 'p'), text(r)};
  }
}

Command list_command(Random& r) {
  switch (r.below(6)) {
    case 0: return {"LPUSH", key(r, 'l'), text(r), text(r)};
    case 1: return {"RPUSH", key(r, 'l'), text(r)};
    case 2: return {"RPOP", key(r, 'l'), number(r, 3)};
    case 3: return {"LMOVE", key(r, 'l'), key(r, 'l'), "LEFT", "RIGHT"};
    case 4: return {"LTRIM", key(r, 'l'), "0", "8"};
    default: return {"BLPOP", key(r, 'l'), key(r, 'l'), "0.01"};
  }
}

Command set_command(Random& r) {
  switch (r.below(9)) {
    case 0: return {"SADD", key(r, 'm'), number(r, 50), text(r)};
    case 1: return {"SPOP", key(r, 'm'), number(r, 4)};
    case 2: return {"SUNIONSTORE", key(r, 'm'), key(r, 'm'), key(r, 'm')};
    case 3: return {"HSET", key(r, 'h'), number(r, 20), text(r)};
    case 4: return {"HPEXPIRE", key(r, 'h'), "600000", "FIELDS", "1", number(r, 20)};
    case 5: return {"HDEL", key(r, 'h'), number(r, 20)};
    case 6: return {"ZADD", key(r, 'z'), number(r, 100), number(r, 30)};
    case 7: return {"ZINCRBY", key(r, 'z'), "1.5", number(r, 30)};
    default: return {"ZPOPMIN", key(r, 'z')};
  }
}

Command stream_command(Random& r) {
  const std::string k = key(r, 'x');
  switch (r.below(6)) {
    case 0: return {"XADD", k, "*", "f", text(r)};
    case 1: return {"XADD", k, "MAXLEN", "~", "10", "*", "f", text(r)};
    case 2: return {"XGROUP", "CREATE", k, "g", "0", "MKSTREAM"};
    case 3: return {"XREADGROUP", "GROUP", "g", "c" + number(r, 3), "COUNT", "2", "STREAMS", k, ">"};
    case 4: return {"XAUTOCLAIM", k, "g", "c" + number(r, 3), "0", "0"};
    default: return {"XDEL", k, "1-1"};
  }
}

Command any_key_command(Random& r) {
  constexpr char kTypes[] = {'s', 'i', 'l', 'm', 'h', 'z', 'x'};
  const std::string k = key(r, kTypes[r.below(std::size(kTypes))]);
  switch (r.below(10)) {
    case 0: return {"DEL", k};
    case 1: return {"EXPIRE", k, "100000"};
    case 2: return {"PEXPIRE", k, number(r, 400)};
    case 3: return {"PERSIST", k};
    case 4: return {"RENAME", k, "renamed" + number(r, 3)};
    case 5: return {"COPY", k, "copy" + number(r, 3), "REPLACE"};
    case 6: return {"SELECT", number(r, 3)};
    case 7: return {"MOVE", k, number(r, 3)};
    case 8: return {"GET", k};
    default:
      switch (r.below(12)) {
        case 0: return {"FLUSHDB"};
        case 1: return {"SWAPDB", "0", "1"};
        case 2: return {"FUNCTION", "LOAD", "REPLACE", "#!lua name=lib" + number(r, 2) +
                        "\nredis.register_function('f', function() return " + number(r, 9) + " end)"};
        default: return {"SORT", key(r, 'l'), "ALPHA", "STORE", "sorted"};
      }
  }
}

// One that a snapshot writes in pieces.
Command large_collection_command(Random& r) {
  switch (r.below(5)) {
    case 0:
      return {"EVAL", "for i = 1, 900 do redis.call('hset', KEYS[1], i, ARGV[1] .. i) end return 1", "1", "large",
              std::string(40, static_cast<char>('a' + r.below(26)))};
    case 1: return {"HDEL", "large", number(r, 900)};
    case 2: return r.below(3) == 0 ? Command{"UNLINK", "large"} : Command{"RENAME", "large", "larger"};
    default: return {"HSET", "large", number(r, 900), text(r)};
  }
}

Command one_command(Random& r) {
  if (r.below(60) == 0) return large_collection_command(r);
  switch (r.below(7)) {
    case 0:
    case 1: return string_command(r);
    case 2: return list_command(r);
    case 3: return set_command(r);
    case 4: return stream_command(r);
    case 5:
      return {"EVAL", "redis.call('incr', KEYS[1]) redis.call('rpush', KEYS[2], ARGV[1]) return 1", "2",
              key(r, 'i'), key(r, 'l'), text(r)};
    default: return any_key_command(r);
  }
}

}  // namespace

std::vector<Command> next_commands(Random& random) {
  std::vector<Command> commands{one_command(random)};
  if (random.below(8) != 0) return commands;
  const uint64_t count = random.below(4);
  for (uint64_t i = 0; i < count; ++i) commands.push_back(one_command(random));
  return commands;
}

}  // namespace redstart::simulation
