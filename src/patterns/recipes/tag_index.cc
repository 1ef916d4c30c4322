#include "redstart/recipes/tag_index.h"

#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// KEYS: the content's tags, all contents, counts of tags, then the set of each tag. ARGV: 'SADD' or 'SREM', content,
// then the tags. How many sets have changed.
const Script kChange(R"(
local changed = 0
for i = 4, #KEYS do
  local tag = ARGV[i - 1]
  local done
  if ARGV[1] == 'SADD' then
    done = redis.call('SADD', KEYS[i], ARGV[2])
    redis.call('SADD', KEYS[1], tag)
  else
    done = redis.call('SREM', KEYS[i], ARGV[2])
    redis.call('SREM', KEYS[1], tag)
  end
  if done == 1 then
    changed = changed + 1
    if tonumber(redis.call('ZINCRBY', KEYS[3], ARGV[1] == 'SADD' and 1 or -1, tag)) <= 0 then
      redis.call('ZREM', KEYS[3], tag)
    end
  end
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('SADD', KEYS[2], ARGV[2])
else
  redis.call('SREM', KEYS[2], ARGV[2])
end
return changed
)");

// KEYS: two scratch keys, all contents, then the sets of the tags. ARGV: how many are required, how many of any,
// offset, count; the rest are excluded. The scratch keys are gone before anybody else could see them.
const Script kFind(R"(
local found, either = KEYS[1], KEYS[2]
local required, any = tonumber(ARGV[1]), tonumber(ARGV[2])
if required > 0 then
  redis.call('SINTERSTORE', found, unpack(KEYS, 4, 3 + required))
else
  redis.call('SUNIONSTORE', found, KEYS[3])
end
if any > 0 then
  redis.call('SUNIONSTORE', either, unpack(KEYS, 4 + required, 3 + required + any))
  redis.call('SINTERSTORE', found, found, either)
end
if #KEYS > 3 + required + any then
  redis.call('SDIFFSTORE', found, found, unpack(KEYS, 4 + required + any, #KEYS))
end
local members = redis.call('SORT', found, 'LIMIT', ARGV[3], ARGV[4], 'ALPHA')
redis.call('DEL', found, either)
return members
)");

}  // namespace

TagIndex::TagIndex(Client client, std::string name) : client_(std::move(client)), name_(std::move(name)) {}

std::string TagIndex::key(std::string_view kind, std::string_view what) const {
  return "{" + name_ + "}:" + std::string(kind) + (what.empty() ? "" : ":" + std::string(what));
}

result<int64_t> TagIndex::change(std::string_view how, std::string_view content,
                                 const std::vector<std::string>& tags) {
  Script::Words keys = {key("content", content), key("contents"), key("counts")};
  Script::Words words = {std::string(how), std::string(content)};
  for (const std::string& tag : tags) {
    keys.push_back(key("tag", tag));
    words.push_back(tag);
  }
  return kChange.run<int64_t>(client_, keys, words);
}

result<int64_t> TagIndex::tag(std::string_view content, const std::vector<std::string>& tags) {
  if (content.empty()) return invalid("a content without a name");
  return change("SADD", content, tags);
}

result<int64_t> TagIndex::untag(std::string_view content, const std::vector<std::string>& tags) {
  return change("SREM", content, tags);
}

result<bool> TagIndex::remove(std::string_view content) {
  // Tags that come meanwhile are removed in another round.
  bool removed = false;
  while (true) {
    const auto tags = tags_of(content);
    if (!tags) return std::unexpected(tags.error());
    if (tags->empty()) return removed;
    const auto changed = untag(content, *tags);
    if (!changed) return std::unexpected(changed.error());
    removed = true;
  }
}

result<std::vector<std::string>> TagIndex::tags_of(std::string_view content) {
  return client_.smembers(key("content", content));
}

result<std::vector<std::string>> TagIndex::find(const TagQuery& query) {
  if (query.required.empty() && query.any.empty() && query.excluded.empty()) {
    return invalid("a query without any tag");
  }
  if (query.offset < 0 || query.count < 0) return invalid("a negative count or offset");
  Script::Words keys = {key("scratch", "found"), key("scratch", "either"), key("contents")};
  for (const auto* const part : {&query.required, &query.any, &query.excluded}) {
    for (const std::string& tag : *part) keys.push_back(key("tag", tag));
  }
  return kFind.run<std::vector<std::string>>(
      client_, keys,
      {std::to_string(query.required.size()), std::to_string(query.any.size()), std::to_string(query.offset),
       std::to_string(query.count)});
}

result<std::vector<std::pair<std::string, int64_t>>> TagIndex::most_used(int64_t count_max) {
  if (count_max < 0) return invalid("a negative count");
  if (count_max == 0) return std::vector<std::pair<std::string, int64_t>>();
  const auto members = client_.zrevrange_with_scores(key("counts"), 0, count_max - 1);
  if (!members) return std::unexpected(members.error());
  std::vector<std::pair<std::string, int64_t>> tags;
  for (const ScoredMember& member : *members) tags.emplace_back(member.member, static_cast<int64_t>(member.score));
  return tags;
}

}  // namespace redstart
