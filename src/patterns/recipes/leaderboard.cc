#include "redstart/recipes/leaderboard.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// KEYS: boards, then the history. ARGV: rule, user, score, history at most, its entry, then the life of each board in
// ms (0: for ever). The user's score on the first board.
const Script kSubmit(R"(
for i = 1, #KEYS - 1 do
  if ARGV[1] == 'sum' then
    redis.call('ZINCRBY', KEYS[i], ARGV[3], ARGV[2])
  elseif ARGV[1] == 'best' then
    redis.call('ZADD', KEYS[i], 'GT', ARGV[3], ARGV[2])
  else
    redis.call('ZADD', KEYS[i], ARGV[3], ARGV[2])
  end
  local life = ARGV[5 + i]
  if life ~= '0' then redis.call('PEXPIRE', KEYS[i], life, 'NX') end
end
local history = KEYS[#KEYS]
if tonumber(ARGV[4]) > 0 then
  redis.call('LPUSH', history, ARGV[5])
  redis.call('LTRIM', history, 0, tonumber(ARGV[4]) - 1)
end
return redis.call('ZSCORE', KEYS[1], ARGV[2])
)");

// KEYS: board. ARGV: user, or "" and the first place; how many places, or neighbours. Places and rank by competition of
// the first one, number of players, then user and score in turn.
const Script kLook(R"(
local first, last
if ARGV[1] ~= '' then
  local place = redis.call('ZREVRANK', KEYS[1], ARGV[1])
  if not place then return {} end
  first = math.max(place - tonumber(ARGV[3]), 0)
  last = place + tonumber(ARGV[3])
else
  first = tonumber(ARGV[2])
  last = first + tonumber(ARGV[3]) - 1
end
local users = redis.call('ZREVRANGE', KEYS[1], first, last, 'WITHSCORES')
local above = 0
if users[2] then above = redis.call('ZCOUNT', KEYS[1], '(' .. users[2], '+inf') end
table.insert(users, 1, tostring(redis.call('ZCARD', KEYS[1])))
table.insert(users, 1, tostring(above + 1))
table.insert(users, 1, tostring(first + 1))
return users
)");

struct Look {
  int64_t players = 0;
  std::vector<RankedUser> users;
};

result<Look> look(Client& client, const std::string& key, std::string_view user, int64_t first, int64_t count) {
  const auto words = kLook.run<std::vector<std::string>>(
      client, {key}, {std::string(user), std::to_string(first), std::to_string(count)});
  if (!words) return std::unexpected(words.error());
  Look found;
  if (words->size() < 3) return found;
  int64_t place = std::stoll((*words)[0]);
  int64_t rank = std::stoll((*words)[1]);
  found.players = std::stoll((*words)[2]);
  for (size_t i = 3; i + 1 < words->size(); i += 2, ++place) {
    const double score = std::strtod((*words)[i + 1].c_str(), nullptr);
    if (!found.users.empty() && score != found.users.back().score) rank = place;
    found.users.push_back({.rank = rank, .user = (*words)[i], .score = score});
  }
  return found;
}

std::string text_of(double number) {
  char text[kNumberTextBytes];
  return {text, format_double(number, text)};
}

std::string_view name_of(ScoreRule rule) {
  return rule == ScoreRule::sum ? "sum" : rule == ScoreRule::best ? "best" : "last";
}

}  // namespace

Leaderboard::Leaderboard(Client client, LeaderboardOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

std::string Leaderboard::key(Board board, int64_t now_ms) const {
  const std::string prefix = "{" + options_.name + "}:";
  if (board == Board::daily) return prefix + "day:" + options_.calendar.name(Period::day, now_ms);
  if (board == Board::weekly) return prefix + "week:" + options_.calendar.name(Period::week, now_ms);
  return prefix + "global";
}

std::string Leaderboard::history_key(std::string_view user) const {
  return "{" + options_.name + "}:history:" + std::string(user);
}

result<double> Leaderboard::submit(std::string_view user, double score) {
  if (std::isnan(score)) return invalid("a score that is not a number");
  if (user.empty()) return invalid("a user without a name");
  if (options_.keep_daily.count() <= 0 || options_.keep_weekly.count() <= 0) return invalid("a board that is not kept");
  if (options_.history_max < 0) return invalid("a negative history");
  const int64_t now_ms = unix_time_ms(options_.clock);
  return kSubmit.run<double>(
      client_,
      {key(Board::global, now_ms), key(Board::daily, now_ms), key(Board::weekly, now_ms), history_key(user)},
      {std::string(name_of(options_.rule)), std::string(user), text_of(score), std::to_string(options_.history_max),
       std::to_string(now_ms) + ":" + text_of(score), "0", std::to_string(options_.keep_daily.count()),
       std::to_string(options_.keep_weekly.count())});
}

result<std::vector<RankedUser>> Leaderboard::top(Board board, int64_t count, int64_t offset) {
  if (count < 0 || offset < 0) return invalid("a negative count or offset");
  if (count == 0) return std::vector<RankedUser>();
  auto found = look(client_, key(board, unix_time_ms(options_.clock)), "", std::min(offset, kCountMax),
                    std::min(count, kCountMax));
  if (!found) return std::unexpected(std::move(found.error()));
  return std::move(found->users);
}

result<std::optional<RankedPlace>> Leaderboard::around(Board board, std::string_view user, int64_t neighbours) {
  if (neighbours < 0) return invalid("a negative number of neighbours");
  auto found = look(client_, key(board, unix_time_ms(options_.clock)), user, 0, std::min(neighbours, kCountMax));
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->users.empty()) return std::optional<RankedPlace>();
  RankedPlace place{.players = found->players, .context = std::move(found->users)};
  for (const RankedUser& one : place.context) {
    if (one.user != user) continue;
    place.rank = one.rank;
    place.score = one.score;
  }
  return std::optional(std::move(place));
}

result<std::vector<SubmittedScore>> Leaderboard::history(std::string_view user) {
  const auto entries = client_.lrange(history_key(user), 0, -1);
  if (!entries) return std::unexpected(entries.error());
  std::vector<SubmittedScore> scores;
  for (const std::string& entry : *entries) {
    const double score = std::strtod(entry.c_str() + entry.find(':') + 1, nullptr);
    scores.push_back({.at_unix_ms = std::stoll(entry), .score = score});
  }
  return scores;
}

result<void> Leaderboard::remove(std::string_view user) {
  const int64_t now_ms = unix_time_ms(options_.clock);
  Transaction transaction = client_.transaction();
  for (const Board board : {Board::global, Board::daily, Board::weekly}) transaction.zrem(key(board, now_ms), user);
  transaction.del(history_key(user));
  return static_cast<Pipeline&>(transaction).run();
}

}  // namespace redstart
