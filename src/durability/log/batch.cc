#include "durability/log/batch.h"

#include <charconv>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace redstart {

uint64_t hash_of_batch(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string format(const BatchHead& head) {
  char text[96];
  const auto write = [&](const char* zero) {
    return static_cast<size_t>(std::snprintf(text, sizeof text, "%s%llu:%016llx:%s%llu\r\n", kBatchMark.data(),
                                             static_cast<unsigned long long>(head.bytes),
                                             static_cast<unsigned long long>(head.hash), zero,
                                             static_cast<unsigned long long>(head.synced_file_bytes)));
  };
  size_t size = write("");
  if ((size + head.bytes) % 2 != 0) size = write("0");
  return {text, size};
}

std::optional<BatchHead> parse_batch_head(std::string_view line) {
  if (!line.starts_with(kBatchMark)) return std::nullopt;
  BatchHead head;
  const char* at = line.data() + kBatchMark.size();
  const char* const end = line.data() + line.size();
  const auto take = [&](uint64_t& number, int base, char follower) {
    const auto [next, error] = std::from_chars(at, end, number, base);
    at = next;
    if (error != std::errc()) return false;
    return follower == '\0' ? at == end : at != end && *at++ == follower;
  };
  if (!take(head.bytes, 10, ':') || !take(head.hash, 16, ':') || !take(head.synced_file_bytes, 10, '\0')) {
    return std::nullopt;
  }
  return head;
}

}  // namespace redstart
