#include "cli/check.h"

#include <chrono>
#include <cstdio>
#include <optional>

#include "base/counted.h"
#include "durability/check/check.h"

namespace redstart {
namespace {

constexpr int kSound = 0, kWrong = 1, kNotLooked = 2;
constexpr char kUsage[] = "usage: redstart check FILE|DIRECTORY [--fix]\n";

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
  const std::string place = " at byte " + std::to_string(problem.offset);
  const bool has_place = problem.what.find(" at byte ") != std::string::npos;
  if (problem.is_torn) {
    std::printf("  TORN%s: %s\n", place.c_str(), problem.what.c_str());
    std::printf("  the last %s, from byte %llu on, are what a crash has left of a write: a store cuts them off\n",
                counted(problem.torn_bytes, "byte").c_str(), static_cast<unsigned long long>(problem.torn_begin));
  } else {
    std::printf("  DAMAGED%s: %s\n", has_place ? "" : place.c_str(), problem.what.c_str());
  }
  std::printf("  there: %s\n", problem.found.empty() ? "the end of the file" : problem.found.c_str());
}

void print(const FileReport& file) {
  std::string what =
      file.kind == FileReport::Kind::log ? "a log" : "a snapshot, version " + std::to_string(file.version);
  if (file.kind == FileReport::Kind::log_behind_snapshot) what += ", and a log behind it";
  std::printf("%s: %s, %s\n", file.path.c_str(), what.c_str(), counted(file.bytes, "byte").c_str());
  if (file.kind != FileReport::Kind::log) print_snapshot(file);
  if (file.kind != FileReport::Kind::snapshot) print_log(file);
  if (!file.databases.empty()) print_line(databases_text(file.databases));
  if (file.problem) print_problem(file);
}

// Returns whether it has mended what is wrong.
bool fix(const CheckReport& report) {
  const FileReport* const torn = report.torn();
  if (!torn) {
    std::printf("--fix cuts torn tails off and does nothing else; restore a backup\n");
    return false;
  }
  if (const auto cut = cut_torn_tail(real_disk(), *torn); !cut) {
    std::printf("nothing was changed: %s\n", cut.error().what.c_str());
    return false;
  }
  std::printf("cut %s off %s, which is sound now\n", counted(torn->problem->torn_bytes, "byte").c_str(),
              torn->path.c_str());
  return true;
}

}  // namespace

int check(std::span<const std::string> words) {
  const auto arguments = parse(words);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return kNotLooked;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto report =
      check_path(real_disk(), arguments->path, std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
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
