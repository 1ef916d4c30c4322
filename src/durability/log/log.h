// Log: what happens to the data, as one stream of commands for all threads, on its way into a file.
//
//   threads that execute        append()  ->  pending segments  ->  write_out()  ->  file  ->  sync
//                               under the shards' locks             any thread         the flusher
//
// A position is a number of bytes since the log was opened. What append() returned is on disk when
// synced() has reached it, and survives the end of the process (not of the machine) when written() has.
// Whoever needs a position first writes for everybody (group commit); syncing is the flusher's.
//
// When a write fails, the file is cut back to its last whole unit and the bytes stay here; they are tried again once a
// second. After a sync has failed, nothing of this file counts as synced ever again, since the system may have dropped
// what it could not write: the log is `broken` until a snapshot of the data is on disk and the stream goes on in
// another file (switch_file, mend). So it is when somebody has removed or cut the file: whether it is as long as it was
// is asked before each write, all else once a second.
//
// What is written at once is marked as a batch (durability/log/batch.h), so that what a crash leaves of writes which
// nobody was promised can be told from damage.
//
// Threads: thread-safe. Ownership: owns the files that it is given and the flusher's thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/disk.h"
#include "base/lock.h"
#include "redstart/durability.h"

namespace redstart {

// When the log is synced: appendfsync.
enum class FsyncPolicy : uint8_t { no, everysec, always };

class Log {
 public:
  // Called by whichever thread made progress, or met or overcame an error, with no lock of the log held.
  using OnProgress = std::function<void()>;

  // Who writes and syncs when nobody waits: a thread of the log's, or flush() called by hand (simulations).
  enum class Flusher : uint8_t { thread, by_hand };
  // Whether all that happened before the log is on disk, or comes there with mend(): until then nothing is synced.
  enum class Foundation : uint8_t { laid, to_come };
  // Positions count from `position` on, which is not zero.
  Log(std::unique_ptr<WritableFile> file, uint64_t position, FsyncPolicy policy, Flusher flusher,
      OnProgress on_progress, Foundation foundation = Foundation::laid);
  // Writes and syncs what is pending, as far as the disk lets it.
  ~Log();
  Log(const Log&) = delete;

  // Adds a unit: commands in RESP that begin in database `first_db` and leave `last_db` selected; all or
  // nothing of it will be found after a crash if it is one command or MULTI ... EXEC. Returns the position behind it.
  // Cost: a copy under a lock that all threads share.
  uint64_t append(int first_db, int last_db, std::string_view unit);
  // The same for one command for database `db`, written down where it is to go.
  uint64_t append(int db, std::span<const std::string_view> words);

  uint64_t begin() const { return begin_; }
  uint64_t end() const { return end_.load(std::memory_order_acquire); }
  uint64_t written() const { return written_.load(std::memory_order_acquire); }
  uint64_t synced() const { return synced_.load(std::memory_order_acquire); }
  // Up to where everything has come this far. REQUIRES: not Durability::none.
  uint64_t reached(Durability level) const { return level == Durability::synced ? synced() : written(); }

  // Writes what is pending until `position` is written, with other threads or alone. Nothing while the log
  // has failed.
  void write_out(uint64_t position);
  // One round of the flusher's: writes what is pending and syncs, as the policy says; tries again what failed.
  void flush();
  // Writes and syncs until `position` is synced, on the calling thread; if the disk is slow, on the flusher's. Then,
  // and while the log has failed, it returns before.
  void sync_out(uint64_t position);
  // Has the flusher write and sync as soon as it can.
  void request_sync();
  // Waits until `position` is reached. False: the log has failed, or the deadline has passed, before.
  bool wait(uint64_t position, Durability level,
            std::optional<std::chrono::steady_clock::time_point> deadline);

  void set_policy(FsyncPolicy policy);

  // What is appended from now on goes to `file`, once everything before is in the old one and synced; of a
  // broken log, what was not written is dropped, since only a snapshot can mend it. The position of the
  // cut. REQUIRES: nobody appends meanwhile (all shards are locked).
  uint64_t switch_file(std::unique_ptr<WritableFile> file);
  // Everything before `position`, that of the last switch_file() or the first one, is on disk by other means (a
  // snapshot): an error of the files before is overcome. One of the present file is not: that takes another switch and
  // another snapshot.
  void mend(uint64_t position);
  // What is on disk cannot be loaded any more, for this reason: from now on the log is broken.
  void distrust(const DiskError& reason);
  bool is_founded() const { return is_founded_.load(std::memory_order_acquire); }

  // As long as it lives, the files stay as they are.
  struct Hold {
    std::unique_lock<std::mutex> reserving, writing;
  };
  // Writes what is pending and holds still, so that the files can be read. Nobody may append meanwhile. Error: why not
  // everything is in them.
  std::expected<Hold, std::string> hold_written();

