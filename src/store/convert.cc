#include "store/convert.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "durability/convert/json_lines.h"
#include "durability/convert/sinks.h"
#include "durability/convert/stream_file.h"
#include "durability/file_source.h"
#include "durability/log/files.h"
#include "durability/log/manifest.h"
#include "durability/log/reader.h"
#include "durability/seen_keys.h"
#include "durability/snapshot/walk.h"
#include "engine/shard.h"
#include "execution/executor.h"
#include "execution/replay.h"
#include "execution/scripting/script_runner.h"
#include "store/function_check.h"

namespace redstart {
namespace {

constexpr std::string_view kManifestEnd = ".manifest", kLogName = "appendonly.aof", kLogDirectory = "appendonlydir",
                           kSnapshotName = "dump.rdb";
constexpr int kDatabasesMax = 1024;  // of the store that executes commands
constexpr uint64_t kProgressBytes = 1 << 20;
constexpr size_t kPeekBytes = 64 * 1024;

using Problem = std::optional<std::string>;

class Conversion {
 public:
  Conversion(Disk& disk, ConvertOptions& options) : disk_(disk), options_(options) {}

  std::expected<Converted, std::string> run() {
    Problem problem = options_.to_format == FileFormat::log ? write_log() : write_file();
    if (problem) return std::unexpected(std::move(*problem));
    return std::move(converted_);
  }

 private:
  // --- Writing

  std::unique_ptr<DataSink> sink_for(WritableFile& file, bool is_log_base) {
    switch (options_.to_format) {
      case FileFormat::json_lines: return std::make_unique<JsonSink>(file);
      case FileFormat::commands: return std::make_unique<CommandSink>(file);
      case FileFormat::snapshot:
      case FileFormat::log: break;
    }
    return std::make_unique<SnapshotSink>(
        file, SnapshotHead{.unix_time_s = options_.now_ms / 1000, .is_log_base = is_log_base, .functions = {}});
  }

  // Writes everything and syncs.
  Problem fill(WritableFile& file, bool is_log_base, bool syncs) {
    const auto sink = sink_for(file, is_log_base);
    sink_ = sink.get();
    if (Problem problem = read()) return problem;
    if (auto finished = sink->finish(); !finished) return finished.error().what;
    if (auto synced = syncs ? file.sync() : DiskResult<void>{}; !synced) return synced.error().what;
    written_bytes_ = sink->bytes();
    return std::nullopt;
  }

  // Under another name first, so that a file is whole or not there.
  Problem fill_path(const std::string& path, bool is_log_base) {
    const std::string name = std::filesystem::path(path).filename().string();
    const std::string temporary = join_path(directory_of(path), "temp-" + name);
    auto file = disk_.create(temporary);
    if (!file) return file.error().what;
    Problem problem = fill(**file, is_log_base, true);
    if (!problem) {
      if (auto renamed = disk_.rename(temporary, path); !renamed) problem = renamed.error().what;
    }
    if (problem) {
      static_cast<void>(disk_.remove(temporary));  // it is of no use, but does no harm either
      return problem;
    }
    const auto synced = disk_.sync_directory(directory_of(path));
    return synced ? std::nullopt : std::optional(synced.error().what);
  }

  Problem write_file() {
    if (options_.output) return fill(*options_.output, false, false);
    std::string to;
    if (Problem problem = follow_links(options_.to, to)) return problem;
    std::error_code error;
    const auto status = std::filesystem::status(to, error);
    if (!std::filesystem::exists(status)) return fill_path(to, false);
    if (std::filesystem::is_directory(status)) return options_.to + " is a directory";
    if (std::filesystem::equivalent(options_.from, to, error)) {
      return options_.from + " and " + options_.to + " are one file";
    }
    if (!std::filesystem::is_regular_file(status)) {
      auto stream = StreamFile::open(to);
      return stream ? fill(**stream, false, false) : stream.error().what;
    }
    if (!options_.replaces) return options_.to + " is there already; --force replaces it";
    return fill_path(to, false);
  }

