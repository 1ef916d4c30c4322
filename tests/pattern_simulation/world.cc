#include "tests/pattern_simulation/world.h"

#include <cstdio>

#include "base/hash.h"
#include "client/embedded.h"

namespace redstart::simulation {
namespace {

// The store, as far as the network lets through.
class LossyBackend final : public Backend {
 public:
  LossyBackend(Machine& machine, std::shared_ptr<bool> is_dead, std::unique_ptr<Backend> store)
      : machine_(machine), is_dead_(std::move(is_dead)), store_(std::move(store)) {}

  result<Reply> call(WordSpan words, const CallOptions& options) override {
    if (*is_dead_ || is_lost()) return lost();
    auto reply = store_->call(words, options);
    if (is_lost()) return lost();
    return reply;
  }
  void submit(Batch batch, BatchDone done) override {
    const size_t count = batch.commands.size();
    if (*is_dead_ || is_lost()) return done(BatchResult(count, lost()));
    BatchResult outcome;
    store_->submit(std::move(batch), [&](BatchResult came) { outcome = std::move(came); });
    done(is_lost() ? BatchResult(count, lost()) : std::move(outcome));
  }
  result<std::unique_ptr<Backend>> dedicated() override {
    auto session = store_->dedicated();
    if (!session) return session;
    return std::make_unique<LossyBackend>(machine_, is_dead_, std::move(*session));
  }
  void set_push_handler(PushHandler handler) override { store_->set_push_handler(std::move(handler)); }
  void close() override {}

 private:
  bool is_lost() { return machine_.lost_per_mille > 0 && machine_.chance(machine_.lost_per_mille); }
  static std::unexpected<Error> lost() {
    return std::unexpected(Error{ErrorCode::connection_lost, Outcome::unknown, "lost on the way"});
  }

  Machine& machine_;
  const std::shared_ptr<bool> is_dead_;
  const std::unique_ptr<Backend> store_;
};

}  // namespace

void VirtualTime::wait_until(std::unique_lock<std::mutex>&, std::condition_variable&, TimePoint until) {
  check(until != TimePoint::max(), "a pattern waits for ever");
  const int64_t until_us = std::chrono::ceil<std::chrono::microseconds>(until.time_since_epoch()).count();
  if (until_us > now_us_) now_us_ = until_us;
}

void check(bool holds, const std::string& what) {
  if (!holds) throw Violation{what};
}

Machine::Machine(uint64_t seed)
    : random(seed),
      seeds(random.next()),
      store(std::make_shared<Store>(Executor::Options{.clock = &time, .embedded = true})) {
  if (random.below(3) != 0) lost_per_mille = 1 + random.below(80);
}

void Machine::note(const std::string& line) {
  fingerprint = fingerprint * 31 + hash_bytes(line) + static_cast<uint64_t>(time.unix_time_us());
  if (is_verbose) std::printf("%lld %s\n", static_cast<long long>(now_ms()), line.c_str());
}

Process::Process(Machine& machine)
    : client_(std::make_shared<LossyBackend>(
          machine, is_dead_, std::make_unique<EmbeddedBackend>(machine.store, OpenOptions(), false))) {}

bool is_unknown(const Error& error) { return error.outcome == Outcome::unknown; }

}  // namespace redstart::simulation
