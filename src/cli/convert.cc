#include "cli/convert.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/counted.h"
#include "durability/convert/stream_file.h"
#include "store/convert.h"

namespace redstart {
namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUse = 2;
constexpr char kUsage[] =
    "usage: redstart convert FROM TO [--from-format FORMAT] [--to-format FORMAT] [--force]\n"
    "\n"
    "  FORMAT  rdb    a snapshot                                   (.rdb)\n"
    "          log    a log: a directory with a manifest           (a directory, .manifest)\n"
    "          aof    commands in RESP, perhaps behind a snapshot  (.aof)\n"
    "          resp   the same, as redis-cli --pipe takes it       (.resp)\n"
    "          jsonl  a line of JSON for each key                  (.jsonl)\n"
    "  The name's end tells the format where none is named. - is standard input (resp, jsonl) or\n"
    "  standard output (rdb, resp, jsonl).\n"
    "\n"
    "  --force  replaces TO if it is there\n";

DiskError error_of(const char* what) { return {errno, std::string(what) + ": " + std::strerror(errno)}; }

class StandardInput final : public ReadableFile {
 public:
  DiskResult<size_t> read(std::span<char> room) override {
    ssize_t bytes;
    do {
      bytes = ::read(STDIN_FILENO, room.data(), room.size());
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) return std::unexpected(error_of("cannot read standard input"));
    return static_cast<size_t>(bytes);
  }
  // Nobody knows.
  uint64_t size_bytes() const override { return std::numeric_limits<int64_t>::max(); }
};

// On a terminal only.
void show_progress(uint64_t bytes, uint64_t bytes_total) {
  constexpr int kWidth = 40;
  constexpr double kMebibyte = 1024 * 1024;
  const int filled = bytes_total == 0 ? 0 : static_cast<int>(kWidth * bytes / bytes_total);
  std::fprintf(stderr, "\r[%.*s%*s] %.0f MiB", filled, "########################################", kWidth - filled, "",
               static_cast<double>(bytes) / kMebibyte);
}

// Returns what is wrong with the arguments.
std::optional<std::string> parse(std::span<const std::string> words, ConvertOptions& options) {
  std::optional<FileFormat> from, to;
  std::vector<std::string> paths;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--")) {
      paths.push_back(words[i]);
      continue;
    }
    if (words[i] == "--force") {
      options.replaces = true;
      continue;
    }
    if (words[i] != "--from-format" && words[i] != "--to-format") return "there is no option " + words[i];
    const auto format = i + 1 < words.size() ? format_named(words[i + 1]) : std::nullopt;
    if (!format) return words[i] + " has to be followed by rdb, log, aof, resp or jsonl";
    (words[i] == "--from-format" ? from : to) = format;
    ++i;
  }
  if (paths.size() != 2) return "FROM and TO are wanted";
  if (!from) from = format_of_path(paths[0]);
  if (!to) to = format_of_path(paths[1]);
  if (!from) return "the format of " + paths[0] + " cannot be told by its name: say --from-format";
  if (!to) return "the format of " + paths[1] + " cannot be told by its name: say --to-format";
  options.from = paths[0];
  options.to = paths[1];
  options.from_format = *from;
  options.to_format = *to;
  if (options.from == "-") {
    if (*from == FileFormat::snapshot || *from == FileFormat::log) return "standard input has to be resp or jsonl";
    options.input = std::make_unique<StandardInput>();
    options.from = "standard input";
  }
  if (options.to == "-") {
    if (*to == FileFormat::log) return "a log cannot be written to standard output";
    options.output = std::make_unique<StreamFile>(STDOUT_FILENO, "standard output", StreamFile::Closing::leaves_open);
  }
  return std::nullopt;
}

}  // namespace

int convert_files(std::span<const std::string> arguments) {
  if (arguments.size() == 1 && arguments[0] == "--help") {
    std::fputs(kUsage, stdout);
    return kDone;
  }
  ConvertOptions options;
  if (const auto wrong = parse(arguments, options)) {
    std::fprintf(stderr, "redstart convert: %s\n\n%s", wrong->c_str(), kUsage);
    return kWrongUse;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  options.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const bool shows_progress = ::isatty(STDERR_FILENO) != 0;
  if (shows_progress) options.on_progress = show_progress;
  const auto converted = convert(real_disk(), std::move(options));
  if (shows_progress) std::fputs("\r\033[K", stderr);
  if (!converted) {
    std::fprintf(stderr, "redstart convert: %s\n", converted.error().c_str());
    return kFailed;
  }
  if (!converted->note.empty()) std::fprintf(stderr, "note: %s\n", converted->note.c_str());
  std::fprintf(stderr, "%s, %s\n", counted(converted->keys, "key").c_str(),
               counted(converted->functions, "library of functions", "libraries of functions").c_str());
  return kDone;
}

}  // namespace redstart
