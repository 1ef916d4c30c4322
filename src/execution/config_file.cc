// The part of Config that reads configuration files and program arguments.
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/files.h"
#include "base/quoted_words.h"
#include "base/text.h"
#include "command/table.h"
#include "execution/config.h"
#include "execution/config_values.h"

namespace redstart {
namespace {

constexpr int kIncludeDepthMax = 16;
// Directives of the past that mean nothing any more, and are passed over.
constexpr std::string_view kForgotten[] = {"list-max-ziplist-entries", "list-max-ziplist-value",
                                           "lua-replicate-commands"};

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

std::string open_error(const std::string& path) {
  return "Fatal error, can't open config file '" + path + "': " + std::strerror(errno);
}

std::vector<std::string> paths_matching(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  const bool is_pattern = pattern.find_first_of("*?[") != std::string::npos;
  if (paths.empty() && !is_pattern) paths.push_back(pattern);  // to be reported as missing
  return paths;
}

// The words of a directive that takes several may come in one quoted string.
std::vector<std::string> values_of(const std::vector<std::string>& words, bool takes_many) {
  if (takes_many && words.size() == 2) return split_quoted_words(words[1]).value_or(words);
  return {words.begin() + 1, words.end()};
}

// What a directive is when no file mentions it.
std::string default_value(const Directive& directive) {
  static const Config defaults;
  return *defaults.value_of(directive.name);
}

// Sizes as people write them: "2gb" where that says it all.
std::string memory_text(uint64_t bytes) {
  constexpr std::pair<uint64_t, const char*> kUnits[] = {{1 << 30, "gb"}, {1 << 20, "mb"}, {1 << 10, "kb"}};
  for (const auto& [unit_bytes, name] : kUnits) {
    if (bytes != 0 && bytes % unit_bytes == 0) return std::to_string(bytes / unit_bytes) + name;
  }
  return std::to_string(bytes);
}

std::vector<std::string> save_lines(const std::string& value) {
  if (value.empty()) return {"save \"\""};
  std::vector<std::string> lines;
  const auto words = split_words(value);
  for (size_t i = 0; i + 1 < words.size(); i += 2) lines.push_back("save " + words[i] + " " + words[i + 1]);
  return lines;
}

// A line for each class.
std::vector<std::string> output_limit_lines(const Directive& directive, const std::string& value) {
  std::vector<std::string> lines;
  const auto words = split_words(value);
  for (size_t i = 0; i + 3 < words.size(); i += 4) {
    const auto size = [&](size_t at) { return memory_text(parse_memory(words[at]).value_or(0)); };
    const std::string name = words[i] == "slave" ? "replica" : words[i];
    lines.push_back(std::string(directive.name) + " " + name + " " + size(i + 1) + " " + size(i + 2) + " " +
                    words[i + 3]);
  }
  return lines;
}

// A directive as lines of a file.
std::vector<std::string> lines_of(const Directive& directive, const std::string& value) {
  if (directive.kind == DirectiveKind::save) return save_lines(value);
  if (directive.kind == DirectiveKind::output_buffer_limit) return output_limit_lines(directive, value);
  const std::string head = std::string(directive.name) + " ";
  if (directive.kind == DirectiveKind::memory || directive.kind == DirectiveKind::memory_or_percent) {
    const auto bytes = parse_memory(value);
    return {head + (bytes ? memory_text(*bytes) : value)};
  }
  const bool is_bare = directive.is_numeric() || (directive.has(kManyWords) && !value.empty());
  return {head + (is_bare ? value : quote(value))};
}

// Whether a line need not be added to a file: of the classes' limits, those of the defaults.
bool goes_without_saying(const Directive& directive, const std::string& line) {
  if (directive.kind != DirectiveKind::output_buffer_limit) return false;
  const auto defaults = lines_of(directive, default_value(directive));
  return std::ranges::find(defaults, line) != defaults.end();
}

std::optional<size_t> row_of_line(std::string_view line) {
  const auto words = split_quoted_words(line);
  if (!words || words->empty()) return std::nullopt;
  const std::string name = lower_case((*words)[0]);
  for (size_t i = 0; i < kDirectives.size(); ++i) {
    const Directive& row = kDirectives[i];
    if (row.name == name || (!row.alias.empty() && row.alias == name)) return i;
  }
  return std::nullopt;
}

bool is_user_line(std::string_view line) {
  const auto words = split_quoted_words(line);
  return words && words->size() >= 2 && equal_ignoring_case((*words)[0], "user");
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  while (!lines.empty() && trimmed(lines.back()).empty()) lines.pop_back();
  return lines;
}

// Where lines went, a run of blank ones may stay: one of it is enough.
std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  bool was_blank = false;
  for (const std::string& line : lines) {
    const bool is_blank = trimmed(line).empty();
    if (!is_blank || !was_blank) text += line + "\n";
    was_blank = is_blank;
  }
  return text;
}

bool is_option(const std::string& argument) { return argument.starts_with("--"); }

}  // namespace

