#include "redstart/patterns/layout_comparison.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <random>

#include "redstart/patterns/compressed_value.h"
#include "redstart/patterns/message_pack.h"
#include "redstart/patterns/object_hashes.h"
#include "redstart/patterns/packed_counters.h"
#include "redstart/patterns/pipelined_writer.h"
#include "redstart/patterns/time_series.h"

namespace redstart {
namespace {

constexpr size_t kCounters = 1000, kPoints = 1000, kDocumentBytes = 2048;
constexpr int64_t kStartMs = 1'700'000'000'000;

struct User {
  int64_t id;
  std::string name, email;
  int64_t visits;
  MSGPACK_DEFINE_MAP(id, name, email, visits)
};

User user_of(size_t index) {
  const std::string number = std::to_string(index);
  return {static_cast<int64_t>(index), "user " + number, "u" + number + "@example.org",
          static_cast<int64_t>(index * 7)};
}

std::string json_of(const User& user) {
  char text[160];
  std::snprintf(text, sizeof text, R"({"id":%lld,"name":"%s","email":"%s","visits":%lld})",
                static_cast<long long>(user.id), user.name.c_str(), user.email.c_str(),
                static_cast<long long>(user.visits));
  return text;
}

std::string document_of(size_t index) {
  std::string text = "[";
  for (size_t i = 0; text.size() < kDocumentBytes; ++i) text += json_of(user_of(index * 31 + i)) + ",";
  text.back() = ']';
  return text;
}

class Comparison {
 public:
  Comparison(Client client, std::string prefix) : client_(std::move(client)), prefix_(std::move(prefix)) {}

  // Measures what `write` puts under the prefix it is given, and removes it.
  result<void> measure(LayoutRow row, const std::function<result<void>(const std::string& prefix)>& write) {
    const std::string prefix = prefix_ + ":" + std::to_string(rows_.size());
    const auto written = write(prefix);
    const auto keys = keys_under(prefix);
    if (!keys) return std::unexpected(keys.error());
    const auto used = memory_of(*keys);
    // What was written is removed whatever went wrong.
    if (!keys->empty()) {
      if (const auto removed = client_.unlink(*keys); !removed) return std::unexpected(removed.error());
    }
    if (!written) return written;
    if (!used) return std::unexpected(used.error());
    row.keys = keys->size();
    row.memory_bytes = *used;
    rows_.push_back(std::move(row));
    return {};
  }
  std::vector<LayoutRow> take() { return std::move(rows_); }

 private:
  result<int64_t> memory_of(const std::vector<std::string>& keys) {
    int64_t all = 0;
    for (const std::string& key : keys) {
      const auto bytes = client_.command("MEMORY", "USAGE", key, "SAMPLES", 0);
      if (!bytes) return std::unexpected(bytes.error());
      all += bytes->as_integer();
    }
    return all;
  }

  result<std::vector<std::string>> keys_under(const std::string& prefix) {
    std::vector<std::string> keys;
    std::string cursor = "0";
    const std::string pattern = "*" + prefix + "*";
    do {
      const auto page = client_.scan(cursor, {.match = pattern, .count = 1000});
      if (!page) return std::unexpected(page.error());
      for (const std::string& key : page->items) {
        if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
      }
      cursor = page->cursor;
    } while (cursor != "0");
    return keys;
  }