  // What `path` is a name of, though it may not be there.
  static Problem follow_links(const std::string& path, std::string& target) {
    constexpr int kLinksMax = 40;
    std::filesystem::path at = path;
    std::error_code error;
    for (int i = 0; std::filesystem::is_symlink(at, error); ++i) {
      if (i == kLinksMax) return path + " is a symbolic link that leads nowhere";
      at = at.parent_path() / std::filesystem::read_symlink(at, error);
      if (error) return "cannot follow " + path + ": " + error.message();
    }
    target = at.string();
    return std::nullopt;
  }

  Problem write_log() {
    LogFiles files(disk_, options_.to, std::string(kLogName));
    if (auto made = disk_.make_directory(options_.to); !made) return made.error().what;
    const auto lock = disk_.lock_directory(options_.to);
    if (!lock) return lock.error().what;
    if (files.are_there(options_.to)) return options_.to + " holds a log already";
    if (auto opened = files.open(options_.to); !opened) return opened.error();
    if (auto increment = files.add_increment(false); !increment) return increment.error().what;
    if (Problem problem = fill_path(files.next_base_path(), true)) return problem;
    const auto committed = files.commit_base(0, true);
    return committed ? std::nullopt : std::optional(committed.error().what);
  }

  // --- Reading

  Problem read() {
    switch (options_.from_format) {
      case FileFormat::snapshot: return read_snapshot();
      case FileFormat::json_lines: return read_json();
      case FileFormat::log: return read_log();
      case FileFormat::commands: return execute({options_.from});
    }
    return std::nullopt;
  }

  Problem open(const std::string& path, std::unique_ptr<FileSource>& source) {
    if (options_.input) {
      source = std::make_unique<FileSource>(std::move(options_.input));
      return std::nullopt;
    }
    auto file = disk_.open_for_reading(path);
    if (!file) return file.error().what;
    if (total_bytes_ == 0) total_bytes_ = (*file)->size_bytes();
    source = std::make_unique<FileSource>(std::move(*file));
    return std::nullopt;
  }

  void tell_progress(uint64_t bytes) {
    if (!options_.on_progress || bytes < told_bytes_ + kProgressBytes) return;
    told_bytes_ = bytes;
    options_.on_progress(bytes, total_bytes_);
  }

  Problem add_function(std::string_view code) {
    ++converted_.functions;
    const auto added = sink_->add_function(code);
    return added ? std::nullopt : std::optional(added.error().what);
  }
  Problem add_key(int db, const Entry& entry) {
    ++converted_.keys;
    const auto added = sink_->add_key(db, entry);
    return added ? std::nullopt : std::optional(added.error().what);
  }

  // What no store would load.
  Problem refuse_function(std::string_view code) {
    const Problem problem = function_check_.refuse(code);
    return problem ? Problem(bad_library_text(*problem)) : std::nullopt;
  }
  Problem refuse_twice(int db, std::string_view key) {
    if (seen_.insert(db, key)) return std::nullopt;
    return repeated_key_text(db);
  }

  class Visitor final : public SnapshotVisitor {
   public:
    explicit Visitor(Conversion& conversion) : conversion_(conversion) {}
    void on_function(RdbReader& reader, std::string_view code) override {
      if (const Problem refusal = conversion_.refuse_function(code)) return reader.fail(*refusal);
      if (!disk_problem) disk_problem = conversion_.add_function(code);
      if (disk_problem) reader.fail(*disk_problem);
    }
    void on_key(RdbReader& reader, const SnapshotKey& key) override {
      const OwnedEntry entry(reader.value(key.type, key.name, {.deadline_ms = key.deadline_ms}));
      if (!entry || reader.failed()) return;
      if (const Problem refusal = conversion_.refuse_twice(key.db, key.name)) return reader.fail(*refusal + ":");
      disk_problem = conversion_.add_key(key.db, *entry);
      if (disk_problem) reader.fail(*disk_problem);
    }
    void on_progress(uint64_t bytes) override { conversion_.tell_progress(bytes); }

