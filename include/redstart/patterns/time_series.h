// Time series: points of a time and a number, in two compact layouts. Which to take:
//
//   TimeSeriesBuckets   a hash for each stretch of time. The smallest, and old stretches expire by themselves.
//   TimeSeriesSet       one sorted set. A range is one round trip, points may be anywhere; larger beyond 128 points.
//
//   redstart::TimeSeriesBuckets series(client, {.bucket = std::chrono::hours(1), .retention = std::chrono::days(7)});
//   series.add("cpu:web1", {now_ms, 0.73}).value();
//   for (auto [unix_ms, value] : series.range("cpu:web1", now_ms - 60'000, now_ms).value()) ...
//
// Times are milliseconds since 1970 and are kept as whole ticks of `resolution`. Values come back bit by bit.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct SeriesPoint {
  int64_t unix_ms = 0;
  double value = 0;
  bool operator==(const SeriesPoint&) const = default;
};

struct TimeSeriesBucketsOptions {
  std::chrono::milliseconds bucket{std::chrono::hours(1)};
  std::chrono::milliseconds resolution{1000};
  // A bucket goes when its last point is this old. Zero: never.
  std::chrono::milliseconds retention{std::chrono::hours(24 * 7)};
};

// Hashes KEY:bucket:START (START in seconds, or in milliseconds where a bucket is no whole number of seconds), a field
// for each tick. A second point of a tick replaces the first.
class TimeSeriesBuckets {
 public:
  explicit TimeSeriesBuckets(Client client, TimeSeriesBucketsOptions options = {});

  result<void> add(std::string_view key, SeriesPoint point);
  // One MULTI for each bucket: its points and its expiry. Errors: invalid_argument for a value that is not a number
  // (nothing is written then), else the first of the store's.
  result<void> add_many(std::string_view key, std::span<const SeriesPoint> points);
  // Points from `from_ms` to `to_ms`, both included, by time. One pipeline; O(points of the buckets touched). Errors:
  // invalid_argument for a range over more than 100,000 buckets.
  result<std::vector<SeriesPoint>> range(std::string_view key, int64_t from_ms, int64_t to_ms) const;
  std::string bucket_key(std::string_view key, int64_t unix_ms) const;

 private:
  int64_t bucket_start_ms(int64_t unix_ms) const;

  mutable Client client_;
  const TimeSeriesBucketsOptions options_;
};

struct TimeSeriesSetOptions {
  std::chrono::milliseconds resolution{1000};
  // Points that are older than the newest one by more go when something is added. Zero: never.
  std::chrono::milliseconds retention{0};
};

// A sorted set KEY: the score is the tick, the member 4 bytes of tick and the 8 bytes of the value. Equal values at
// different times are different points; of one tick, different values are kept side by side.
class TimeSeriesSet {
 public:
  explicit TimeSeriesSet(Client client, TimeSeriesSetOptions options = {});

  result<void> add(std::string_view key, SeriesPoint point);
  // In chunks of 1000; with a retention each chunk trims the series in the same MULTI.
  result<void> add_many(std::string_view key, std::span<const SeriesPoint> points);
  // O(log n + points found).
  result<std::vector<SeriesPoint>> range(std::string_view key, int64_t from_ms, int64_t to_ms) const;

 private:
  mutable Client client_;
  const TimeSeriesSetOptions options_;
};

}  // namespace redstart
