// time-series: stores a day of a sensor's readings in hourly buckets, asks for ranges, and tells what a point costs.
//
//   time-series [URL]      URL is any store; memory: if it is left out
//
// What it stores: example:room1:bucket:START, a hash for each hour, which expires a week after its hour; and the same
// points in the sorted set example:room1:set, to compare.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <redstart/redstart.hpp>

namespace {

constexpr int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs;

// A day from midnight on, every ten seconds.
std::vector<redstart::SeriesPoint> readings(int64_t midnight_ms) {
  std::vector<redstart::SeriesPoint> points;
  for (int64_t at = 0; at < 24 * kHourMs; at += 10'000) {
    const double hour = static_cast<double>(at) / kHourMs;
    points.push_back({midnight_ms + at, std::round((20 - 4 * std::cos(hour / 24 * 6.28318)) * 100) / 100});
  }
  return points;
}

void show(const char* name, const std::vector<redstart::SeriesPoint>& points) {
  const auto [low, high] = std::ranges::minmax(points, {}, &redstart::SeriesPoint::value);
  double sum = 0;
  for (const auto& point : points) sum += point.value;
  std::printf("%-18s %5zu points, from %.2f to %.2f, mean %.2f\n", name, points.size(), low.value, high.value,
              sum / static_cast<double>(points.size()));
}

}  // namespace

int main(int argc, char** argv) {
  auto opened = redstart::open(argc > 1 ? argv[1] : "memory:");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  redstart::Client client = *opened;
  const int64_t day_ms = 24 * kHourMs;
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch()).count();
  const int64_t midnight_ms = now_ms / day_ms * day_ms;

  redstart::TimeSeriesBuckets buckets(client, {.bucket = std::chrono::hours(1)});
  redstart::TimeSeriesSet set(client);
  const std::string key = "example:room1";
  const auto points = readings(midnight_ms);
  client.unlink(std::vector<std::string>{key + ":set"}).value();
  buckets.add_many(key, points).value();
  set.add_many(key + ":set", points).value();

  show("the whole day", buckets.range(key, midnight_ms, midnight_ms + day_ms - 1).value());
  show("from 11 to 13", buckets.range(key, midnight_ms + 11 * kHourMs, midnight_ms + 13 * kHourMs).value());
  const int64_t five_ms = midnight_ms + 5 * kHourMs;
  show("five minutes", buckets.range(key, five_ms, five_ms + 5 * kMinuteMs).value());

  int64_t bucket_bytes = 0;
  for (int hour = 0; hour < 24; ++hour) {
    bucket_bytes += client.memory_usage(buckets.bucket_key(key, midnight_ms + hour * kHourMs)).value().value_or(0);
  }
  const int64_t set_bytes = client.memory_usage(key + ":set").value().value_or(0);
  std::printf("\nbuckets: %.1f bytes a point, sorted set: %.1f\n",
              static_cast<double>(bucket_bytes) / static_cast<double>(points.size()),
              static_cast<double>(set_bytes) / static_cast<double>(points.size()));
  std::printf("the first bucket goes in %ld hours by itself\n",
              client.pttl(buckets.bucket_key(key, midnight_ms)).value() / kHourMs);
  return 0;
}
