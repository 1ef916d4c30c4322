// DistributedLock: one holder at a time while leases run, fences that grow, a free lock that can be had.
#include <algorithm>
#include <optional>

#include "redstart/recipes/distributed_lock.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

constexpr int64_t kTtlMs = 1000;

class LockWorld final : public World {
 public:
  explicit LockWorld(Machine& machine) : machine_(machine), parties_(2 + machine.random.below(3)) {
    for (Party& party : parties_) party.process = std::make_unique<Process>(machine_);
  }

  void step() override {
    Party& party = parties_[machine_.random.below(parties_.size())];
    const uint64_t choice = machine_.random.below(10);
    if (choice < 2) return machine_.advance_ms(static_cast<int64_t>(machine_.random.below(kTtlMs * 3 / 2)));
    if (choice == 2 && machine_.chance(300)) return die(party);
    if (!party.held) return acquire(party);
    choice < 6 ? extend(party) : choice < 8 ? release(party) : advance_a_little();
  }

  void finish() override {
    for (Party& party : parties_) die(party);
    machine_.advance_ms(kTtlMs + 1);
    acquire(parties_.front());
    check(parties_.front().held.has_value(), "the lock cannot be had when all leases are over");
  }

 private:
  struct Party {
    std::unique_ptr<Process> process;
    std::optional<HeldLock> held;
    int64_t held_until_ms = 0;  // for certain
  };

  void advance_a_little() { machine_.advance_ms(static_cast<int64_t>(machine_.random.below(50))); }

  void die(Party& party) {
    machine_.note("a process dies");
    party.process->die();
    party.held.reset();
    party.held_until_ms = 0;
    party.process = std::make_unique<Process>(machine_);
  }

  void acquire(Party& party) {
    DistributedLock lock(party.process->client(), "one", {.ttl = std::chrono::milliseconds(kTtlMs)});
    auto acquired = lock.try_acquire();
    const int64_t now_ms = machine_.now_ms();
    if (!acquired) {
      machine_.note("acquire: lost");
      taken_until_ms_ = std::max(taken_until_ms_, now_ms + kTtlMs);
      return;
    }
    machine_.note(*acquired ? "acquire: had" : "acquire: taken");
    if (!*acquired) return check(taken_until_ms_ >= now_ms, "a lock that nobody can have is refused");
    for (const Party& other : parties_) {
      check(other.held_until_ms <= now_ms, "two hold the lock at once");
    }
    check((*acquired)->fence() > last_fence_, "a fence is not greater than that of the holder before");
    last_fence_ = (*acquired)->fence();
    party.held.emplace(std::move(**acquired));
    party.held_until_ms = taken_until_ms_ = now_ms + kTtlMs;
  }

  void extend(Party& party) {
    const auto extended = party.held->extend();
    const int64_t now_ms = machine_.now_ms();
    machine_.note(!extended ? "extend: lost" : *extended ? "extend: yes" : "extend: no");
    if (!extended || *extended) taken_until_ms_ = std::max(taken_until_ms_, now_ms + kTtlMs);
    if (!extended) return;
    if (*extended) {
      check(party.held->fence() == last_fence_, "a lease goes on that another has had since");
      party.held_until_ms = now_ms + kTtlMs;
      return;
    }
    check(party.held_until_ms <= now_ms, "a lease that runs is denied");
    party.held.reset();
  }

  void release(Party& party) {
    const auto released = party.held->release();
    const int64_t now_ms = machine_.now_ms();
    machine_.note(!released ? "release: lost" : *released ? "release: yes" : "release: no");
    if (released && *released) {
      check(party.held->fence() == last_fence_, "a lock is released that another holds");
      taken_until_ms_ = now_ms - 1;
    }
    if (released && !*released) check(party.held_until_ms <= now_ms, "a lock that is held was not released");
    party.held_until_ms = 0;
    party.held.reset();
  }

  Machine& machine_;
  std::vector<Party> parties_;
  uint64_t last_fence_ = 0;
  int64_t taken_until_ms_ = 0;  // at the latest
};

}  // namespace

std::unique_ptr<World> make_lock_world(Machine& machine) { return std::make_unique<LockWorld>(machine); }

}  // namespace redstart::simulation
