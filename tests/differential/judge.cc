#include "tests/differential/judge.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>

#include "tests/differential/acl_commands.h"
#include "tests/differential/stream_info.h"

namespace redstart::oracle {
namespace {

constexpr int64_t kToleranceMs = 5000;
constexpr int64_t kToleranceSeconds = 5;

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split_columns(const std::string& line) {
  std::vector<std::string> columns;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(" | ", at), line.size());
    columns.push_back(trimmed(line.substr(at, end - at)));
    at = end + 3;
  }
  return columns;
}

// Takes a leading `@group,group` off the command; false when `group` is not among them.
bool cut_groups(std::string& command, const std::string& group) {
  if (command[0] != '@') return true;
  const size_t end = std::min(command.find(' '), command.size());
  const std::string groups = "," + command.substr(1, end - 1) + ",";
  command = trimmed(command.substr(end));
  return groups.find("," + group + ",") != std::string::npos;
}

// Any text that is the same for the same replies only.
void append_exact(const RawReply& reply, std::string& out) {
  out += reply.kind;
  out += reply.is_null ? "null" : std::to_string(reply.text.size());
  out += ' ';
  out += reply.text;
  for (const RawReply& element : reply.elements) append_exact(element, out);
}

std::vector<std::string> sorted_texts(const RawReply& reply, size_t group_size) {
  std::vector<std::string> texts;
  for (size_t i = 0; i + group_size <= reply.elements.size(); i += group_size) {
    std::string text;
    for (size_t k = 0; k < group_size; ++k) append_exact(reply.elements[i + k], text);
    texts.push_back(std::move(text));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

bool same_shape(const RawReply& a, const RawReply& b) {
  return a.kind == b.kind && a.is_null == b.is_null && a.elements.size() == b.elements.size();
}

bool same_multiset(const RawReply& a, const RawReply& b, size_t group_size) {
  if (!same_shape(a, b)) return false;
  if (a.elements.empty()) return a == b;
  return sorted_texts(a, group_size) == sorted_texts(b, group_size);
}

bool near(const Argv& argv, bool clock_is_shared, const RawReply& a, const RawReply& b) {
  if (a.kind != ':' || b.kind != ':') return a == b;
  const int64_t x = std::strtoll(a.text.c_str(), nullptr, 10);
  const int64_t y = std::strtoll(b.text.c_str(), nullptr, 10);
  if (x < 0 || y < 0) return x == y;
  const bool in_ms = upper(argv[0])[0] == 'P';
  int64_t tolerance = in_ms ? kToleranceMs : kToleranceSeconds;
  // The idle time is kept in seconds and may be cut on either side.
  if (clock_is_shared) tolerance = upper(argv[0]) == "OBJECT" ? 1 : 0;
  return (x > y ? x - y : y - x) <= tolerance;
}

bool all_distinct(const RawReply& reply) {
  std::set<std::string> texts;
  for (const RawReply& element : reply.elements) {
    if (!texts.insert(to_text(element)).second) return false;
  }
  return true;
}

bool random_agree(const Argv& argv, const RawReply& oracle, const RawReply& subject) {
  if (!same_shape(oracle, subject)) return false;
  const bool unique_count = argv.size() == 3 && argv[2][0] != '-';
  return !unique_count || all_distinct(subject);
}

// A cursor means something to its own server only; what came with it is comparable when both
// finished.
bool scan_agree(const Argv& argv, const RawReply& oracle, const RawReply& subject) {
  if (!same_shape(oracle, subject) || subject.elements.size() != 2) return false;
  const size_t cursor_at = upper(argv[0]) == "SCAN" ? 1 : 2;
  const bool from_start = argv.size() > cursor_at && argv[cursor_at] == "0";
  const bool both_done = oracle.elements[0].text == "0" && subject.elements[0].text == "0";
  if (!from_start || !both_done) return subject.elements[1].kind == oracle.elements[1].kind;
  const bool pairs = upper(argv[0]) == "HSCAN" || upper(argv[0]) == "ZSCAN";
  return same_multiset(oracle.elements[1], subject.elements[1], pairs ? 2 : 1);
}

bool contains_zero_byte(const RawReply& reply) {
  return std::any_of(reply.elements.begin(), reply.elements.end(), [](const RawReply& element) {
    return element.text.find('\0') != std::string::npos;
  });
}

bool has_token(const Argv& argv, std::string_view token) {
  return std::any_of(argv.begin(), argv.end(),
                     [&](const auto& word) { return upper(word) == token; });
}

// Elements that compare as equal are sorted by their own bytes, except where texts are compared
// through a pattern; texts are compared up to a zero byte only.
bool sorted_agree(const Argv& argv, const RawReply& oracle, const RawReply& subject) {
  if (sorts_in_any_order(argv)) {
    return has_token(argv, "LIMIT") ? same_shape(oracle, subject)
                                    : same_multiset(oracle, subject, 1);
  }
  if (!has_token(argv, "ALPHA")) return false;
  if (has_token(argv, "GET") || has_token(argv, "LIMIT")) {
    // What was sorted is not shown; only zero bytes excuse another order.
    return (contains_zero_byte(oracle) || contains_zero_byte(subject)) &&
           same_shape(oracle, subject);
  }
  if (!same_multiset(oracle, subject, 1)) return false;
  for (size_t i = 0; i < oracle.elements.size(); ++i) {
    if (std::strcmp(oracle.elements[i].text.c_str(), subject.elements[i].text.c_str()) != 0)
      return false;
  }
  return true;
}

bool same_but_for_command_rules(const RawReply& oracle, const RawReply& subject) {
  if (!same_shape(oracle, subject)) return false;
  if (oracle.elements.empty()) {
    return without_command_rules(oracle.text) == without_command_rules(subject.text);
  }
  return std::equal(oracle.elements.begin(), oracle.elements.end(), subject.elements.begin(),
                    same_but_for_command_rules);
}

// The nearest or the farthest so many: of those that are equally far, any may be among them.
bool nearest_agree(const Argv& argv, const RawReply& oracle, const RawReply& subject) {
  if (!same_shape(oracle, subject) || !has_token(argv, "COUNT")) return false;
  if (has_token(argv, "ANY") || !has_token(argv, "WITHDIST")) return false;
  for (size_t i = 0; i < oracle.elements.size(); ++i) {
    const RawReply &a = oracle.elements[i], &b = subject.elements[i];
    if (!same_shape(a, b) || a.elements.size() < 2 || a.elements[1] != b.elements[1]) return false;
  }
  return true;
}

bool agree_or_allowed(const JudgeContext& context, const Argv& argv, const RawReply& oracle,
                      const RawReply& subject) {
  return agree(context, argv, {}, oracle, subject) ||
         context.allowed.allows(to_command_line(argv), to_text(oracle), to_text(subject));
}

bool exec_agrees(const JudgeContext& context, const std::vector<Argv>& queued,
                 const RawReply& oracle, const RawReply& subject) {
  if (!same_shape(oracle, subject) || oracle.elements.size() != queued.size())
    return oracle == subject;
  for (size_t i = 0; i < queued.size(); ++i) {
    if (!agree_or_allowed(context, queued[i], oracle.elements[i], subject.elements[i]))
      return false;
  }
  return true;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_text_for_people(const std::string& name) {
  static const std::set<std::string> names = {"summary", "complexity", "history", "notes", "replaced_by",
                                              "doc_flags"};
  return names.contains(name);
}

// What is told of commands, with the sets in it in one order.
std::string description_of(const RawReply& reply) {
  if (reply.elements.empty()) return to_text(reply);
  std::vector<std::string> parts;
  for (size_t i = 0; i < reply.elements.size(); ++i) {
    const RawReply& element = reply.elements[i];
    if (element.elements.empty() && is_text_for_people(element.text)) {
      ++i;
    } else {
      parts.push_back(description_of(element));
    }
  }
  std::sort(parts.begin(), parts.end());
  std::string text = "[";
  for (const std::string& part : parts) text += part + ",";
  return text + "]";
}

// What the subject lacks is told elsewhere; what it knows it must describe as the oracle does.
bool same_descriptions(const Argv& argv, const RawReply& oracle, const RawReply& subject) {
  const bool is_docs = argv.size() > 1 && upper(argv[1]) == "DOCS";
  if (!is_docs) {
    if (!same_shape(oracle, subject)) return false;
    for (size_t i = 0; i < oracle.elements.size(); ++i) {
      if (subject.elements[i].is_null) continue;
      if (description_of(oracle.elements[i]) != description_of(subject.elements[i])) return false;
    }
    return true;
  }
  std::map<std::string, std::string> known;
  for (size_t i = 0; i + 1 < oracle.elements.size(); i += 2) {
    known[oracle.elements[i].text] = description_of(oracle.elements[i + 1]);
  }
  for (size_t i = 0; i + 1 < subject.elements.size(); i += 2) {
    const auto found = known.find(subject.elements[i].text);
    if (found == known.end() || found->second != description_of(subject.elements[i + 1])) return false;
  }
  return oracle.kind == subject.kind;
}

// Names of sections and fields in their order; of what exists only after it was counted, none.
std::vector<std::string> field_names(const std::string& info) {
  static const std::regex counted("(cmdstat_|errorstat_|latency_percentiles_usec_|db\\d).*");
  std::vector<std::string> names;
  for (size_t at = 0; at < info.size();) {
    const size_t end = std::min(info.find('\n', at), info.size());
    const std::string line = info.substr(at, end - at);
    at = end + 1;
    if (!std::regex_match(line.substr(0, line.find(':')), counted)) {
      names.push_back(line.substr(0, line.find(':')));
    }
  }
  return names;
}

// Newer versions have more fields.
bool has_fields_of(const std::string& oracle, const std::string& subject) {
  const std::vector<std::string> wanted = field_names(oracle), present = field_names(subject);
  auto at = present.begin();
  for (const std::string& name : wanted) {
    at = std::find(at, present.end(), name);
    if (at == present.end()) return false;
    ++at;
  }
  return true;
}

// Every directive of the oracle is there, with the same value unless it is the server's own.
bool same_directives(const RawReply& oracle, const RawReply& subject) {
  static const std::set<std::string> own = {"bind", "port", "save", "dir", "logfile", "pidfile", "hz",
                                            "enable-debug-command"};
  std::map<std::string, std::string> known;
  for (size_t i = 0; i + 1 < subject.elements.size(); i += 2) {
    known[subject.elements[i].text] = subject.elements[i + 1].text;
  }
  for (size_t i = 0; i + 1 < oracle.elements.size(); i += 2) {
    const auto found = known.find(oracle.elements[i].text);
    if (found == known.end()) return false;
    if (found->second != oracle.elements[i + 1].text && !own.contains(lower(found->first))) return false;
  }
  return oracle.kind == subject.kind;
}

// std::regex_match takes stack for each character: of a long text, rules see both ends.
std::string ends_of(const std::string& text) {
  constexpr size_t kEndBytes = 4000;
  if (text.size() <= 2 * kEndBytes) return text;
  return text.substr(0, kEndBytes) + text.substr(text.size() - kEndBytes);
}

void collect_leaves(const RawReply& reply, std::set<std::string>& leaves) {
  if (reply.elements.empty()) leaves.insert(reply.text);
  for (const RawReply& element : reply.elements) collect_leaves(element, leaves);
}

}  // namespace

AllowedDifferences::AllowedDifferences(const std::vector<std::string>& paths, const std::string& group) {
  for (const std::string& path : paths) read(path, group);
}

void AllowedDifferences::read(const std::string& path, const std::string& group) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("cannot read " + path);
  for (std::string line; std::getline(file, line);) {
    if (trimmed(line).empty() || line[0] == '#') continue;
    std::vector<std::string> columns = split_columns(line);
    if (columns.size() == 2 && columns[0].starts_with("skip ")) {
      skipped_.insert(upper(columns[0].substr(5)));
    } else if (columns.size() == 4) {
      constexpr std::string_view kParts = "apart ";
      const bool parts = columns[0].starts_with(kParts);
      if (parts) columns[0].erase(0, kParts.size());
      if (!cut_groups(columns[0], group)) continue;
      const auto flags = std::regex::ECMAScript | std::regex::icase | std::regex::optimize;
      rules_.push_back({std::regex(columns[0], flags), std::regex(columns[1], flags),
                        std::regex(columns[2], flags), columns[3], parts});
    } else {
      throw std::invalid_argument(path + ": neither a rule nor a skip: " + line);
    }
  }
}

bool AllowedDifferences::allows(const std::string& command_line, const std::string& oracle,
                                const std::string& subject) {
  const std::string command = ends_of(command_line), expected = ends_of(oracle), actual = ends_of(subject);
  for (Rule& rule : rules_) {
    if (std::regex_match(command, rule.command) && std::regex_match(expected, rule.oracle) &&
        std::regex_match(actual, rule.subject)) {
      ++rule.uses;
      has_parted_ |= rule.parts;
      return true;
    }
  }
  return false;
}

std::vector<std::pair<std::string, uint64_t>> AllowedDifferences::uses() const {
  std::vector<std::pair<std::string, uint64_t>> uses;
  for (const Rule& rule : rules_) uses.emplace_back(rule.reason, rule.uses);
  return uses;
}

Mode mode_of(const Grammar& grammar, const Argv& argv) {
  static const std::map<std::string, Mode> modes = {
      {"HGETALL", Mode::unordered_pairs},
      {"SPOP", Mode::random_elements},
      {"SRANDMEMBER", Mode::random_elements},
      {"HRANDFIELD", Mode::random_elements},
      {"ZRANDMEMBER", Mode::random_elements},
      {"RANDOMKEY", Mode::random_elements},
      {"SCAN", Mode::scan},
      {"HSCAN", Mode::scan},
      {"SSCAN", Mode::scan},
      {"ZSCAN", Mode::scan},
      {"TTL", Mode::near},
      {"PTTL", Mode::near},
      {"EXPIRETIME", Mode::near},
      {"PEXPIRETIME", Mode::near},
      {"OBJECT IDLETIME", Mode::near},
      // Counts keys that have expired and that nobody has met yet (with a shared clock they are met
      // by a SCAN first).
      {"DBSIZE", Mode::near},
      {"XADD", Mode::exact},
      {"XTRIM", Mode::exact},
      {"XPENDING", Mode::exact},
      {"XCLAIM", Mode::exact},
      {"XAUTOCLAIM", Mode::exact},
      {"XINFO CONSUMERS", Mode::stream_info},
      {"XINFO STREAM", Mode::stream_info},
      {"COMMAND", Mode::description},
      {"COMMAND INFO", Mode::description},
      {"COMMAND DOCS", Mode::description},
      {"COMMAND COUNT", Mode::kind_only},
      {"COMMAND LIST", Mode::unordered},
      {"COMMAND GETKEYS", Mode::exact},
      {"COMMAND GETKEYSANDFLAGS", Mode::exact},
      {"INFO", Mode::field_names},
      {"CONFIG GET", Mode::directives},
      {"OBJECT ENCODING", Mode::exact},
      {"OBJECT REFCOUNT", Mode::exact},
      // A logarithmic counter that is raised by chance.
      {"OBJECT FREQ", Mode::kind_only},
      {"ACL LIST", Mode::acl_rules},
      {"ACL GETUSER", Mode::acl_rules},
      {"SORT", Mode::sorted},
      {"SORT_RO", Mode::sorted},
      {"GEOSEARCH", Mode::nearest},
      {"GEORADIUS", Mode::nearest},
      {"GEORADIUS_RO", Mode::nearest},
      {"GEORADIUSBYMEMBER", Mode::nearest},
      {"GEORADIUSBYMEMBER_RO", Mode::nearest}};
  if (argv.empty()) return Mode::exact;
  const std::string name = upper(argv[0]);
  auto found = argv.size() > 1 ? modes.find(name + " " + upper(argv[1])) : modes.end();
  if (found == modes.end()) found = modes.find(name);
  if (found != modes.end()) return found->second;
  const Command* command = find_command(grammar, argv);
  if (command == nullptr) return Mode::exact;
  if (command->has_tip("nondeterministic_output_order")) return Mode::unordered;
  return command->has_tip("nondeterministic_output") ? Mode::kind_only : Mode::exact;
}

bool sorts_in_any_order(const Argv& argv) {
  for (size_t i = 2; i + 1 < argv.size(); ++i) {
    if (upper(argv[i]) != "BY") continue;
    // A pattern without a star asks for the collection's own order; what is stored is sorted yet.
    const bool unsorted =
        argv[i + 1].find('*') == std::string::npos && !has_token(argv, "STORE");
    if (unsorted || has_token(argv, "ALPHA")) return true;
  }
  return false;
}

bool agree(const JudgeContext& context, const Argv& argv, const std::vector<Argv>& queued,
           const RawReply& oracle, const RawReply& subject) {
  if (oracle == subject) return true;
  if (oracle.is_error() || subject.is_error() || argv.empty()) return false;
  if (upper(argv[0]) == "EXEC") return exec_agrees(context, queued, oracle, subject);
  switch (mode_of(context.grammar, argv)) {
    case Mode::exact:
      return false;
    case Mode::unordered:
      return same_multiset(oracle, subject, 1);
    case Mode::unordered_pairs:
      return same_multiset(oracle, subject, 2);
    case Mode::random_elements:
      return random_agree(argv, oracle, subject);
    case Mode::scan:
      return scan_agree(argv, oracle, subject);
    case Mode::near:
      return near(argv, context.clock != nullptr, oracle, subject);
    case Mode::description:
      return same_descriptions(argv, oracle, subject);
    case Mode::field_names:
      return oracle.kind == subject.kind && has_fields_of(oracle.text, subject.text);
    case Mode::directives:
      return same_directives(oracle, subject);
    case Mode::sorted:
      return sorted_agree(argv, oracle, subject);
    case Mode::acl_rules:
      return same_but_for_command_rules(oracle, subject);
    case Mode::nearest:
      return nearest_agree(argv, oracle, subject);
    case Mode::kind_only:
      return same_shape(oracle, subject);
    case Mode::stream_info:
      return comparable_stream_info(oracle) == comparable_stream_info(subject);
  }
  return false;
}

RawReply with_plain_numbers(RawReply reply) {
  const auto write_plainly = [](RawReply& number, const char* format) {
    char text[400];
    std::snprintf(text, sizeof text, format, std::strtod(number.text.c_str(), nullptr));
    number.text = text;
  };
  const auto is_number = [](const RawReply& element) { return element.kind == ','; };
  const bool is_position = reply.elements.size() == 2 && std::ranges::all_of(reply.elements, is_number);
  for (RawReply& element : reply.elements) {
    if (is_position) {
      write_plainly(element, "%.17f");  // the oracle tells no more decimal places of it
    } else {
      element = with_plain_numbers(std::move(element));
    }
  }
  if (is_number(reply)) write_plainly(reply, "%.17g");
  return reply;
}

bool drawn_from(const RawReply& random_reply, const RawReply& members) {
  if (random_reply.is_error() || members.is_error() || random_reply.is_null) return true;
  std::set<std::string> drawn, present;
  if (random_reply.elements.empty() && random_reply.kind != '$') return true;
  collect_leaves(random_reply, drawn);
  collect_leaves(members, present);
  return std::includes(present.begin(), present.end(), drawn.begin(), drawn.end());
}

}  // namespace redstart::oracle
