#include "cli/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/disk.h"
#include "cli/log.h"
#include "cli/oom_score.h"
#include "cli/process_title.h"
#include "cli/supervision.h"
#include "execution/client_registry.h"
#include "execution/config.h"
#include "execution/persistence.h"
#include "execution/store_state.h"
#include "server/server.h"
#include "store/store.h"

namespace redstart {
namespace {

struct Arguments {
  std::string file;   // empty: none
  std::string input;  // what standard input said, if "-" asked for it
  std::string lines;  // what follows, as lines of a file
};

// [FILE] [-] [--DIRECTIVE VALUE ...] [-]
Arguments split(std::span<const std::string> arguments) {
  Arguments result;
  bool reads_input = false;
  const auto is_input = [](const std::string& argument) { return argument == "-"; };
  if (!arguments.empty() && is_input(arguments.back())) {
    reads_input = true;
    arguments = arguments.first(arguments.size() - 1);
  }
  if (!arguments.empty() && !arguments.front().starts_with("--")) {
    if (is_input(arguments.front())) {
      reads_input = true;
    } else {
      result.file = std::filesystem::absolute(arguments.front());  // CONFIG REWRITE writes it from another folder
    }
    arguments = arguments.subspan(1);
  }
  if (reads_input) result.input.assign(std::istreambuf_iterator<char>(std::cin), {});
  result.lines = Config::lines_of_arguments(arguments);
  // Who only tries a server out finds no files afterwards; who configures one gets Redis's save points.
  if (result.file.empty()) result.lines.insert(0, "save \"\"\n");
  return result;
}

// Returns what is wrong, for people to read.
std::optional<std::string> configure(Config& config, const Arguments& arguments) {
  if (!arguments.file.empty()) {
    if (const auto error = config.load_file(arguments.file)) return error->report();
  }
  for (const std::string& lines : {arguments.input, arguments.lines}) {
    if (const auto error = config.load(lines)) return error->report();
  }
  return std::nullopt;
}

// Where the program was started: what a file includes by a relative name is looked for there.
class StartFolder {
 public:
  StartFolder() : fd_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~StartFolder() { ::close(fd_); }
  StartFolder(const StartFolder&) = delete;
  // configure() from there.
  std::optional<std::string> configure(Config& config, const Arguments& arguments) const {
    const auto folder = std::filesystem::current_path();
    if (::fchdir(fd_) != 0) return "can't go back to the folder of the start: " + std::string(std::strerror(errno));
    auto problem = redstart::configure(config, arguments);
    std::filesystem::current_path(folder);
    return problem;
  }

 private:
  const int fd_;
};

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

// While it lives, a stop signal ends the program at once: what is half loaded need not be left in order, and its files
// are as safe as in a crash.
class EndsAtOnce {
 public:
  explicit EndsAtOnce(const sigset_t& signals) : signals_(signals) {
    for (const int signal : {SIGTERM, SIGINT}) ::signal(signal, end);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }
  ~EndsAtOnce() { pthread_sigmask(SIG_BLOCK, &signals_, nullptr); }
  EndsAtOnce(const EndsAtOnce&) = delete;

 private:
  static void end(int) {
    constexpr std::string_view kText = "redstart serve: ended while loading\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
    ::_exit(0);
  }

