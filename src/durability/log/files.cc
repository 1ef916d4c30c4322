#include "durability/log/files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "durability/file_source.h"
#include "durability/log/reader.h"

namespace redstart {
namespace {

constexpr std::string_view kTemporary = "temp-";
constexpr std::string_view kOfRewrite = "rewriteaof-";  // redis-server's
constexpr std::string_view kOurs = "redstart-";         // see snapshot/save.cc

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// A base on its way, as snapshots are written.
bool is_unfinished_snapshot(std::string_view name) {
  constexpr std::string_view kEnd = ".rdb";
  if (!name.ends_with(kEnd)) return false;
  name.remove_suffix(kEnd.size());
  if (name.starts_with(kOurs)) name.remove_prefix(kOurs.size());
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// What rewrites of this log, and only they, leave behind when they do not end.
bool is_temporary(std::string_view name, std::string_view log_name) {
  if (!name.starts_with(kTemporary)) return false;
  name.remove_prefix(kTemporary.size());
  return name.starts_with(std::string(log_name) + ".") || name.starts_with(kOfRewrite) || is_unfinished_snapshot(name);
}

}  // namespace

LogFiles::LogFiles(Disk& disk, std::string directory, std::string name, Listener on_removed)
    : disk_(disk), directory_(std::move(directory)), name_(std::move(name)), on_removed_(std::move(on_removed)) {}

bool LogFiles::are_there(const std::string& old_directory) const {
  return disk_.exists(manifest_path()) || disk_.exists(single_file_path()) ||
         disk_.exists(join_path(old_directory, name_));
}

std::expected<void, std::string> LogFiles::open(const std::string& old_directory) {
  if (auto made = disk_.make_directory(directory_); !made) return std::unexpected(made.error().what);
  if (!disk_.exists(manifest_path())) return begin_without_manifest(old_directory);
  const auto text = read_file(disk_, manifest_path());
  if (!text) return std::unexpected(text.error().what);
  auto parsed = parse_manifest(*text);
  if (!parsed) return std::unexpected(manifest_path() + ", " + parsed.error());
  manifest_ = std::move(*parsed);
  if (manifest_.base) last_base_seq_ = manifest_.base->seq;
  last_increment_seq_ = manifest_.last_increment_seq();
  for (const LogFile& file : files_to_load()) {
    if (!disk_.exists(path_of(file))) {
      return std::unexpected(path_of(file) + " is missing, which " + manifest_path() + " names as part of the log");
    }
  }
  // This manifest is on the disk before what only another one named goes.
  if (auto synced = disk_.sync_directory(directory_); !synced) return std::unexpected(synced.error().what);
  delete_leftovers();
  if (auto deleted = delete_history(); !deleted) return std::unexpected(deleted.error().what);
  if (manifest_.base && manifest_.base->name.ends_with(".rdb")) note_size(*manifest_.base);
  return {};
}

std::expected<void, std::string> LogFiles::begin_without_manifest(const std::string& old_directory) {
  const auto names = disk_.list(directory_);
  if (!names) return std::unexpected(names.error().what);
  if (!disk_.exists(first_start_path())) {
    std::vector<std::string> parts;
    std::ranges::copy_if(*names, std::back_inserter(parts), [&](const std::string& name) {
      return log_name_of_part(name) == name_ && holds_commands(name);
    });
    std::ranges::sort(parts);
    if (!parts.empty()) {
      return std::unexpected(directory_ + " has parts of a log (" + listed(parts) + "), but no " +
                             manifest_name(name_) + ", which says what belongs to it: bring that back, or move the "
                             "files away to begin a new log");
    }
  }
  delete_leftovers();
  const std::string old_path = join_path(old_directory, name_);
  const bool is_at_old_place = disk_.exists(old_path), has_moved = disk_.exists(single_file_path());
  if (is_at_old_place && has_moved) {
    return std::unexpected(old_path + " and " + single_file_path() + " are both there, and no manifest says which one "
                           "is the log: move one of them away");
  }
  return is_at_old_place || has_moved ? take_over_single_file(old_path) : std::expected<void, std::string>();
}

std::expected<void, std::string> LogFiles::take_over_single_file(const std::string& old_path) {
  manifest_.base = LogFile{name_, 1};
  last_base_seq_ = 1;
  // In this order a crash leaves the file in one of its places, and once the manifest is there, in the new one.
  if (disk_.exists(old_path)) {
    const auto moved = disk_.rename(old_path, single_file_path());
    if (!moved) return std::unexpected(moved.error().what);
  }
  for (const std::string& directory : {directory_of(old_path), directory_}) {
    if (auto synced = disk_.sync_directory(directory); !synced) return std::unexpected(synced.error().what);
  }
  if (auto saved = save(); !saved) return std::unexpected(saved.error().what);
  delete_leftovers();
  return {};
}

// Whether something goes with the file. REQUIRES: it is a part of a log.
bool LogFiles::holds_commands(const std::string& name) const {
  if (!name.ends_with(".incr.aof")) return true;
  auto file = disk_.open_for_reading(join_path(directory_, name));
  if (!file) return true;
  FileSource source(std::move(*file));
  if (kFreshIncrement.starts_with(source.peek(kFreshIncrement.size() + 1))) return source.disk_error().has_value();
  return LogReader(source).next() != LogReader::Status::end;
}

bool LogFiles::is_known(const std::string& name) const {
  const auto same = [&](const LogFile& file) { return file.name == name; };
  return (manifest_.base && same(*manifest_.base)) || std::ranges::any_of(manifest_.increments, same) ||
         std::ranges::any_of(manifest_.history, same) || name == manifest_name(name_) ||
         (!exists() && join_path(directory_, name) == first_start_path());
}

// Files with our names that no manifest tells of: of a rewrite that a crash has ended.
void LogFiles::delete_leftovers() {
  const auto names = disk_.list(directory_);
  if (!names) return;
  for (const std::string& name : *names) {
    const bool is_part = log_name_of_part(name) == name_ && !name.ends_with(".base.aof");
    if (is_known(name) || !(is_part || is_temporary(name, name_))) continue;
    const std::string path = join_path(directory_, name);
    if (disk_.remove(path) && on_removed_ && path != first_start_path()) on_removed_(path);
  }
}

DiskResult<void> LogFiles::delete_history() {
  if (manifest_.history.empty()) return {};
  for (const LogFile& file : manifest_.history) {
    if (!disk_.exists(path_of(file))) continue;
    if (auto removed = disk_.remove(path_of(file)); !removed) return removed;
  }
  manifest_.history.clear();
  return save();
}

std::optional<std::string> LogFiles::find_loss() const {
  if (!disk_.exists(manifest_path())) return manifest_path() + " was removed";
  for (const LogFile& file : files_to_load()) {
    if (!disk_.exists(path_of(file))) return path_of(file) + " was removed";
    const auto least_bytes = least_bytes_.find(file.name);
    if (least_bytes == least_bytes_.end()) continue;
    const auto opened = disk_.open_for_reading(path_of(file));
    if (opened && (*opened)->size_bytes() < least_bytes->second) return path_of(file) + " was cut short";
  }
  return std::nullopt;
}

void LogFiles::note_size(const LogFile& file) {
  if (const auto opened = disk_.open_for_reading(path_of(file))) least_bytes_[file.name] = (*opened)->size_bytes();
}

std::vector<LogFile> LogFiles::files_to_load() const {
  std::vector<LogFile> files;
  if (manifest_.base) files.push_back(*manifest_.base);
  files.insert(files.end(), manifest_.increments.begin(), manifest_.increments.end());
  return files;
}

DiskResult<void> LogFiles::mark_first_start() {
  if (exists()) return {};
  if (auto marked = disk_.create(first_start_path()); !marked) return std::unexpected(marked.error());
  return disk_.sync_directory(directory_);
}

DiskResult<std::unique_ptr<WritableFile>> LogFiles::add_increment(bool listed) {
  if (auto made = disk_.make_directory(directory_); !made) return std::unexpected(made.error());
  if (!listed) {
    if (auto marked = mark_first_start(); !marked) return std::unexpected(marked.error());
  }
  const int64_t seq = ++last_increment_seq_;
  LogFile added{increment_name(name_, seq), seq};
  auto file = disk_.create(path_of(added));
  if (!file) return file;
  // The file says from its first byte on that it tells what was on disk.
  if (auto marked = (*file)->append(kFreshIncrement); !marked) return std::unexpected(marked.error());
  if (auto synced = (*file)->sync(); !synced) return std::unexpected(synced.error());
  least_bytes_[added.name] = kFreshIncrement.size();
  if (!listed) {
    unlisted_ = std::move(added);
    return file;
  }
  manifest_.increments.push_back(added);
  if (auto saved = save(); !saved) return std::unexpected(saved.error());
  return file;
}

DiskResult<std::unique_ptr<WritableFile>> LogFiles::open_last_increment() {
  for (const LogFile& file : manifest_.increments) {
    if (&file != &manifest_.increments.back()) note_size(file);
  }
  return disk_.open_for_append(path_of(manifest_.increments.back()));
}

std::string LogFiles::next_base_path() { return join_path(directory_, base_name(name_, ++last_base_seq_, true)); }

DiskResult<void> LogFiles::commit_base(uint64_t bytes, bool keeps_newest) {
  Manifest next;
  next.base = LogFile{base_name(name_, last_base_seq_, true), last_base_seq_};
  next.history = manifest_.history;
  if (manifest_.base) next.history.push_back(*manifest_.base);
  next.increments = manifest_.increments;
  if (unlisted_) next.increments.push_back(*unlisted_);
  while (next.increments.size() > (keeps_newest ? 1 : 0)) {
    next.history.push_back(next.increments.front());
    next.increments.erase(next.increments.begin());
  }
  if (auto saved = save_manifest(disk_, directory_, name_, next); !saved) return saved;
  manifest_ = std::move(next);
  unlisted_.reset();
  std::erase_if(least_bytes_, [this](const auto& file) { return !is_known(file.first); });
  least_bytes_[manifest_.base->name] = bytes;
  // What is left of the history, or of attempts that failed, does no harm; it goes at the next start at the latest.
  delete_leftovers();
  static_cast<void>(delete_history());
  return {};
}

}  // namespace redstart
