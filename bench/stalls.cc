// stalls: how long does one call on an embedded store take at worst, while the keyspace grows to ten million keys
// and while a million keys expire together, and a million fields of one hash?
//
// A call holds one shard's lock for a part of its time, and waits for it in another part, so the longest call
// bounds the longest hold (the scheduler's share included: run it on an idle machine). The growing is timed
// call by call; the expiry of keys is watched by a thread that reads random keys of all shards without a pause, that of
// fields by one that reads the hash itself, so that it wants the lock under which they go.
//
// Prints one line of JSON, microseconds. Rerun: bench/stalls [--keys N].
#include <redstart/client.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// Durations of calls, the longest first.
class Durations {
 public:
  template <class Call>
  void time(const Call& call) {
    const auto start = Clock::now();
    call();
    us_.push_back(std::chrono::duration<float, std::micro>(Clock::now() - start).count());
  }
  void reserve(size_t count) { us_.reserve(count); }
  void print(const char* name) {
    std::sort(us_.begin(), us_.end(), std::greater<>());
    std::printf("\"%s_longest_us\": %.1f, \"%s_p999_us\": %.1f", name, us_.front(), name,
                us_[us_.size() / 1000]);
  }

 private:
  std::vector<float> us_;
};

std::string key_of(const char* prefix, uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%s:%012llu", prefix, static_cast<unsigned long long>(number));
  return text;
}

Durations grow(redstart::Client& client, uint64_t keys, const std::string& value) {
  Durations durations;
  durations.reserve(keys);
  for (uint64_t i = 0; i < keys; ++i) {
    const std::string key = key_of("key", i);
    durations.time([&] { client.set(key, value).value(); });
  }
  return durations;
}

Durations expire(redstart::Client& client, uint64_t keys, const std::string& value) {
  const auto due = std::chrono::system_clock::now() + std::chrono::seconds(8);
  const auto due_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(due.time_since_epoch()).count();
  for (uint64_t i = 0; i < keys / 10; ++i) {
    client.command("SET", key_of("tmp", i), value, "PXAT", due_ms).value();
  }
  std::this_thread::sleep_until(due - std::chrono::milliseconds(200));
  Durations durations;
  durations.reserve(10'000'000);
  for (uint64_t i = 0; std::chrono::system_clock::now() < due + std::chrono::seconds(2); ++i) {
    const std::string key = key_of("key", i * 7919 % keys);
    durations.time([&] { client.get(key).value(); });
  }
  return durations;
}

// The hash keeps one field that stays, which is read.
Durations expire_fields(redstart::Client& client, uint64_t fields) {
  const auto due = std::chrono::system_clock::now() + std::chrono::seconds(8);
  const auto due_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(due.time_since_epoch()).count();
  client.hset("hash", "stays", "1").value();
  for (uint64_t i = 0; i < fields; ++i) {
    client.command("HSETEX", "hash", "PXAT", due_ms, "FIELDS", 1, key_of("field", i), "value").value();
  }
  std::this_thread::sleep_until(due - std::chrono::milliseconds(200));
  Durations durations;
  durations.reserve(10'000'000);
  while (std::chrono::system_clock::now() < due + std::chrono::seconds(2)) {
    durations.time([&] { client.hget("hash", "stays").value(); });
  }
  if (client.hlen("hash").value() != 1) std::fprintf(stderr, "fields are left two seconds after they were due\n");
  return durations;
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
  grow(client, keys, value).print("growth");
  std::printf(", ");
  expire(client, keys, value).print("expiry");
  std::printf(", ");
  expire_fields(client, keys / 10).print("field_expiry");
  std::printf("}\n");
  return 0;
}
