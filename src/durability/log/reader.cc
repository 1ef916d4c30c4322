#include "durability/log/reader.h"

#include <utility>

#include "base/numbers.h"
#include "base/text.h"

namespace redstart {
namespace {

constexpr size_t kLineBytesMax = 64 * 1024;
constexpr int64_t kWordsMax = 1024 * 1024 * 1024;
constexpr int64_t kWordBytesMax = int64_t{4} << 30;
constexpr size_t kPeekBytes = 64;

}  // namespace

LogReader::Read LogReader::cut_off(std::string problem) {
  problem_ = std::move(problem);
  return Read::cut_off;
}

LogReader::Read LogReader::damaged(std::string problem) {
  problem_ = std::move(problem);
  return Read::damaged;
}

LogReader::Read LogReader::read_line(std::string_view& line) {
  size_t wanted = kPeekBytes;
  while (true) {
    const std::string_view seen = source_.peek(position_ + wanted).substr(position_);
    const size_t end = seen.find('\n');
    if (end != std::string_view::npos) {
      if (end == 0 || seen[end - 1] != '\r') return damaged("a line does not end with CR LF");
      line = seen.substr(0, end - 1);
      position_ += end + 1;
      return Read::done;
    }
    if (seen.size() < wanted) return cut_off("the file ends within a line");
    if (wanted >= kLineBytesMax) return damaged("a line is longer than 64 KiB");
    wanted *= 4;
  }
}

LogReader::Read LogReader::read_number(char type, int64_t max, int64_t& number) {
  const std::string_view first = source_.peek(position_ + 1).substr(position_);
  if (first.empty()) return cut_off("the file ends within a command");
  if (first[0] != type) return damaged(std::string("'") + type + "' is expected");
  std::string_view line;
  if (const Read read = read_line(line); read != Read::done) return read;
  const auto parsed = parse_int64(line.substr(1));
  if (!parsed || *parsed < 0 || *parsed > max) {
    return damaged("'" + std::string(line.substr(1, 32)) + "' is no length");
  }
  number = *parsed;
  return Read::done;
}

// Lines that begin with # (Redis's timestamps) say nothing of the data.
void LogReader::skip_annotations() {
  while (source_.peek(position_ + 1).substr(position_).starts_with('#')) {
    size_t wanted = kPeekBytes;
    size_t end;
    std::string_view seen;
    do {
      seen = source_.peek(position_ + wanted).substr(position_);
      end = seen.find('\n');
      wanted *= 4;
    } while (end == std::string_view::npos && seen.size() * 4 >= wanted && wanted <= kLineBytesMax);
    if (end == std::string_view::npos) return;  // the unit's reader says what is wrong
    has_marks_ = has_marks_ || seen.starts_with(kSyncedMark);
    position_ += end + 1;
  }
}

LogReader::Read LogReader::read_command(std::vector<std::string_view>& words, std::vector<size_t>& offsets) {
  skip_annotations();
  int64_t count;
  if (const Read read = read_number('*', kWordsMax, count); read != Read::done) return read;
  if (count == 0) return damaged("a command without a name");
  words.clear();
  offsets.clear();
  for (int64_t i = 0; i < count; ++i) {
    int64_t size;
    if (const Read read = read_number('$', kWordBytesMax, size); read != Read::done) return read;
    const auto bytes = static_cast<size_t>(size);
    if (source_.bytes_left() < position_ + bytes + 2) return cut_off("the file ends within an argument");
    const std::string_view seen = source_.peek(position_ + bytes + 2).substr(position_);
    if (seen.size() < bytes + 2) return cut_off("the file ends within an argument");
    if (seen.substr(bytes) != "\r\n") return damaged("an argument does not end with CR LF");
    offsets.push_back(position_);
    words.push_back(seen.substr(0, bytes));
    position_ += bytes + 2;
  }
  return Read::done;
}

bool LogReader::may_be_torn() {
  constexpr size_t kWindowBytes = 64 * 1024;
  const uint64_t begin = unit_begin_;
  position_ = 0;
  while (true) {
    const std::string_view seen = source_.peek(kWindowBytes);
    size_t at = 0;
    while ((at = seen.find(kSyncedMark, at)) != std::string_view::npos) {
      at += kSyncedMark.size();
      has_marks_ = true;
      const auto bytes = parse_int64(seen.substr(at, seen.find_first_not_of("0123456789", at) - at));
      if (bytes && static_cast<uint64_t>(*bytes) > begin) return false;
    }
    if (seen.size() < kWindowBytes) return has_marks_;
    source_.skip(kWindowBytes - kSyncedMark.size() - 24);  // a mark may lie across the border
  }
}

LogReader::Status LogReader::finish(Read read) {
  return read == Read::cut_off ? Status::torn : Status::damaged;
}

LogReader::Status LogReader::next() {
  source_.skip(position_);
  position_ = 0;
  skip_annotations();
  source_.skip(std::exchange(position_, 0));
  unit_begin_ = source_.offset();
  size_t count = 0;
  bool in_multi = false;
  if (source_.peek(1).empty()) return Status::end;
  do {
    if (commands_.size() == count) {
      commands_.emplace_back();
      offsets_.emplace_back();
    }
    if (const Read read = read_command(commands_[count], offsets_[count]); read != Read::done) {
      if (read == Read::cut_off && in_multi) problem_ += ", of a transaction";
      return finish(read);
    }
    const auto& words = commands_[count];
    const bool is_multi = words.size() == 1 && equal_ignoring_case(words[0], "MULTI");
    const bool is_exec = words.size() == 1 && equal_ignoring_case(words[0], "EXEC");
    if (is_multi && in_multi) return finish(damaged("a MULTI within a MULTI"));
    if (is_exec && !in_multi) return finish(damaged("an EXEC without a MULTI"));
    if (is_multi) in_multi = true;
    if (is_exec) in_multi = false;
    if (!is_multi && !is_exec) ++count;
  } while (in_multi);
  commands_.resize(count);
  offsets_.resize(count);
  // The source may have moved its window since the first words were seen.
  const char* begin = source_.peek(position_).data();
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < commands_[i].size(); ++j) {
      commands_[i][j] = {begin + offsets_[i][j], commands_[i][j].size()};
    }
  }
  return Status::unit;
}

}  // namespace redstart