    Problem disk_problem;

   private:
    Conversion& conversion_;
  };

  Problem read_snapshot() {
    std::unique_ptr<FileSource> source;
    if (Problem problem = open(options_.from, source)) return problem;
    const EncodingLimits limits;
    Visitor visitor(*this);
    const auto walk = walk_snapshot(*source, {.limits = limits}, visitor);
    if (source->disk_error()) return source->disk_error()->what;
    if (visitor.disk_problem) return visitor.disk_problem;
    return walk ? std::nullopt : std::optional(options_.from + " is damaged: " + walk.error());
  }

  Problem read_json() {
    std::unique_ptr<FileSource> source;
    if (Problem problem = open(options_.from, source)) return problem;
    if (is_snapshot(source->peek(kSnapshotHeadBytes))) {
      return options_.from + " is a snapshot, no JSON lines: say --from-format rdb";
    }
    for (uint64_t number = 1;; ++number) {
      size_t wanted = kPeekBytes, end;
      std::string_view seen = source->peek(wanted);
      while ((end = seen.find('\n')) == std::string_view::npos && seen.size() == wanted) {
        seen = source->peek(wanted *= 4);
      }
      if (source->disk_error()) return source->disk_error()->what;
      if (seen.empty()) return std::nullopt;
      const std::string_view line = seen.substr(0, end);
      if (!line.empty()) {
        if (Problem problem = add_line(line))
          return options_.from + ", line " + std::to_string(number) + ": " + *problem;
      }
      source->skip(std::min(line.size() + 1, seen.size()));
      tell_progress(source->offset());
    }
  }

  Problem add_line(std::string_view line) {
    const auto parsed = parse_json_line(line, options_.now_ms);
    if (!parsed) return parsed.error();
    if (!parsed->entry) {
      const Problem refusal = refuse_function(parsed->function);
      return refusal ? refusal : add_function(parsed->function);
    }
    if (Problem refusal = refuse_twice(parsed->db, parsed->entry->key())) return refusal;
    return add_key(parsed->db, *parsed->entry);
  }

  // --- Commands

  Problem read_log() {
    std::string path = options_.from;
    if (!path.ends_with(kManifestEnd)) {
      if (!disk_.exists(join_path(path, manifest_name(kLogName)))) path = join_path(path, kLogDirectory);
      path = join_path(path, manifest_name(kLogName));
    }
    if (!disk_.exists(path) && std::filesystem::is_directory(options_.from)) return read_directory_without_log();
    const auto text = read_file(disk_, path);
    if (!text) return text.error().what;
    const auto manifest = parse_manifest(*text);
    if (!manifest) return path + ", " + manifest.error();
    std::vector<std::string> files;
    if (manifest->base) files.push_back(join_path(directory_of(path), manifest->base->name));
    for (const LogFile& file : manifest->increments) files.push_back(join_path(directory_of(path), file.name));
    return execute(files);
  }

  Problem read_directory_without_log() {
    const std::string directory = options_.from;
    for (const std::string& place : {directory, join_path(directory, kLogDirectory)}) {
      const auto names = disk_.list(place);
      if (names && std::ranges::any_of(*names, [](const auto& name) { return log_name_of_part(name).has_value(); })) {
        return place + " has parts of a log, but no manifest";
      }
    }
    const std::string old_log = join_path(directory, kLogName);
    if (disk_.exists(old_log)) return execute({old_log});
    options_.from = join_path(directory, kSnapshotName);
    return disk_.exists(options_.from) ? read_snapshot() : directory + " has neither a snapshot nor a log";
  }

