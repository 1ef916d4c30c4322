#include "cli/log.h"

#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

namespace redstart {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return LOG_DEBUG;
    case LogLevel::verbose:
      return LOG_INFO;
    case LogLevel::notice:
      return LOG_NOTICE;
    case LogLevel::warning:
      return LOG_WARNING;
  }
  return LOG_NOTICE;
}

// "12345:M 21 Nov 2026 12:30:04.512 * text"
std::string line_of(LogLevel level, const std::string& text) {
  constexpr char kMarks[] = {'.', '-', '*', '#'};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const time_t now_s = now_ms / 1000;
  tm local{};
  ::localtime_r(&now_s, &local);
  char day[64];
  std::strftime(day, sizeof day, "%d %b %Y %H:%M:%S", &local);
  char head[128];
  std::snprintf(head, sizeof head, "%d:M %s.%03d %c ", ::getpid(), day, static_cast<int>(now_ms % 1000),
                kMarks[static_cast<size_t>(level)]);
  return head + text + "\n";
}

}  // namespace

ServerLog::ServerLog(const Config& config)
    : config_(config),
      path_(config.value_of("logfile").value_or("")),
      syslog_ident_(config.value_of("syslog-ident").value_or("")),
      uses_syslog_(config.value_of("syslog-enabled") == "yes") {
  if (uses_syslog_) {
    ::openlog(syslog_ident_.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT, config.syslog_facility());
  }
}

ServerLog::~ServerLog() {
  if (uses_syslog_) ::closelog();
}

std::optional<std::string> ServerLog::check() const {
  if (path_.empty() || File(std::fopen(path_.c_str(), "a"))) return std::nullopt;
  return "can't open the log file '" + path_ + "': " + std::strerror(errno);
}

void ServerLog::write(LogLevel level, const std::string& text) {
  if (level < config_.log_level()) return;
  const std::string line = line_of(level, text);
  const std::lock_guard lock(mutex_);
  if (uses_syslog_) ::syslog(priority_of(level), "%s", text.c_str());
  if (path_.empty()) {
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
  } else if (const File file{std::fopen(path_.c_str(), "a")}) {
    std::fputs(line.c_str(), file.get());
  }
}

}  // namespace redstart
