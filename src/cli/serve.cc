#include "cli/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>

#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/store_state.h"
#include "server/server.h"
#include "store/store.h"

namespace redstart {
namespace {

struct Arguments {
  std::string file;   // empty: none
  std::string lines;  // what follows it, as lines of a file
};

Arguments split(std::span<const std::string> arguments) {
  Arguments result;
  if (!arguments.empty() && !arguments.front().starts_with("--")) {
    result.file = arguments.front();
    arguments = arguments.subspan(1);
  }
  result.lines = Config::lines_of_arguments(arguments);
  return result;
}

// Returns what is wrong, for people to read.
std::optional<std::string> configure(Config& config, const Arguments& arguments) {
  if (!arguments.file.empty()) {
    if (const auto error = config.load_file(arguments.file)) return error->report();
  }
  if (const auto error = config.load(arguments.lines)) return error->report();
  return std::nullopt;
}

// SIGTERM and SIGINT are taken by wait_for_stop() alone; this comes before the first thread starts.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  return signals;
}

void wait_for_stop(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
}

int fail(const std::string& problem) {
  std::fprintf(stderr, "redstart serve: %s\n", problem.c_str());
  return 1;
}

// Goes on in a process of its own; the one that was started ends.
void go_to_background() {
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  ::close(null);
}

class PidFile {
 public:
  explicit PidFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) std::ofstream(path_) << ::getpid() << '\n';
  }
  ~PidFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  PidFile(const PidFile&) = delete;

 private:
  const std::string path_;
};

// Lines for the server's log, to `logfile` or standard output.
class Log {
 public:
  explicit Log(const std::string& path)
      : file_(path.empty() ? stdout : std::fopen(path.c_str(), "a")) {}
  ~Log() {
    if (file_ && file_ != stdout) std::fclose(file_);
  }
  Log(const Log&) = delete;
  bool is_open() const { return file_ != nullptr; }
  void write(const std::string& line) {
    std::fprintf(file_, "%s\n", line.c_str());
    std::fflush(file_);
  }

 private:
  std::FILE* const file_;
};

std::string describe(const Server& server, Store& store) {
  const uint64_t limit = store.executor().config().maxmemory_bytes();
  return "redstart " REDSTART_VERSION " listens on " + server.addresses() + " with " +
         std::to_string(server.thread_count()) + " I/O threads; it stores in memory" +
         (limit == 0 ? "" : " (at most " + std::to_string(limit >> 20) + " MiB)") +
         ", nothing on disk; stop it with Ctrl-C or SIGTERM";
}

}  // namespace

int serve(std::span<const std::string> arguments) {
  const Arguments split_arguments = split(arguments);
  // What the store must know before it exists.
  Config preview;
  if (const auto problem = configure(preview, split_arguments)) return fail(*problem);
  const auto text_of = [&](const char* directive) {
    return preview.value_of(directive).value_or("");
  };
  if (!text_of("dir").empty() && ::chdir(text_of("dir").c_str()) != 0) {
    return fail("can't chdir to '" + text_of("dir") + "': " + std::strerror(errno));
  }
  if (text_of("daemonize") == "yes") go_to_background();
  Log log(text_of("logfile"));
  if (!log.is_open()) return fail("can't open the log file '" + text_of("logfile") + "'");
  const sigset_t stop_signals = block_stop_signals();

  Store store({.databases = preview.databases()});
  Executor& executor = store.executor();
  if (const auto problem = configure(executor.config(), split_arguments)) return fail(*problem);
  executor.apply_config();
  executor.state().on_log([&log](const std::string& line) { log.write(line); });
  executor.state().on_shutdown([] { ::kill(::getpid(), SIGTERM); });

  Server server(store);
  if (const auto problem = server.start()) return fail(*problem);
  const PidFile pid_file(text_of("pidfile"));
  log.write(describe(server, store));
  wait_for_stop(stop_signals);
  executor.state().on_shutdown(nullptr);
  server.stop();
  executor.state().on_log(nullptr);
  log.write("redstart stopped");
  return 0;
}

}  // namespace redstart
