// event-log: takes in 20,000 events of a shop from a background writer, and answers what happened.
//
//   event-log [URL]        URL is any store; memory: if it is left out
//
// What it stores:
//   example:events            stream        the last 5000 events or so
//   example:events:by-type    hash          how many of each type
//   example:events:users      HyperLogLog   who was there
#include <chrono>
#include <cstdio>
#include <random>
#include <redstart/redstart.hpp>

int main(int argc, char** argv) {
  auto opened = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  redstart::Client client = *opened;
  const std::string events = "example:events", by_type = "example:events:by-type", users = "example:events:users";
  client.unlink(std::vector<std::string>{events, by_type, users}).value();

  // Calls of write() return at once; what cannot be written is named. Full for longer than a second: refused.
  redstart::AsyncBatchWriter writer(client, {
      .batch_size = 500,
      .flush_interval = std::chrono::milliseconds(20),
      .when_full = redstart::WhenFull::block,
      .on_unwritten = [](const redstart::UnwrittenOp& lost) {
        std::fprintf(stderr, "%s: %s\n", lost.op[0].c_str(), lost.error.message.c_str());
      },
  });
  writer.start();

  const char* const types[] = {"view", "view", "view", "view", "search", "cart", "buy"};
  std::mt19937 random(7);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20'000; ++i) {
    const std::string type = types[random() % std::size(types)];
    const std::string user = "user:" + std::to_string(random() % 3000);
    writer.write("XADD", events, "MAXLEN", "~", 5000, "*", "type", type, "user", user).value();
    writer.write("HINCRBY", by_type, type, 1).value();
    writer.write("PFADD", users, user).value();
  }
  const redstart::StopReport left = writer.stop();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  const redstart::WriteStats stats = writer.stats();
  std::printf("%lu writes in %.2f s (%.0f/s), %lu batches, %zu not written\n\n", stats.acknowledged, seconds,
              static_cast<double>(stats.acknowledged) / seconds, stats.total_batches, left.unwritten.size());
  const redstart::StringPairs counts = client.hgetall(by_type).value();
  for (const auto& [type, count] : counts) std::printf("%-7s %s\n", type.c_str(), count.c_str());
  std::printf("\nabout %ld users\n", client.pfcount(users).value());
  std::printf("the stream keeps %ld events; the last three:\n", client.xlen(events).value());
  const auto last = client.xrevrange(events, "+", "-", 3).value();
  for (const redstart::StreamEntry& event : last) {
    std::printf("  %s  %-7s %s\n", event.id.c_str(), event.fields[0].second.c_str(), event.fields[1].second.c_str());
  }
  return left.unwritten.empty() ? 0 : 1;
}