  Problem execute(const std::vector<std::string>& paths) {
    Executor executor({.databases = kDatabasesMax, .embedded = true});
    Replay replay(executor);
    std::vector<uint64_t> sizes(paths.size());
    for (size_t i = 0; i < paths.size() && !options_.input; ++i) {
      auto file = disk_.open_for_reading(paths[i]);
      if (!file) return file.error().what;
      sizes[i] = (*file)->size_bytes();
    }
    for (size_t i = 0; i < paths.size(); ++i) {
      if (Problem problem = execute_file(executor, replay, paths[i], may_be_torn(sizes, i))) return problem;
    }
    for (const auto& [name, library] : executor.scripting().functions().all()->libraries) {
      if (Problem problem = add_function(library->code)) return problem;
    }
    return add_all(executor.keyspace());
  }

  Problem execute_file(Executor& executor, Replay& replay, const std::string& path, bool is_last) {
    std::unique_ptr<FileSource> source;
    if (Problem problem = open(path, source)) return problem;
    if (is_snapshot(source->peek(kSnapshotHeadBytes)) || path.ends_with(".base.rdb")) {
      if (Problem problem = load(executor, *source)) return path + " is damaged: " + *problem;
    }
    replay.begin_file();
    LogReader reader(*source);
    LogReader::Status status;
    while ((status = reader.next()) == LogReader::Status::unit) {
      for (const auto& words : reader.commands()) {
        if (const auto refusal = replay.execute(words)) {
          return path + " is damaged in what begins at byte " + std::to_string(reader.unit_begin()) + ": " + *refusal;
        }
      }
      tell_progress(reader.offset());
    }
    replay.finish();
    if (source->disk_error()) return source->disk_error()->what;
    if (status == LogReader::Status::end) return std::nullopt;
    const uint64_t offset = reader.offset();
    if (!is_last || (status == LogReader::Status::damaged && !reader.may_be_torn())) {
      return path + " is damaged at byte " + std::to_string(offset) + ": " + reader.problem();
    }
    converted_.note = "what stands from byte " + std::to_string(reader.unit_begin()) + " of " + path +
                      " on is no whole command and was left out (" + reader.problem() + ")";
    return std::nullopt;
  }

  static Problem load(Executor& executor, ByteSource& source) {
    const EncodingLimits limits;
    const auto loaded = load_snapshot(
        source, executor.keyspace(),
        {.keeps_expired = true, .limits = &limits, .on_function = [&](std::string_view code) -> Problem {
           const auto library = ScriptRunner::of(executor.thread_context(), executor).load_library(code);
           if (!library) return library.error();
           return executor.scripting().functions().add(*library, false);
         }});
    return loaded ? std::nullopt : std::optional(loaded.error());
  }

  // Nobody else has the store: no locks are needed.
  Problem add_all(Keyspace& keyspace) {
    Problem problem;
    for (int db = 0; db < keyspace.database_count(); ++db) {
      if (keyspace.key_count(db) == 0) continue;
      for (Shard& shard : keyspace.shards()) {
        const DatabaseShard* database = shard.find_database(db);
        if (!database) continue;
        database->entries.for_each([&](const Entry* entry) {
          if (!problem) problem = add_key(db, *entry);
        });
      }
    }
    return problem;
  }

  Disk& disk_;
  ConvertOptions& options_;
  DataSink* sink_ = nullptr;
  Converted converted_;
  SeenKeys seen_;
  FunctionCheck function_check_;
  uint64_t written_bytes_ = 0, total_bytes_ = 0, told_bytes_ = 0;
};

}  // namespace

std::optional<FileFormat> format_named(std::string_view name) {
  if (name == "rdb") return FileFormat::snapshot;
  if (name == "log") return FileFormat::log;
  if (name == "aof" || name == "resp") return FileFormat::commands;
  if (name == "jsonl") return FileFormat::json_lines;
  return std::nullopt;
}

std::optional<FileFormat> format_of_path(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error) || path.ends_with('/') || path.ends_with(kManifestEnd)) {
    return FileFormat::log;
  }
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::nullopt : format_named(std::string_view(path).substr(dot + 1));
}

std::expected<Converted, std::string> convert(Disk& disk, ConvertOptions options) {
  return Conversion(disk, options).run();
}

}  // namespace redstart