std::string ConfigFileError::report() const {
  std::string result = "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n";
  if (line != 0) {
    result += "Reading the configuration file, at line " + std::to_string(line) + "\n>>> '" +
              line_text + "'\n";
  }
  return result + message + "\n";
}

std::optional<std::string> Config::load_user(const std::vector<std::string>& words) {
  const auto same = [&](const auto& line) { return line.front() == words.front(); };
  if (std::ranges::any_of(user_lines_, same)) {
    return "Error in user declaration '" + words.front() +
           "': Duplicate user found. A user can only be defined once in config files";
  }
  if (check_user_line_) {
    if (auto problem = check_user_line_(words)) return problem;
  }
  user_lines_.push_back(words);
  return std::nullopt;
}

std::optional<std::string> Config::load_line(std::string_view line, int depth) {
  auto words = split_quoted_words(line);
  if (!words) return "Unbalanced quotes in configuration line";
  if (words->empty()) return std::nullopt;
  const std::string name = lower_case((*words)[0]);
  const auto row = std::ranges::find_if(kDirectives, [&](const Directive& directive) {
    return directive.name == name || (!directive.alias.empty() && directive.alias == name);
  });
  if (row != kDirectives.end()) {
    if (!row->has(kManyWords) && words->size() != 2) return "wrong number of arguments";
    const auto values = values_of(*words, row->has(kManyWords));
    return assign(static_cast<size_t>(row - kDirectives.begin()), values, true);
  }
  if (name == "include" && words->size() == 2) return load_include((*words)[1], depth);
  const bool forgotten = std::ranges::find(kForgotten, name) != std::end(kForgotten);
  if (forgotten && words->size() == 2) return std::nullopt;
  if (name == "rename-command" && words->size() == 3) return rename_command((*words)[1], (*words)[2]);
  if (name == "loadmodule") return "'loadmodule' is not supported: Redstart takes no modules";
  if (name == "user" && words->size() >= 2) return load_user({words->begin() + 1, words->end()});
  return "Bad directive or wrong number of arguments";
}

std::optional<std::string> Config::load_include(const std::string& pattern, int depth) {
  if (depth >= kIncludeDepthMax) return "include files are nested too deeply";
  for (const std::string& path : paths_matching(pattern)) {
    const auto text = read_whole_file(path);
    if (!text) return open_error(path);
    if (const auto error = load_at_depth(*text, depth + 1)) {
      return error->message + " (in '" + path + "', at line " + std::to_string(error->line) + ": '" +
             error->line_text + "')";
    }
  }
  return std::nullopt;
}

std::optional<std::string> Config::rename_command(const std::string& from, const std::string& to) {
  if (!renamed_commands_) renamed_commands_ = std::make_unique<CommandTable>(command_specs());
  if (auto problem = renamed_commands_->rename(from, to)) return problem;
  renames_.emplace_back(from, to);
  return std::nullopt;
}

