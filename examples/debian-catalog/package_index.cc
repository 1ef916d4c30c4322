#include "package_index.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string_view>

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

int64_t number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> parts(std::string_view list) {
  std::vector<std::string_view> result;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (const auto part = trimmed(list.substr(0, comma)); !part.empty()) result.push_back(part);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return result;
}

// "libc6 (>= 2.34) | libc6.1:any" names libc6.
void add_dependencies(std::string_view list, std::vector<std::string>& names) {
  std::set<std::string> seen(names.begin(), names.end());
  for (const std::string_view part : parts(list)) {
    std::string name(part.substr(0, part.find_first_of(" (|:")));
    if (seen.insert(name).second) names.push_back(std::move(name));
  }
}

// Tags may be abbreviated: "uitoolkit::{qt,sdl}" stands for two.
void add_tags(std::string_view list, std::vector<std::string>& tags) {
  std::string facet;
  for (std::string_view part : parts(list)) {
    const size_t brace = part.find('{');
    if (brace != std::string_view::npos) {
      facet = part.substr(0, brace);
      part.remove_prefix(brace + 1);
    }
    const bool ends = part.ends_with('}');
    if (ends) part.remove_suffix(1);
    tags.push_back(facet + std::string(part));
    if (ends) facet.clear();
  }
}

void set_field(Package& package, std::string_view field, std::string_view value) {
  if (field == "Package") package.name = value;
  if (field == "Version") package.version = value;
  if (field == "Section") package.section = value;
  if (field == "Priority") package.priority = value;
  if (field == "Maintainer") package.maintainer = value;
  if (field == "Description") package.description = value.substr(0, value.find('\n'));
  if (field == "Installed-Size") package.installed_kib = number(value);
  if (field == "Size") package.download_bytes = number(value);
  if (field == "Depends" || field == "Pre-Depends") add_dependencies(value, package.dependencies);
  if (field == "Tag") add_tags(value, package.tags);
}

}  // namespace

PackageIndex::PackageIndex(const std::string& path)
    : stream_(path.empty() ? ::popen("apt-cache dumpavail", "r") : std::fopen(path.c_str(), "r")),
      is_process_(path.empty()) {
  if (!stream_) {
    throw std::runtime_error("cannot read " + (path.empty() ? "apt-cache" : path) + ": " +
                             std::strerror(errno));
  }
}

PackageIndex::~PackageIndex() { is_process_ ? ::pclose(stream_) : std::fclose(stream_); }

bool PackageIndex::read_line(std::string& line) {
  line.clear();
  for (int c; (c = ::getc_unlocked(stream_)) != EOF;) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
  }
  return !line.empty();
}

std::optional<Package> PackageIndex::next() {
  Package package;
  std::string line, field, value;
  while (read_line(line)) {
    if (line.empty()) {
      if (!package.name.empty() || !field.empty()) break;
      continue;
    }
    if (line[0] == ' ' || line[0] == '\t') {  // goes on from the line before
      value.append("\n").append(line);
      continue;
    }
    set_field(package, field, trimmed(value));
    const size_t colon = line.find(':');
    field = line.substr(0, colon);
    value = colon == std::string::npos ? "" : line.substr(colon + 1);
  }
  set_field(package, field, trimmed(value));
  if (package.name.empty()) return std::nullopt;
  return package;
}
