// Lanes: threads that work off what one thread, the sender, hands out in batches, each its own lane in the order in
// which it came. For loading: what must keep its order goes to one lane.
//
//   sender:  filling(lane) <- items | send(lane) | ... | settle()
//   lane:    waiting batches (at most kWaitingMax) -> work(lane, batch) -> the batch is used again
//
// Batch: default-constructible; work() leaves it as empty as a new one.
//
// Threads: thread-compatible; work() runs in the lane's thread, or in the sender's while the lane rests, never in both.
// Ownership: owns its threads and the batches. The destructor waits for what was sent; what is being filled is dropped.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace redstart {

// How many processors this process may use at a time.
size_t usable_processors();

template <class Batch>
class Lanes {
 public:
  using Work = std::function<void(size_t lane, Batch& batch)>;
  static constexpr size_t kWaitingMax = 4;

  // Without threads there is one lane, whose work is done by the sender.
  Lanes(size_t threads, Work work) : work_(std::move(work)) {
    for (size_t i = 0; i == 0 || i < threads; ++i) lanes_.push_back(std::make_unique<Lane>());
    for (size_t i = 0; i < threads; ++i) {
      lanes_[i]->thread = std::thread([this, i] { run(i); });
    }
  }
  ~Lanes() {
    for (const auto& lane : lanes_) {
      {
        const std::lock_guard lock(lane->mutex);
        lane->ends = true;
      }
      lane->arrived.notify_one();
      if (lane->thread.joinable()) lane->thread.join();
    }
  }
  Lanes(const Lanes&) = delete;

  size_t count() const { return lanes_.size(); }
  bool has_threads() const { return lanes_[0]->thread.joinable(); }
  // The lane of what has this hash. The top bits, which choose a shard, do not choose it.
  size_t lane_of(uint64_t hash) const { return (hash >> 16 & 0xffff) * lanes_.size() >> 16; }

  // What is being gathered for the lane.
  Batch& filling(size_t lane) { return *lanes_[lane]->filling; }
  // Hands it over; waits while too many wait.
  void send(size_t index) {
    Lane& lane = *lanes_[index];
    if (!lane.thread.joinable()) return work_(index, *lane.filling);
    std::unique_lock lock(lane.mutex);
    lane.progress.wait(lock, [&] { return lane.waiting.size() < kWaitingMax; });
    lane.waiting.push_back(std::move(lane.filling));
    if (!lane.spare.empty()) {
      lane.filling = std::move(lane.spare.back());
      lane.spare.pop_back();
    } else {
      lane.filling = std::make_unique<Batch>();
    }
    lock.unlock();
    lane.arrived.notify_one();
  }
  // Waits until everything is worked off. What is being filled the sender does itself: it is too little to wake a
  // thread for, where this is called again and again.
  void settle() {
    for (size_t index = 0; index < lanes_.size(); ++index) {
      Lane& lane = *lanes_[index];
      {
        std::unique_lock lock(lane.mutex);
        lane.progress.wait(lock, [&] { return lane.waiting.empty() && !lane.works; });
      }
      work_(index, *lane.filling);
    }
  }

 private:
  struct Lane {
    std::unique_ptr<Batch> filling = std::make_unique<Batch>();  // the sender's
    std::mutex mutex;                                            // guards the following
    std::condition_variable arrived, progress;
    std::deque<std::unique_ptr<Batch>> waiting;
    std::vector<std::unique_ptr<Batch>> spare;
    bool works = false, ends = false;
    std::thread thread;
  };

  void run(size_t index) {
    Lane& lane = *lanes_[index];
    std::unique_lock lock(lane.mutex);
    while (true) {
      lane.arrived.wait(lock, [&] { return lane.ends || !lane.waiting.empty(); });
      if (lane.waiting.empty()) return;
      std::unique_ptr<Batch> batch = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      lane.works = true;
      lock.unlock();
      lane.progress.notify_one();
      work_(index, *batch);
      lock.lock();
      lane.spare.push_back(std::move(batch));
      lane.works = false;
      if (lane.waiting.empty()) lane.progress.notify_one();
    }
  }

  const Work work_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace redstart
