// ActivityFeed: what somebody did lately, newest first, in pages that do not shift when something is added.
//
//   redstart::ActivityFeed feed(client);
//   feed.add("user-7", {{"verb", "liked"}, {"object", "photo-3"}}).value();
//   auto page = feed.page("user-7").value();
//   auto more = feed.page("user-7", page.cursor).value();
//
// A stream for each feed: ids are unique and ordered, the newest `entries_max` are kept, exactly; a feed lives for
// `ttl` after its last activity. Adding is one transaction.
//
// Redis 7.0 or newer, Redstart; a cluster too: one key for each feed.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct ActivityFeedOptions {
  std::string name = "feed";  // keys are "name:owner"
  int64_t entries_max = 1000;
  std::chrono::milliseconds ttl = std::chrono::days(30);
};

struct Activity {
  std::string id;
  int64_t at_unix_ms = 0;
  StringPairs fields;
};

struct FeedPage {
  std::vector<Activity> items;
  std::string cursor;  // for the next page; empty: this was the last
};

class ActivityFeed {
 public:
  explicit ActivityFeed(Client client, ActivityFeedOptions options = {});
  // The activity's id. Errors: invalid_argument without any field, and for a ttl below 1 ms or no entries at all.
  result<std::string> add(std::string_view owner, const StringPairs& fields);
  // `cursor`: from the page before; empty: from the newest on. Errors: invalid_argument for a `size` below 1.
  result<FeedPage> page(std::string_view owner, std::string_view cursor = {}, int64_t size = 20);
  result<bool> remove(std::string_view owner, std::string_view id);

 private:
  std::string key(std::string_view owner) const { return options_.name + ":" + std::string(owner); }
  Client client_;
  const ActivityFeedOptions options_;
};

}  // namespace redstart
