#include "tests/simulation/simulated_disk.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace redstart::simulation {
namespace {

constexpr size_t kSectorBytes = 64;  // small, so that small files are torn too

std::unexpected<DiskError> failure(int code, const std::string& what) { return std::unexpected(DiskError{code, what}); }
std::unexpected<DiskError> crashed() { return failure(EIO, "the disk is gone"); }

}  // namespace

class SimulatedDisk::File final : public WritableFile {
 public:
  File(SimulatedDisk& disk, std::string path, std::shared_ptr<Contents> contents)
      : disk_(disk), path_(std::move(path)), contents_(std::move(contents)), end_(contents_->data.size()) {}
  ~File() override {
    if (!disk_.has_crashed_ && contents_->data.size() > end_) disk_.resize(*contents_, end_);
  }

  DiskResult<void> append(std::string_view bytes) override { return disk_.append(path_, *contents_, end_, bytes); }
  DiskResult<void> append(std::string_view first, std::string_view second, std::string_view filling) override {
    auto written = append(std::string(first).append(second));
    if (!written || filling.empty() || end_ < contents_->data.size()) return written;
    std::string room;
    while (room.size() < kRoomBytes - end_ % kRoomBytes) room += filling;
    fill(room);
    if (disk_.has_crashed_) return crashed();
    return {};
  }
  // As on a real disk: what this descriptor was told once is told for ever.
  DiskResult<void> sync() override {
    if (sync_failure_) return std::unexpected(*sync_failure_);
    auto synced = disk_.sync(path_, *contents_);
    if (!synced) sync_failure_ = synced.error();
    return synced;
  }
  void write_back() override {}
  uint64_t size_bytes() const override { return end_; }
  DiskResult<void> truncate(uint64_t size_bytes) override {
    auto cut = disk_.cut(path_, *contents_, size_bytes);
    if (cut) end_ = size_bytes;
    return cut;
  }
  DiskResult<void> reserve(uint64_t bytes, std::string_view filling) override {
    if (auto whole = still_whole(); !whole) return whole;
    // A fraction of it does for a simulation.
    std::string room;
    while (room.size() < bytes / kReserveFraction) room += filling;
    return fill(room);
  }
  uint64_t reserved_bytes() const override {
    return (std::max(contents_->data.size(), end_) - end_) * kReserveFraction;
  }
  DiskResult<void> still_whole() override {
    return contents_->data.size() < end_ ? failure(EIO, path_ + " was cut short") : DiskResult<void>();
  }
  DiskResult<void> still_there() override {
    const auto named = disk_.names_.find(path_);
    if (named == disk_.names_.end() || named->second != contents_) return failure(ENOENT, path_ + " was removed");
    return still_whole();
  }

 private:
  static constexpr uint64_t kReserveFraction = 2048;
  static constexpr size_t kRoomBytes = 256;

  // Behind everything that is there.
  DiskResult<void> fill(const std::string& room) {
    const size_t begin = std::max(contents_->data.size(), end_);
    size_t end = begin;
    auto written = disk_.append(path_, *contents_, end, room);
    if (!written && !disk_.has_crashed_) disk_.resize(*contents_, begin);
    return written;
  }

  SimulatedDisk& disk_;
  const std::string path_;
  const std::shared_ptr<Contents> contents_;
  size_t end_;
  std::optional<DiskError> sync_failure_;
};

// Closing it leaves the file as it is, whatever was appended since it was opened.
class SimulatedDisk::OpenedForReading final : public ReadableFile {
 public:
  OpenedForReading(const SimulatedDisk& disk, std::shared_ptr<Contents> contents)
      : disk_(disk), contents_(std::move(contents)), size_(contents_->data.size()) {}

  DiskResult<size_t> read(std::span<char> room) override {
    if (disk_.has_crashed_) return crashed();
    const size_t bytes = contents_->data.copy(room.data(), room.size(), at_);
    at_ += bytes;
    return bytes;
  }
  uint64_t size_bytes() const override { return size_; }

 private:
  const SimulatedDisk& disk_;
  const std::shared_ptr<Contents> contents_;
  const size_t size_;
  size_t at_ = 0;
};

SimulatedDisk::Step SimulatedDisk::step(const std::string& path) {
  if (hook_ && !has_crashed_ && !path.ends_with(".incr.aof")) hook_();
  if (has_crashed_) return Step::dead;
  if (operations_++ < crash_at_) return Step::go_on;
  has_crashed_ = true;
  return Step::partly;
}

