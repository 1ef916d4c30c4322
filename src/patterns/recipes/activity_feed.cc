#include "redstart/recipes/activity_feed.h"

#include <algorithm>
#include <array>

#include "patterns/recipes/support.h"

namespace redstart {

ActivityFeed::ActivityFeed(Client client, ActivityFeedOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

result<std::string> ActivityFeed::add(std::string_view owner, const StringPairs& fields) {
  if (fields.empty()) return invalid("an activity without any field");
  if (options_.entries_max <= 0) return invalid("a feed of no activities");
  if (options_.ttl.count() <= 0) return invalid("a feed that ends as it begins");
  const std::string feed = key(owner);
  Transaction transaction = client_.transaction();
  const auto added =
      transaction.xadd(feed, fields, {.trim = {.length_max = options_.entries_max, .exactly = true}});
  transaction.expire(feed, options_.ttl);
  auto id = of_transaction(transaction, added);
  if (!id) return std::unexpected(std::move(id.error()));
  return std::move(id->value());
}

result<FeedPage> ActivityFeed::page(std::string_view owner, std::string_view cursor, int64_t size) {
  if (size <= 0) return invalid("a page of no activities");
  const std::string newest = cursor.empty() ? "+" : "(" + std::string(cursor);
  // One more tells whether there is another page.
  auto entries = client_.xrevrange(key(owner), newest, "-", std::min(size, kCountMax) + 1);
  if (!entries) return std::unexpected(std::move(entries.error()));
  FeedPage page;
  for (StreamEntry& entry : *entries) {
    if (static_cast<int64_t>(page.items.size()) == size) {
      page.cursor = page.items.back().id;
      break;
    }
    const int64_t at_unix_ms = std::stoll(entry.id);
    page.items.push_back({.id = std::move(entry.id), .at_unix_ms = at_unix_ms, .fields = std::move(entry.fields)});
  }
  return page;
}

result<bool> ActivityFeed::remove(std::string_view owner, std::string_view id) {
  const auto removed = client_.xdel(key(owner), std::array{id});
  if (!removed) return std::unexpected(removed.error());
  return *removed == 1;
}

}  // namespace redstart
