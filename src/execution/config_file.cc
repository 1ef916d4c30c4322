// The part of Config that reads configuration files and program arguments.
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/files.h"
#include "base/quoted_words.h"
#include "base/text.h"
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
std::string default_value(size_t index) {
  static const Config defaults;
  return *defaults.value_of(kDirectives[index].name);
}

// A directive as lines of a file.
std::string lines_of(const Directive& directive, const std::string& value) {
  const std::string name(directive.name);
  if (directive.kind == DirectiveKind::save) {
    if (value.empty()) return name + " \"\"\n";
    std::string lines;
    const auto words = split_words(value);
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
      lines += name + " " + words[i] + " " + words[i + 1] + "\n";
    }
    return lines;
  }
  if (directive.has(kManyWords) && !value.empty()) return name + " " + value + "\n";
  return name + " " + (directive.is_numeric() ? value : quote(value)) + "\n";
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
  if (name == "include" && words->size() == 2) {
    if (depth >= kIncludeDepthMax) return "include files are nested too deeply";
    for (const std::string& path : paths_matching((*words)[1])) {
      const auto text = read_whole_file(path);
      if (!text) return open_error(path);
      if (const auto error = load_at_depth(*text, depth + 1)) {
        return error->message + " (in '" + path + "', at line " + std::to_string(error->line) +
               ": '" + error->line_text + "')";
      }
    }
    return std::nullopt;
  }
  if (name == "user" && words->size() >= 2) return load_user({words->begin() + 1, words->end()});
  const bool forgotten = std::ranges::find(kForgotten, name) != std::end(kForgotten);
  if (forgotten && words->size() == 2) return std::nullopt;
  if (name == "rename-command" || name == "loadmodule") {
    return "'" + name + "' is not supported";
  }
  return "Bad directive or wrong number of arguments";
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

std::optional<std::string> Config::rewrite_file() const {
  const auto old_text = read_whole_file(file_path_);
  if (!old_text) return std::strerror(errno);
  std::string text, users;
  if (tell_user_lines_ && acl_file().empty()) {
    for (const std::string& line : tell_user_lines_()) users += line + "\n";
  }
  std::vector<bool> is_written(kDirectives.size());
  std::istringstream lines(*old_text);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view bare = trimmed(line);
    const auto row = bare.starts_with('#') ? std::nullopt : row_of_line(bare);
    if (is_user_line(bare)) {
      text += std::exchange(users, {});
    } else if (!row) {
      text += line + "\n";
    } else if (!is_written[*row]) {
      text += lines_of(kDirectives[*row], shown(*row));
      is_written[*row] = true;
    }
  }
  std::string added;
  for (size_t i = 0; i < kDirectives.size(); ++i) {
    const std::string value = shown(i);
    if (!is_written[i] && value != default_value(i)) added += lines_of(kDirectives[i], value);
  }
  added += users;
  constexpr std::string_view kMark = "# Generated by CONFIG REWRITE";
  if (!added.empty() && !text.contains(kMark)) text.append(kMark).append("\n");
  return replace_file(file_path_, text + added);
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
