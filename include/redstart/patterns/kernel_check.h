// Which settings of the Linux kernel are other than a machine with many writes and connections should have them. Reads,
// needs no rights, and changes nothing.
//
//   for (const redstart::KernelSetting& one : redstart::check_kernel())
//     if (one.state == redstart::KernelSetting::State::deviates) ...
//
// `redstart check-system` prints it. The values stand in share/sysctl/60-redstart.conf, for sysctl.d.
//
// Threads: thread-safe.
#pragma once

#include <string>
#include <vector>

namespace redstart {

struct KernelSetting {
  enum class State : unsigned char {
    ok,
    deviates,
    unreadable,  // not in this kernel, or not to be seen from this container
  };
  std::string name;         // as sysctl names it: "net.core.somaxconn"
  std::string recommended;  // one number, or three: "4096 87380 16777216"
  std::string actual;       // empty when unreadable
  State state = State::unreadable;
  std::string note;         // what it does, and for whom
};

// `root`: where the settings are found; tests give another. Limits count as met when they are higher.
std::vector<KernelSetting> check_kernel(const std::string& root = "/proc/sys");

}  // namespace redstart
