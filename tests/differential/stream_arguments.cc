#include "tests/differential/stream_arguments.h"

#include <algorithm>
#include <string_view>

#include "tests/differential/words.h"

namespace redstart::oracle {
namespace {

using namespace std::string_view_literals;

constexpr std::array kOddIds = {"0-0"sv,
                                "0-1"sv,
                                "0"sv,
                                "5"sv,
                                "7-3"sv,
                                "-"sv,
                                "+"sv,
                                "1-"sv,
                                "-1"sv,
                                "abc"sv,
                                "1-2-3"sv,
                                "01-1"sv,
                                " 1-1"sv,
                                "+1-1"sv,
                                ""sv,
                                "18446744073709551615-18446744073709551615"sv,
                                "18446744073709551615-18446744073709551614"sv,
                                "18446744073709551615"sv,
                                "18446744073709551616-0"sv,
                                "9223372036854775808-1"sv,
                                "18446744073709551615-*"sv,
                                "0-*"sv,
                                "*"sv,
                                "(1-1"sv,
                                "("sv};

constexpr uint64_t kIdsBelowAll = 5;  // the first of them

}  // namespace

// Near the clock, as the ids are that a server makes itself, so that both kinds ascend together.
std::string StreamArguments::fresh_id() {
  const uint64_t draw = below(100);
  std::string id = std::to_string(now_ms_ + (draw < 90 ? 0 : static_cast<int64_t>(below(3))));
  if (draw < 35) return id + "-*";
  id += "-" + std::to_string(below(60));
  known_ids_[known_count_++ % known_ids_.size()] = id;
  return id;
}

std::string StreamArguments::known_id() {
  if (known_count_ == 0 || below(3) == 0) return std::to_string(now_ms_) + "-" + std::to_string(below(40));
  return known_ids_[below(std::min(known_count_, known_ids_.size()))];
}

std::string StreamArguments::any_id() {
  const uint64_t draw = below(100);
  if (draw < 80) return known_id();
  if (draw < 88) return std::to_string(now_ms_);
  return std::string(kOddIds[below(kOddIds.size())]);
}

std::string StreamArguments::range_end() {
  const uint64_t draw = below(100);
  if (draw < 40) return draw % 2 ? "-" : "+";
  return (draw < 55 ? "(" : "") + any_id();
}

std::string StreamArguments::small_number(uint64_t bound) {
  if (below(12) == 0) return below(2) ? "x" : "-1";
  return std::to_string(below(bound));
}

std::string StreamArguments::threshold(const Argv& argv) {
  const bool by_id = std::any_of(argv.rbegin(), argv.rbegin() + static_cast<long>(std::min<size_t>(2, argv.size())),
                                 [](const std::string& word) { return upper(word) == "MINID"; });
  if (!by_id) return small_number(25);
  // Behind an id that XSETID went back from the oracle's exact trims stop too early.
  const bool may_stop_early = last_ids_go_back_ && argv.back() != "~";
  return may_stop_early ? std::string(kOddIds[below(kIdsBelowAll)]) : any_id();
}

std::string StreamArguments::read_position(const std::string& family) {
  const uint64_t draw = below(100);
  if (family == "XREADGROUP") {
    if (draw < 65) return ">";
    return draw < 80 ? "0" : draw < 82 ? "$" : any_id();
  }
  if (draw < 40) return "0";
  return draw < 55 ? "$" : draw < 57 ? ">" : any_id();
}

std::optional<std::string> StreamArguments::draw(const std::string& family, const Argument& argument,
                                                 const Argv& argv) {
  const std::string& name = argument.name;
  if (is_one_of(name, {"group", "groupname"})) return "g" + std::to_string(below(3));
  if (is_one_of(name, {"consumer", "consumername"})) return "c" + std::to_string(below(4));
  if (name == "field") return "f" + std::to_string(below(3));
  if (is_one_of(name, {"min-idle-time", "ms"})) return below(2) ? "0" : small_number(400'000);
  if (name == "milliseconds") return "2";
  if (name == "unix-time-milliseconds") return std::to_string(now_ms_ - static_cast<int64_t>(below(400'000)) + 1000);
  if (is_one_of(name, {"count", "entries_read", "entries_added"})) return small_number(30);
  if (name == "threshold") return threshold(argv);
  if (name == "id" && family == "XADD") return below(15) == 0 ? any_id() : fresh_id();
  if (name == "id" && family.starts_with("XREAD")) return read_position(family);
  if (name == "id" && family == "XGROUP") return below(2) ? "0" : any_id();
  if (name == "last-id") return last_ids_go_back_ ? std::to_string(now_ms_ + 5) + "-0" : "none";
  if (name == "max_deleted_entry_id" || name == "id") return any_id();
  if (name == "start" && family == "XAUTOCLAIM" && below(2)) return "0-0";
  if (is_one_of(name, {"start", "end"})) return range_end();
  return std::nullopt;
}

}  // namespace redstart::oracle
