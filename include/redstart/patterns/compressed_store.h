// CompressedStore: string values that are compressed on their way into the store and come out as they were.
//
//   redstart::CompressedStore pages(client);
//   pages.set("page:7", html, std::chrono::hours(1)).value();
//   std::optional<std::string> html = pages.get("page:7").value();
//
// One key for each value, whatever its size and codec; see compressed_value.h for what is stored.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/compressed_value.h"

namespace redstart {

class CompressedStore {
 public:
  explicit CompressedStore(Client client, CompressionOptions options = {})
      : client_(std::move(client)), options_(options) {}

  // SET. A ttl of zero or less is invalid_argument.
  result<void> set(std::string_view key, std::string_view value,
                   std::optional<std::chrono::milliseconds> ttl = std::nullopt) const;
  // All pairs in pipelines of 500; how many values were stored compressed.
  result<size_t> set_many(const StringPairs& pairs,
                          std::optional<std::chrono::milliseconds> ttl = std::nullopt) const;
  // GET; nothing when there is no such key. Errors: unexpected_reply for damaged values.
  result<std::optional<std::string>> get(std::string_view key) const;
  // MGET, in the order of the keys.
  result<std::vector<std::optional<std::string>>> get_many(std::span<const std::string> keys) const;

 private:
  Client client_;
  CompressionOptions options_;
};

}  // namespace redstart
