#include "redstart/patterns/time_series.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <map>

namespace redstart {
namespace {

constexpr int64_t kBucketsMax = 100'000;
constexpr size_t kChunk = 1000;

std::unexpected<Error> invalid(std::string message) {
  return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(message)});
}

int64_t floor_to(int64_t value, int64_t step) {
  const int64_t rest = value % step;
  return value - rest - (rest < 0 ? step : 0);
}

int64_t positive(std::chrono::milliseconds duration) { return std::max<int64_t>(duration.count(), 1); }

// The shortest text that is read back as the same number.
std::string text_of(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

void append_big_endian(std::string& bytes, uint64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
}

result<void> run_all(Client& client, Batch batch) {
  for (auto& reply : client.run_batch(std::move(batch))) {
    if (reply) reply = checked(std::move(*reply));
    if (!reply) return std::unexpected(std::move(reply.error()));
  }
  return {};
}

result<void> check_numbers(std::span<const SeriesPoint> points) {
  const auto bad = std::ranges::find_if(points, [](const SeriesPoint& point) { return std::isnan(point.value); });
  if (bad != points.end()) return invalid("the value at " + std::to_string(bad->unix_ms) + " is not a number");
  return {};
}

}  // namespace

// --- Buckets

TimeSeriesBuckets::TimeSeriesBuckets(Client client, TimeSeriesBucketsOptions options)
    : client_(std::move(client)), options_([&] {
        options.resolution = std::chrono::milliseconds(positive(options.resolution));
        options.bucket = std::max(options.bucket, options.resolution);
        return options;
      }()) {}

int64_t TimeSeriesBuckets::bucket_start_ms(int64_t unix_ms) const { return floor_to(unix_ms, options_.bucket.count()); }

std::string TimeSeriesBuckets::bucket_key(std::string_view key, int64_t unix_ms) const {
  const int64_t start_ms = bucket_start_ms(unix_ms);
  const int64_t start = options_.bucket.count() % 1000 == 0 ? start_ms / 1000 : start_ms;
  return std::string(key) + ":bucket:" + std::to_string(start);
}

result<void> TimeSeriesBuckets::add(std::string_view key, SeriesPoint point) { return add_many(key, {&point, 1}); }

result<void> TimeSeriesBuckets::add_many(std::string_view key, std::span<const SeriesPoint> points) {
  if (auto checked_points = check_numbers(points); !checked_points) return checked_points;
  std::map<int64_t, std::vector<std::string>> by_start;
  for (const SeriesPoint& point : points) {
    const int64_t start_ms = bucket_start_ms(point.unix_ms);
    auto& words = by_start[start_ms];
    if (words.empty()) words = {"HSET", bucket_key(key, point.unix_ms)};
    words.push_back(std::to_string((point.unix_ms - start_ms) / options_.resolution.count()));
    words.push_back(text_of(point.value));
  }
  for (auto& [start_ms, words] : by_start) {
    Batch batch;
    batch.atomic = true;
    batch.options.idempotent = true;
    const std::string name = words[1];
    batch.commands.push_back(std::move(words));
    if (options_.retention.count() > 0) {
      const int64_t end_ms = start_ms + options_.bucket.count() + options_.retention.count();
      batch.commands.push_back({"PEXPIREAT", name, std::to_string(end_ms)});
    }
    if (auto written = run_all(client_, std::move(batch)); !written) return written;
  }
  return {};
}

