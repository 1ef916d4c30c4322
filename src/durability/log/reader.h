// LogReader: the units of a log file in order: single commands, or MULTI ... EXEC as one.
//
// Bytes that end in the middle of a unit are a torn tail: a crash leaves them in the last file. Other bytes that
// cannot be read, or do not fit their batch's hash, are damage, unless the file tells how much of it was on disk
// (durability/log/batch.h) and nothing says that they ever were.
//
// Threads: thread-compatible.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "durability/byte_source.h"

namespace redstart {

class LogReader {
 public:
  enum class Status : uint8_t {
    unit,     // see commands()
    end,      // behind the last unit
    torn,     // the file ends within a unit that begins at unit_begin(): see problem()
    damaged,  // see problem() and offset()
  };

  explicit LogReader(ByteSource& source) : source_(source) {}

  // Views in commands() live until the next call.
  Status next();
  // The commands of the unit, MULTI and EXEC left out.
  std::span<const std::vector<std::string_view>> commands() const { return commands_; }
  // Whether it was MULTI ... EXEC.
  bool is_transaction() const { return is_transaction_; }
  // How many batches were found whole so far.
  uint64_t batches() const { return batches_; }
  // Where the unit, or what is left of one, begins.
  uint64_t unit_begin() const { return unit_begin_; }
  // How far was read.
  uint64_t offset() const { return source_.offset() + position_; }
  // At the end: where room that was reserved and never written begins; nothing: there is none.
  std::optional<uint64_t> filling_begin() const { return filling_begin_; }
  // How much of the file was on disk when it was last said; nothing: it never was said.
  std::optional<uint64_t> synced_bytes() const { return synced_bytes_; }
  // After `damaged`: whether a crash may have left it so, in the last file: the file has marks of what was on
  // disk, and none reaches to the damaged unit. Reads the rest of the file.
  bool may_be_torn();
  // What is wrong: "the file ends within a command's argument".
  const std::string& problem() const { return problem_; }

 private:
  // Reads a unit as nearly all are: one command, whole in what the source has at hand. False: nothing is done, it may
  // be of any kind.
  bool read_plain_unit();
  enum class Read : uint8_t { done, cut_off, damaged };
  Read read_command(std::vector<std::string_view>& words, std::vector<size_t>& offsets);
  // A line without its end, behind `position_`.
  enum class LineEnd : uint8_t { cr_lf, any };
  Read read_line(std::string_view& line, LineEnd wanted_end = LineEnd::cr_lf);
  // The number behind `type`.
  Read read_number(char type, int64_t max, int64_t& number);
  // Past lines that are no commands, batches' heads among them, which must fit what follows.
  Read skip_annotations();
  Read check_batch(std::string_view line);
  Read cut_off(std::string problem);
  Read damaged(std::string problem);
  Status finish(Read read);

  ByteSource& source_;
  size_t position_ = 0;  // within the unit, which stays in the source's window until the next call
  uint64_t unit_begin_ = 0;
  std::vector<std::vector<std::string_view>> commands_;
  std::vector<std::vector<size_t>> offsets_;  // of the words, from the unit's begin
  std::string problem_;
  std::optional<uint64_t> synced_bytes_, filling_begin_;
  bool is_transaction_ = false;
  uint64_t batches_ = 0;
};

// Whether a crash may have torn the file at `index` of a log whose files, in order, have these sizes: it is the last,
// or behind it there are only files without commands.
bool may_be_torn(std::span<const uint64_t> sizes, size_t index);

}  // namespace redstart
