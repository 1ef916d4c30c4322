// ChildProcess: a part of a test in a process of its own, which may be killed. The part is a disabled test of this
// program; it is told what it needs by environment variables.
//
//   TEST(DISABLED_Child, works_until_it_is_killed) { ... std::getenv("CHILD_URL") ... }
//   ChildProcess child("DISABLED_Child.works_until_it_is_killed", {{"CHILD_URL", server.url()}});
//
// Threads: thread-compatible. Ownership: owns the process, which ends with it.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redstart::scenarios {

class ChildProcess {
 public:
  ChildProcess(const std::string& test, const std::vector<std::pair<std::string, std::string>>& variables) {
    const std::string filter = "--gtest_filter=" + test;
    std::vector<std::string> texts;
    for (const auto& [name, value] : variables) texts.push_back(name + "=" + value);
    std::vector<char*> environment;
    for (std::string& text : texts) environment.push_back(text.data());
    for (char** inherited = environ; *inherited; ++inherited) {
      // What part of the tests a run is to do does not concern the child.
      if (!std::string_view(*inherited).starts_with("GTEST_")) environment.push_back(*inherited);
    }
    environment.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execle("/proc/self/exe", "redstart_tests", filter.c_str(), "--gtest_also_run_disabled_tests",
               "--gtest_brief=1", nullptr, environment.data());
      ::_exit(127);
    }
  }
  ~ChildProcess() { kill(); }
  ChildProcess(const ChildProcess&) = delete;

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace redstart::scenarios
