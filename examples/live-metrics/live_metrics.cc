// live-metrics: eight threads count requests through a write buffer, while a monitor watches the store.
//
//   live-metrics [URL]     URL is any store; memory: if it is left out
//
// What it stores:
//   example:metrics:PATH    hash   requests and errors of a path
//   example:metrics:slow    sorted set   the slowest paths, by their worst time in ms
#include <chrono>
#include <cstdio>
#include <random>
#include <redstart/redstart.hpp>
#include <thread>

namespace {

const char* const kPaths[] = {"/", "/search", "/cart", "/checkout", "/admin"};

// What a thread of a web server would report.
void serve(redstart::WriteBuffer& buffer, unsigned seed) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> time_ms(0.2);
  for (int i = 0; i < 5000; ++i) {
    const std::string path = kPaths[random() % std::size(kPaths)];
    const std::string key = "example:metrics:" + path;
    (void)buffer.write("HINCRBY", key, "requests", 1);
    if (random() % 100 == 0) (void)buffer.write("HINCRBY", key, "errors", 1);
    (void)buffer.write("ZADD", "example:metrics:slow", "GT", time_ms(random), path);
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto opened = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  redstart::Client client = *opened;
  std::vector<std::string> keys{"example:metrics:slow"};
  for (const char* const path : kPaths) keys.push_back(std::string("example:metrics:") + path);
  client.unlink(keys).value();

  redstart::WriteMonitor monitor(client);
  monitor.begin().value();
  redstart::WriteBuffer buffer(client, {
      .workers = 2,
      .flush_interval = std::chrono::milliseconds(10),
      .when_full = redstart::WhenFull::block,
      // Smaller batches while the store writes a snapshot, or is slow.
      .sizing = std::make_shared<redstart::AdaptiveBatchSize>(client),
  });
  buffer.start();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 8; ++i) threads.emplace_back([&buffer, i] { serve(buffer, i); });
  }
  const redstart::StopReport left = buffer.stop();
  const redstart::WritePerformance seen = monitor.measure().value();

  std::printf("%-10s %9s %7s\n", "path", "requests", "errors");
  for (const char* const path : kPaths) {
    const std::string key = std::string("example:metrics:") + path;
    std::printf("%-10s %9s %7s\n", path, client.hget(key, "requests").value().value_or("0").c_str(),
                client.hget(key, "errors").value().value_or("0").c_str());
  }
  std::printf("\nslowest:\n");
  const auto slow = client.zrevrange_with_scores("example:metrics:slow", 0, 2).value();
  for (const auto& [path, ms] : slow) std::printf("  %-10s %5.1f ms\n", path.c_str(), ms);

  const redstart::WriteStats stats = buffer.stats();
  std::printf("\nbuffer: %lu written in %lu batches, p50 %.2f ms, p99 %.2f ms; %zu not written\n", stats.acknowledged,
              stats.total_batches, stats.batch_p50_ms, stats.batch_p99_ms, left.unwritten.size());
  std::printf("store:  %.0f writes/s, %.2f us each inside it, memory %+ld bytes\n", seen.write_ops_per_second,
              seen.avg_write_latency_us, seen.used_memory_delta);
  for (const auto& load : seen.writes) std::printf("        %-8s %lu calls\n", load.name.c_str(), load.calls);
  return left.unwritten.empty() ? 0 : 1;
}
