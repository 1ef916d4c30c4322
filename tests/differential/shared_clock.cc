#include "tests/differential/shared_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace redstart::oracle {
namespace {

constexpr std::chrono::milliseconds kServersFollowIn{8};

}  // namespace

SharedClock::SharedClock(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* place = MAP_FAILED;
  if (fd >= 0 && lseek(fd, 0, SEEK_END) >= static_cast<off_t>(sizeof(int64_t))) {
    place = mmap(nullptr, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  if (fd >= 0) close(fd);
  if (place == MAP_FAILED) throw std::invalid_argument("not a clock of eight bytes: " + path);
  now_us_ = static_cast<std::atomic<int64_t>*>(place);
}

SharedClock::~SharedClock() { munmap(now_us_, sizeof(int64_t)); }

void SharedClock::set_ms(int64_t unix_ms) {
  now_us_->store(unix_ms * 1000);
  std::this_thread::sleep_for(kServersFollowIn);
}

}  // namespace redstart::oracle
