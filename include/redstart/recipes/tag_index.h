// TagIndex: contents by their tags.
//
//   redstart::TagIndex index(client);
//   index.tag("article-1", {"redis", "caching"}).value();
//   auto found = index.find({.required = {"redis"}, .any = {"caching", "queues"}, .excluded = {"draft"}}).value();
//
// find() gives (all of `required`) and (at least one of `any`) and (none of `excluded`); each part may be missing, and
// `excluded` alone means all contents but those. It is evaluated in one step; what it needs in between never
// outlives it. Cost: of SINTER, SUNION and SDIFF of the sets.
//
// Redis 7.0 or newer, Redstart; a cluster too: all keys have the hash tag {name}, so one index lives on one node.
//
// Threads: thread-safe. Ownership: shares the client's store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redstart/client.h"

namespace redstart {

struct TagQuery {
  std::vector<std::string> required = {}, any = {}, excluded = {};
  int64_t offset = 0, count = 1000;  // of the matches in the order of their ids
};

class TagIndex {
 public:
  explicit TagIndex(Client client, std::string name = "tags");
  // How many of the tags are new to it.
  result<int64_t> tag(std::string_view content, const std::vector<std::string>& tags);
  // How many it had.
  result<int64_t> untag(std::string_view content, const std::vector<std::string>& tags);
  // Takes the content out altogether. False: it was not there.
  result<bool> remove(std::string_view content);
  result<std::vector<std::string>> tags_of(std::string_view content);
  // Errors: invalid_argument for a query without any part, and a negative count or offset.
  result<std::vector<std::string>> find(const TagQuery& query);
  // Tags and how many contents have them, the most used first; ties by name, descending. Errors: invalid_argument for a
  // negative count.
  result<std::vector<std::pair<std::string, int64_t>>> most_used(int64_t count_max = 100);

 private:
  std::string key(std::string_view kind, std::string_view what = {}) const;
  result<int64_t> change(std::string_view how, std::string_view content, const std::vector<std::string>& tags);

  Client client_;
  const std::string name_;
};

}  // namespace redstart
