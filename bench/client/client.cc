// bench_client: what does one client that pipelines automatically give to many threads, and what does a hit in its
// cache cost?
//
// Threads do GET or SET of random keys (a million, values of 64 bytes) against one server, for a second at a time:
//   hiredis   one connection for each thread, as is usual with it
//   redstart  one Client for all, with one connection
// Runs of both alternate; medians are printed. The cache is asked for 10,000 keys that it has, in random order, by one
// thread, into the caller's string; the peer there is a GET over the connection.
//
// Rerun: build/release/bench/client/client --port PORT [--threads 64] [--seconds 1] [--repeats 3]
#include <hiredis/hiredis.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "redstart/client.h"
#include "redstart/client_cache.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int port = 6379;
  int threads = 64;
  double seconds = 1;
  int repeats = 3;
};

constexpr int kKeys = 1'000'000;
constexpr int kCachedKeys = 10'000;
const std::string kValue(64, 'x');

std::string key_of(uint32_t number) { return "key:" + std::to_string(number % kKeys); }

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// One operation of one thread.
using Operation = std::function<void(std::minstd_rand&)>;

// Operations in a second, of all threads together. `make` prepares a thread.
double throughput(const Options& options, const std::function<Operation()>& make) {
  std::atomic<bool> begins{false}, ends{false};
  std::atomic<int64_t> total{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < options.threads; ++t) {
    threads.emplace_back([&, t] {
      const Operation operation = make();
      std::minstd_rand random(static_cast<unsigned>(t + 1));
      begins.wait(false);
      int64_t count = 0;
      for (; !ends.load(std::memory_order_relaxed); ++count) operation(random);
      total += count;
    });
  }
  const auto start = Clock::now();
  begins = true;
  begins.notify_all();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  ends = true;
  for (auto& thread : threads) thread.join();
  return static_cast<double>(total) / std::chrono::duration<double>(Clock::now() - start).count();
}

double hiredis_throughput(const Options& options, bool writes) {
  return throughput(options, [&]() -> Operation {
    const std::shared_ptr<redisContext> context(redisConnect("127.0.0.1", options.port), redisFree);
    if (!context || context->err) fail("hiredis cannot connect");
    return [context, writes](std::minstd_rand& random) {
      const std::string key = key_of(static_cast<uint32_t>(random()));
      void* const reply =
          writes ? redisCommand(context.get(), "SET %b %b", key.data(), key.size(), kValue.data(), kValue.size())
                 : redisCommand(context.get(), "GET %b", key.data(), key.size());
      if (!reply) fail("hiredis: no reply");
      freeReplyObject(reply);
    };
  });
}

double redstart_throughput(const Options& options, redstart::Client client, bool writes) {
  return throughput(options, [&]() -> Operation {
    return [client, writes](std::minstd_rand& random) mutable {
      const std::string key = key_of(static_cast<uint32_t>(random()));
      if (writes) {
        if (const auto set = client.set(key, kValue); !set) fail("redstart: " + set.error().message);
      } else if (const auto got = client.get(key); !got) {
        fail("redstart: " + got.error().message);
      }
    };
  });
}

double nanoseconds_each(int64_t count, const std::function<void(int64_t)>& operation) {
  const auto start = Clock::now();
  for (int64_t i = 0; i < count; ++i) operation(i);
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / static_cast<double>(count);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure_threads(const Options& options, redstart::Client& client) {
  for (const bool writes : {true, false}) {
    std::vector<double> theirs, ours;
    for (int i = 0; i < options.repeats; ++i) {
      theirs.push_back(hiredis_throughput(options, writes));
      ours.push_back(redstart_throughput(options, client, writes));
    }
    const char* const word = writes ? "set" : "get";
    std::printf("\"hiredis_%s\": %.0f, \"redstart_%s\": %.0f, ", word, median(theirs), word, median(ours));
    std::fflush(stdout);
  }
}

void measure_cache(const Options& options, redstart::Client& client) {
  auto cache = redstart::ClientCache::open(client, {.staleness_max = std::chrono::seconds(10)});
  if (!cache) fail(cache.error().message);
  std::vector<std::string> keys;
  for (int i = 0; i < kCachedKeys; ++i) keys.push_back("cached:" + std::to_string(i));
  std::ranges::shuffle(keys, std::minstd_rand(7));
  std::string value;
  for (const auto& key : keys) {
    if (!client.set(key, kValue) || !cache->get(key, value)) fail("the cache cannot be filled");
  }
  std::vector<double> hits, reads;
  for (int i = 0; i < options.repeats; ++i) {
    const uint64_t misses = cache->stats().misses;
    hits.push_back(nanoseconds_each(5'000'000, [&](int64_t at) {
      if (!cache->get(keys[static_cast<size_t>(at) % keys.size()], value)) fail("no hit");
    }));
    if (cache->stats().misses != misses || value != kValue) fail("what was measured were no hits");
    reads.push_back(nanoseconds_each(20'000, [&](int64_t at) {
      if (!client.get(keys[static_cast<size_t>(at) % keys.size()])) fail("no reply");
    }));
  }
  std::printf("\"cache_hit_ns\": %.1f, \"get_ns\": %.1f", median(hits), median(reads));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--port") options.port = std::atoi(argv[i + 1]);
    if (name == "--threads") options.threads = std::atoi(argv[i + 1]);
    if (name == "--seconds") options.seconds = std::atof(argv[i + 1]);
    if (name == "--repeats") options.repeats = std::atoi(argv[i + 1]);
  }
  auto client = redstart::open("redis://127.0.0.1:" + std::to_string(options.port));
  if (!client) fail(client.error().message);
  std::printf("{");
  measure_threads(options, *client);
  measure_cache(options, *client);
  std::printf("}\n");
  return 0;
}