result<std::vector<SeriesPoint>> TimeSeriesBuckets::range(std::string_view key, int64_t from_ms, int64_t to_ms) const {
  std::vector<SeriesPoint> points;
  if (from_ms > to_ms) return points;
  const int64_t width = options_.bucket.count();
  if (bucket_start_ms(to_ms) / width - bucket_start_ms(from_ms) / width >= kBucketsMax) {
    return invalid("the range goes over more than " + std::to_string(kBucketsMax) + " buckets");
  }
  Pipeline pipeline = client_.pipeline();
  std::vector<std::pair<int64_t, Pending<StringPairs>>> buckets;
  for (int64_t start_ms = bucket_start_ms(from_ms); start_ms <= to_ms; start_ms += width) {
    buckets.emplace_back(start_ms, pipeline.hgetall(bucket_key(key, start_ms)));
  }
  if (auto ran = pipeline.run(); !ran) return std::unexpected(ran.error());
  for (const auto& [start_ms, fields] : buckets) {
    if (!*fields) return std::unexpected((*fields).error());
    const size_t first = points.size();
    for (const auto& [tick, value] : **fields) {
      SeriesPoint point;
      if (!parse(tick, point.unix_ms) || !parse(value, point.value)) continue;  // somebody else's field
      point.unix_ms = start_ms + point.unix_ms * options_.resolution.count();
      if (point.unix_ms >= from_ms && point.unix_ms <= to_ms) points.push_back(point);
    }
    std::ranges::sort(points.begin() + static_cast<ptrdiff_t>(first), points.end(), {}, &SeriesPoint::unix_ms);
  }
  return points;
}

// --- Sorted set

TimeSeriesSet::TimeSeriesSet(Client client, TimeSeriesSetOptions options)
    : client_(std::move(client)), options_([&] {
        options.resolution = std::chrono::milliseconds(positive(options.resolution));
        return options;
      }()) {}

result<void> TimeSeriesSet::add(std::string_view key, SeriesPoint point) { return add_many(key, {&point, 1}); }

result<void> TimeSeriesSet::add_many(std::string_view key, std::span<const SeriesPoint> points) {
  if (auto checked_points = check_numbers(points); !checked_points) return checked_points;
  while (!points.empty()) {
    const auto chunk = points.first(std::min(points.size(), kChunk));
    points = points.subspan(chunk.size());
    Batch batch;
    batch.options.idempotent = true;
    std::vector<std::string> words{"ZADD", std::string(key)};
    int64_t newest = INT64_MIN;
    for (const SeriesPoint& point : chunk) {
      const int64_t tick = floor_to(point.unix_ms, options_.resolution.count()) / options_.resolution.count();
      newest = std::max(newest, tick);
      std::string member;
      append_big_endian(member, static_cast<uint64_t>(tick), 4);
      append_big_endian(member, std::bit_cast<uint64_t>(point.value), 8);
      words.push_back(std::to_string(tick));
      words.push_back(std::move(member));
    }
    batch.commands.push_back(std::move(words));
    if (options_.retention.count() > 0) {
      batch.atomic = true;
      const int64_t oldest = newest - options_.retention.count() / options_.resolution.count();
      batch.commands.push_back({"ZREMRANGEBYSCORE", std::string(key), "-inf", "(" + std::to_string(oldest)});
    }
    if (auto written = run_all(client_, std::move(batch)); !written) return written;
  }
  return {};
}

result<std::vector<SeriesPoint>> TimeSeriesSet::range(std::string_view key, int64_t from_ms, int64_t to_ms) const {
  const int64_t step = options_.resolution.count();
  // The first whole tick that is not before `from_ms`.
  const int64_t first = floor_to(from_ms + step - 1, step) / step, last = floor_to(to_ms, step) / step;
  auto reply = client_.command("ZRANGEBYSCORE", key, first, last, "WITHSCORES");
  if (!reply) return std::unexpected(std::move(reply.error()));
  auto members = detail::decode(std::move(*reply), static_cast<std::vector<ScoredMember>*>(nullptr));
  if (!members) return std::unexpected(std::move(members.error()));
  std::vector<SeriesPoint> points;
  points.reserve(members->size());
  for (const auto& [member, tick] : *members) {
    if (member.size() != 12) continue;  // somebody else's member
    uint64_t bits = 0;
    for (const char byte : std::string_view(member).substr(4)) bits = bits << 8 | static_cast<unsigned char>(byte);
    points.push_back({static_cast<int64_t>(tick) * step, std::bit_cast<double>(bits)});
  }
  return points;
}

}  // namespace redstart
