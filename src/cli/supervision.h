// Supervision: tells systemd or upstart, whichever started the server, that it serves and that it stops.
//
// Threads: thread-compatible.
#pragma once

#include <string>

namespace redstart {

class Supervision {
 public:
  // `mode` is what the directive `supervised` says: no, systemd, upstart, or auto (the environment tells).
  // Takes the supervisor's variable out of the environment, so that no child believes it is meant.
  explicit Supervision(const std::string& mode);

  // "systemd", "upstart" or "no", as INFO says it.
  const std::string& supervisor() const { return supervisor_; }
  bool is_on() const { return supervisor_ != "no"; }
  // It serves. upstart takes a stopped process as the sign, and lets it go on.
  void tell_ready(const std::string& status);
  void tell_stopping();

 private:
  std::string supervisor_ = "no";
  std::string notify_socket_;  // of systemd
};

}  // namespace redstart
