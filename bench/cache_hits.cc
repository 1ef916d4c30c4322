// cache_hits: what does a hit of Cache::get_or_load cost above the GET that it is made of?
//
// Peer: Client::get on the same store in this process, of the same keys with values of the same size. Data: 100,000
// keys of about 50 bytes with values of 64, drawn uniformly; every request hits. Also: with two tags, and from the
// local level.
//
// Prints one line of JSON, nanoseconds per call. Rerun: bench/cache_hits [--operations N]
#include <redstart/redstart.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr size_t kKeys = 100'000;
constexpr size_t kValueBytes = 64;
constexpr int kRounds = 5;

template <class Call>
double nanoseconds(size_t operations, const std::vector<std::string>& keys, const Call& call) {
  uint64_t random = 88172645463325252ull;
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < operations; ++i) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    call(keys[random % keys.size()]);
  }
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / static_cast<double>(operations);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  size_t operations = 1'000'000;
  if (argc == 3 && std::strcmp(argv[1], "--operations") == 0) operations = std::strtoull(argv[2], nullptr, 10);
  auto client = redstart::open("memory:").value();
  redstart::Cache cache(client);
  redstart::Cache local(client, {.local = {.entries_max = 2 * kKeys, .ttl_max = std::chrono::hours(1)}});
  if (!local.wait_for_local_level(std::chrono::seconds(10))) return 1;
  const std::string value(kValueBytes, 'v');
  const auto loader = [&]() -> std::optional<std::string> { return value; };
  const redstart::LoadOptions tagged{.tags = {"one", "other"}};
  std::vector<std::string> keys, plain_keys, tagged_keys;
  for (size_t i = 0; i < kKeys; ++i) {
    keys.push_back(cache.key("bench", i));
    plain_keys.push_back(keys.back() + "p");
    tagged_keys.push_back(keys.back() + "t");
    cache.get_or_load<std::string>(keys.back(), loader).value();
    local.get_or_load<std::string>(keys.back(), loader).value();
    cache.get_or_load<std::string>(tagged_keys.back(), loader, tagged).value();
    client.set(plain_keys.back(), value).value();
  }
  std::vector<double> get, hit, tagged_hit, local_hit;
  uint64_t found = 0;
  for (int round = 0; round < kRounds; ++round) {
    get.push_back(nanoseconds(operations, plain_keys, [&](const auto& key) { found += client.get(key)->has_value(); }));
    hit.push_back(nanoseconds(operations, keys, [&](const auto& key) {
      found += cache.get_or_load<std::string>(key, loader)->has_value();
    }));
    tagged_hit.push_back(nanoseconds(operations, tagged_keys, [&](const auto& key) {
      found += cache.get_or_load<std::string>(key, loader, tagged)->has_value();
    }));
    local_hit.push_back(nanoseconds(operations, keys, [&](const auto& key) {
      found += local.get_or_load<std::string>(key, loader)->has_value();
    }));
  }
  if (found != 4 * kRounds * operations || cache.stats().loads != 2 * kKeys) {
    std::fprintf(stderr, "cache_hits: a request missed\n");
    return 1;
  }
  std::printf("{\"get_ns\": %.1f, \"hit_ns\": %.1f, \"tagged_hit_ns\": %.1f, \"local_hit_ns\": %.1f}\n", median(get),
              median(hit), median(tagged_hit), median(local_hit));
}
