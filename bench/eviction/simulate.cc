// simulate: what hit ratios would eviction policies have on the traces of bench/eviction, by their definitions?
//
// Redis's policies are simulated with a clock that never repeats (redis-server's has seconds), so its LRU shows its
// best side here. tinylfu runs the engine's own Miniature at full size with the engine's own Tuner. A quarter of
// each trace fills the cache, the rest is counted. "client cache" is the library's own, with as many bytes as that many
// entries of equal keys take.
//
// Rerun: build/release/bench/eviction/simulate [keys [requests [seed]]]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "client/cache/cache_table.h"
#include "engine/tinylfu/tuner.h"
#include "traces.h"

namespace {

using redstart::Random;

class Cache {
 public:
  virtual ~Cache() = default;
  // Whether the key was there; it is afterwards.
  virtual bool use(uint32_t key) = 0;
};

// Redis's approximations: samples of five, a pool of sixteen.
class RedisCache final : public Cache {
 public:
  enum class Kind { lru, lfu, random };
  RedisCache(Kind kind, size_t keys, size_t capacity)
      : kind_(kind), capacity_(capacity), position_(keys, -1), used_at_(keys), count_(keys) {}

  bool use(uint32_t key) override {
    ++now_;
    if (position_[key] >= 0) {
      used_at_[key] = now_;
      const double base = count_[key] > kInitialCount ? count_[key] - kInitialCount : 0;
      if (count_[key] < 255 && unit() < 1 / (base * 10 + 1)) ++count_[key];
      return true;
    }
    if (kept_.size() == capacity_) evict();
    position_[key] = static_cast<int64_t>(kept_.size());
    kept_.push_back(key);
    used_at_[key] = now_;
    count_[key] = kInitialCount;
    return false;
  }

 private:
  static constexpr uint8_t kInitialCount = 5;
  struct Candidate {
    uint64_t score;
    uint32_t key;
  };

  double unit() { return static_cast<double>(random_.next() >> 11) * 0x1.0p-53; }
  void remove(uint32_t key) {
    const auto at = static_cast<size_t>(position_[key]);
    position_[kept_.back()] = static_cast<int64_t>(at);
    kept_[at] = kept_.back();
    position_[key] = -1;
    kept_.pop_back();
  }
  void evict() {
    if (kind_ == Kind::random) return remove(kept_[random_.below(kept_.size())]);
    while (true) {
      for (int i = 0; i < 5; ++i) offer(kept_[random_.below(kept_.size())]);
      while (!pool_.empty()) {
        const uint32_t key = pool_.back().key;
        pool_.pop_back();
        if (position_[key] >= 0) return remove(key);
      }
    }
  }
  void offer(uint32_t key) {
    const uint64_t score = kind_ == Kind::lru ? now_ - used_at_[key] : 255u - count_[key];
    for (const Candidate& other : pool_) {
      if (other.key == key) return;
    }
    if (pool_.size() < 16) {
      pool_.push_back({score, key});
    } else if (score > pool_[0].score) {
      pool_[0] = {score, key};
    }
    std::ranges::sort(pool_, {}, &Candidate::score);
  }

  const Kind kind_;
  const size_t capacity_;
  std::vector<uint32_t> kept_;
  std::vector<int64_t> position_;
  std::vector<uint64_t> used_at_;
  std::vector<uint8_t> count_;
  std::vector<Candidate> pool_;
  uint64_t now_ = 0;
  Random random_{7};
};

class ExactLru final : public Cache {
 public:
  ExactLru(size_t keys, size_t capacity) : capacity_(capacity), place_(keys), kept_(keys) {}
  bool use(uint32_t key) override {
    if (kept_[key]) {
      order_.splice(order_.begin(), order_, place_[key]);
      return true;
    }
    if (order_.size() == capacity_) {
      kept_[order_.back()] = false;
      order_.pop_back();
    }
    order_.push_front(key);
    place_[key] = order_.begin();
    kept_[key] = true;
    return false;
  }

 private:
  const size_t capacity_;
  std::list<uint32_t> order_;
  std::vector<std::list<uint32_t>::iterator> place_;
  std::vector<bool> kept_;
};

// S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi 2023): a small queue of a tenth, a main queue, ghosts of the small one.
class S3Fifo final : public Cache {
 public:
  S3Fifo(size_t keys, size_t capacity)
      : capacity_(capacity), small_max_(std::max<size_t>(1, capacity / 10)), uses_(keys), kept_(keys),
        ghost_(keys) {}
  bool use(uint32_t key) override {
    if (kept_[key]) {
      if (uses_[key] < 3) ++uses_[key];
      return true;
    }
    while (small_.size() + main_.size() >= capacity_) evict();
    uses_[key] = 0;
    kept_[key] = true;
    (ghost_[key] != 0 ? main_ : small_).push_front(key);
    return false;
  }

