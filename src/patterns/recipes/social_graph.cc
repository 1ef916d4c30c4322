#include "redstart/recipes/social_graph.h"

#include <array>

#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// KEYS: whom the user follows. ARGV: user, what stands before a name in a key, sample, how many. Flat: name, count.
// The keys of those whom the user follows cannot be known before; they have the same hash tag.
const Script kSuggest(R"(
local counts, names = {}, {}
for _, followed in ipairs(redis.call('SRANDMEMBER', KEYS[1], ARGV[3])) do
  for _, name in ipairs(redis.call('SRANDMEMBER', ARGV[2] .. followed, ARGV[3])) do
    if not counts[name] then names[#names + 1] = name end
    counts[name] = (counts[name] or 0) + 1
  end
end
table.sort(names, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)
local best = {}
for _, name in ipairs(names) do
  if #best >= 2 * tonumber(ARGV[4]) then break end
  if name ~= ARGV[1] and redis.call('SISMEMBER', KEYS[1], name) == 0 then
    best[#best + 1] = name
    best[#best + 1] = tostring(counts[name])
  end
end
return best
)");

}  // namespace

SocialGraph::SocialGraph(Client client, std::string name, int64_t sample)
    : client_(std::move(client)), name_(std::move(name)), sample_(sample) {}

result<bool> SocialGraph::change(std::string_view command, std::string_view user, std::string_view other) {
  if (user == other) return invalid("nobody follows themselves");
  Transaction transaction = client_.transaction();
  const auto changed = transaction.command(command, following_key(user), other);
  transaction.command(command, followers_key(other), user);
  const auto reply = of_transaction(transaction, changed);
  if (!reply) return std::unexpected(reply.error());
  return reply->as_integer() == 1;
}

result<bool> SocialGraph::follow(std::string_view user, std::string_view other) { return change("SADD", user, other); }
result<bool> SocialGraph::unfollow(std::string_view user, std::string_view other) {
  return change("SREM", user, other);
}

result<bool> SocialGraph::is_following(std::string_view user, std::string_view other) {
  return client_.sismember(following_key(user), other);
}

result<std::vector<std::string>> SocialGraph::mutual_followers(std::string_view user, std::string_view other) {
  return client_.sinter(std::array{followers_key(user), followers_key(other)});
}

result<std::vector<Suggestion>> SocialGraph::suggestions(std::string_view user, int64_t count_max) {
  if (count_max < 0) return invalid("a negative count");
  if (sample_ <= 0) return invalid("a sample of nobody");
  const auto words = kSuggest.run<std::vector<std::string>>(
      client_, {following_key(user)},
      {std::string(user), following_key(""), std::to_string(sample_), std::to_string(count_max)});
  if (!words) return std::unexpected(words.error());
  std::vector<Suggestion> suggestions;
  for (size_t i = 0; i + 1 < words->size(); i += 2) suggestions.push_back({(*words)[i], std::stoll((*words)[i + 1])});
  return suggestions;
}

result<FollowCounts> SocialGraph::counts(std::string_view user) {
  Transaction transaction = client_.transaction();
  const auto followers = transaction.scard(followers_key(user));
  const auto following = transaction.scard(following_key(user));
  const auto ran = of_transaction(transaction, followers);
  if (!ran) return std::unexpected(ran.error());
  if (!*following) return std::unexpected((*following).error());
  return FollowCounts{.followers = *ran, .following = **following};
}

result<ScanPage> SocialGraph::followers(std::string_view user, std::string_view cursor, int64_t count) {
  if (count <= 0) return invalid("a page of nobody");
  return client_.sscan(followers_key(user), cursor, {.count = count});
}
result<ScanPage> SocialGraph::following(std::string_view user, std::string_view cursor, int64_t count) {
  if (count <= 0) return invalid("a page of nobody");
  return client_.sscan(following_key(user), cursor, {.count = count});
}

}  // namespace redstart
