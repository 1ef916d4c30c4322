// ServerProcess: a server of its own for a test, on a random free port, in a directory that goes
// with it.
//
// Threads: thread-compatible. Ownership: owns the process, which ends with it.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace redstart::scenarios {

enum class Program : unsigned char { redstart, redis, sentinel };

// Where the program is; empty when there is none.
inline std::string path_of(Program program) {
  if (program != Program::redstart) {
    for (const char* const path : {"/usr/bin/redis-server", "/usr/local/bin/redis-server"}) {
      if (::access(path, X_OK) == 0) return path;
    }
    return "";
  }
  if (const char* const named = std::getenv("REDSTART_PROGRAM")) return named;
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (own.parent_path() / "redstart").string();
  return ::access(beside.c_str(), X_OK) == 0 ? beside : "";
}

inline std::string missing_text(Program program) {
  return program != Program::redstart ? "redis-server is not installed"
                                      : "the redstart program is neither beside this one nor named by "
                                        "REDSTART_PROGRAM";
}

// A socket that listens on 127.0.0.1, or -1. Port 0 takes a random one above 20000.
inline int listen_on(uint16_t& port) {
  static std::mt19937 random(std::random_device{}());
  for (int attempt = 0; attempt < 100; ++attempt) {
    const uint16_t tried =
        port ? port : static_cast<uint16_t>(std::uniform_int_distribution(20'001, 32'000)(random));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(tried);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(fd, 64) == 0) {
      port = tried;
      return fd;
    }
    ::close(fd);
  }
  return -1;
}

inline uint16_t free_port() {
  uint16_t port = 0;
  ::close(listen_on(port));
  return port;
}

inline int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

// Whether a server is there and does not say that it is loading its data.
inline bool is_ready(uint16_t port) {
  const int fd = connect_to(port);
  if (fd < 0) return false;
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char reply[16];
  const bool is_asked = ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6;
  const ssize_t bytes = is_asked ? ::recv(fd, reply, sizeof reply, 0) : 0;
  ::close(fd);
  return bytes > 0 && !std::string_view(reply, static_cast<size_t>(bytes)).starts_with("-LOADING");
}

class ServerProcess {
 public:
  // `directives`: "--name", "value", ...; a sentinel's are lines of its configuration.
  explicit ServerProcess(Program program, std::vector<std::string> directives = {})
      : program_(program), directives_(std::move(directives)) {
    char name[] = "/tmp/redstart-scenario-XXXXXX";
    directory_ = ::mkdtemp(name);
    // Another program may take the port before the server does.
    for (int attempt = 0; attempt < 3; ++attempt) {
      port_ = free_port();
      if (start()) return;
      kill();
      std::filesystem::remove(directory_ + "/sentinel.conf");  // which names the port
    }
  }
  ~ServerProcess() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  ServerProcess(const ServerProcess&) = delete;

  // On the same port. False: it has ended, or is not ready within ten seconds; what it printed goes to stderr.
  bool start() {
    std::vector<std::string> words = command();
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string log_path = directory_ + "/log";
    pid_ = ::fork();
    if (pid_ == 0) {
      // Only what may be called after a fork of a process with threads: no allocation.
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    for (int i = 0; i < 1000 && !has_ended(); ++i) {
      if (is_ready(port_)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::cerr << path_of(program_) << " on port " << port_ << " is not ready; it printed:\n" << log();
    return false;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  // Asks it to stop (SIGTERM) and waits until it has; its exit code, or -1 when a signal ended it.
  int terminate() {
    ::kill(pid_, SIGTERM);
    return exit_code();
  }
  // Waits until it ends by itself; half a minute later it is killed, and that is -1 too.
  int exit_code() {
    const pid_t pid = std::exchange(pid_, -1);
    int status = 0;
    for (int i = 0; i < 3000; ++i) {
      if (::waitpid(pid, &status, WNOHANG) == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return -1;
  }
  // What it has printed.
  std::string log() const {
    std::ifstream file(directory_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Stops answering without closing anything, and goes on.
  void freeze() const {
    ::kill(pid_, SIGSTOP);
    ::waitpid(pid_, nullptr, WUNTRACED);  // until its last thread has stopped
  }
  void thaw() const { ::kill(pid_, SIGCONT); }

  pid_t pid() const { return pid_; }
  uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string socket_path() const { return directory_ + "/socket"; }

 private:
  bool has_ended() const {
    siginfo_t found = {};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &found, WEXITED | WNOHANG | WNOWAIT) == 0 && found.si_pid == pid_;
  }
  std::vector<std::string> command() const {
    std::vector<std::string> words = {path_of(program_)};
    if (program_ == Program::sentinel) {
      const std::string path = directory_ + "/sentinel.conf";
      if (!std::filesystem::exists(path)) {
        std::ofstream file(path);
        file << "port " << port_ << "\ndir " << directory_ << "\n";
        for (const auto& line : directives_) file << line << "\n";
      }
      words.insert(words.end(), {path, "--sentinel"});
      return words;
    }
    if (program_ == Program::redstart) words.push_back("serve");
    words.insert(words.end(), {"--port", std::to_string(port_), "--save", "", "--dir", directory_,
                               "--unixsocket", socket_path()});
    words.insert(words.end(), directives_.begin(), directives_.end());
    return words;
  }

  const Program program_;
  const std::vector<std::string> directives_;
  uint16_t port_ = 0;
  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace redstart::scenarios
