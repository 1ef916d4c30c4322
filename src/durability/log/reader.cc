#include "durability/log/reader.h"

#include <algorithm>
#include <utility>

#include "base/numbers.h"
#include "base/text.h"
#include "durability/log/batch.h"
#include "durability/log/files.h"

namespace redstart {
namespace {

constexpr size_t kLineBytesMax = 64 * 1024;
constexpr int64_t kWordsMax = 1024 * 1024 * 1024;
constexpr int64_t kWordBytesMax = int64_t{4} << 30;
constexpr size_t kPeekBytes = 64;
constexpr size_t kHeadBytesMax = 96;  // of a batch
constexpr size_t kFillingBytesMax = 64 * 1024;  // looked at before it is let go

// Parses a command that is whole and written as every program writes them, and gives up on any other.
class PlainCommand {
 public:
  explicit PlainCommand(std::string_view bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  bool fits() const { return fits_; }
  size_t taken() const { return static_cast<size_t>(at_ - begin_); }

  // Up to four digits behind `type`, and the line's end. 0: there is none, or it does not fit.
  size_t number(char type) {
    constexpr std::ptrdiff_t kBytesMax = 7;
    if (end_ - at_ < kBytesMax || *at_++ != type) return misfit();
    size_t value = 0;
    const char* const first = at_;
    while (at_ < first + 4 && *at_ >= '0' && *at_ <= '9') value = value * 10 + static_cast<size_t>(*at_++ - '0');
    const bool is_canonical = at_ != first && (*first != '0' || at_ == first + 1);
    if (!is_canonical || at_[0] != '\r' || at_[1] != '\n') return misfit();
    at_ += 2;
    return value;
  }
  std::string_view word() {
    const size_t size = number('$');
    if (!fits_ || static_cast<size_t>(end_ - at_) < size + 2 || at_[size] != '\r' || at_[size + 1] != '\n') {
      return misfit(), std::string_view();
    }
    const std::string_view bytes(at_, size);
    at_ += size + 2;
    return bytes;
  }

 private:
  size_t misfit() {
    fits_ = false;
    return 0;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  bool fits_ = true;
};

}  // namespace

LogReader::Read LogReader::cut_off(std::string problem) {
  problem_ = std::move(problem);
  return Read::cut_off;
}

LogReader::Read LogReader::damaged(std::string problem) {
  problem_ = std::move(problem);
  return Read::damaged;
}

LogReader::Read LogReader::read_line(std::string_view& line, LineEnd wanted_end) {
  size_t wanted = kPeekBytes;
  while (true) {
    const std::string_view seen = source_.peek(position_ + wanted).substr(position_);
    const size_t end = seen.find('\n');
    if (end != std::string_view::npos) {
      const bool has_cr = end > 0 && seen[end - 1] == '\r';
      if (!has_cr && wanted_end == LineEnd::cr_lf) return damaged("a line does not end with CR LF");
      line = seen.substr(0, has_cr ? end - 1 : end);
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

// Lines that begin with # say nothing of the data.
LogReader::Read LogReader::skip_annotations() {
  while (source_.peek(position_ + 1).substr(position_).starts_with('#')) {
    std::string_view line;
    const size_t begin = position_;
    if (const Read read = read_line(line, LineEnd::any); read != Read::done) return read;
    Read read = Read::done;
    if (line.size() == 1) {
      if (!filling_begin_) filling_begin_ = source_.offset() + begin;
      if (position_ > kFillingBytesMax) source_.skip(std::exchange(position_, 0));
      continue;
    }
    if (filling_begin_) return damaged("more comes behind room that was reserved and not written");
    if (line.starts_with(kBatchMark)) {
      read = check_batch(line);
    } else if (std::ranges::any_of(line, [](unsigned char c) { return c < ' '; })) {
      read = damaged("a line that begins with # and is no text");  // perhaps what is left of a batch's head
    }
    if (read != Read::done) {
      position_ = begin;
      return read;
    }
  }
  return Read::done;
}

LogReader::Read LogReader::check_batch(std::string_view line) {
  const auto head = parse_batch_head(line);
  if (!head) return damaged("'" + std::string(line.substr(0, 80)) + "' is no head of a batch");
  synced_bytes_ = head->synced_file_bytes;
  if (head->bytes == 0) return Read::done;
  if (source_.bytes_left() < position_ + head->bytes) return cut_off("the file ends within a batch of commands");
  const std::string_view batch = source_.peek(position_ + head->bytes).substr(position_, head->bytes);
  if (batch.size() < head->bytes) return cut_off("the file ends within a batch of commands");
  if (hash_of_batch(batch) != head->hash) {
    return damaged("the hash of " + std::to_string(head->bytes) + " bytes is not the one that was written before them");
  }
  ++batches_;
  return Read::done;
}

LogReader::Read LogReader::read_command(std::vector<std::string_view>& words, std::vector<size_t>& offsets) {
  if (const Read read = skip_annotations(); read != Read::done) return read;
  if (filling_begin_) return damaged("a command comes behind room that was reserved and not written");
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
    while ((at = seen.find(kBatchMark, at)) != std::string_view::npos) {
      const auto head = parse_batch_head(seen.substr(at, seen.find('\r', at) - at));
      if (head && head->synced_file_bytes > begin) return false;
      at += kBatchMark.size();
    }
    if (seen.size() < kWindowBytes) return synced_bytes_.has_value();
    source_.skip(kWindowBytes - kHeadBytesMax);  // a mark may lie across the border
  }
}

LogReader::Status LogReader::finish(Read read) {
  if (filling_begin_) unit_begin_ = *filling_begin_;
  return read == Read::cut_off ? Status::torn : Status::damaged;
}

bool LogReader::read_plain_unit() {
  const std::string_view seen = source_.seen();
  PlainCommand command(seen);
  const size_t count = command.number('*');
  if (count < 2 || filling_begin_) return false;  // MULTI and EXEC are one word
  commands_.resize(1);
  offsets_.resize(1);
  commands_[0].clear();
  for (size_t i = 0; i < count && command.fits(); ++i) commands_[0].push_back(command.word());
  if (!command.fits()) return false;
  position_ = command.taken();
  is_transaction_ = false;
  return true;
}

LogReader::Status LogReader::next() {
  source_.skip(std::exchange(position_, 0));
  unit_begin_ = source_.offset();
  if (read_plain_unit()) return Status::unit;
  if (const Read read = skip_annotations(); read != Read::done) {
    unit_begin_ = filling_begin_.value_or(source_.offset() + position_);
    return finish(read);
  }
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
    is_transaction_ = is_multi || is_exec;
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

bool may_be_torn(std::span<const uint64_t> sizes, size_t index) {
  return std::ranges::all_of(sizes.subspan(index + 1), [](uint64_t size) { return size <= kFreshIncrement.size(); });
}

}  // namespace redstart
