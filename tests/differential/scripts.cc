#include "tests/differential/scripts.h"

#include <array>
#include <string_view>

namespace redstart::oracle {
namespace {

using namespace std::string_view_literals;

constexpr std::array kNumbers = {"0"sv,    "1"sv,     "-1"sv,   "2"sv,     "3.5"sv,  "-3.99"sv, "0.1"sv,  "255"sv,
                                 "256"sv,  "1e15"sv,  "1e16"sv, "2^31"sv,  "2^53"sv, "2^63"sv,  "-2^63"sv, "1e300"sv,
                                 "1/0"sv,  "-1/0"sv,  "-129"sv, "65536"sv, "1e-7"sv, "100"sv,   "-33"sv,  "0x7f"sv};
constexpr std::array kTexts = {
    "''"sv, "'a'"sv, "'abc'"sv, "'1'"sv, "'0x10'"sv, "'-5'"sv, "'a b'"sv, "'\\0\\1\\255'"sv, "'\\n'"sv, "'/\"\\\\'"sv,
    "'1e3'"sv, "'{\"a\":1}'"sv, "'ERR x'"sv, "'\\195\\164'"sv, "('x'):rep(40)"sv, "('y'):rep(300)"sv, "ARGV[1]"sv,
    "KEYS[1]"sv};
constexpr std::array kOthers = {"nil"sv, "true"sv, "false"sv, "ARGV"sv, "KEYS"sv, "function() end"sv};
constexpr std::array kReplies = {"ok"sv, "err"sv, "double"sv, "map"sv, "set"sv, "big_number"sv, "verbatim_string"sv};
constexpr std::array kCalls = {
    "'get', K"sv, "'set', K, V"sv, "'incr', K"sv, "'incrby', K, N"sv, "'append', K, V"sv, "'hset', K, V, V"sv,
    "'hlen', K"sv, "'hmget', K, V, V"sv, "'rpush', K, V, V"sv, "'lrange', K, 0, -1"sv, "'sadd', K, V"sv,
    "'scard', K"sv, "'zadd', K, N, V"sv, "'zscore', K, V"sv, "'type', K"sv, "'zrange', K, 0, -1, 'withscores'"sv,
    "'exists', K, K"sv, "'del', K"sv, "'mget', K, K"sv, "'expire', K, 1000000"sv, "'ttl', 'none'"sv, "'ping'"sv,
    "'echo', V"sv, "'nosuch', K"sv, "'get'"sv, "'multi'"sv, "'blpop', K, 0"sv, "'object', 'encoding', K"sv,
    "'dbsize'"sv, "'select', N"sv, "'lpop', K"sv, "'incrbyfloat', K, N"sv, "'msetnx', K, V, K, V"sv,
    "'config', 'get', 'maxmemory'"sv, "V"sv, ""sv, "'zincrby', K, N, V"sv, "'setrange', K, N, V"sv, "'strlen', K"sv};
constexpr std::array kJson = {
    "'[1,2,3]'"sv, "'{\"a\":{\"b\":[null,true]}}'"sv, "'[1e400]'"sv, "'{'"sv, "'[1,]'"sv, "'nan'"sv,
    "'\"\\\\u00e4\"'"sv, "'\"\\\\ud83d\"'"sv, "'  [ ] '"sv, "'tru'"sv, "'[0x10]'"sv, "'[-0, 1.5e3]'"sv,
    "('['):rep(1001)"sv, "'{\"a\" 1}'"sv};
constexpr std::array kFormats = {
    "b"sv, "B"sv, "h"sv, "H"sv, "l"sv, "L"sv, "T"sv, "i3"sv, "I5"sv, "f"sv, "d"sv, "s"sv, "c3"sv, "c0"sv, "x"sv,
    ">"sv, "<"sv, "!4"sv, "!"sv, " "sv, "i33"sv, "z"sv, "!3"sv, "I16"sv};
constexpr std::array kBits = {"band"sv, "bor"sv, "bxor"sv, "bnot"sv, "lshift"sv, "rshift"sv, "arshift"sv,
                              "rol"sv,  "ror"sv, "bswap"sv, "tobit"sv, "tohex"sv};
constexpr std::array kStrings = {"string.len"sv, "string.sub"sv, "string.rep"sv, "string.format"sv, "string.byte"sv,
                                 "tostring"sv, "tonumber"sv, "string.find"sv, "string.upper"sv, "math.floor"sv,
                                 "table.concat"sv, "unpack"sv, "select"sv, "type"sv, "#"sv, "rawget"sv, "next"sv};
// With the fingerprints of two that are generated often.
constexpr std::string_view kSimple = "return 1";
constexpr std::array kFingerprints = {"e0e1f9fabfc9d4800c877a703b823ac0578ff8db"sv,
                                      "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB"sv,
                                      "ffffffffffffffffffffffffffffffffffffffff"sv, "x"sv};

void replace_all(std::string& text, char letter, const auto& replacement) {
  for (size_t at = 0; (at = text.find(letter, at)) != std::string::npos;) {
    const std::string piece = replacement();
    text.replace(at, 1, piece);
    at += piece.size();
  }
}

}  // namespace

std::string Scripts::number() { return one_of(kNumbers); }
std::string Scripts::text() { return one_of(kTexts); }
std::string Scripts::key() {
  return chance(0.7) ? "KEYS[1]" : "'" + std::string(1, "shltz"[below(5)]) + std::to_string(below(3)) + "'";
}

std::string Scripts::table(int depth) {
  std::string result = "{";
  const uint64_t size = below(4);
  for (uint64_t i = 0; i < size; ++i) {
    if (chance(0.25)) result += one_of(std::array{"a="sv, "b="sv, "[2]="sv, "['x y']="sv, "[1.5]="sv, "[9]="sv});
    result += value(depth + 1) + ",";
  }
  return result + "}";
}

std::string Scripts::value(int depth) {
  const uint64_t draw = below(100);
  if (draw < 30) return number();
  if (draw < 60) return text();
  if (draw < 72) return one_of(kOthers);
  if (draw < 80 && depth < 3) return "{" + one_of(kReplies) + "=" + value(depth + 1) + "}";
  if (draw < 82) return "{verbatim_string={format='txt',string=" + text() + "}}";
  return depth < 3 ? table(depth) : number();
}

std::string Scripts::call() {
  std::string words = one_of(kCalls);
  replace_all(words, 'K', [&] { return key(); });
  // Letters within the pieces that were put in are none of the template's.
  std::string result;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool alone = (i == 0 || words[i - 1] == ' ') && (i + 1 == words.size() || words[i + 1] == ',');
    if (alone && words[i] == 'V') {
      result += chance(0.9) ? text() : value();
    } else if (alone && words[i] == 'N') {
      result += number();
    } else {
      result += words[i];
    }
  }
  return "redis." + std::string(chance(0.6) ? "pcall" : "call") + "(" + result + ")";
}

