#include "execution/rates.h"

#include "execution/command_stats.h"
#include "execution/executor.h"

namespace redstart {

void Rates::Rate::add(uint64_t total, int64_t elapsed_ms, size_t index) {
  // Statistics may have been reset meanwhile.
  const uint64_t grown = total >= last_total ? total - last_total : 0;
  last_total = total;
  samples[index] = grown * 1000 / static_cast<uint64_t>(elapsed_ms);
  uint64_t sum = 0;
  for (const uint64_t sample : samples) sum += sample;
  per_s.store(sum / kSamples, std::memory_order_relaxed);
}

bool Rates::sample(Executor& executor) {
  const int64_t now_ms = executor.clock().monotonic_time_ns() / 1'000'000;
  const int64_t elapsed_ms = now_ms - last_ms_;
  if (elapsed_ms < kSampleMs) return false;
  last_ms_ = now_ms;
  uint64_t calls = 0;
  ThreadContext::TransportTotals bytes;
  for (const ThreadContext* thread : executor.thread_contexts()) {
    calls += thread->call_count();
    thread->add_transport_to(bytes);
  }
  commands_.add(calls, elapsed_ms, index_);
  input_.add(bytes.input_bytes, elapsed_ms, index_);
  output_.add(bytes.output_bytes, elapsed_ms, index_);
  index_ = (index_ + 1) % kSamples;
  return true;
}

}  // namespace redstart