std::vector<Config::CommandRename> Config::take_command_renames() {
  const std::unique_lock lock(values_mutex_);
  return std::exchange(renames_, {});
}

std::optional<ConfigFileError> Config::load_at_depth(std::string_view text, int depth) {
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line[0] == '#') continue;
    if (auto problem = load_line(line, depth)) {
      return ConfigFileError{number, std::string(line), std::move(*problem)};
    }
  }
  return std::nullopt;
}

std::optional<ConfigFileError> Config::load(std::string_view text) {
  const std::unique_lock lock(values_mutex_);
  auto error = load_at_depth(text, 0);
  refresh();
  return error;
}

std::optional<ConfigFileError> Config::load_file(const std::string& path) {
  const auto text = read_whole_file(path);
  if (!text) return ConfigFileError{.line = 0, .line_text = {}, .message = open_error(path)};
  auto error = load(*text);
  if (!error) file_path_ = path;
  return error;
}

std::optional<std::string> Config::rewrite_file(Rewrite what) const {
  const auto old_text = read_whole_file(file_path_);
  if (!old_text) return std::strerror(errno);
  // What is still to be written of each directive, the next line last; behind them, of the users.
  std::vector<std::vector<std::string>> pending;
  for (size_t i = 0; i < kDirectives.size(); ++i) pending.push_back(lines_of(kDirectives[i], shown(i)));
  const size_t users = pending.size();
  const bool writes_users = tell_user_lines_ && acl_file().empty();
  pending.push_back(writes_users ? tell_user_lines_() : std::vector<std::string>());
  for (auto& directive_lines : pending) std::ranges::reverse(directive_lines);

  std::vector<std::string> lines = split_lines(*old_text);
  std::vector<bool> is_in_file(pending.size());
  for (std::string& line : lines) {
    const std::string_view bare = trimmed(line);
    if (bare.starts_with('#')) continue;
    const auto row = writes_users && is_user_line(bare) ? std::optional(users) : row_of_line(bare);
    if (!row) continue;
    is_in_file[*row] = true;
    line = pending[*row].empty() ? "" : pending[*row].back();
    if (!pending[*row].empty()) pending[*row].pop_back();
  }
  constexpr std::string_view kMark = "# Generated by CONFIG REWRITE";
  bool is_marked = std::ranges::find(lines, kMark) != lines.end();
  for (size_t i = 0; i < pending.size(); ++i) {
    const bool is_default = i != users && shown(i) == default_value(kDirectives[i]);
    if (is_default && !is_in_file[i] && what == Rewrite::changed) continue;
    for (; !pending[i].empty(); pending[i].pop_back()) {
      const bool is_wanted = i == users || what != Rewrite::changed;
      if (!is_wanted && goes_without_saying(kDirectives[i], pending[i].back())) continue;
      if (!is_marked) lines.insert(lines.end(), {"", std::string(kMark)});
      is_marked = true;
      lines.push_back(pending[i].back());
    }
  }
  return replace_file(file_path_, joined_lines(lines));
}

std::string Config::lines_of_arguments(std::span<const std::string> arguments) {
  std::string lines;
  bool has_value = true;  // of the option before
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!is_option(argument) || !has_value) {
      lines += quote(argument) + " ";
      has_value = true;
      continue;
    }
    if (!lines.empty()) lines += "\n";
    lines += argument.substr(2) + " ";
    const auto words = split_quoted_words(argument);
    has_value = !words || words->size() != 1;
    // "--save" alone means no save points.
    const bool ends_here = i + 1 == arguments.size() || is_option(arguments[i + 1]);
    if (!has_value && ends_here && equal_ignoring_case(argument, "--save")) {
      lines += "\"\"";
      has_value = true;
    }
  }
  return lines;
}

}  // namespace redstart