std::string Scripts::json() {
  if (chance(0.4)) return "cjson.decode(" + (chance(0.8) ? one_of(kJson) : value()) + ")";
  if (chance(0.3)) return "cjson.decode(cjson.encode(" + table(0) + "))";
  return "cjson.encode(" + value() + ")";
}

std::string Scripts::format() {
  std::string result = "'";
  for (uint64_t i = 1 + below(4); i > 0; --i) result += one_of(kFormats);
  return result + "'";
}

std::string Scripts::library_call() {
  switch (below(9)) {
    case 0:
    case 1: return json();
    case 2: return "cmsgpack.pack(" + value() + (chance(0.3) ? "," + value() : "") + ")";
    case 3: return "cmsgpack.unpack(" + (chance(0.5) ? "cmsgpack.pack(" + value() + ")" : text()) + ")";
    case 4: return std::string("cmsgpack.unpack_") + (chance(0.5) ? "one(" : "limit(") + text() + "," + number() + ")";
    case 5:
      return "struct.pack(" + format() + "," + number() + "," + (chance(0.5) ? number() : text()) + "," + text() + ")";
    case 6:
      return "struct.unpack(" + format() + "," + text() + (chance(0.3) ? "," + std::to_string(1 + below(4)) : "") + ")";
    case 7: return "bit." + one_of(kBits) + "(" + number() + "," + std::to_string(below(40)) + ")";
    default: {
      const std::string name = one_of(kStrings);
      if (name == "string.rep") return "string.rep(" + text() + "," + std::to_string(below(5)) + ")";
      if (name == "tostring") return "tostring(" + number() + ")";
      return name + "(" + value() + (name == "#" || chance(0.4) ? ")" : "," + number() + ")");
    }
  }
}

std::string Scripts::statement() {
  switch (below(8)) {
    case 0: return call() + " ";
    case 1: return "redis.setresp(" + std::string(chance(0.9) ? "3" : "4") + ") ";
    case 2: return "for i = 1, #KEYS do redis.call('exists', KEYS[i]) end ";
    case 3: return "local t = {} t[1] = " + value() + " ";
    case 4: return "local k = KEYS[1] if k then redis.call('set', k, " + text() + ") end ";
    case 5: return chance(0.2) ? "x = 1 " : "local x = 1 ";
    case 6: return chance(0.2) ? "error(" + (chance(0.5) ? text() : "{err=tostring(" + text() + ")}") + ") " : "";
    default: return "\n";
  }
}

std::string Scripts::head() {
  if (chance(0.85)) return "";
  return "#!lua" + one_of(std::array{""sv, " flags=no-writes"sv, " flags=allow-oom,no-writes"sv, " flags=x"sv,
                                     " name=x"sv, " flags=allow-cross-slot-keys"sv}) +
         (chance(0.95) ? "\n" : "");
}

std::string Scripts::script() {
  if (chance(0.1)) return std::string(kSimple);
  std::string result = head();
  for (uint64_t i = below(3); i > 0; --i) result += statement();
  switch (below(6)) {
    case 0: return result + "return " + value();
    case 1:
    case 2: return result + "return " + call();
    case 3: return result + "return {pcall(function() return " + library_call() + " end)}";
    case 4: return result + "return cjson.encode({" + call() + "})";
    default: return result + "return " + library_call() + (chance(0.05) ? " end" : "");
  }
}

std::string Scripts::function() { return one_of(std::array{"fa"sv, "fb"sv, "fc"sv, "FA"sv, "none"sv}); }

std::string Scripts::library() {
  const std::string letter = one_of(std::array{"a"sv, "b"sv, "c"sv});
  const std::string body = "local KEYS, ARGV = keys, args return " + (chance(0.5) ? call() : value());
  std::string code = "#!lua name=lib_" + letter + (chance(0.03) ? " x=1" : "") + "\n";
  if (chance(0.5)) {
    return code + "redis.register_function('f" + letter + "', function(keys, args) " + body + " end)";
  }
  return code + "redis.register_function{function_name='f" + letter + "', callback=function(keys, args) " + body +
         " end, flags={" + one_of(std::array{""sv, "'no-writes'"sv, "'allow-oom'"sv, "'nope'"sv}) + "}}";
}

std::string Scripts::fingerprint() { return one_of(kFingerprints); }

}  // namespace redstart::oracle
