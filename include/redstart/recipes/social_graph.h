// SocialGraph: who follows whom.
//
//   redstart::SocialGraph graph(client);
//   graph.follow("ada", "grace").value();
//   auto suggestions = graph.suggestions("ada").value();    // whom those follow whom ada follows
//
// Both sides of an edge change in one step. Suggestions look at up to `sample` of the people that one follows, and up
// to `sample` of theirs, by chance when there are more; one round trip.
//
// Redis 7.0 or newer, Redstart; a cluster too: all keys have the hash tag {name}, so one graph lives on one node.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct Suggestion {
  std::string user;
  int64_t mutual = 0;  // how many of those whom one follows follow them
  bool operator==(const Suggestion&) const = default;
};

struct FollowCounts {
  int64_t followers = 0, following = 0;
};

class SocialGraph {
 public:
  explicit SocialGraph(Client client, std::string name = "social", int64_t sample = 200);
  // False: was so already. Errors: invalid_argument for following oneself.
  result<bool> follow(std::string_view user, std::string_view other);
  // False: did not.
  result<bool> unfollow(std::string_view user, std::string_view other);
  result<bool> is_following(std::string_view user, std::string_view other);
  // Who follows both.
  result<std::vector<std::string>> mutual_followers(std::string_view user, std::string_view other);
  // Not oneself and nobody whom one follows; the most mutual ones first, ties by name. Errors: invalid_argument
  // for a negative count and a sample below 1.
  result<std::vector<Suggestion>> suggestions(std::string_view user, int64_t count_max = 10);
  result<FollowCounts> counts(std::string_view user);
  // One page of a walk: begin with cursor "0", end when the page's is "0". Errors: invalid_argument for a count below
  // 1.
  result<ScanPage> followers(std::string_view user, std::string_view cursor, int64_t count = 100);
  result<ScanPage> following(std::string_view user, std::string_view cursor, int64_t count = 100);

 private:
  std::string followers_key(std::string_view user) const { return "{" + name_ + "}:followers:" + std::string(user); }
  std::string following_key(std::string_view user) const { return "{" + name_ + "}:following:" + std::string(user); }
  result<bool> change(std::string_view command, std::string_view user, std::string_view other);

  Client client_;
  const std::string name_;
  const int64_t sample_;
};

}  // namespace redstart
