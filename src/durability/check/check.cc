#include "durability/check/check.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <numeric>

#include "base/numbers.h"
#include "base/text.h"
#include "command/table.h"
#include "durability/file_source.h"
#include "durability/log/command.h"
#include "durability/log/files.h"
#include "durability/log/manifest.h"
#include "durability/log/reader.h"
#include "durability/log/tail.h"
#include "durability/seen_keys.h"
#include "durability/snapshot/file.h"
#include "durability/snapshot/walk.h"

namespace redstart {
namespace {

constexpr size_t kFoundBytes = 32;
constexpr std::string_view kMagic = "REDIS", kPlace = " at byte ";
constexpr std::string_view kManifestEnd = ".manifest";
// Where a store has its files unless it is told otherwise.
constexpr std::string_view kSnapshotName = "dump.rdb", kLogDirectory = "appendonlydir", kOldLogName = "appendonly.aof";

class Counter final : public SnapshotVisitor {
 public:
  Counter(FileReport& report, const CheckOptions& options) : report_(report), options_(options) {}

  void on_version(int version) override { report_.version = version; }
  void on_aux(std::string_view name, std::string_view value) override { report_.aux.emplace_back(name, value); }

  void on_function(RdbReader& reader, std::string_view code) override {
    report_.functions.emplace_back(code.substr(0, code.find('\n')));
    if (!options_.refuse_function) return;
    const auto why = options_.refuse_function(code);
    if (why) reader.fail(bad_library_text(*why));
  }

  void on_key(RdbReader& reader, const SnapshotKey& key) override {
    Entry* entry = reader.value(key.type, key.name, {.deadline_ms = key.deadline_ms});
    using enum rdb::ValueType;
    report_.timed_hashes += key.type == hash_deadlines || key.type == hash_listpackex;
    if (entry && !reader.failed() && !seen_.insert(key.db, key.name)) {
      reader.fail(repeated_key_text(key.db) + ":");
    }
    if (entry && !reader.failed()) {
      ++report_.keys_of_type[static_cast<size_t>(entry->type())];
      report_.databases.insert(key.db);
      report_.deadlines += entry->has_deadline();
      report_.past_deadlines += entry->is_expired(options_.now_ms);
    } else if (!reader.failed()) {
      ++report_.empty_keys;
    }
    if (entry) Entry::destroy(entry);
  }

 private:
  FileReport& report_;
  const CheckOptions& options_;
  SeenKeys seen_;
};

// Whether a name says of what kind a file is.
bool names_snapshot(std::string_view path) { return path.ends_with(".rdb"); }
bool names_log(std::string_view path) { return path.ends_with(".aof"); }

std::string shown(std::string_view bytes) {
  std::string hex, text;
  for (const unsigned char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex.append({kDigits[c >> 4], kDigits[c & 15], ' '});
    text.push_back(c >= ' ' && c < 127 ? static_cast<char>(c) : '.');
  }
  return bytes.empty() ? "" : hex + "|" + text + "|";
}

class FileCheck {
 public:
  enum class Place : uint8_t { in_log, alone };
  struct Options {
    Place place;
    bool may_be_torn;
  };
  FileCheck(Disk& disk, const std::string& path, Options place, const CheckOptions& options)
      : disk_(disk), place_(place), options_(options) {
    report_.path = path;
  }

  DiskResult<FileReport> run() {
    auto file = disk_.open_for_reading(report_.path);
    if (!file) return std::unexpected(std::move(file.error()));
    report_.bytes = (*file)->size_bytes();
    FileSource source(std::move(*file));
    const std::string_view head = source.peek(kSnapshotHeadBytes);
    const bool has_snapshot =
        names_snapshot(report_.path) || (!head.empty() && head.starts_with(kMagic.substr(0, head.size())));
    if (has_snapshot) check_snapshot(source);
    if (!report_.problem && (!has_snapshot || !source.peek(1).empty())) {
      report_.kind = has_snapshot ? FileReport::Kind::log_behind_snapshot : FileReport::Kind::log;
      check_log(source);
    }
    if (source.disk_error()) return std::unexpected(*source.disk_error());
    if (report_.problem && is_neither()) report_.kind = FileReport::Kind::neither;
    if (report_.problem) {
      if (auto error = look_at_problem()) return std::unexpected(std::move(*error));
    }
    return std::move(report_);
  }

