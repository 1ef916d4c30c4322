#include "tests/differential/command_arguments.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "tests/differential/key_pools.h"
#include "tests/differential/scripts.h"
#include "tests/differential/value_pools.h"
#include "tests/differential/words.h"

namespace redstart::oracle {

Argv CommandArguments::draw(const Command& command, char pool) {
  pool_ = pool;
  family_ = command.words[0];
  group_ = command.group;
  key_count_is_exact_ = false;
  Argv argv(command.words.begin(), command.words.end());
  if (chance(0.2)) {
    for (char& c : argv[0]) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const Argument& argument : command.arguments) add(argument, argv);
  return argv;
}

void CommandArguments::add(const Argument& argument, Argv& argv) {
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

size_t CommandArguments::repetitions() {
  const uint64_t draw = below(2000);
  if (draw < 1000) return 1;
  if (draw < 1900) return 2 + below(4);
  if (draw < 1997) return 6 + below(30);
  return 130 + below(500);
}

void CommandArguments::add_once(const Argument& argument, Argv& argv) {
  if (argument.has_token) {
    argv.push_back(argument.token);
    if (chance(0.1)) argv.back()[0] = static_cast<char>(std::tolower(argv.back()[0]));
  }
  if (argument.type != "pure-token") add_value(argument, argv);
}

void CommandArguments::add_value(const Argument& argument, Argv& argv) {
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
  } else if (group_ == "geo" && is_one_of(type, {"double", "integer"})) {
    argv.push_back(geo_number(argument.name));
  } else if (type == "double") {
    argv.push_back(number());
  } else if (type == "unix-time") {
    argv.push_back(deadline(argument.name));
  } else if (group_ == "scripting" && is_one_of(argument.name, {"script", "sha1", "function", "function-code"})) {
    argv.push_back(scripting_word(argument.name));
  } else if (group_ == "bitmap" && type != "key") {
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
void CommandArguments::add_streams(const Argument& argument, Argv& argv) {
  const size_t count = chance(0.8) ? 1 : 2 + below(2);
  for (const Argument& child : argument.children) {
    for (size_t i = 0; i < count; ++i) add_value(child, argv);
  }
}

std::string CommandArguments::scripting_word(const std::string& name) {
  Scripts scripts(random_);
  if (name == "script") return scripts.script();
  if (name == "sha1") return scripts.fingerprint();
  return name == "function" ? scripts.function() : scripts.library();
}

std::string CommandArguments::key_of(char pool) {
  return {pool, static_cast<char>('0' + below(kKeysPerPool))};
}

std::string CommandArguments::key() {
  const uint64_t draw = below(1000);
  if (pool_ == 'z' && draw < 100) return key_of(kLexPool);
  if (draw < 870) return key_of(pool_);
  if (draw < 990) return key_of(kPools[below(kPools.size())]);
  return one_of(kOddKeys);
}

std::string CommandArguments::member() {
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

std::string CommandArguments::value() {
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

std::string CommandArguments::integer(const std::string& name) {
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

std::string CommandArguments::number() {
  const uint64_t draw = below(100);
  if (draw < 45) return std::to_string(static_cast<int64_t>(below(20)) - 5);
  if (draw < 60) return std::to_string(below(50)) + "." + std::to_string(below(100));
  if (draw < 93) return one_of(kNumbers);
  return one_of(kNotNumbers);
}

// Most positions within a few hundred kilometers, others all over the map and at its edges.
std::string CommandArguments::geo_number(const std::string& name) {
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
std::string CommandArguments::bitmap_word(const std::string& name) {
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

std::string CommandArguments::pattern() {
  return chance(0.8) ? one_of(kPatterns) : key_of(kPools[below(kPools.size())]);
}

// A time to live or a point in time, in seconds or milliseconds: over already, or far away in both.
std::string CommandArguments::deadline(const std::string& name) {
  const uint64_t draw = below(100);
  const bool in_ms = name.find("milli") != std::string::npos || family_[0] == 'P';
  if (draw < 10) return one_of(kNotIntegers);
  if (draw < 25) return one_of(std::array{"0"sv, "-1"sv, "-100000"sv, "-9223372036854775808"sv});
  if (draw < 35) return one_of(std::array{"9223372036854775807"sv, "9223372036854775"sv, "92233720368547758"sv});
  const bool absolute = name.find("unix") != std::string::npos;
  if (now_ms_ > 0 && draw < 85) return near_deadline(in_ms, absolute);
  if (absolute && draw < 50) return one_of(std::array{"1"sv, "1000"sv, "1500000000"sv});
  const uint64_t seconds = absolute ? 4'102'444'800 + below(1000) : 200'000 + below(1000);
  return std::to_string(in_ms ? seconds * 1000 : seconds);
}

// Some seconds or minutes from now on the shared clock, and now and then in the past.
std::string CommandArguments::near_deadline(bool in_ms, bool absolute) {
  int64_t left_ms = static_cast<int64_t>(below(1'200'000));
  if (chance(0.2)) left_ms = static_cast<int64_t>(below(3000));
  if (chance(0.1)) left_ms = -left_ms / 1000;
  const int64_t at_ms = (absolute ? now_ms_ : 0) + left_ms;
  return std::to_string(in_ms ? at_ms : at_ms / 1000);
}

std::string CommandArguments::lex_bound() { return one_of(kLexBounds); }

std::string CommandArguments::score_bound() {
  return chance(0.6) ? one_of(kScoreBounds) : std::to_string(static_cast<int64_t>(below(16)) - 5);
}

}  // namespace redstart::oracle
