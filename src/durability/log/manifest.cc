#include "durability/log/manifest.h"

#include <algorithm>

#include "base/numbers.h"
#include "base/quoted_words.h"
#include "base/text.h"

namespace redstart {
namespace {

bool needs_quotes(std::string_view name) {
  return std::ranges::any_of(name, [](char c) {
    return c == ' ' || c == '"' || c == '\'' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

void add_line(std::string& out, const LogFile& file, char type) {
  out += "file " + (needs_quotes(file.name) ? quote(file.name) : file.name) + " seq " + std::to_string(file.seq) +
         " type " + type + "\n";
}

// One line's file and its type; error: what is wrong with it.
std::expected<std::pair<LogFile, char>, std::string> parse_line(std::string_view line) {
  const auto words = split_quoted_words(line);
  if (!words) return std::unexpected("a quote is not closed");
  if (words->size() < 6 || words->size() % 2 != 0) {
    return std::unexpected("it is not of the form: file NAME seq NUMBER type b|i|h");
  }
  LogFile file;
  char type = 0;
  for (size_t i = 0; i < words->size(); i += 2) {
    const std::string& value = (*words)[i + 1];
    if (equal_ignoring_case((*words)[i], "file")) {
      if (value.empty() || value.find('/') != std::string::npos) {
        return std::unexpected("'" + value + "' is a path; a plain file name is wanted");
      }
      file.name = value;
    } else if (equal_ignoring_case((*words)[i], "seq")) {
      const auto seq = parse_int64(value);
      if (!seq || *seq < 1) return std::unexpected("'" + value + "' is no number of a file");
      file.seq = *seq;
    } else if (equal_ignoring_case((*words)[i], "type")) {
      if (value != "b" && value != "i" && value != "h") {
        return std::unexpected("'" + value + "' is no type of a file: b (base), i (incremental) or h (history)");
      }
      type = value[0];
    }
    // Other keys are of later versions.
  }
  if (file.name.empty() || file.seq == 0 || type == 0) return std::unexpected("file, seq or type is missing");
  return std::pair(std::move(file), type);
}

}  // namespace

std::string Manifest::text() const {
  std::string out;
  if (base) add_line(out, *base, 'b');
  for (const LogFile& file : history) add_line(out, file, 'h');
  for (const LogFile& file : increments) add_line(out, file, 'i');
  return out;
}

std::expected<Manifest, std::string> parse_manifest(std::string_view text) {
  Manifest manifest;
  size_t line_number = 0;
  const auto wrong = [&](const std::string& what) {
    return std::unexpected("line " + std::to_string(line_number) + ": " + what);
  };
  while (!text.empty()) {
    ++line_number;
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return wrong("it is cut off");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with('#')) continue;
    if (line.empty()) return wrong("it is empty");
    auto parsed = parse_line(line);
    if (!parsed) return wrong(parsed.error());
    auto& [file, type] = *parsed;
    if (type == 'b') {
      if (manifest.base) return wrong("there is a second base");
      manifest.base = std::move(file);
    } else if (type == 'h') {
      manifest.history.push_back(std::move(file));
    } else {
      if (file.seq <= manifest.last_increment_seq()) return wrong("the numbers of incremental files do not grow");
      manifest.increments.push_back(std::move(file));
    }
  }
  if (line_number == 0) return std::unexpected("line 1: the file is empty");
  return manifest;
}

std::string manifest_name(std::string_view name) { return std::string(name) + ".manifest"; }

std::string base_name(std::string_view name, int64_t seq, bool is_snapshot) {
  return std::string(name) + "." + std::to_string(seq) + ".base." + (is_snapshot ? "rdb" : "aof");
}

std::string increment_name(std::string_view name, int64_t seq) {
  return std::string(name) + "." + std::to_string(seq) + ".incr.aof";
}

std::string first_start_name(std::string_view name) { return "temp-" + std::string(name) + ".first"; }

std::optional<std::string_view> log_name_of_part(std::string_view file_name) {
  for (const std::string_view end : {".base.rdb", ".base.aof", ".incr.aof"}) {
    if (!file_name.ends_with(end)) continue;
    const std::string_view rest = file_name.substr(0, file_name.size() - end.size());
    const size_t dot = rest.rfind('.');
    const auto seq = dot == std::string_view::npos ? std::nullopt : parse_int64(rest.substr(dot + 1));
    if (seq && *seq >= 1 && dot > 0) return rest.substr(0, dot);
  }
  return std::nullopt;
}

DiskResult<void> save_manifest(Disk& disk, const std::string& directory, std::string_view name,
                               const Manifest& manifest) {
  const std::string path = join_path(directory, manifest_name(name));
  const std::string temporary = join_path(directory, "temp-" + manifest_name(name));
  auto file = disk.create(temporary);
  if (!file) return std::unexpected(std::move(file.error()));
  if (auto written = (*file)->append(manifest.text()); !written) return written;
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = disk.rename(temporary, path); !renamed) return renamed;
  return disk.sync_directory(directory);
}

}  // namespace redstart