void SimulatedDisk::change(const std::string& path, std::shared_ptr<Contents> contents) {
  pending_.push_back({path, contents});
  if (contents) {
    names_[path] = std::move(contents);
  } else {
    names_.erase(path);
  }
}

// Over what is reserved behind `end`, which it moves.
DiskResult<void> SimulatedDisk::append(const std::string& path, Contents& contents, size_t& end,
                                       std::string_view bytes) {
  const Step step = this->step(path);
  if (step == Step::dead) return crashed();
  const bool is_full = step == Step::go_on && fails(write_faults_);
  if (step == Step::partly || is_full) bytes = bytes.substr(0, random_.below(bytes.size() + 1));
  contents.untouched = std::min(contents.untouched, end);
  if (contents.data.size() < end) contents.data.resize(end);  // a hole, where somebody has cut
  contents.data.replace(end, std::min(bytes.size(), contents.data.size() - end), bytes);
  end += bytes.size();
  if (step == Step::partly) return crashed();
  if (is_full) return failure(ENOSPC, "cannot write to " + path + ": No space left on device");
  return {};
}

void SimulatedDisk::resize(Contents& contents, size_t size) {
  contents.data.resize(size);
  contents.untouched = std::min(contents.untouched, size);
}

void SimulatedDisk::cut_from_outside(const std::string& path, size_t size) {
  Contents& contents = *names_.at(path);
  resize(contents, size);
  contents.was_cut = true;
}

bool SimulatedDisk::was_cut_from_outside(const std::string& path) const {
  const auto found = names_.find(path);
  return found != names_.end() && found->second->was_cut;
}

void SimulatedDisk::forget_cuts() {
  for (auto& [path, contents] : names_) contents->was_cut = false;
}

DiskResult<void> SimulatedDisk::sync(const std::string& path, Contents& contents) {
  if (step(path) != Step::go_on) return crashed();
  if (fails(sync_faults_)) {
    contents.is_doomed = true;
    return failure(EIO, "cannot sync " + path + ": Input/output error");
  }
  if (contents.is_doomed) return {};
  contents.on_disk = contents.data;
  contents.untouched = contents.data.size();
  return {};
}

DiskResult<void> SimulatedDisk::cut(const std::string& path, Contents& contents, uint64_t size_bytes) {
  if (step(path) != Step::go_on) return crashed();
  if (fails(write_faults_)) return failure(EIO, "cannot shorten " + path + ": Input/output error");
  // What is left came to the disk before the failure: its new size is all that the next sync has to tell.
  if (size_bytes <= contents.untouched) contents.is_doomed = false;
  resize(contents, size_bytes);
  return {};
}

DiskResult<std::unique_ptr<WritableFile>> SimulatedDisk::create(const std::string& path) {
  if (step(path) != Step::go_on) return crashed();
  if (fails(write_faults_)) return failure(ENOSPC, "cannot open " + path + ": No space left on device");
  const auto found = names_.find(path);
  auto contents = found == names_.end() ? std::make_shared<Contents>() : found->second;
  contents->data.clear();
  contents->untouched = 0;
  contents->is_doomed = false;  // what the system had dropped is of no interest any more
  if (found == names_.end()) change(path, contents);
  return std::make_unique<File>(*this, path, std::move(contents));
}

DiskResult<std::unique_ptr<WritableFile>> SimulatedDisk::open_for_append(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return create(path);
  if (step(path) != Step::go_on) return crashed();
  return std::make_unique<File>(*this, path, found->second);
}

DiskResult<std::unique_ptr<ReadableFile>> SimulatedDisk::open_for_reading(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return failure(ENOENT, "cannot open " + path + ": No such file or directory");
  return std::make_unique<OpenedForReading>(*this, found->second);
}

