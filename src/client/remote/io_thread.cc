#include "client/remote/io_thread.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace redstart::remote {
namespace {

constexpr uint64_t kWakeKey = std::numeric_limits<uint64_t>::max();
constexpr int kEventsMax = 64;

std::unexpected<Error> no_resources(const std::string& what) {
  return std::unexpected(Error{ErrorCode::connection_refused, Outcome::not_done,
                               "the client's I/O thread cannot be started: " + what});
}

}  // namespace

result<std::shared_ptr<IoThread>> IoThread::start() {
  std::shared_ptr<IoThread> io(new IoThread);
  io->epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  io->wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (io->epoll_fd_ < 0 || io->wake_fd_ < 0) return no_resources(error_text(errno));
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  if (epoll_ctl(io->epoll_fd_, EPOLL_CTL_ADD, io->wake_fd_, &event) != 0) {
    return no_resources(error_text(errno));
  }
  // The application's signal handlers run on its own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  result<std::shared_ptr<IoThread>> started = io;
  try {
    const std::lock_guard lock(io->mutex_);  // run() begins when thread_id_ is set
    io->thread_ = std::thread([io] { io->run(); });
    io->thread_id_ = io->thread_.get_id();
  } catch (const std::system_error& error) {
    started = no_resources(error.what());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

IoThread::~IoThread() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void IoThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    wake();
  }
  if (is_current()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

// REQUIRES: mutex_ is held.
void IoThread::wake() {
  if (wake_written_) return;
  wake_written_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void IoThread::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      tasks_.push_back(std::move(task));
      if (!is_current()) wake();
      return;
    }
  }
  task();
}

void IoThread::wake_at(SteadyClock::time_point when, std::weak_ptr<Watched> watched) {
  const std::lock_guard lock(mutex_);
  timers_.push({when, std::move(watched), nullptr});
  if (when < sleeps_until_) wake();
}

void IoThread::post_at(SteadyClock::time_point when, std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      timers_.push({when, {}, std::make_shared<std::function<void()>>(std::move(task))});
      if (when < sleeps_until_) wake();
      return;
    }
  }
  post(std::move(task));
}

// REQUIRES: mutex_ is held. The tasks that wait for their time are due now.
void IoThread::take_delayed_tasks() {
  for (; !timers_.empty(); timers_.pop()) {
    if (const auto& task = timers_.top().task) tasks_.push_back(std::move(*task));
  }
}

uint64_t IoThread::add(std::weak_ptr<Watched> watched) {
  const std::lock_guard lock(mutex_);
  watched_.emplace(++last_id_, std::move(watched));
  return last_id_;
}

void IoThread::remove(uint64_t id) {
  const std::lock_guard lock(mutex_);
  watched_.erase(id);
}

void IoThread::watch(int fd, uint64_t id, uint16_t generation, uint32_t events, bool is_new) {
  epoll_event event = {};
  event.events = events | EPOLLONESHOT;
  event.data.u64 = id << 16 | generation;
  epoll_ctl(epoll_fd_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

bool IoThread::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) {
    task();
    task = nullptr;
  }
  return !tasks.empty();
}

int IoThread::run_timers() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto now = SteadyClock::now();
    if (timers_.empty() || timers_.top().when > now) break;
    auto watched = timers_.top().watched.lock();
    const auto delayed = timers_.top().task;
    timers_.pop();
    if (delayed) tasks_.push_back(std::move(*delayed));
    if (!watched) continue;
    lock.unlock();
    watched->on_timer();
    watched.reset();  // perhaps the last: it must not go under the lock
    lock.lock();
  }
  if (!tasks_.empty() || stopping_) {
    sleeps_until_ = SteadyClock::time_point::min();
    return 0;
  }
  sleeps_until_ = timers_.empty() ? kNever : timers_.top().when;
  if (timers_.empty()) return -1;
  const auto left = sleeps_until_ - SteadyClock::now();
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void IoThread::run() {
  { const std::lock_guard started(mutex_); }
  epoll_event events[kEventsMax];
  while (true) {
    run_tasks();
    const int count = epoll_wait(epoll_fd_, events, kEventsMax, run_timers());
    std::vector<std::pair<std::shared_ptr<Watched>, size_t>> ready;
    {
      const std::lock_guard lock(mutex_);
      sleeps_until_ = SteadyClock::time_point::min();
      for (int i = 0; i < count; ++i) {
        const uint64_t key = events[i].data.u64;
        if (key == kWakeKey) {
          uint64_t value;
          [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &value, sizeof value);
          wake_written_ = false;
          continue;
        }
        const auto found = watched_.find(key >> 16);
        if (found == watched_.end()) continue;
        if (auto watched = found->second.lock()) ready.emplace_back(std::move(watched), i);
      }
    }
    for (const auto& [watched, i] : ready) {
      watched->on_events(events[i].events, static_cast<uint16_t>(events[i].data.u64));
    }
    ready.clear();
    const std::lock_guard lock(mutex_);
    if (stopping_) take_delayed_tasks();
    if (!stopping_ || !tasks_.empty()) continue;
    ended_ = true;
    return;
  }
}

}  // namespace redstart::remote
