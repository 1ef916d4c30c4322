#include "redstart/patterns/compressed_store.h"

#include "redstart/patterns/pipelined_writer.h"

namespace redstart {
namespace {

constexpr size_t kPipelineSize = 500;

}  // namespace

result<void> CompressedStore::set(std::string_view key, std::string_view value,
                                  std::optional<std::chrono::milliseconds> ttl) const {
  if (ttl && ttl->count() <= 0) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, "the ttl must be positive"});
  }
  const std::string stored = compress_value(value, options_);
  const auto reply = ttl ? client_.command("SET", key, stored, "PX", static_cast<int64_t>(ttl->count()))
                         : client_.command("SET", key, stored);
  if (!reply) return std::unexpected(reply.error());
  return {};
}

result<size_t> CompressedStore::set_many(const StringPairs& pairs,
                                         std::optional<std::chrono::milliseconds> ttl) const {
  StringPairs stored;
  size_t compressed = 0;
  stored.reserve(pairs.size());
  for (const auto& [key, value] : pairs) {
    stored.emplace_back(key, compress_value(value, options_));
    compressed += codec_of(stored.back().second) != Codec::none;
  }
  PipelinedWriter writer(client_, {.batch_size = kPipelineSize});
  const auto written = writer.write_key_values(stored, ttl);
  if (!written) return std::unexpected(written.error());
  return compressed;
}

result<std::optional<std::string>> CompressedStore::get(std::string_view key) const {
  auto stored = Client(client_).get(key);
  if (!stored || !*stored) return stored;
  auto value = decompress_value(std::move(**stored));
  if (!value) return std::unexpected(std::move(value.error()));
  return std::optional(std::move(*value));
}

result<std::vector<std::optional<std::string>>> CompressedStore::get_many(std::span<const std::string> keys) const {
  auto stored = Client(client_).mget(keys);
  if (!stored) return stored;
  for (auto& one : *stored) {
    if (!one) continue;
    auto value = decompress_value(std::move(*one));
    if (!value) return std::unexpected(std::move(value.error()));
    one = std::move(*value);
  }
  return stored;
}

}  // namespace redstart
