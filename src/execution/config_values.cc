#include "execution/config_values.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "base/numbers.h"
#include "base/text.h"

namespace redstart {
namespace {

using Assigned = std::expected<std::string, std::string>;
using Words = std::span<const std::string>;

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

std::string joined(std::span<const std::string> words) {
  std::string result;
  for (const std::string& word : words) result.append(result.empty() ? "" : " ").append(word);
  return result;
}

bool is_empty(Words words) { return words.empty() || (words.size() == 1 && words[0].empty()); }

struct Unit {
  std::string_view name;
  uint64_t bytes;
};
constexpr Unit kUnits[] = {
    {"", 1},          {"b", 1},        {"k", 1000},          {"kb", 1024},
    {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30},
};

std::string one_of_error(const Directive& directive) {
  std::string names;
  for (const Choice& choice : directive.choices) {
    names.append(names.empty() ? "" : ", ").append(choice.name);
  }
  return "argument(s) must be one of the following: " + names;
}

std::string range_error(const Directive& directive) {
  char text[128];
  if (directive.kind == DirectiveKind::octal) {
    std::snprintf(text, sizeof text, "argument must be between %llo and %llo inclusive",
                  static_cast<unsigned long long>(directive.min),
                  static_cast<unsigned long long>(directive.max));
  } else {
    std::snprintf(text, sizeof text, "argument must be between %lld and %lld inclusive",
                  static_cast<long long>(directive.min), static_cast<long long>(directive.max));
  }
  return text;
}

std::expected<int64_t, std::string> in_range(const Directive& directive, int64_t number) {
  if (directive.has(kUnsigned)) return number;
  if (number < directive.min || number > directive.max) return wrong(range_error(directive));
  return number;
}

std::expected<int64_t, std::string> parse_memory_number(const Directive& directive,
                                                        std::string_view word) {
  const bool percent_allowed = directive.kind == DirectiveKind::memory_or_percent;
  if (percent_allowed && word.size() > 1 && word.back() == '%') {
    const auto percent = parse_int64(word.substr(0, word.size() - 1));
    if (percent && *percent >= 0) {
      if (*percent > 100) return wrong("percentage argument must be less or equal to 100");
      return -*percent;
    }
  }
  if (word.empty()) return in_range(directive, 0);  // so Redis reads it
  const auto bytes = parse_memory(word);
  if (!bytes) {
    return wrong(percent_allowed ? "argument must be a memory or percent value"
                                 : "argument must be a memory value");
  }
  return in_range(directive, static_cast<int64_t>(*bytes));
}

std::expected<int64_t, std::string> parse_octal(const Directive& directive, std::string_view word) {
  int64_t number = 0;
  const char* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, number, 8);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return wrong("argument couldn't be parsed as an octal number");
  }
  return in_range(directive, number);
}

// --- Directives with a grammar of their own

Assigned assign_save(std::string_view current, Words words) {
  if (is_empty(words)) return std::string();
  if (words.size() % 2 != 0) return wrong("Invalid save parameters");
  for (size_t i = 0; i < words.size(); ++i) {
    const auto number = parse_int64(words[i]);
    const int64_t least = i % 2 == 0 ? 1 : 0;  // seconds, changes
    if (!number || *number < least || *number > std::numeric_limits<int32_t>::max()) {
      return wrong("Invalid save parameters");
    }
  }
  std::string result(current);
  return result.append(result.empty() ? "" : " ").append(joined(words));
}

constexpr std::string_view kClientClasses[] = {"normal", "slave", "pubsub"};

std::optional<size_t> client_class(std::string_view name) {
  if (equal_ignoring_case(name, "replica")) return 1;
  for (size_t i = 0; i < std::size(kClientClasses); ++i) {
    if (equal_ignoring_case(name, kClientClasses[i])) return i;
  }
  return std::nullopt;
}

