#include "cli/supervision.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace redstart {
namespace {

constexpr char kSystemdVariable[] = "NOTIFY_SOCKET";
constexpr char kUpstartVariable[] = "UPSTART_JOB";

// A datagram to systemd's socket; a name that begins with '@' is in the abstract namespace.
void notify(const std::string& path, const std::string& message) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // A supervisor that does not listen any more is no reason to stop.
  [[maybe_unused]] const auto sent =
      ::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

}  // namespace

Supervision::Supervision(const std::string& mode) {
  const char* const systemd = std::getenv(kSystemdVariable);
  const char* const upstart = std::getenv(kUpstartVariable);
  if (systemd && (mode == "systemd" || mode == "auto")) {
    supervisor_ = "systemd";
    notify_socket_ = systemd;
    ::unsetenv(kSystemdVariable);
  } else if (upstart && (mode == "upstart" || mode == "auto")) {
    supervisor_ = "upstart";
    ::unsetenv(kUpstartVariable);
  }
}

void Supervision::tell_ready(const std::string& status) {
  if (supervisor_ == "systemd") notify(notify_socket_, "STATUS=" + status + "\nREADY=1\n");
  if (supervisor_ == "upstart") ::raise(SIGSTOP);
}

void Supervision::tell_stopping() {
  if (supervisor_ == "systemd") notify(notify_socket_, "STATUS=Stopping\nSTOPPING=1\n");
}

}  // namespace redstart
