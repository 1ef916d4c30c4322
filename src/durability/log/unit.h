// LogUnit: commands on their way into the log that are to be found there all or not at all: one, or several as
// MULTI ... EXEC.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace redstart {

class LogUnit {
 public:
  // Adds a command for database `db`.
  void add(int db, std::span<const std::string_view> words);
  bool empty() const { return count_ == 0; }
  int first_db() const { return first_db_; }
  int last_db() const { return last_db_; }
  // In RESP; valid until the next change.
  std::string_view bytes();
  void clear();

 private:
  std::string bytes_;  // once there is a command, begins with MULTI, which a single one does not show
  size_t count_ = 0;
  bool is_closed_ = false;
  int first_db_ = 0, last_db_ = 0;
};

}  // namespace redstart
