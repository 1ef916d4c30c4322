// syncs: what does the disk give? How many synchronous writes a second, for each way of making one: behind the end of a
// file, into room that was allocated, over bytes that were written before; with fdatasync, O_DSYNC and O_DIRECT; of
// 128 bytes to 64 KiB; one at a time, and two at once in files of their own or in the same one.
//
// Prints a table, microseconds a write: the median, all the time over all writes (what throughput is made of), and the
// processor's time of the writing thread (a journal's own thread is not in it).
// Rerun: build/release/bench/syncs [DIRECTORY] (about a minute; the directory should be on the disk in question).
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kRoomBytes = 16 << 20;  // that writes go into, round and round
constexpr size_t kBlockBytes = 4096;
constexpr double kSeconds = 0.5;  // a cell

enum class Room { none, allocated, written };  // where a write goes to
enum class Sync { fdatasync, on_write, none };

struct Way {
  const char* name;
  Room room;
  Sync sync;
  int flags;
};

constexpr Way kWays[] = {
    {"append, fdatasync", Room::none, Sync::fdatasync, 0},
    {"append, O_DSYNC", Room::none, Sync::on_write, O_DSYNC},
    {"fallocate, fdatasync", Room::allocated, Sync::fdatasync, 0},
    {"overwrite, fdatasync", Room::written, Sync::fdatasync, 0},
    {"overwrite, O_DSYNC", Room::written, Sync::on_write, O_DSYNC},
    {"overwrite, O_DIRECT, fdatasync", Room::written, Sync::fdatasync, O_DIRECT},
    {"overwrite, O_DIRECT, O_DSYNC", Room::written, Sync::on_write, O_DIRECT | O_DSYNC},
    {"overwrite, no sync", Room::written, Sync::none, 0},
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Free {
  void operator()(char* bytes) const { std::free(bytes); }
};
using Block = std::unique_ptr<char, Free>;

Block make_block(size_t bytes, char filling) {
  Block block(static_cast<char*>(std::aligned_alloc(kBlockBytes, std::max(bytes, kBlockBytes))));
  std::memset(block.get(), filling, std::max(bytes, kBlockBytes));
  return block;
}

void make_file(const std::string& path, Room room) {
  const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (fd < 0) fail(path.c_str());
  if (room == Room::allocated && ::posix_fallocate(fd, 0, kRoomBytes) != 0) fail("fallocate");
  const Block zeros = make_block(1 << 20, '\0');
  for (size_t at = 0; room == Room::written && at < kRoomBytes; at += 1 << 20) {
    if (::pwrite(fd, zeros.get(), 1 << 20, static_cast<off_t>(at)) < 0) fail("write");
  }
  if (::fsync(fd) != 0) fail("fsync");
  ::close(fd);
}

double thread_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Found {
  std::vector<double> durations_us;
  double cpu_us = 0;
};

// Writes for a while.
Found write_on(const std::string& path, const Way& way, size_t bytes, size_t begin) {
  const int fd = ::open(path.c_str(), O_WRONLY | way.flags);
  if (fd < 0) fail(path.c_str());
  const Block block = make_block(bytes, 'x');
  Found found;
  const double cpu_before_us = thread_cpu_us();
  const auto end = Clock::now() + std::chrono::duration<double>(kSeconds);
  for (size_t at = begin; Clock::now() < end; at += bytes) {
    const size_t position = way.room == Room::none ? at : at % kRoomBytes;
    const auto start = Clock::now();
    if (::pwrite(fd, block.get(), bytes, static_cast<off_t>(position)) < 0) fail("write");
    if (way.sync == Sync::fdatasync && ::fdatasync(fd) != 0) fail("fdatasync");
    found.durations_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    if (way.room == Room::allocated && at + 2 * bytes > kRoomBytes) break;  // what follows is written already
  }
  found.cpu_us = thread_cpu_us() - cpu_before_us;
  ::close(fd);
  return found;
}

void print_cell(Found all, size_t writers) {
  auto& durations_us = all.durations_us;
  std::sort(durations_us.begin(), durations_us.end());
  double sum_us = 0;
  for (const double duration_us : durations_us) sum_us += duration_us;
  const auto count = static_cast<double>(durations_us.size());
  std::printf(" %5.0f %5.0f %5.0f |", durations_us[durations_us.size() / 2],
              sum_us / count / static_cast<double>(writers), all.cpu_us / count);
}

void measure(const std::string& directory, const Way& way, size_t bytes, bool shares_file, size_t writers) {
  std::vector<std::thread> threads;
  std::vector<Found> found(writers);
  for (size_t i = 0; i < writers; ++i) {
    const std::string path = directory + "/syncs." + std::to_string(shares_file ? 0 : i);
    if (i == 0 || !shares_file) make_file(path, way.room);
  }
  for (size_t i = 0; i < writers; ++i) {
    const std::string path = directory + "/syncs." + std::to_string(shares_file ? 0 : i);
    threads.emplace_back([&, path, i] { found[i] = write_on(path, way, bytes, shares_file ? i * kRoomBytes / 2 : 0); });
  }
  Found all;
  for (size_t i = 0; i < writers; ++i) {
    threads[i].join();
    all.durations_us.insert(all.durations_us.end(), found[i].durations_us.begin(), found[i].durations_us.end());
    all.cpu_us += found[i].cpu_us;
    ::unlink((directory + "/syncs." + std::to_string(i)).c_str());
  }
  print_cell(std::move(all), writers);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : ".";
  constexpr size_t kSizes[] = {128, 4096, 16384, 65536};
  std::printf("microseconds a write: median, all the time over all writes, processor\n%-32s", "");
  for (const size_t bytes : kSizes) std::printf(" %15zu B |", bytes);
  std::printf("   4096 B, 2 files | 4096 B, one file |\n");
  for (const Way& way : kWays) {
    std::printf("%-32s", way.name);
    const bool needs_blocks = (way.flags & O_DIRECT) != 0;
    for (const size_t bytes : kSizes) {
      if (needs_blocks && bytes < kBlockBytes) {
        std::printf(" %17s |", "");
      } else {
        measure(directory, way, bytes, false, 1);
      }
    }
    measure(directory, way, kBlockBytes, false, 2);
    if (way.room == Room::written) measure(directory, way, kBlockBytes, true, 2);
    std::printf("\n");
    std::fflush(stdout);
  }
}