  // Why writing or syncing fails at present; nothing: it does not.
  std::optional<std::string> failure() const;
  bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }
  // A sync has failed: see above.
  bool is_broken() const { return is_broken_.load(std::memory_order_acquire); }
  // Of the present file, with what is on its way there.
  uint64_t file_bytes() const {
    return end() - file_begin_.load(std::memory_order_relaxed) + file_base_bytes_.load(std::memory_order_relaxed);
  }
  uint64_t pending_bytes() const { return end() - written(); }
  bool is_syncing() const { return is_syncing_.load(std::memory_order_relaxed); }

 private:
  // Bytes for one file.
  struct Segment {
    std::shared_ptr<WritableFile> file;
    std::string bytes;
  };
  // What a sync now would bring to disk. Whoever syncs does not wait for who writes.
  struct Target {
    std::shared_ptr<WritableFile> file;
    uint64_t position;           // up to where the file has it,
    uint64_t file_bytes;         // which is there in the file;
    uint64_t synced_file_bytes;  // as much of it is on disk
  };
  // REQUIRES for the three: buffer_lock_ is held.
  void add_segment(std::shared_ptr<WritableFile> file, std::string room);
  // Where the next unit goes, behind what selects its database.
  std::string& begin_unit(int first_db, int last_db);
  // The position behind the unit.
  uint64_t end_unit();
  // REQUIRES: writer_mutex_ is held. False: it failed, the rest is pending again.
  bool write_segments();
  bool write(Segment& segment);
  // Takes off what half a write has left. False: that failed.
  bool cut_torn_end();
  // Before something is appended, which else would stand behind a hole. False: somebody has cut the file.
  bool is_file_whole();
  // False: not everything before it came to the disk.
  bool go_on_behind(Segment& segment);
  void go_on_in(std::shared_ptr<WritableFile> file);
  // What is pending for files before the present one, which begins at `position`, is dropped. Returns the present file.
  std::shared_ptr<WritableFile> leave_files_behind(uint64_t position);
  DiskResult<void> append_to_file(std::string_view bytes);
  // Says in the file how much of it is on disk, when that is much and no batch comes that would say so: whoever loads
  // the file writes what is behind the last mark once more.
  void mark_synced();
  // Asks the flusher for room behind the file's end when what was written last has left little.
  void note_room(size_t bytes_written);
  // Room for what comes next, while every write is synced.
  void reserve();
  std::vector<Segment> take_pending();
  // That to which what is appended now will go.
  std::shared_ptr<WritableFile> present_file();
  void put_back(std::vector<Segment> segments, size_t first);
  // Syncs what is written. REQUIRES: turn_mutex_ is held, or no other thread uses the log.
  void sync_once();
  Target target();
  void raise_synced(uint64_t position);
  DiskResult<void> sync(WritableFile& file);
  void flush_in_background();
  void wake_flusher();
  bool flusher_has_work() const;
  // Tries again what could not be written.
  void retry();
  void tell_progress();
  void fail(const DiskError& error);
  // Once a second: whether the file is what it was.
  void look_at_file();
  // A sync of `file` has failed, or nobody will find it.
  void break_down(const DiskError& error, std::shared_ptr<WritableFile> file);

  const OnProgress on_progress_;
  const bool is_by_hand_;  // then nothing depends on how long something takes
  const uint64_t begin_;
  std::atomic<FsyncPolicy> policy_;

  ShardLock buffer_lock_;  // guards the following
  std::vector<Segment> pending_;
  uint64_t segment_begin_ = 0;  // the position at which the last of them begins
  std::string spare_;  // room of a segment that was written, for the next
  int selected_db_ = -1;

  std::atomic<uint64_t> end_{0}, written_{0}, synced_{0};
  std::atomic<uint64_t> file_begin_{0}, file_base_bytes_{0};
  std::atomic<bool> has_failed_{false}, is_broken_{false}, is_syncing_{false}, sync_requested_{false};
  std::atomic<bool> is_founded_;
  std::atomic<bool> room_wanted_{false};
  std::atomic<int64_t> usual_sync_us_{0};  // what a sync takes, the last ones weighing most
  uint64_t room_bytes_ = 0;                // that was reserved last, by the flusher,
  std::chrono::steady_clock::time_point room_time_;  // at this time

  std::mutex turn_mutex_;                 // held by who syncs; taken before the others

  ShardLock target_lock_;
  Target target_;  // guarded by target_lock_

  std::mutex reserving_mutex_;            // held while a file gets room; taken before writer_mutex_

  std::mutex writer_mutex_;               // guards the following; held while writing
  std::shared_ptr<WritableFile> file_;    // that is written to now
  uint64_t file_position_;                // up to where it is in files
  uint64_t marked_bytes_;                 // how much of it is on disk, by the last mark in it
  uint64_t resting_position_ = 0;         // where the log ended when it was last looked at,
  std::chrono::steady_clock::time_point look_time_;  // at this time
  std::optional<uint64_t> torn_at_;       // what stands behind this in file_ is half a write

  mutable std::mutex state_mutex_;        // guards failure_, broken_file_ and stop_
  std::condition_variable wake_, progress_;
  std::string failure_;
  std::shared_ptr<WritableFile> broken_file_;
  bool stop_ = false;
  std::thread flusher_;
};

}  // namespace redstart