 private:
  void evict() {
    if (small_.size() < small_max_ && !main_.empty()) return evict_from_main();
    const uint32_t key = small_.back();
    small_.pop_back();
    if (uses_[key] > 1) {
      uses_[key] = 0;
      return main_.push_front(key);
    }
    kept_[key] = false;
    ghosts_.push_front(key);
    ++ghost_[key];
    if (ghosts_.size() <= capacity_ - small_max_) return;
    --ghost_[ghosts_.back()];
    ghosts_.pop_back();
  }
  void evict_from_main() {
    while (true) {
      const uint32_t key = main_.back();
      main_.pop_back();
      if (uses_[key] == 0) {
        kept_[key] = false;
        return;
      }
      --uses_[key];
      main_.push_front(key);
    }
  }

  const size_t capacity_, small_max_;
  std::deque<uint32_t> small_, main_, ghosts_;
  std::vector<uint8_t> uses_;
  std::vector<bool> kept_;
  std::vector<uint32_t> ghost_;
};

class TinyLfuCache final : public Cache {
 public:
  explicit TinyLfuCache(size_t capacity) : cache_(capacity, redstart::Tuner::kTunings[0]) {
    tuner_.fit(capacity);
  }
  bool use(uint32_t key) override {
    const std::string text = "key:" + std::to_string(key);
    const uint64_t hash = redstart::hash_bytes(text);
    if (redstart::Tuner::is_sampled(hash, tuner_.shift())) {
      tuner_.use(hash, random_);
      cache_.set_tuning(tuner_.best());
    }
    return cache_.use(hash, random_);
  }

 private:
  redstart::Miniature cache_;
  redstart::Tuner tuner_;
  Random random_{11};
};

// ClientCache's table itself.
class ClientSide final : public Cache {
 public:
  explicit ClientSide(size_t capacity) : table_(capacity * redstart::CacheTable::weight(kKeyBytes, 0), 1 << 20) {}
  bool use(uint32_t key) override {
    char text[kKeyBytes + 1];
    std::snprintf(text, sizeof text, "key:%08u", key);
    const std::string_view name(text, kKeyBytes);
    if (table_.find(name, [](auto) {})) return true;
    table_.finish_fill(table_.begin_fill(name), name, "");
    return false;
  }

 private:
  static constexpr size_t kKeyBytes = 12;
  redstart::CacheTable table_;
};

using MakeCache = std::function<std::unique_ptr<Cache>(size_t keys, size_t capacity)>;
template <class T, class... Args>
MakeCache maker(Args... first) {
  return [=](size_t keys, size_t capacity) { return std::make_unique<T>(first..., keys, capacity); };
}

double hit_percent(Cache& cache, const std::vector<uint32_t>& trace) {
  const size_t warm = trace.size() / 4;
  size_t hits = 0;
  for (size_t i = 0; i < trace.size(); ++i) hits += cache.use(trace[i]) && i >= warm;
  return 100 * static_cast<double>(hits) / static_cast<double>(trace.size() - warm);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int index, size_t fallback) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : fallback;
  };
  const size_t keys = number(1, 100'000), requests = number(2, 2'000'000);
  const uint64_t seed = number(3, 1);
  const std::vector<std::pair<const char*, MakeCache>> policies = {
      {"redis lru", maker<RedisCache>(RedisCache::Kind::lru)},
      {"redis lfu", maker<RedisCache>(RedisCache::Kind::lfu)},
      {"redis random", maker<RedisCache>(RedisCache::Kind::random)},
      {"exact lru", maker<ExactLru>()},
      {"s3-fifo", maker<S3Fifo>()},
      {"tinylfu", [](size_t, size_t capacity) { return std::make_unique<TinyLfuCache>(capacity); }},
      {"client cache", [](size_t, size_t capacity) { return std::make_unique<ClientSide>(capacity); }},
  };
  std::printf("| trace @ cache |");
  for (const auto& [name, make] : policies) std::printf(" %s |", name);
  std::printf("\n|---|");
  for (size_t i = 0; i < policies.size(); ++i) std::printf("---|");
  std::printf("\n");
  std::vector<double> sums(policies.size());
  size_t cells = 0;
  for (const std::string& name : traces::kNames) {
    const auto trace = traces::Generator(keys, requests, seed).make(name);
    for (const size_t percent : {1, 10, 50}) {
      std::printf("| %s @ %zu %% |", name.c_str(), percent);
      for (size_t i = 0; i < policies.size(); ++i) {
        const double hits = hit_percent(*policies[i].second(keys, keys * percent / 100), trace);
        std::printf(" %.2f |", hits);
        std::fflush(stdout);
        sums[i] += hits;
      }
      std::printf("\n");
      ++cells;
    }
  }
  std::printf("| mean |");
  for (const double sum : sums) std::printf(" %.2f |", sum / static_cast<double>(cells));
  std::printf("\n");
  return 0;
}