 private:
  void check_snapshot(ByteSource& source) {
    report_.kind = FileReport::Kind::snapshot;
    const EncodingLimits limits;
    Counter counter(report_, options_);
    const auto walk = walk_snapshot(source, {.limits = limits}, counter);
    if (!walk) {
      report_.problem = problem_of(walk.error(), source.offset());
      return;
    }
    report_.has_checksum = walk->has_checksum;
  }

  // The loader's words end with the place.
  static FileProblem problem_of(std::string what, uint64_t offset) {
    const size_t at = what.rfind(kPlace);
    if (at == std::string::npos) return {.offset = offset, .what = std::move(what), .found = {}};
    if (const auto place = parse_int64(std::string_view(what).substr(at + kPlace.size()))) {
      offset = static_cast<uint64_t>(*place);
      what.resize(at > 0 && what[at - 1] == ':' ? at - 1 : at);
    }
    return {.offset = offset, .what = std::move(what), .found = {}};
  }

  // It holds nothing that could be read, and nothing says that it should.
  bool is_neither() const {
    return place_.place == Place::alone && report_.kind == FileReport::Kind::log && !names_log(report_.path) &&
           !report_.problem->is_torn && report_.commands == 0 && report_.batches == 0 && !report_.synced_bytes;
  }

  void check_log(ByteSource& source) {
    LogReader reader(source);
    while (!report_.problem) {
      const LogReader::Status status = reader.next();
      report_.batches = reader.batches();
      if (status == LogReader::Status::end) break;
      if (status == LogReader::Status::unit) {
        check_unit(reader);
      } else {
        note_problem(reader, status);
      }
    }
    report_.synced_bytes = reader.synced_bytes();
  }

  void check_unit(LogReader& reader) {
    report_.transactions += reader.is_transaction();
    if (report_.databases.empty()) report_.databases.insert(0);
    for (const auto& words : reader.commands()) {
      ++report_.commands;
      if (auto refusal = refuse_logged_command(find_logged_command(commands_, words), words)) {
        report_.problem = FileProblem{.offset = reader.unit_begin(), .what = *refusal, .found = {}};
        return;
      }
      if (words.size() == 2 && equal_ignoring_case(words[0], "SELECT")) {
        if (const auto db = parse_int64(words[1]); db && *db >= 0 && *db <= INT32_MAX) {
          report_.databases.insert(static_cast<int>(*db));
        }
      }
    }
  }

  void note_problem(LogReader& reader, LogReader::Status status) {
    FileProblem problem{.offset = reader.offset(), .what = reader.problem(), .found = {}};
    if (place_.may_be_torn && (status == LogReader::Status::torn || reader.may_be_torn())) {
      problem.is_torn = true;
      problem.torn_begin = reader.unit_begin();
    }
    report_.problem = std::move(problem);
  }

  // Reads the file once more, up to there.
  std::optional<DiskError> look_at_problem() {
    FileProblem& problem = *report_.problem;
    if (problem.is_torn) {
      auto file = disk_.open_for_reading(report_.path);
      if (!file) return std::move(file.error());
      const uint64_t bytes = (*file)->size_bytes();
      FileSource source(std::move(*file));
      // A store may have gone on with it since.
      const bool is_growing = bytes > report_.bytes;
      report_.bytes = std::max({report_.bytes, bytes, problem.torn_begin});
      problem.torn_bytes = report_.bytes - problem.torn_begin;
      skip_to(source, problem.torn_begin);
      const bool is_whole_by_now = stands_before_batch(source);
      problem.batches_behind = count_whole_batches(source);
      const bool may_be_written = !options_.holds_still && (is_growing || is_in_use());
      if (may_be_written && (is_whole_by_now || problem.batches_behind == 0)) {
        report_.is_being_written = true;
        report_.problem.reset();
        return source.disk_error();
      }
      if (source.disk_error()) return source.disk_error();
    }
    return show(problem);
  }

