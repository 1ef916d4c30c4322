#include "durability/log/log.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/numbers.h"
#include "durability/log/batch.h"
#include "resp/command_text.h"

namespace redstart {
namespace {

constexpr size_t kSegmentBytes = 1 << 20;
constexpr uint64_t kReservedBytesMin = 1 << 20, kReservedBytesMax = 16 << 20;
constexpr uint64_t kReservingBytesMax = 256 * 1024;
constexpr size_t kFirstSegmentBytes = 64 * 1024;
// What loading writes once more is not worth a mark below this.
constexpr uint64_t kUnmarkedBytesMax = 1 << 20;
// Up to this a sync is waited for by who wants it: giving it to another thread and hearing of it takes two wake-ups,
// which cost the processor more than the sync itself.
constexpr int64_t kQuickSyncUs = 500;
constexpr std::chrono::seconds kPeriod{1};  // of everysec, and of what is tried again

void append_select(std::string& out, int db) {
  char digits[24];
  const std::string_view words[] = {"SELECT", {digits, format_int64(db, digits)}};
  append_command(out, words);
}

}  // namespace

Log::Log(std::unique_ptr<WritableFile> file, uint64_t position, FsyncPolicy policy, Flusher flusher,
         OnProgress on_progress, Foundation foundation)
    : on_progress_(std::move(on_progress)),
      is_by_hand_(flusher == Flusher::by_hand),
      begin_(position),
      policy_(policy),
      end_(position),
      written_(position),
      synced_(foundation == Foundation::laid ? position : position - 1),
      file_begin_(position),
      file_base_bytes_(file->size_bytes()),
      is_founded_(foundation == Foundation::laid),
      target_{std::move(file), position, 0, 0},
      file_(target_.file),
      file_position_(position),
      marked_bytes_(file_->size_bytes()) {
  target_.file_bytes = target_.synced_file_bytes = file_->size_bytes();
  add_segment(file_, {});
  if (is_by_hand_) return;
  flusher_ = std::thread([this] { flush_in_background(); });
  pthread_setname_np(flusher_.native_handle(), "log");
}

Log::~Log() {
  {
    const std::lock_guard lock(state_mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (flusher_.joinable()) flusher_.join();
  if (has_failed()) retry();
  while (written() < end() && !has_failed()) write_segments();  // nobody is told any more
  sync_once();
  const bool wants_mark = !has_failed() && !torn_at_ && synced() == end();
  if (wants_mark && is_file_whole()) static_cast<void>(append_to_file({}));  // the last one
}

// --- Appending

void Log::add_segment(std::shared_ptr<WritableFile> file, std::string room) {
  pending_.push_back({std::move(file), std::move(room)});
  segment_begin_ = end_.load(std::memory_order_relaxed);
}

std::string& Log::begin_unit(int first_db, int last_db) {
  if (pending_.back().bytes.size() >= kSegmentBytes) [[unlikely]] {
    add_segment(pending_.back().file, std::exchange(spare_, {}));
  }
  std::string& bytes = pending_.back().bytes;
  if (selected_db_ != first_db) [[unlikely]] append_select(bytes, first_db);
  selected_db_ = last_db;
  return bytes;
}

uint64_t Log::end_unit() {
  const uint64_t end = segment_begin_ + pending_.back().bytes.size();
  end_.store(end, std::memory_order_release);
  return end;
}

uint64_t Log::append(int first_db, int last_db, std::string_view unit) {
  const std::lock_guard lock(buffer_lock_);
  begin_unit(first_db, last_db).append(unit);
  return end_unit();
}

uint64_t Log::append(int db, std::span<const std::string_view> words) {
  const std::lock_guard lock(buffer_lock_);
  append_command(begin_unit(db, db), words);
  return end_unit();
}

uint64_t Log::switch_file(std::unique_ptr<WritableFile> file) {
  const std::lock_guard writer(writer_mutex_);
  const std::lock_guard lock(buffer_lock_);
  const uint64_t position = end_.load(std::memory_order_relaxed);
  if (is_broken()) {
    pending_.clear();
    file_position_ = position;  // nobody is told of it before the log is mended
  }
  file_begin_ = position;
  file_base_bytes_ = file->size_bytes();
  selected_db_ = -1;  // each file says for itself which database it is about
  add_segment(std::move(file), {});
  return position;
}

// --- Writing

std::vector<Log::Segment> Log::take_pending() {
  std::vector<Segment> taken;
  const std::lock_guard lock(buffer_lock_);
  taken.swap(pending_);
  std::string room = std::exchange(spare_, {});
  if (room.capacity() == 0) room.reserve(kFirstSegmentBytes);
  add_segment(taken.back().file, std::move(room));
  return taken;
}

void Log::put_back(std::vector<Segment> segments, size_t first) {
  const std::lock_guard lock(buffer_lock_);
  pending_.insert(pending_.begin(), std::make_move_iterator(segments.begin() + static_cast<ptrdiff_t>(first)),
                  std::make_move_iterator(segments.end()));
}

bool Log::cut_torn_end() {
  if (!torn_at_) return true;
  if (auto cut = file_->truncate(*torn_at_); !cut) return fail(cut.error()), false;
  torn_at_.reset();
  return true;
}

bool Log::is_file_whole() {
  const auto whole = file_->still_whole();
  if (!whole && !is_broken()) break_down(whole.error(), file_);
  return whole.has_value();
}

// Nothing of a file is there as long as something of the one before may still be lost.
bool Log::go_on_behind(Segment& segment) {
  if (!is_broken()) {
    if (!is_file_whole()) return false;
    if (auto synced = file_->sync(); !synced) return break_down(synced.error(), file_), false;
    raise_synced(written());
  }
  go_on_in(segment.file);
  return true;
}

bool Log::write(Segment& segment) {
  if (segment.file != file_ && !go_on_behind(segment)) return false;
  if (segment.bytes.empty() && !torn_at_) return true;
  if (!is_file_whole() || !cut_torn_end()) return false;
  if (segment.bytes.empty()) return true;
  const uint64_t size_before = file_->size_bytes();
  if (auto written = append_to_file(segment.bytes); !written) {
    torn_at_ = size_before;
    if (file_->truncate(size_before)) torn_at_.reset();
    return fail(written.error()), false;
  }
  note_room(segment.bytes.size());
  file_position_ += segment.bytes.size();
  {
    const std::lock_guard lock(target_lock_);
    target_.position = file_position_;
    target_.file_bytes = file_->size_bytes();
  }
  // Last: who finds it written and syncs has to find it in the target.
  if (!is_broken()) written_.store(file_position_, std::memory_order_release);
  return true;
}

DiskResult<void> Log::append_to_file(std::string_view bytes) {
  const BatchHead batch{
      .bytes = bytes.size(), .hash = hash_of_batch(bytes), .synced_file_bytes = target().synced_file_bytes};
  const std::string head = format(batch);
  marked_bytes_ = batch.synced_file_bytes;
  // Always: there is room of another kind, see note_room().
  const bool leaves_room = policy_.load(std::memory_order_relaxed) != FsyncPolicy::always;
  return file_->append(head, bytes, leaves_room ? kFilling : std::string_view());
}

void Log::mark_synced() {
  const std::lock_guard lock(writer_mutex_);
  const Target target = this->target();
  const bool rests = is_by_hand_ || resting_position_ == end();
  const uint64_t unmarked_bytes_max = rests ? 0 : kUnmarkedBytesMax;
  if (has_failed() || torn_at_ || target.file != file_ || target.position != end()) return;
  if (target.synced_file_bytes <= marked_bytes_ + unmarked_bytes_max || !is_file_whole()) return;
  const uint64_t size_before = file_->size_bytes();
  if (append_to_file({})) return;
  // Which is no failure of the log's: nobody waits for it.
  if (!file_->truncate(size_before)) torn_at_ = size_before;
}

bool Log::write_segments() {
  std::vector<Segment> segments = take_pending();
  for (size_t i = 0; i < segments.size(); ++i) {
    if (write(segments[i])) continue;
    put_back(std::move(segments), i);
    return false;
  }
  std::string& room = segments.back().bytes;
  if (room.capacity() <= 2 * kSegmentBytes) {
    room.clear();
    const std::lock_guard lock(buffer_lock_);
    if (spare_.capacity() < room.capacity()) spare_.swap(room);
  }
  return true;
}

void Log::note_room(size_t bytes_written) {
  if (policy_.load(std::memory_order_relaxed) != FsyncPolicy::always) return;
  // For what is large, writing everything twice costs more than it saves. A file of even size stays so.
  const bool is_wanted = bytes_written <= kReservingBytesMax && file_->size_bytes() % 2 == 0 &&
                         file_->reserved_bytes() < std::max(kReservedBytesMin, room_bytes_ / 2);
  if (is_wanted != room_wanted_.load(std::memory_order_relaxed)) room_wanted_ = is_wanted;
}

void Log::reserve() {
  if (!room_wanted_.exchange(false) || has_failed()) return;
  const std::lock_guard reserving(reserving_mutex_);
  std::shared_ptr<WritableFile> file;
  {
    const std::lock_guard lock(writer_mutex_);
    file = file_;
    const auto now = std::chrono::steady_clock::now();
    const bool was_used_fast = is_by_hand_ || now - room_time_ < kPeriod;
    room_bytes_ = was_used_fast ? std::clamp(room_bytes_ * 2, kReservedBytesMin, kReservedBytesMax) : kReservedBytesMin;
    room_time_ = now;
  }
  // Where there is no room to reserve, there may be some to write.
  static_cast<void>(file->reserve(room_bytes_, kFilling));
}

void Log::write_out(uint64_t position) {
  const bool had_failed = has_failed();
  while (written() < position && !has_failed()) {
    const std::lock_guard lock(writer_mutex_);
    if (written() < position) write_segments();
  }
  if (!had_failed && has_failed()) tell_progress();  // the next write is refused, and not the one in a second
}

std::expected<Log::Hold, std::string> Log::hold_written() {
  Hold hold{std::unique_lock(reserving_mutex_), std::unique_lock(writer_mutex_)};
  if (!has_failed() && written() < end()) write_segments();
  if (auto failure = this->failure()) return std::unexpected(std::move(*failure));
  if (torn_at_) {
    if (auto cut = file_->truncate(*torn_at_); !cut) return std::unexpected(cut.error().what);
    torn_at_.reset();
  }
  return hold;
}

void Log::retry() {
  if (is_broken()) return;
  const std::lock_guard lock(writer_mutex_);
  if (!write_segments() || is_broken()) return;
  const std::lock_guard state(state_mutex_);
  failure_.clear();
  has_failed_ = false;
}

// --- Syncing

Log::Target Log::target() {
  const std::lock_guard lock(target_lock_);
  return target_;
}

void Log::raise_synced(uint64_t position) {
  if (!is_founded()) return;
  uint64_t seen = synced();
  while (seen < position && !synced_.compare_exchange_weak(seen, position, std::memory_order_acq_rel)) {
  }
}

void Log::sync_once() {
  const Target target = this->target();
  if (is_broken() || !is_founded() || target.position <= synced()) return;
  if (const auto outcome = sync(*target.file); !outcome) return break_down(outcome.error(), target.file);
  if (is_broken()) return;
  raise_synced(target.position);
  const std::lock_guard lock(target_lock_);
  if (target_.file == target.file) target_.synced_file_bytes = target.file_bytes;
}

DiskResult<void> Log::sync(WritableFile& file) {
  constexpr int64_t kWeight = 8;
  const auto begun = std::chrono::steady_clock::now();
  is_syncing_.store(true, std::memory_order_relaxed);
  auto outcome = file.sync();
  is_syncing_.store(false, std::memory_order_relaxed);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
  const int64_t usual_us = usual_sync_us_.load(std::memory_order_relaxed);
  usual_sync_us_.store(usual_us + (took.count() - usual_us) / kWeight, std::memory_order_relaxed);
  return outcome;
}

void Log::sync_out(uint64_t position) {
  if (synced() >= position) return;
  const bool is_quick = is_by_hand_ || usual_sync_us_.load(std::memory_order_relaxed) <= kQuickSyncUs;
  if (has_failed() || !is_quick) return request_sync();
  write_out(position);
  if (room_wanted_.load(std::memory_order_relaxed)) wake_flusher();
  {
    // Who waits for its turn may find then that another's sync has carried its bytes too.
    const std::lock_guard turn(turn_mutex_);
    if (synced() >= position) return;
    sync_once();
  }
  tell_progress();
}

bool Log::flusher_has_work() const {
  // A request is taken even if what it was for is synced by now: as long as it stands, none wakes this thread.
  return stop_ || (!has_failed() && (sync_requested_.load() || room_wanted_.load()));
}

void Log::flush_in_background() {
  std::unique_lock lock(state_mutex_);
  auto due = std::chrono::steady_clock::now() + kPeriod;
  while (!stop_) {
    const bool is_due = !wake_.wait_until(lock, due, [this] { return flusher_has_work(); });
    if (stop_) return;
    lock.unlock();
    if (is_due || sync_requested_.load()) {
      flush();
      due = std::chrono::steady_clock::now() + kPeriod;
    } else {
      reserve();
    }
    lock.lock();
  }
}

void Log::flush() {
  const bool is_requested = sync_requested_.exchange(false);
  const uint64_t before = synced();
  const bool had_failed = has_failed();
  if (had_failed) retry();
  reserve();
  write_out(end());
  if (is_requested || policy_.load() != FsyncPolicy::no) {
    const std::lock_guard turn(turn_mutex_);
    sync_once();
  }
  mark_synced();
  look_at_file();
  // Another thread may have synced what was asked for, as it went on to another file.
  if (is_requested || synced() != before || had_failed || has_failed()) tell_progress();
}

void Log::request_sync() {
  if (synced() >= end() || sync_requested_.exchange(true)) return;
  wake_flusher();
}

void Log::wake_flusher() {
  { const std::lock_guard lock(state_mutex_); }  // it is not between looking and waiting
  wake_.notify_one();
}

bool Log::wait(uint64_t position, Durability level,
               std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (reached(level) >= position) return true;
  if (level == Durability::written) {
    write_out(position);
    return written() >= position;
  }
  if (deadline) {
    request_sync();
  } else {
    sync_out(position);
  }
  std::unique_lock lock(state_mutex_);
  const auto is_over = [&] { return synced() >= position || has_failed(); };
  if (!deadline) {
    progress_.wait(lock, is_over);
  } else {
    progress_.wait_until(lock, *deadline, is_over);
  }
  return synced() >= position;
}

void Log::tell_progress() {
  { const std::lock_guard barrier(state_mutex_); }  // nobody is between looking and waiting
  progress_.notify_all();
  on_progress_();
}

void Log::set_policy(FsyncPolicy policy) {
  policy_ = policy;
  request_sync();
}

// --- Failures

void Log::fail(const DiskError& error) {
  const std::lock_guard lock(state_mutex_);
  failure_ = error.what;
  has_failed_ = true;
}

void Log::break_down(const DiskError& error, std::shared_ptr<WritableFile> file) {
  const std::shared_ptr<WritableFile> present = present_file();
  const std::lock_guard lock(state_mutex_);
  failure_ = error.what;
  if (broken_file_ != present) broken_file_ = std::move(file);  // the newest that is broken
  is_broken_ = true;
  has_failed_ = true;
}

void Log::look_at_file() {
  std::unique_lock lock(writer_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!is_by_hand_ && now - look_time_ < kPeriod) return;
  look_time_ = now;
  resting_position_ = end();
  const std::shared_ptr<WritableFile> file = file_;
  const auto there = file->still_there();
  lock.unlock();
  if (!there && !is_broken()) break_down(there.error(), file);
}

void Log::distrust(const DiskError& reason) {
  break_down(reason, present_file());
  tell_progress();
}

void Log::mend(uint64_t position) {
  {
    const std::lock_guard writer(writer_mutex_);
    const std::shared_ptr<WritableFile> present = leave_files_behind(position);
    const std::lock_guard lock(state_mutex_);
    is_founded_ = true;
    raise_synced(position);
    written_.store(std::max(written(), position), std::memory_order_release);
    if (broken_file_ != present) {
      written_.store(std::max(written(), file_position_), std::memory_order_release);
      broken_file_.reset();
      is_broken_ = false;
      has_failed_ = false;
      failure_.clear();
    }
  }
  request_sync();
  tell_progress();
}

std::shared_ptr<WritableFile> Log::leave_files_behind(uint64_t position) {
  std::shared_ptr<WritableFile> present;
  {
    const std::lock_guard lock(buffer_lock_);
    present = pending_.back().file;
    std::erase_if(pending_, [&](const Segment& segment) { return segment.file != present; });
  }
  if (file_ == present) return present;
  file_position_ = position;
  go_on_in(present);
  return present;
}

void Log::go_on_in(std::shared_ptr<WritableFile> file) {
  file_ = std::move(file);
  marked_bytes_ = file_->size_bytes();
  torn_at_.reset();
  const std::lock_guard lock(target_lock_);
  target_ = {file_, file_position_, file_->size_bytes(), file_->size_bytes()};
}

std::shared_ptr<WritableFile> Log::present_file() {
  const std::lock_guard lock(buffer_lock_);
  return pending_.back().file;
}

std::optional<std::string> Log::failure() const {
  const std::lock_guard lock(state_mutex_);
  return has_failed() ? std::optional(failure_) : std::nullopt;
}

}  // namespace redstart
