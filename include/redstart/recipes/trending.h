// Trending: what is talked about now. Each interaction counts by its weight, and its weight halves with every
// `half_life` that passes.
//
//   redstart::Trending trending(client, {.half_life = std::chrono::hours(6)});
//   trending.add("article-1", "share", "user-7", "science").value();
//   auto top = trending.top(20).value();
//
// Decay without a job that rewrites scores: what is stored is log2 of the sum of weight x 2^(time / half_life). All
// decay alike, so the order never changes by time alone, and the score of now is 2^(stored - now / half_life). (Forward
// decay: Cormode, Shkapenyuk, Srivastava, Xu, 2009; kept as a logarithm it never overflows.)
//
// Redis 7.0 or newer, Redstart; a cluster too: all keys have the hash tag {name}. The server's time counts.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"
#include "redstart/patterns/clock.h"

namespace redstart {

struct TrendingOptions {
  std::string name = "trending";
  std::chrono::milliseconds half_life = std::chrono::hours(6);
  std::map<std::string, double> weights = {{"view", 1}, {"like", 5}, {"share", 10}, {"comment", 15}};
  double score_min = 0.1;       // below it, contents are dropped
  int64_t contents_max = 10'000;  // the best ones
  std::chrono::milliseconds keep_interactions = std::chrono::hours(24);
  UnixClock clock = {};  // for tests; empty: the store's
};

struct TrendingContent {
  std::string content;
  double score = 0;          // now, rounded to two places
  int64_t interactions = 0;  // of the last `keep_interactions`
};

class Trending {
 public:
  explicit Trending(Client client, TrendingOptions options = {});
  // The content's score now. With a category it counts there too. Errors: invalid_argument for an interaction without
  // a weight, and for a half-life or keep_interactions below 1 ms and no contents at all.
  result<double> add(std::string_view content, std::string_view interaction, std::string_view user,
                     std::string_view category = {});
  // The best ones, of all or of a category. Errors: invalid_argument for a negative count and a half-life
  // below 1 ms.
  result<std::vector<TrendingContent>> top(int64_t count = 20, std::string_view category = {});

 private:
  std::string key(std::string_view category) const;
  Client client_;
  const TrendingOptions options_;
};

}  // namespace redstart