DiskResult<std::vector<std::string>> SimulatedDisk::list(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& [path, contents] : names_) {
    if (directory_of(path) == directory) names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

DiskResult<void> SimulatedDisk::make_directory(const std::string&) { return {}; }

DiskResult<void> SimulatedDisk::rename(const std::string& from, const std::string& to) {
  if (step(to) != Step::go_on) return crashed();
  if (fails(write_faults_)) return failure(EIO, "cannot rename " + from + ": Input/output error");
  const auto contents = names_.at(from);
  // One change: both names or neither.
  pending_.push_back({from, nullptr});
  names_.erase(from);
  change(to, contents);
  return {};
}

DiskResult<void> SimulatedDisk::remove(const std::string& path) {
  if (step(path) != Step::go_on) return crashed();
  if (!names_.contains(path)) return failure(ENOENT, "cannot remove " + path + ": No such file or directory");
  change(path, nullptr);
  return {};
}

DiskResult<void> SimulatedDisk::truncate(const std::string& path, uint64_t size_bytes) {
  const auto found = names_.find(path);
  if (found == names_.end()) return failure(ENOENT, "cannot shorten " + path + ": No such file or directory");
  return cut(path, *found->second, size_bytes);
}

DiskResult<void> SimulatedDisk::rewrite_tail(const std::string& path, uint64_t offset) {
  if (step(path) != Step::go_on) return crashed();
  Contents& contents = *names_.at(path);
  // What came to the disk before the failure need not be written again.
  if (offset <= contents.untouched) contents.is_doomed = false;
  return {};
}

DiskResult<void> SimulatedDisk::sync_directory(const std::string& directory) {
  if (step(directory) != Step::go_on) return crashed();
  if (fails(sync_faults_)) return failure(EIO, "cannot sync " + directory + ": Input/output error");
  names_on_disk_ = names_;
  pending_.clear();
  return {};
}

DiskResult<std::unique_ptr<DirectoryLock>> SimulatedDisk::lock_directory(const std::string&) {
  return std::make_unique<DirectoryLock>();
}

// What the disk had written of what nobody synced: none, all, the first of it, or any sectors.
void SimulatedDisk::tear(Contents& contents) {
  if (contents.untouched < contents.on_disk.size() && random_.below(2) == 0) {
    contents.data = contents.on_disk;
    return;
  }
  std::string& data = contents.data;
  const size_t size_min = std::min(data.size(), std::max(contents.untouched, contents.on_disk.size()));
  data.resize(size_min + random_.below(data.size() - size_min + 1));
  if (random_.below(2) == 0) return;
  for (size_t at = contents.untouched; at < data.size(); at += kSectorBytes - at % kSectorBytes) {
    if (random_.below(3) != 0) continue;
    const size_t end = std::min(data.size(), at + kSectorBytes - at % kSectorBytes);
    for (size_t i = at; i < end; ++i) data[i] = i < contents.on_disk.size() ? contents.on_disk[i] : '\0';
  }
}

void SimulatedDisk::restart(bool machine_went_down) {
  if (machine_went_down) {
    names_ = names_on_disk_;
    size_t kept = random_.below(pending_.size() + 1);
    // Of a rename both halves or none.
    if (kept < pending_.size() && kept > 0 && !pending_[kept - 1].contents) ++kept;
    for (size_t i = 0; i < kept; ++i) {
      if (pending_[i].contents) {
        names_[pending_[i].path] = pending_[i].contents;
      } else {
        names_.erase(pending_[i].path);
      }
    }
    for (auto& [path, contents] : names_) tear(*contents);
  }
  // What was found after a restart is on the disk, as far as anybody can tell.
  Names fresh;
  for (auto& [path, contents] : names_) {
    auto copy = std::make_shared<Contents>();
    copy->data = contents->data;
    if (machine_went_down) {
      copy->on_disk = copy->data;
      copy->untouched = copy->data.size();
    } else {
      copy->on_disk = contents->on_disk;
      copy->untouched = contents->untouched;
      copy->is_doomed = contents->is_doomed;
    }
    fresh[path] = copy;
  }
  if (machine_went_down) {
    names_on_disk_ = fresh;
    pending_.clear();
  } else {
    for (auto& [path, contents] : names_on_disk_) {
      const auto same = fresh.find(path);
      if (same != fresh.end() && names_.at(path) == contents) contents = same->second;
    }
    for (NameChange& change : pending_) {
      const auto same = fresh.find(change.path);
      if (change.contents && same != fresh.end() && names_.at(change.path) == change.contents) {
        change.contents = same->second;
      }
    }
  }
  names_ = std::move(fresh);
  has_crashed_ = false;
  crash_at_ = UINT64_MAX;
  write_faults_ = sync_faults_ = 0;
  hook_ = nullptr;
}

const std::string* SimulatedDisk::contents(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : &found->second->data;
}

std::vector<std::string> SimulatedDisk::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, contents] : names_) paths.push_back(path);
  return paths;
}

std::map<std::string, std::string> SimulatedDisk::everything() const {
  std::map<std::string, std::string> everything;
  for (const auto& [path, contents] : names_) everything[path] = contents->data;
  return everything;
}

void SimulatedDisk::wipe() {
  names_.clear();
  names_on_disk_.clear();
  pending_.clear();
}

}  // namespace redstart::simulation
