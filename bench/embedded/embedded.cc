// embedded: what does a store inside the process cost, against the map that one would write by
// hand?
//
// Peer: absl::flat_hash_map<std::string, std::string> in 1024 shards, a spinlock each, values
// copied out. Data: `--keys` keys of 16 bytes (5 million) with values of 64, drawn uniformly; every
// GET hits. Redstart runs as memory: behind the public client, one call a command, and MGET of 16
// for the batches.
//
// Prints one line of JSON, millions of operations per second. Rerun: bench/embedded [--keys N]
// [--operations N] [--only absl|redstart].
#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>
#include <redstart/client.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr size_t kKeyBytes = 16;
constexpr size_t kValueBytes = 64;
constexpr size_t kBatchKeys = 16;
constexpr size_t kShards = 1024;
constexpr int kRounds = 3;

struct Options {
  uint64_t key_count = 5'000'000;
  uint64_t operation_count = 4'000'000;
  std::string only;
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "embedded: %s\n", what);
  std::exit(1);
}

// "key:" and 12 digits, written four digits at a time so that making keys costs no more than a few
// ns.
class KeyWriter {
 public:
  KeyWriter() {
    for (uint32_t i = 0; i < 10'000; ++i) {
      const char digits[] = {char('0' + i / 1000), char('0' + i / 100 % 10),
                             char('0' + i / 10 % 10), char('0' + i % 10)};
      std::memcpy(table_[i].data(), digits, 4);
    }
  }
  std::string_view write(char* out, uint64_t number) const {
    std::memcpy(out, "key:", 4);
    std::memcpy(out + 4, table_[number / 100'000'000 % 10'000].data(), 4);
    std::memcpy(out + 8, table_[number / 10'000 % 10'000].data(), 4);
    std::memcpy(out + 12, table_[number % 10'000].data(), 4);
    return {out, kKeyBytes};
  }

 private:
  std::array<std::array<char, 4>, 10'000> table_;
};

const KeyWriter kKeyWriter;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  uint64_t below(uint64_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint64_t>(
        (static_cast<unsigned __int128>(state_ * 0x2545F4914F6CDD1Dull) * bound) >> 64);
  }

 private:
  uint64_t state_;
};

class Spinlock {
 public:
  void lock() {
    while (held_.exchange(true, std::memory_order_acquire)) {
      while (held_.load(std::memory_order_relaxed)) __builtin_ia32_pause();
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

class AbslStore {
 public:
  std::optional<std::string> get(std::string_view key) {
    Shard& shard = shard_of(key);
    std::scoped_lock lock(shard.lock);
    const auto it = shard.map.find(absl_view(key));
    if (it == shard.map.end()) return std::nullopt;
    return it->second;
  }
  void set(std::string_view key, std::string_view value) {
    Shard& shard = shard_of(key);
    std::scoped_lock lock(shard.lock);
    shard.map[absl_view(key)].assign(value);
  }
  uint64_t multi_get(const std::vector<std::string_view>& keys) {
    uint64_t hits = 0;
    for (const std::string_view key : keys) hits += get(key).has_value();
    return hits;
  }

 private:
  struct alignas(64) Shard {
    Spinlock lock;
    absl::flat_hash_map<std::string, std::string> map;
  };
  // Debian builds Abseil with a string_view of its own.
  static absl::string_view absl_view(std::string_view text) { return {text.data(), text.size()}; }
  // The upper bits: the map itself uses the lower ones.
  Shard& shard_of(std::string_view key) {
    return (*shards_)[absl::Hash<absl::string_view>{}(absl_view(key)) >> 54];
  }

  std::unique_ptr<std::array<Shard, kShards>> shards_ =
      std::make_unique<std::array<Shard, kShards>>();
};

class RedstartStore {
 public:
  std::optional<std::string> get(std::string_view key) { return client_.get(key).value(); }
  void set(std::string_view key, std::string_view value) { client_.set(key, value).value(); }
  uint64_t multi_get(const std::vector<std::string_view>& keys) {
    uint64_t hits = 0;
    const auto values = client_.mget(keys).value();
    for (const auto& value : values) hits += value.has_value();
    return hits;
  }

 private:
  redstart::Client client_ = redstart::open("memory:").value();
};

// Runs `work(thread index)` on `thread_count` threads; returns millions of operations per second of
// all.
template <class Work>
double measure(int thread_count, uint64_t operation_count, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(operation_count) * thread_count / elapsed.count() / 1e6;
}

template <class Store>
class Measurement {
 public:
  Measurement(const char* name, const Options& options) : name_(name), options_(options) {
    char key[kKeyBytes];
    for (uint64_t i = 0; i < options.key_count; ++i) store_.set(kKeyWriter.write(key, i), value_);
  }

  // Every test once.
  void run_round() {
    for (const int threads : {1, 2}) {
      const std::string suffix = threads == 1 ? "_1" : "_2";
      const uint64_t count = options_.operation_count;
      millions_["get" + suffix].push_back(measure(threads, count, [this](int i) { get_all(i); }));
      millions_["set" + suffix].push_back(measure(threads, count, [this](int i) { set_all(i); }));
      millions_["multi_get" + suffix].push_back(
          measure(threads, count, [this](int i) { multi_get_all(i); }));
    }
  }

  // The medians of all rounds.
  void report(std::string& json) {
    for (auto& [test, values] : millions_) {
      std::sort(values.begin(), values.end());
      char text[128];
      std::snprintf(text, sizeof text, "%s\"%s_%s\": %.3f", json.empty() ? "" : ", ", name_,
                    test.c_str(), values[values.size() / 2]);
      json += text;
    }
  }

 private:
  void get_all(int thread) {
    Random random(static_cast<uint64_t>(thread) + 1);
    char key[kKeyBytes];
    uint64_t hits = 0;
    for (uint64_t i = 0; i < options_.operation_count; ++i) {
      hits += store_.get(kKeyWriter.write(key, random.below(options_.key_count))).has_value();
    }
    if (hits != options_.operation_count) fail("a GET missed");
  }

  void set_all(int thread) {
    Random random(static_cast<uint64_t>(thread) + 11);
    char key[kKeyBytes];
    for (uint64_t i = 0; i < options_.operation_count; ++i) {
      store_.set(kKeyWriter.write(key, random.below(options_.key_count)), value_);
    }
  }

  void multi_get_all(int thread) {
    Random random(static_cast<uint64_t>(thread) + 21);
    char bytes[kBatchKeys][kKeyBytes];
    std::vector<std::string_view> keys(kBatchKeys);
    uint64_t hits = 0;
    for (uint64_t i = 0; i < options_.operation_count; i += kBatchKeys) {
      for (size_t k = 0; k < kBatchKeys; ++k) {
        keys[k] = kKeyWriter.write(bytes[k], random.below(options_.key_count));
      }
      hits += store_.multi_get(keys);
    }
    if (hits < options_.operation_count) fail("a multi-get missed");
  }

  const char* name_;
  const Options& options_;
  const std::string value_ = std::string(kValueBytes, 'v');
  Store store_;
  std::map<std::string, std::vector<double>> millions_;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--keys")
      options.key_count = std::strtoull(argv[i + 1], nullptr, 10);
    else if (name == "--operations")
      options.operation_count = std::strtoull(argv[i + 1], nullptr, 10);
    else if (name == "--only")
      options.only = argv[i + 1];
    else
      fail("usage: embedded [--keys N] [--operations N] [--only absl|redstart]");
  }
  if (argc % 2 == 0 || options.key_count == 0 || options.operation_count % kBatchKeys != 0) {
    fail("--keys must be positive and --operations a multiple of 16");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  std::optional<Measurement<AbslStore>> absl;
  std::optional<Measurement<RedstartStore>> redstart;
  if (options.only != "redstart") absl.emplace("absl", options);
  if (options.only != "absl") redstart.emplace("redstart", options);
  // In turns, so that both meet the same weather.
  for (int round = 0; round < kRounds; ++round) {
    if (absl) absl->run_round();
    if (redstart) redstart->run_round();
  }
  std::string json;
  if (absl) absl->report(json);
  if (redstart) redstart->report(json);
  std::printf("{%s}\n", json.c_str());
  return 0;
}