  std::optional<DiskError> show(FileProblem& problem) {
    auto file = disk_.open_for_reading(report_.path);
    if (!file) return std::move(file.error());
    FileSource source(std::move(*file));
    skip_to(source, problem.offset);
    problem.found = shown(source.peek(kFoundBytes));
    return source.disk_error();
  }

  // Whether a store has the directory open. Who asks holds the lock for a moment if none has, and makes none.
  bool is_in_use() {
    const std::string directory = directory_of(report_.path);
    if (!disk_.exists(join_path(directory, kDirectoryLockName))) return false;
    const auto lock = disk_.lock_directory(directory);
    return !lock && lock.error().code == EWOULDBLOCK;
  }

  Disk& disk_;
  const Options place_;
  const CheckOptions& options_;
  const CommandTable commands_{command_specs()};
  FileReport report_;
};

bool is_wrong(const FileReport& file) { return file.problem.has_value(); }

class PathCheck {
 public:
  PathCheck(Disk& disk, const CheckOptions& options) : disk_(disk), options_(options) {}

  DiskResult<CheckReport> run(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::exists(status) && !is_directory(path) && !std::filesystem::is_regular_file(status)) {
      return std::unexpected(DiskError{EINVAL, path + " is no regular file, and is read twice"});
    }
    DiskResult<void> done = is_directory(path)          ? check_directory(path)
                            : path.ends_with(kManifestEnd) ? check_log(path)
                                                           : check_file(path, kAlone);
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(report_);
  }

 private:
  static bool is_directory(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
  }

  static constexpr FileCheck::Options kAlone{FileCheck::Place::alone, true};

  DiskResult<void> check_file(const std::string& path, FileCheck::Options place) {
    auto report = FileCheck(disk_, path, place, options_).run();
    if (!report) return std::unexpected(std::move(report.error()));
    report_.files.push_back(std::move(*report));
    return {};
  }

  DiskResult<std::vector<std::string>> manifests_in(const std::string& directory) {
    auto names = disk_.list(directory);
    if (!names) return names;
    std::erase_if(*names, [](const std::string& name) {
      return !name.ends_with(kManifestEnd) || name.starts_with("temp-");
    });
    std::ranges::sort(*names);
    for (std::string& name : *names) name = join_path(directory, name);
    return names;
  }

  DiskResult<void> check_directory(const std::string& directory) {
    auto manifests = manifests_in(directory);
    if (!manifests) return std::unexpected(std::move(manifests.error()));
    if (manifests->empty() && is_directory(join_path(directory, kLogDirectory))) {
      manifests = manifests_in(join_path(directory, kLogDirectory));
      if (!manifests) return std::unexpected(std::move(manifests.error()));
    }
    for (const std::string& manifest : *manifests) {
      if (auto done = check_log(manifest); !done) return done;
    }
    if (manifests->empty()) {
      for (const std::string& place : {directory, join_path(directory, kLogDirectory)}) note_parts(place);
    }
    for (const std::string_view name : {kSnapshotName, kOldLogName}) {
      const std::string path = join_path(directory, name);
      if (!disk_.exists(path) || is_listed(path)) continue;
      if (auto done = check_file(path, kAlone); !done) return done;
    }
    const std::string log_directory = join_path(directory, kLogDirectory);
    if (disk_.exists(log_directory) && !is_directory(log_directory)) {
      report_.problems.push_back(log_directory + " is no directory");
    }
    if (report_.files.empty() && report_.problems.empty()) {
      report_.problems.push_back(directory + " has neither a snapshot nor a log");
    }
    return {};
  }

