#include "durability/log/tail.h"

#include <algorithm>

#include "durability/file_source.h"
#include "durability/log/batch.h"

namespace redstart {
namespace {

constexpr size_t kStepBytes = 1 << 20;
constexpr size_t kHeadBytesMax = 96;  // of a batch
constexpr std::string_view kLineEnd = "\r\n";

// The size of the whole batch, head included, that stands next; 0: there is none.
size_t next_batch_bytes(ByteSource& source) {
  const std::string_view line = source.peek(kHeadBytesMax);
  const size_t end = line.find(kLineEnd);
  const auto head = end == std::string_view::npos ? std::nullopt : parse_batch_head(line.substr(0, end));
  if (!head || head->bytes == 0 || head->bytes > source.bytes_left()) return 0;
  const size_t head_bytes = end + kLineEnd.size();
  const std::string_view batch = source.peek(head_bytes + head->bytes).substr(head_bytes);
  return batch.size() == head->bytes && hash_of_batch(batch) == head->hash ? head_bytes + batch.size() : 0;
}

// A name that no file has.
std::string name_of_tail(Disk& disk, const std::string& path, uint64_t begin) {
  const std::string name = path + ".torn-" + std::to_string(begin);
  if (!disk.exists(name)) return name;
  for (int i = 2;; ++i) {
    std::string other = name + "-" + std::to_string(i);
    if (!disk.exists(other)) return other;
  }
}

DiskResult<void> copy_rest(Disk& disk, FileSource& source, const std::string& to) {
  auto file = disk.create(to);
  if (!file) return std::unexpected(std::move(file.error()));
  while (true) {
    const std::string_view bytes = source.peek(kStepBytes);
    if (bytes.empty()) break;
    if (auto written = (*file)->append(bytes); !written) return written;
    source.skip(bytes.size());
  }
  if (source.disk_error()) return std::unexpected(*source.disk_error());
  if (auto synced = (*file)->sync(); !synced) return synced;
  return disk.sync_directory(directory_of(to));
}

}  // namespace

void skip_to(ByteSource& source, uint64_t offset) {
  while (source.offset() < offset) {
    const size_t size = source.peek(std::min<uint64_t>(offset - source.offset(), kStepBytes)).size();
    if (size == 0) return;
    source.skip(size);
  }
}

bool stands_before_batch(ByteSource& source) { return next_batch_bytes(source) > 0; }

uint64_t count_whole_batches(ByteSource& source) {
  for (uint64_t count = 0;;) {
    const std::string_view seen = source.peek(kStepBytes);
    const size_t at = seen.find(kBatchMark);
    if (at == std::string_view::npos) {
      if (seen.size() < kStepBytes) return count;
      source.skip(kStepBytes - kBatchMark.size());  // a mark may lie across the border
      continue;
    }
    source.skip(at);
    const size_t bytes = next_batch_bytes(source);
    count += bytes > 0;
    source.skip(bytes > 0 ? bytes : kBatchMark.size());
  }
}

DiskResult<std::optional<std::string>> keep_tail(Disk& disk, const std::string& path, uint64_t begin) {
  auto counted_file = disk.open_for_reading(path);
  if (!counted_file) return std::unexpected(std::move(counted_file.error()));
  FileSource counted(std::move(*counted_file));
  skip_to(counted, begin);
  const uint64_t batches = count_whole_batches(counted);
  if (counted.disk_error()) return std::unexpected(*counted.disk_error());
  if (batches == 0) return std::nullopt;

  auto copied_file = disk.open_for_reading(path);
  if (!copied_file) return std::unexpected(std::move(copied_file.error()));
  FileSource copied(std::move(*copied_file));
  skip_to(copied, begin);
  const std::string name = name_of_tail(disk, path, begin);
  if (auto done = copy_rest(disk, copied, name); !done) {
    static_cast<void>(disk.remove(name));
    return std::unexpected(std::move(done.error()));
  }
  return name;
}

}  // namespace redstart
