// PostgresServer: a private PostgreSQL for a test, in a directory that goes with it, reachable through a socket there.
// It does not run as root, so root starts it as the user `postgres` of Debian's package.
//
// Threads: thread-compatible. Ownership: owns the process, which ends with it.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace redstart::scenarios {

class PostgresServer {
 public:
  // Where its programs are; empty when it is not installed.
  static std::string programs() {
    std::error_code error;
    std::string found;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
      const std::string path = version.path().string() + "/bin";
      if (::access((path + "/postgres").c_str(), X_OK) == 0) found = path;
    }
    return found;
  }

  PostgresServer() {
    char name[] = "/tmp/redstart-postgres-XXXXXX";
    directory_ = ::mkdtemp(name);
    if (const passwd* const user = user_to_be()) {
      if (::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) return;
    }
    const std::string data = directory_ + "/data";
    const int initialized = wait_for(start({programs() + "/initdb", "-D", data, "-A", "trust", "-U", "redstart",
                                            "--no-sync", "--no-locale", "-E", "UTF8"}));
    if (initialized != 0) return;
    pid_ = start({programs() + "/postgres", "-D", data, "-k", directory_, "-c", "listen_addresses=", "-c",
                  "fsync=off"});
    for (int i = 0; i < 1000 && !is_running(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ~PostgresServer() {
    if (pid_ > 0) {
      ::kill(pid_, SIGQUIT);
      ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  PostgresServer(const PostgresServer&) = delete;

  bool is_running() const { return ::access((directory_ + "/.s.PGSQL.5432").c_str(), F_OK) == 0; }
  // For PQconnectdb().
  std::string address() const { return "host=" + directory_ + " user=redstart dbname=postgres"; }

 private:
  static const passwd* user_to_be() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

  pid_t start(std::vector<std::string> words) const {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const passwd* const user = user_to_be();
    const std::string log_path = directory_ + "/log";
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool is_user = !user || (::setgroups(0, nullptr) == 0 && ::setgid(user->pw_gid) == 0 &&
                                   ::setuid(user->pw_uid) == 0);
    if (!is_user) ::_exit(126);
    // The credentials have changed, and with them what was asked for above.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (::chdir("/") != 0) ::_exit(125);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  static int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace redstart::scenarios
