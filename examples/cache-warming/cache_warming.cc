// cache-warming: fills a cache with 120,000 entries from a source of any length, a batch at a time.
//
//   cache-warming [URL]    URL is any store; memory: if it is left out
//
// What it stores: example:product:ID, compressed when it is worth it, for an hour (spread over ten minutes, so that not
// all of them expire together).
#include <cstdio>
#include <random>
#include <redstart/redstart.hpp>

namespace {

constexpr int kProducts = 120'000;

// A row of the database.
std::string product(int id) {
  std::string text = R"({"id":)" + std::to_string(id) + R"(,"name":"product )" + std::to_string(id) + R"(","tags":[)";
  for (int i = 0; i < id % 40; ++i) text += R"("a tag that many products have",)";
  return text + "\"\"]}";
}

std::string key_of(int id) { return "example:product:" + std::to_string(id); }

}  // namespace

int main(int argc, char** argv) {
  auto opened = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  redstart::Client client = *opened;

  redstart::PipelinedWriter writer(client, {
      .batch_size = 1000,
      .retry = {.attempts_max = 5},
      .sizing = std::make_shared<redstart::AdaptiveBatchSize>(client),  // makes way for snapshots
  });
  std::mt19937 random(11);
  int next = 0;
  size_t plain_bytes = 0, stored_bytes = 0, failures = 0;
  const size_t written = writer.stream_write(
      [&]() -> std::optional<redstart::WriteOp> {
        if (next == kProducts) return std::nullopt;
        const std::string text = product(next);
        std::string value = redstart::compress_value(text, {.above_bytes = 512});
        plain_bytes += text.size();
        stored_bytes += value.size();
        const int ttl_s = 3600 + static_cast<int>(random() % 600);
        return redstart::WriteOp{"SET", key_of(next++), std::move(value), "EX", std::to_string(ttl_s)};
      },
      [&](const redstart::WriteOp& write, const redstart::Error& error) {
        if (++failures <= 3) std::fprintf(stderr, "%s: %s\n", write[1].c_str(), error.message.c_str());
      }).value();

  const redstart::WriteStats stats = writer.stats();
  std::printf("%zu entries in %.2f s: %.0f/s in %lu batches of %.0f, p99 of a batch %.1f ms\n", written,
              stats.total_time_ms / 1000, stats.ops_per_second(), stats.total_batches, stats.avg_batch_size(),
              stats.batch_p99_ms);
  std::printf("%.1f MB became %.1f MB\n", static_cast<double>(plain_bytes) / 1e6,
              static_cast<double>(stored_bytes) / 1e6);
  for (const int id : {0, 39, kProducts - 1}) {
    const auto value = redstart::CompressedStore(client).get(key_of(id)).value();
    std::printf("%s: %zu bytes, for %ld more minutes, %s\n", key_of(id).c_str(), value ? value->size() : 0,
                client.pttl(key_of(id)).value() / 60'000, value == product(id) ? "as it was" : "DAMAGED");
  }
  return written == kProducts ? 0 : 1;
}