  const sigset_t signals_;
};

std::optional<std::string> load(Persistence& persistence, const sigset_t& stop_signals) {
  const EndsAtOnce ends_at_once(stop_signals);
  return persistence.load();
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

std::string describe(const Server& server, Store& store) {
  const uint64_t limit = store.executor().config().maxmemory_bytes();
  const Persistence& persistence = store.executor().persistence();
  return "redstart " REDSTART_VERSION " listens on " + server.addresses() + " with " +
         std::to_string(server.thread_count()) + " I/O threads; it stores in memory" +
         (limit == 0 ? "" : " (at most " + std::to_string(limit >> 20) + " MiB)") +
         (persistence.log()                                 ? " and logs to " + persistence.log_directory()
          : store.executor().config().save_points().empty() ? ", nothing on disk"
                                                            : " and saves to " + persistence.snapshot_path()) +
         "; stop it with Ctrl-C or SIGTERM";
}

// Lets the title and the kernel's score follow the configuration, and tells of what somebody might count on in vain.
void follow(Config& config, const std::string& program, OomScore& oom_score, ServerLog& log) {
  const auto set_title = [&config, program]() -> std::optional<std::string> {
    ProcessTitle::set(process_title(config, program));
    return std::nullopt;
  };
  if (config.value_of("set-proc-title") == "yes") {
    set_title();
    for (const char* directive : {"proc-title-template", "port", "bind"}) {
      config.on_change(directive, set_title);
    }
  }
  if (const auto problem = oom_score.apply(config)) log.write(LogLevel::warning, *problem);
  for (const char* directive : {"oom-score-adj", "oom-score-adj-values"}) {
    config.on_change(directive, [&config, &oom_score] { return oom_score.apply(config); });
  }
  const auto tell_of_defragmentation = [&config, &log]() -> std::optional<std::string> {
    if (config.value_of("activedefrag") == "yes") {
      log.write(LogLevel::warning,
                "activedefrag does nothing here: what is freed is used again, or given back, anyway");
    }
    return std::nullopt;
  };
  tell_of_defragmentation();
  if (!config.value_of("replicaof").value_or("").empty()) {
    log.write(LogLevel::warning, "replicaof does nothing here: this server is a master, and takes writes");
  }
  if (config.value_of("cluster-enabled") == "yes") {
    log.write(LogLevel::warning, "cluster-enabled does nothing here: this server has all keys, and is in no cluster");
  }
  config.on_change("activedefrag", tell_of_defragmentation);
}

}  // namespace

int serve(const std::string& program, std::span<const std::string> arguments) {
  const Arguments split_arguments = split(arguments);
  // What the store must know before it exists.
  Config preview;
  const StartFolder start_folder;
  if (const auto problem = configure(preview, split_arguments)) return fail(*problem);
  const auto text_of = [&](const char* directive) {
    return preview.value_of(directive).value_or("");
  };
  if (!text_of("dir").empty() && ::chdir(text_of("dir").c_str()) != 0) {
    return fail("can't chdir to '" + text_of("dir") + "': " + std::strerror(errno));
  }
  if (const auto problem = ServerLog(preview).check()) return fail(*problem);
  Supervision supervision(text_of("supervised"));
  if (text_of("daemonize") == "yes" && !supervision.is_on()) go_to_background();
  const sigset_t stop_signals = block_stop_signals();

  Store store({.databases = preview.databases()});
  Executor& executor = store.executor();
  if (const auto problem = start_folder.configure(executor.config(), split_arguments)) return fail(*problem);
  executor.apply_config();
  ServerLog log(executor.config());
  executor.state().set_supervisor(supervision.supervisor());
  executor.state().on_log([&log](LogLevel level, const std::string& text) { log.write(level, text); });
  // SHUTDOWN has saved by then, or was told not to.
  std::atomic<bool> is_finished{false};
  executor.state().on_shutdown([&is_finished] {
    is_finished = true;
    ::kill(::getpid(), SIGTERM);
  });
  Persistence& persistence = executor.persistence();
  persistence.use_disk(real_disk());
  persistence.announce_loading();  // who connects meanwhile is told so

  Server server(store);
  if (const auto problem = server.open()) return fail(*problem);
  const bool is_ready_at_once = !persistence.has_saved_data();
  if (!is_ready_at_once) server.serve();
  if (const auto problem = load(persistence, stop_signals)) {
    server.stop();
    return fail(*problem);
  }
  if (is_ready_at_once) server.serve();
  executor.config().on_change("appendonly", [&persistence] { return persistence.follow_appendonly(); });
  OomScore oom_score;
  follow(executor.config(), program, oom_score, log);
  const PidFile pid_file(text_of("pidfile"));
  const std::string description = describe(server, store);
  log.write(LogLevel::notice, description);
  supervision.tell_ready(description);
  wait_for_stop(stop_signals);
  supervision.tell_stopping();
  executor.state().on_shutdown(nullptr);
  server.stop();
  if (!is_finished) {
    const bool save = !executor.config().save_points().empty();
    if (const auto problem = persistence.finish(save)) {
      log.write(LogLevel::warning, *problem);
    }
  }
  executor.state().on_log(nullptr);
  log.write(LogLevel::notice, "redstart stopped");
  return 0;
}

}  // namespace redstart
