#include "cli/check.h"

#include <chrono>
#include <cstdio>
#include <optional>

#include "base/counted.h"
#include "durability/check/check.h"
#include "store/function_check.h"

namespace redstart {
namespace {

constexpr int kSound = 0, kWrong = 1, kNotLooked = 2;
constexpr char kUsage[] =
    "usage: redstart check FILE|DIRECTORY [--fix]\n"
    "\n"
    "  Tells what is in a snapshot or a log, and whether a store could load it.\n"
    "  --fix  cuts off what a crash has left of the last write\n"
    "  Exit code: 0 sound, or mended; 1 something is wrong; 2 it could not be looked at\n";
constexpr int kDatabasesOfStore = 16;  // unless its configuration says otherwise

struct Arguments {
  std::string path;
  bool fix = false;
};

std::optional<Arguments> parse(std::span<const std::string> words) {
  Arguments arguments;
  for (const std::string& word : words) {
    if (word == "--fix") {
      arguments.fix = true;
    } else if (word.starts_with("--") || !arguments.path.empty()) {
      return std::nullopt;
    } else {
      arguments.path = word;
    }
  }
  return arguments.path.empty() ? std::nullopt : std::optional(arguments);
}

void print_line(const std::string& text) { std::printf("  %s\n", text.c_str()); }

std::string databases_text(const std::set<int>& databases) {
  std::string text;
  for (const int db : databases) text += (text.empty() ? "" : ", ") + std::to_string(db);
  return (databases.size() == 1 ? "database " : "databases ") + text;
}

void print_snapshot(const FileReport& file) {
  std::string keys = counted(file.keys(), "key");
  std::string types;
  for (size_t i = 0; i < file.keys_of_type.size(); ++i) {
    if (file.keys_of_type[i] == 0) continue;
    types += (types.empty() ? "" : ", ") + std::to_string(file.keys_of_type[i]) + " " +
             std::string(name_of(static_cast<Type>(i)));
  }
  if (!types.empty()) keys += " (" + types + ")";
  print_line(keys);
  if (file.deadlines > 0) {
    print_line(std::to_string(file.deadlines) + " with deadlines, " + std::to_string(file.past_deadlines) +
               " of which have passed");
  }
  if (file.timed_hashes > 0) {
    print_line(counted(file.timed_hashes, "hash", "hashes") +
               " with deadlines of fields: redis-server reads them from 7.4 on, not 7.0");
  }
  if (file.empty_keys > 0) print_line(counted(file.empty_keys, "empty collection") + ", which a store leaves out");
  for (const std::string& function : file.functions) print_line("functions: " + function);
  std::string aux;
  for (const auto& [name, value] : file.aux) aux += (aux.empty() ? "" : ", ") + name + " " + value;
  if (!aux.empty()) print_line("it says of itself: " + aux);
  if (!file.problem) print_line(file.has_checksum ? "its checksum is right" : "it has no checksum");
}

void print_log(const FileReport& file) {
  print_line(counted(file.commands, "command") + ", " + counted(file.transactions, "transaction") + ", " +
             counted(file.batches, "batch", "batches"));
  if (file.synced_bytes) print_line("on disk, as it says itself: at least " + counted(*file.synced_bytes, "byte"));
}

void print_problem(const FileReport& file) {
  const FileProblem& problem = *file.problem;
  std::printf("  %s at byte %llu: %s\n", problem.is_torn ? "TORN" : "DAMAGED",
              static_cast<unsigned long long>(problem.offset), problem.what.c_str());
  if (problem.is_torn) {
    std::printf("  the last %s, from byte %llu on, are what a crash has left of a write: a store cuts them off\n",
                counted(problem.torn_bytes, "byte").c_str(), static_cast<unsigned long long>(problem.torn_begin));
  }
  if (problem.batches_behind > 0) {
    print_line(counted(problem.batches_behind, "whole batch", "whole batches") +
               " stand there too: what is cut off is kept in a file beside it");
  }
  std::printf("  there: %s\n", problem.found.empty() ? "the end of the file" : problem.found.c_str());
}

void print(const FileReport& file) {
  using Kind = FileReport::Kind;
  std::string what = file.kind == Kind::neither ? "neither a snapshot nor a log"
                     : file.kind == Kind::log   ? "a log"
                                                : "a snapshot";
  const bool has_snapshot = file.kind == Kind::snapshot || file.kind == Kind::log_behind_snapshot;
  if (file.version > 0) what += ", version " + std::to_string(file.version);
  if (file.kind == FileReport::Kind::log_behind_snapshot) what += ", and a log behind it";
  std::printf("%s: %s, %s\n", file.path.c_str(), what.c_str(), counted(file.bytes, "byte").c_str());
  if (file.kind == Kind::neither) return;
  if (has_snapshot) print_snapshot(file);
  if (file.kind != Kind::snapshot) print_log(file);
  if (!file.databases.empty()) print_line(databases_text(file.databases));
  if (!file.databases.empty() && *file.databases.rbegin() >= kDatabasesOfStore) {
    print_line("a store loads it only with the directive databases " + std::to_string(*file.databases.rbegin() + 1) +
               " or more");
  }
  if (file.is_being_written) print_line("a store has it open, and is writing behind what was read");
  if (file.problem) print_problem(file);
}

// Returns whether it has mended what is wrong.
bool fix(const CheckReport& report) {
  const FileReport* const torn = report.torn();
  if (!torn) {
    std::printf("--fix cuts torn tails off and does nothing else; restore a backup\n");
    return false;
  }
  const auto cut = cut_torn_tail(real_disk(), *torn);
  if (!cut) {
    std::printf("nothing was changed: %s\n", cut.error().what.c_str());
    return false;
  }
  if (*cut) std::printf("what is cut off is kept in %s\n", (*cut)->c_str());
  std::printf("cut %s off %s, which is sound now\n", counted(torn->problem->torn_bytes, "byte").c_str(),
              torn->path.c_str());
  return true;
}

}  // namespace

int check(std::span<const std::string> words) {
  if (words.size() == 1 && words[0] == "--help") {
    std::fputs(kUsage, stdout);
    return kSound;
  }
  const auto arguments = parse(words);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return kNotLooked;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  FunctionCheck functions;
  const CheckOptions options{.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
                             .refuse_function = [&](std::string_view code) { return functions.refuse(code); }};
  const auto report = check_path(real_disk(), arguments->path, options);
  if (!report) {
    std::fprintf(stderr, "redstart check: %s\n", report.error().what.c_str());
    return kNotLooked;
  }
  for (const FileReport& file : report->files) print(file);
  for (const std::string& problem : report->problems) std::printf("%s\n", problem.c_str());
  if (report->is_sound()) {
    std::printf("sound\n");
    return kSound;
  }
  return arguments->fix && fix(*report) ? kSound : kWrong;
}

}  // namespace redstart