  Client client_;
  const std::string prefix_;
  std::vector<LayoutRow> rows_;
};

result<void> done(const auto& outcome) {
  if (!outcome) return std::unexpected(outcome.error());
  return {};
}

// Encodes every item, and keeps the time that one took.
template <class Encode>
std::vector<std::string> encode_all(size_t count, LayoutRow& row, Encode encode) {
  std::vector<std::string> bytes;
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i) bytes.push_back(encode(i));
  row.encode_us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() /
                  static_cast<double>(std::max<size_t>(count, 1));
  return bytes;
}

result<void> write_strings(Client& client, const std::string& prefix, const std::vector<std::string>& values) {
  StringPairs pairs;
  for (size_t i = 0; i < values.size(); ++i) pairs.emplace_back(prefix + ":" + std::to_string(i), values[i]);
  return done(PipelinedWriter(client).write_key_values(pairs));
}

result<void> compare_objects(Comparison& comparison, Client& client, size_t objects) {
  const std::string data = std::to_string(objects) + " small objects";
  std::vector<std::string> json;
  for (size_t i = 0; i < objects; ++i) json.push_back(json_of(user_of(i)));
  const auto fields = [&] {
    StringPairs pairs;
    for (size_t i = 0; i < objects; ++i) pairs.emplace_back(std::to_string(i), json[i]);
    return pairs;
  }();
  LayoutRow packed_row{data, "a MessagePack string each", objects};
  const auto packed = encode_all(objects, packed_row, [](size_t i) { return to_message_pack(user_of(i)); });
  auto outcome = comparison.measure({data, "a JSON string each", objects}, [&](const std::string& prefix) {
    return write_strings(client, prefix, json);
  });
  if (!outcome) return outcome;
  outcome = comparison.measure(packed_row, [&](const std::string& prefix) {
    return write_strings(client, prefix, packed);
  });
  if (!outcome) return outcome;
  outcome = comparison.measure({data, "all in one hash, JSON", objects}, [&](const std::string& prefix) {
    return done(PipelinedWriter(client).write_hashes({{prefix, fields}}));
  });
  if (!outcome) return outcome;
  StringPairs packed_fields;
  for (size_t i = 0; i < objects; ++i) packed_fields.emplace_back(std::to_string(i), packed[i]);
  return comparison.measure({data, "ObjectHashes, MessagePack", objects}, [&](const std::string& prefix) {
    return done(ObjectHashes(client, {.prefix = prefix, .objects_expected = objects}).put_many(packed_fields));
  });
}

result<void> compare_documents(Comparison& comparison, Client& client, size_t objects) {
  const std::string data = std::to_string(objects) + " documents of 2 KB";
  for (const Codec codec : {Codec::none, Codec::lz4, Codec::zlib, Codec::zstd}) {
    LayoutRow row{data, "JSON, " + (codec == Codec::none ? "plain" : std::string(name_of(codec))), objects};
    std::vector<std::string> documents;
    for (size_t i = 0; i < objects; ++i) documents.push_back(document_of(i));
    const auto values =
        encode_all(objects, row, [&](size_t i) { return compress_value(documents[i], {.codec = codec}); });
    if (codec == Codec::none) row.encode_us = 0;
    const auto outcome = comparison.measure(row, [&](const std::string& prefix) {
      return write_strings(client, prefix, values);
    });
    if (!outcome) return outcome;
  }
  return {};
}

result<void> compare_counters(Comparison& comparison, Client& client) {
  const std::string data = std::to_string(kCounters) + " counters";
  std::vector<std::pair<std::string, uint64_t>> counters;
  StringPairs texts;
  std::vector<std::string> numbers;
  for (size_t i = 0; i < kCounters; ++i) {
    counters.emplace_back("page:" + std::to_string(i), i * 60 % 65'536);
    texts.emplace_back(counters.back().first, std::to_string(counters.back().second));
    numbers.push_back(texts.back().second);
  }
  auto outcome = comparison.measure({data, "a string each", kCounters}, [&](const std::string& prefix) {
    return write_strings(client, prefix, numbers);
  });
  if (!outcome) return outcome;
  outcome = comparison.measure({data, "fields of one hash", kCounters}, [&](const std::string& prefix) {
    return done(PipelinedWriter(client).write_hashes({{prefix, texts}}));
  });
  if (!outcome) return outcome;
  outcome = comparison.measure({data, "PackedCounters by name", kCounters}, [&](const std::string& prefix) {
    return done(PackedCounters(client, {.prefix = prefix}).set_many(counters));
  });
  if (!outcome) return outcome;
  return comparison.measure({data, "PackedCounters by number", kCounters}, [&](const std::string& prefix) {
    PackedCounters packed(client, {.prefix = prefix});
    for (size_t i = 0; i < kCounters; ++i) {
      if (const auto set = packed.set_at(static_cast<uint32_t>(i), counters[i].second); !set) return done(set);
    }
    return result<void>();
  });
}

result<void> compare_series(Comparison& comparison, Client& client) {
  const std::string data = std::to_string(kPoints) + " points of a time series";
  std::vector<SeriesPoint> points;
  StringPairs naive;
  for (size_t i = 0; i < kPoints; ++i) {
    points.push_back({kStartMs + static_cast<int64_t>(i) * 10'000, 20 + static_cast<double>(i % 100) / 8});
  }
  auto outcome = comparison.measure({data, "a string each", kPoints}, [&](const std::string& prefix) {
    StringPairs pairs;
    for (const SeriesPoint& point : points) {
      pairs.emplace_back(prefix + ":" + std::to_string(point.unix_ms / 1000), std::to_string(point.value));
    }
    return done(PipelinedWriter(client).write_key_values(pairs));
  });
  if (!outcome) return outcome;
  outcome = comparison.measure({data, "TimeSeriesSet", kPoints}, [&](const std::string& prefix) {
    return TimeSeriesSet(client).add_many(prefix, points);
  });
  if (!outcome) return outcome;
  return comparison.measure({data, "TimeSeriesBuckets of an hour", kPoints}, [&](const std::string& prefix) {
    return TimeSeriesBuckets(client, {.retention = std::chrono::milliseconds(0)}).add_many(prefix, points);
  });
}

}  // namespace

result<std::vector<LayoutRow>> compare_layouts(Client client, LayoutComparisonOptions options) {
  std::random_device random;
  Comparison comparison(client, options.prefix + ":" + std::to_string(random()));
  for (const auto& part : {compare_objects(comparison, client, options.objects),
                           compare_documents(comparison, client, options.objects),
                           compare_counters(comparison, client), compare_series(comparison, client)}) {
    if (!part) return std::unexpected(part.error());
  }
  return comparison.take();
}

}  // namespace redstart
