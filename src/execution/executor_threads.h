// Executor::Threads: the threads that run commands in a store, each with its own statistics and interpreters. When a
// thread ends, the next new one takes them over.
//
// Threads: thread-safe. Ownership: owns the contexts; a thread that ends after the store knows that they are gone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <ranges>
#include <vector>

#include "execution/command_stats.h"
#include "execution/executor.h"

namespace redstart {

struct Executor::Threads {
  struct Unused {
    std::mutex mutex;
    std::vector<ThreadContext*> contexts;
  };

  explicit Threads(size_t commands) : command_count(commands) {}

  ThreadContext& mine() {
    // One executor is used by a thread nearly always; with several, the list is searched.
    struct Slot {
      uint64_t owner_id = 0;
      ThreadContext* context = nullptr;
      std::weak_ptr<Unused> unused;
    };
    struct Slots : std::vector<Slot> {
      ~Slots() {
        for (const Slot& slot : *this) {
          const auto unused = slot.unused.lock();
          if (!unused) continue;
          const std::lock_guard lock(unused->mutex);
          unused->contexts.push_back(slot.context);
        }
      }
    };
    thread_local Slots slots;
    for (const Slot& slot : std::views::reverse(slots)) {  // the youngest is the likeliest
      if (slot.owner_id == id) return *slot.context;
    }
    std::erase_if(slots, [](const Slot& slot) { return slot.unused.expired(); });
    slots.push_back({id, &unused_or_new(), unused});
    return *slots.back().context;
  }

  ThreadContext& unused_or_new() {
    {
      const std::lock_guard lock(unused->mutex);
      if (!unused->contexts.empty()) {
        ThreadContext* context = unused->contexts.back();
        unused->contexts.pop_back();
        return *context;
      }
    }
    const std::lock_guard lock(mutex);
    contexts.push_back(std::make_unique<ThreadContext>(command_count));
    contexts.back()->track_latency(tracks_latency);
    return *contexts.back();
  }

  void track_latency(bool on) {
    const std::lock_guard lock(mutex);
    tracks_latency = on;
    for (const auto& context : contexts) context->track_latency(on);
  }

  static uint64_t next_id() {
    static std::atomic<uint64_t> counter{0};
    return ++counter;
  }

  const uint64_t id = next_id();
  const std::shared_ptr<Unused> unused = std::make_shared<Unused>();
  const size_t command_count;
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<ThreadContext>> contexts;
  bool tracks_latency = true;
};

}  // namespace redstart