Assigned assign_output_limits(std::string_view current, Words words) {
  if (words.size() % 4 != 0) {
    return wrong("Wrong number of arguments in buffer limit configuration.");
  }
  std::array<std::string, 3> limits{"0 0 0", "0 0 0", "0 0 0"};
  const std::vector<std::string> known = split_words(current);
  for (size_t i = 0; i + 3 < known.size(); i += 4) {
    limits[*client_class(known[i])] = joined(std::span(known).subspan(i + 1, 3));
  }
  for (size_t i = 0; i < words.size(); i += 4) {
    const auto index = client_class(words[i]);
    if (!index) return wrong("Invalid client class specified in buffer limit configuration.");
    const auto hard = parse_memory(words[i + 1]), soft = parse_memory(words[i + 2]);
    const auto seconds = parse_int64(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return wrong("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[*index] =
        std::to_string(*hard) + " " + std::to_string(*soft) + " " + std::to_string(*seconds);
  }
  std::string result;
  for (size_t i = 0; i < limits.size(); ++i) {
    result.append(i == 0 ? "" : " ").append(kClientClasses[i]).append(" ").append(limits[i]);
  }
  return result;
}

Assigned assign_oom_scores(Words words) {
  if (words.size() != 3) return wrong("wrong number of arguments");
  for (const std::string& word : words) {
    const auto number = parse_int64(word);
    if (!number || *number < -2000 || *number > 2000) {
      return wrong("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
  }
  return joined(words);
}

struct NotifyName {
  uint32_t flags;
  char letter;
};
constexpr NotifyName kNotifyClasses[] = {
    {kNotifyGeneric, 'g'}, {kNotifyString, '$'}, {kNotifyList, 'l'},    {kNotifySet, 's'},
    {kNotifyHash, 'h'},    {kNotifyZset, 'z'},   {kNotifyExpired, 'x'}, {kNotifyEvicted, 'e'},
    {kNotifyStream, 't'},  {kNotifyModule, 'd'}, {kNotifyNewKey, 'n'}};
constexpr NotifyName kNotifyOthers[] = {
    {kNotifyKeyspace, 'K'}, {kNotifyKeyevent, 'E'}, {kNotifyKeyMiss, 'm'}};

Assigned assign_notify_events(Words words) {
  const auto flags = parse_notify_events(words[0]);
  if (!flags) return wrong(flags.error());
  std::string result;
  if ((*flags & kNotifyAll) == kNotifyAll) {
    result = "A";
  } else {
    for (const NotifyName& name : kNotifyClasses) {
      if (*flags & name.flags) result += name.letter;
    }
  }
  for (const NotifyName& name : kNotifyOthers) {
    if (*flags & name.flags) result += name.letter;
  }
  // Redis 7.0 forgets to show it beside all others, and would lose it with CONFIG REWRITE.
  if (result.starts_with('A') && (*flags & kNotifyNewKey)) result += 'n';
  return result;
}

Assigned assign_bind(Words words) {
  if (is_empty(words)) return std::string();
  if (words.size() > 16) return wrong("Too many bind addresses specified.");
  return joined(words);
}

Assigned assign_replicaof(Words words) {
  if (words.size() != 2) return wrong("wrong number of arguments");
  if (equal_ignoring_case(words[0], "no") && equal_ignoring_case(words[1], "one")) {
    return std::string();
  }
  const auto port = parse_int64(words[1]);
  if (!port || *port < 0 || *port > 65535) return wrong("Invalid master port");
  return joined(words);
}

Assigned assign_percentiles(Words words) {
  if (is_empty(words)) return std::string();
  std::vector<std::string> shown;
  for (const std::string& word : words) {
    const auto number = parse_double(word);
    if (!number || std::isnan(*number)) return wrong("Invalid latency-tracking-info-percentiles parameters");
    if (*number < 0 || *number > 100) {
      return wrong("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    shown.push_back(trimmed_number(*number));
  }
  return joined(shown);
}

Assigned assign_directory(Words words) {
  if (words.size() != 1) return wrong("wrong number of arguments");
  std::error_code error;
  auto path = std::filesystem::canonical(words[0], error);
  if (error) return wrong(std::strerror(error.value()));
  if (!std::filesystem::is_directory(path)) return wrong(std::strerror(ENOTDIR));
  if (access(path.c_str(), X_OK) != 0) return wrong(std::strerror(errno));
  return path.string();
}

constexpr size_t kHostNameBytes = 256;  // of a name and the zero behind it

bool is_host_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// Whether every {variable} is closed and known, and there is something beside the title, which may be empty.
bool is_title_template(std::string_view text) {
  constexpr std::string_view kTitle = "{title}";
  std::string rest(text);
  for (size_t at = rest.find(kTitle); at != std::string::npos; at = rest.find(kTitle)) rest.erase(at, kTitle.size());
  if (rest.find_first_not_of(' ') == std::string::npos) return false;
  constexpr std::string_view kVariables[] = {"title",    "listen-addr", "server-mode", "port",
                                             "tls-port", "unixsocket",  "config-file"};
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const size_t end = text.find('}', at);
    if (end == std::string_view::npos) return false;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (std::ranges::find(kVariables, name) == std::end(kVariables)) return false;
  }
  return true;
}

Assigned assign_text(const Directive& directive, Words words) {
  const std::string& word = words[0];
  const std::string name(directive.name);
  if (directive.has(kFileName)) {
    const std::string noun = name == "appenddirname" ? "dirname" : "filename";
    if (word.empty() && name != "dbfilename") return wrong(name + " can't be empty");
    if (word.contains('/') || word.contains('\\')) {
      return wrong(name + " can't be a path, just a " + noun);
    }
  }
  if (name == "cluster-announce-hostname" && word.size() >= kHostNameBytes) {
    return wrong("Hostnames must be less than " + std::to_string(kHostNameBytes) + " characters");
  }
  if (name == "cluster-announce-hostname" && !is_host_name(word)) {
    return wrong("Hostnames may only contain alphanumeric characters, hyphens or dots");
  }
  if (name == "proc-title-template" && !is_title_template(word)) {
    return wrong("template format is invalid or contains unknown variables");
  }
  return word;
}

}  // namespace

std::optional<uint64_t> parse_memory(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  const auto* found = std::ranges::find_if(
      kUnits, [&](const Unit& known) { return equal_ignoring_case(known.name, unit); });
  if (found == std::end(kUnits) || digits == 0) return std::nullopt;
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, number);
  if (parsed.ec == std::errc::result_out_of_range) number = std::numeric_limits<uint64_t>::max();  // as Redis
  uint64_t bytes;
  if (__builtin_mul_overflow(number, found->bytes, &bytes)) return std::nullopt;
  return bytes;
}

std::expected<int64_t, std::string> parse_directive_number(const Directive& directive,
                                                           std::string_view word) {
  switch (directive.kind) {
    case DirectiveKind::boolean:
      if (equal_ignoring_case(word, "yes")) return 1;
      if (equal_ignoring_case(word, "no")) return 0;
      return wrong("argument must be 'yes' or 'no'");
    case DirectiveKind::memory:
    case DirectiveKind::memory_or_percent:
      return parse_memory_number(directive, word);
    case DirectiveKind::octal:
      return parse_octal(directive, word);
    default:
      break;
  }
  const auto number = parse_int64(word);
  if (!number) return wrong("argument couldn't be parsed into an integer");
  return in_range(directive, *number);
}

std::expected<int64_t, std::string> parse_directive_choices(const Directive& directive,
                                                            Words words) {
  const bool several = directive.kind == DirectiveKind::choices;
  if (words.empty() || (!several && words.size() != 1)) return wrong(one_of_error(directive));
  int64_t number = 0;
  for (const std::string& word : words) {
    const auto found = std::ranges::find_if(directive.choices, [&](const Choice& choice) {
      return equal_ignoring_case(choice.name, word);
    });
    if (found == directive.choices.end()) return wrong(one_of_error(directive));
    number |= found->value;
  }
  constexpr int64_t kSave = 1, kNoSave = 2;
  if (several && (number & kSave) && (number & kNoSave)) {
    return wrong("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  return number;
}

std::string show_directive_number(const Directive& directive, int64_t number) {
  switch (directive.kind) {
    case DirectiveKind::boolean:
      return number ? "yes" : "no";
    case DirectiveKind::memory_or_percent:
      if (number < 0) return std::to_string(-number) + "%";
      break;
    case DirectiveKind::octal: {
      char text[32];
      std::snprintf(text, sizeof text, "%llo", static_cast<unsigned long long>(number));
      return text;
    }
    case DirectiveKind::choice:
    case DirectiveKind::choices: {
      std::string names;
      for (const Choice& choice : directive.choices) {
        if (choice.value == number) return std::string(choice.name);
        if (!(number & choice.value)) continue;
        names.append(names.empty() ? "" : " ").append(choice.name);
      }
      return names;
    }
    default:
      break;
  }
  return directive.has(kUnsigned) ? std::to_string(static_cast<uint64_t>(number))
                                  : std::to_string(number);
}

Assigned assign_directive_words(const Directive& directive, std::string_view current, Words words) {
  if (!directive.has(kManyWords) && words.size() != 1) return wrong("wrong number of arguments");
  switch (directive.kind) {
    case DirectiveKind::save:
      return assign_save(current, words);
    case DirectiveKind::output_buffer_limit:
      return assign_output_limits(current, words);
    case DirectiveKind::oom_score_values:
      return assign_oom_scores(words);
    case DirectiveKind::notify_events:
      return assign_notify_events(words);
    case DirectiveKind::bind:
      return assign_bind(words);
    case DirectiveKind::replicaof:
      return assign_replicaof(words);
    case DirectiveKind::percentiles:
      return assign_percentiles(words);
    case DirectiveKind::directory:
      return assign_directory(words);
    default:
      return assign_text(directive, words);
  }
}

std::expected<uint32_t, std::string> parse_notify_events(std::string_view text) {
  uint32_t flags = 0;
  const auto add = [&](std::span<const NotifyName> names, char letter) {
    for (const NotifyName& name : names) {
      if (name.letter != letter) continue;
      flags |= name.flags;
      return true;
    }
    return false;
  };
  for (const char c : text) {
    if (c == 'A') {
      flags |= kNotifyAll;
    } else if (!add(kNotifyClasses, c) && !add(kNotifyOthers, c)) {
      return std::unexpected("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
  }
  return flags;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string trimmed_number(double number) {
  char text[400];
  std::snprintf(text, sizeof text, "%f", number);
  std::string result = text;
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.') result.pop_back();
  return result;
}

}  // namespace redstart