  // A store refuses to begin a log over what is left of one.
  void note_parts(const std::string& directory) {
    auto names = is_directory(directory) ? disk_.list(directory) : std::vector<std::string>{};
    if (!names) return;
    std::ranges::sort(*names);
    for (const std::string& name : *names) {
      const auto log_name = log_name_of_part(name);
      if (!log_name || disk_.exists(join_path(directory, first_start_name(*log_name)))) continue;
      report_.problems.push_back(join_path(directory, name) + " is a part of a log without its manifest");
    }
  }

  bool is_listed(const std::string& path) const {
    return std::ranges::any_of(report_.files, [&](const FileReport& file) { return file.path == path; });
  }

  DiskResult<void> check_log(const std::string& manifest_path) {
    const auto text = read_file(disk_, manifest_path);
    if (!text) return std::unexpected(text.error());
    const auto manifest = parse_manifest(*text);
    if (!manifest) {
      report_.problems.push_back(manifest_path + ", " + manifest.error());
      return {};
    }
    std::vector<LogFile> files = manifest->increments;
    if (manifest->base) files.insert(files.begin(), *manifest->base);
    const std::string directory = directory_of(manifest_path);
    std::vector<std::string> paths;
    std::vector<uint64_t> sizes;
    for (const LogFile& file : files) {
      paths.push_back(join_path(directory, file.name));
      if (!disk_.exists(paths.back())) {
        report_.problems.push_back(paths.back() + " is missing, which " + manifest_path + " names as part of the log");
        return {};
      }
      auto opened = disk_.open_for_reading(paths.back());
      if (!opened) return std::unexpected(std::move(opened.error()));
      sizes.push_back((*opened)->size_bytes());
    }
    for (size_t i = 0; i < paths.size(); ++i) {
      const FileCheck::Options place{FileCheck::Place::in_log, may_be_torn(sizes, i)};
      if (auto done = check_file(paths[i], place); !done) return done;
    }
    return {};
  }

  Disk& disk_;
  const CheckOptions& options_;
  CheckReport report_;
};

}  // namespace

uint64_t FileReport::keys() const { return std::accumulate(keys_of_type.begin(), keys_of_type.end(), uint64_t{0}); }

bool CheckReport::is_sound() const { return problems.empty() && std::ranges::none_of(files, is_wrong); }

const FileReport* CheckReport::torn() const {
  if (!problems.empty()) return nullptr;
  const auto first = std::ranges::find_if(files, is_wrong);
  if (first == files.end() || !first->problem->is_torn || std::ranges::count_if(files, is_wrong) > 1) return nullptr;
  return &*first;
}

DiskResult<CheckReport> check_path(Disk& disk, const std::string& path, const CheckOptions& options) {
  return PathCheck(disk, options).run(path);
}

namespace {

// REQUIRES: no store has the file open.
DiskResult<std::optional<std::string>> cut(Disk& disk, const FileReport& file) {
  auto opened = disk.open_for_append(file.path);
  if (!opened) return std::unexpected(std::move(opened.error()));
  if ((*opened)->size_bytes() != file.bytes) {
    return std::unexpected(DiskError{EBUSY, file.path + " has changed since it was read"});
  }
  auto kept = keep_tail(disk, file.path, file.problem->torn_begin);
  if (!kept) return kept;
  if (auto cut = (*opened)->truncate(file.problem->torn_begin); !cut) return std::unexpected(cut.error());
  if (auto synced = (*opened)->sync(); !synced) return std::unexpected(synced.error());
  return kept;
}

}  // namespace

DiskResult<std::optional<std::string>> cut_torn_tail(Disk& disk, const FileReport& file) {
  const std::string directory = directory_of(file.path);
  const std::string lock_path = join_path(directory, kDirectoryLockName);
  const bool was_there = disk.exists(lock_path);
  const auto lock = disk.lock_directory(directory);
  if (!lock) return std::unexpected(lock.error());
  auto done = cut(disk, file);
  if (!was_there) static_cast<void>(disk.remove(lock_path));  // as it was found, but for the tail
  return done;
}

}  // namespace redstart
