// ServerLog: the lines that a server writes about itself, in Redis's form: process id and role, time, level, text.
//
// Threads: thread-safe. The file is opened for each line, so that it may be moved away meanwhile.
#pragma once

#include <mutex>
#include <string>

#include "execution/config.h"
#include "execution/store_state.h"

namespace redstart {

class ServerLog {
 public:
  // Goes by `config` as it is when a line is written.
  explicit ServerLog(const Config& config);
  ~ServerLog();
  ServerLog(const ServerLog&) = delete;

  // Whether lines can be written to where they shall go; otherwise what is in the way.
  std::optional<std::string> check() const;
  void write(LogLevel level, const std::string& text);

 private:
  const Config& config_;
  const std::string path_;  // empty: standard output
  const std::string syslog_ident_;  // the system keeps a pointer to it
  const bool uses_syslog_;
  std::mutex mutex_;  // keeps lines whole
};

}  // namespace redstart
