// stalls: how long does one call on an embedded store take at worst, while the keyspace grows to ten million keys
// and while a million keys expire together, and a million fields of one hash?
//
// A call holds one shard's lock for a part of its time, and waits for it in another part, so the longest call
// bounds the longest hold. Of a call, the time is taken off that the program's threads stood ready and got no
// processor, which says something of the machine and nothing of the store; what a hypervisor takes is left in. The
// growing is timed call by call; the expiry of keys is watched by a thread that reads random keys of all shards without
// a pause, that of fields by one that reads the hash itself, so that it wants the lock under which they go.
//
// Prints one line of JSON, microseconds; `_raw_us` is the longest call with nothing taken off.
// Rerun: bench/stalls [--keys N].
#include <fcntl.h>
#include <redstart/client.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// How long the threads that this process has had since this was made were ready to run and did not.
class ProcessorWait {
 public:
  ProcessorWait() {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      files_.push_back(::open((thread.path() / "schedstat").c_str(), O_RDONLY | O_CLOEXEC));
    }
  }
  ~ProcessorWait() {
    for (const int file : files_) ::close(file);
  }
  ProcessorWait(const ProcessorWait&) = delete;

  double total_us() const {
    double total_ns = 0;
    for (const int file : files_) {
      char text[128] = {};
      unsigned long long ran_ns = 0, waited_ns = 0;
      if (::pread(file, text, sizeof text - 1, 0) > 0 && std::sscanf(text, "%llu %llu", &ran_ns, &waited_ns) == 2) {
        total_ns += static_cast<double>(waited_ns);
      }
    }
    return total_ns / 1000;
  }

 private:
  std::vector<int> files_;
};

// Durations of calls.
class Durations {
 public:
  explicit Durations(size_t count) { us_.reserve(count); }

  template <class Call>
  void time(const Call& call) {
    // To ask before each call would take longer than the call: what was waited in the few before it counts as its own.
    if (us_.size() % kCallsPerLook == 0) waited_before_us_ = wait_.total_us();
    const auto start = Clock::now();
    call();
    double us = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    raw_longest_us_ = std::max(raw_longest_us_, us);
    if (us > kLongUs) {
      const double waited_us = wait_.total_us();
      us = std::max(0.0, us - (waited_us - std::exchange(waited_before_us_, waited_us)));
    }
    us_.push_back(static_cast<float>(us));
  }
  void print(const char* name) {
    std::sort(us_.begin(), us_.end(), std::greater<>());
    std::printf("\"%s_longest_us\": %.1f, \"%s_raw_us\": %.1f, \"%s_p999_us\": %.1f", name, us_.front(), name,
                raw_longest_us_, name, us_[us_.size() / 1000]);
  }

 private:
  static constexpr size_t kCallsPerLook = 32;
  static constexpr double kLongUs = 100;

  std::vector<float> us_;
  double raw_longest_us_ = 0;
  ProcessorWait wait_;
  double waited_before_us_ = 0;
};

std::string key_of(const char* prefix, uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%s:%012llu", prefix, static_cast<unsigned long long>(number));
  return text;
}

void grow(redstart::Client& client, uint64_t keys, const std::string& value) {
  Durations durations(keys);
  for (uint64_t i = 0; i < keys; ++i) {
    const std::string key = key_of("key", i);
    durations.time([&] { client.set(key, value).value(); });
  }
  durations.print("growth");
}

void expire(redstart::Client& client, uint64_t keys, const std::string& value) {
  const auto due = std::chrono::system_clock::now() + std::chrono::seconds(8);
  const auto due_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(due.time_since_epoch()).count();
  for (uint64_t i = 0; i < keys / 10; ++i) {
    client.command("SET", key_of("tmp", i), value, "PXAT", due_ms).value();
  }
  std::this_thread::sleep_until(due - std::chrono::milliseconds(200));
  Durations durations(10'000'000);
  for (uint64_t i = 0; std::chrono::system_clock::now() < due + std::chrono::seconds(2); ++i) {
    const std::string key = key_of("key", i * 7919 % keys);
    durations.time([&] { client.get(key).value(); });
  }
  durations.print("expiry");
}

// The hash keeps one field that stays, which is read.
void expire_fields(redstart::Client& client, uint64_t fields) {
  const auto due = std::chrono::system_clock::now() + std::chrono::seconds(8);
  const auto due_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(due.time_since_epoch()).count();
  client.hset("hash", "stays", "1").value();
  for (uint64_t i = 0; i < fields; ++i) {
    client.command("HSETEX", "hash", "PXAT", due_ms, "FIELDS", 1, key_of("field", i), "value").value();
  }
  std::this_thread::sleep_until(due - std::chrono::milliseconds(200));
  Durations durations(10'000'000);
  while (std::chrono::system_clock::now() < due + std::chrono::seconds(2)) {
    durations.time([&] { client.hget("hash", "stays").value(); });
  }
  if (client.hlen("hash").value() != 1) std::fprintf(stderr, "fields are left two seconds after they were due\n");
  durations.print("field_expiry");
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t keys = 10'000'000;
  if (argc == 3 && std::string(argv[1]) == "--keys") keys = std::strtoull(argv[2], nullptr, 10);
  if ((argc != 1 && argc != 3) || keys < 10) {
    std::fprintf(stderr, "usage: stalls [--keys N]\n");
    return 1;
  }
  redstart::Client client = redstart::open("memory:").value();
  const std::string value(64, 'v');
  std::printf("{");
  grow(client, keys, value);
  std::printf(", ");
  expire(client, keys, value);
  std::printf(", ");
  expire_fields(client, keys / 10);
  std::printf("}\n");
  return 0;
}
