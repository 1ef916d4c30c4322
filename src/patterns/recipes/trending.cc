#include "redstart/recipes/trending.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "patterns/cache/entry.h"
#include "patterns/recipes/support.h"
#include "patterns/script_time.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// Times are counted in half-lives since the beginning of 2020, to keep many digits for what is now.
#define REDSTART_TRENDING_NOW REDSTART_SCRIPT_NOW "local lives = (now - 1577836800000) / tonumber(ARGV[2])\n"

// KEYS: interactions of the content, boards. ARGV: now, half-life ms, content, weight, least score, contents at most,
// interaction as text, how long those are kept in ms. The content's score now.
const Script kAdd(REDSTART_TRENDING_NOW R"(
local function log2(number) return math.log(number) / math.log(2) end
local added = log2(tonumber(ARGV[4])) + lives
local score
for i = 2, #KEYS do
  local old = tonumber(redis.call('ZSCORE', KEYS[i], ARGV[3]))
  local new = added
  if old then new = math.max(old, added) + log2(1 + 2 ^ -math.abs(old - added)) end
  redis.call('ZADD', KEYS[i], string.format('%.17g', new), ARGV[3])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('(%.17g', log2(tonumber(ARGV[5])) + lives))
  redis.call('ZREMRANGEBYRANK', KEYS[i], 0, -tonumber(ARGV[6]) - 1)
  score = score or new
end
redis.call('ZADD', KEYS[1], now, ARGV[7])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[8]))
redis.call('PEXPIRE', KEYS[1], ARGV[8])
return string.format('%.17g', 2 ^ (score - lives))
)");

// KEYS: board. ARGV: now, half-life ms, how many, least score. Now, then content and score in turn.
const Script kTop(REDSTART_TRENDING_NOW R"(
local top = redis.call('ZREVRANGE', KEYS[1], 0, tonumber(ARGV[3]) - 1, 'WITHSCORES')
local reply = {string.format('%.0f', now)}
for i = 1, #top, 2 do
  local score = 2 ^ (tonumber(top[i + 1]) - lives)
  if score < tonumber(ARGV[4]) then break end
  reply[#reply + 1] = top[i]
  reply[#reply + 1] = string.format('%.17g', score)
end
return reply
)");

std::string text_of(double number) {
  char text[kNumberTextBytes];
  return {text, format_double(number, text)};
}

double number_of(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

}  // namespace

Trending::Trending(Client client, TrendingOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

std::string Trending::key(std::string_view category) const {
  return "{" + options_.name + "}:" + (category.empty() ? "all" : "category:" + std::string(category));
}

result<double> Trending::add(std::string_view content, std::string_view interaction, std::string_view user,
                             std::string_view category) {
  if (options_.half_life.count() <= 0) return invalid("a half-life below 1 ms");
  if (options_.contents_max <= 0) return invalid("a list of no contents");
  if (options_.keep_interactions.count() <= 0) return invalid("interactions that are not kept");
  const auto weight = options_.weights.find(std::string(interaction));
  if (weight == options_.weights.end() || !(weight->second > 0)) {
    return invalid("no weight is known for the interaction '" + std::string(interaction) + "'");
  }
  Script::Words keys = {"{" + options_.name + "}:interactions:" + std::string(content), key("")};
  if (!category.empty()) keys.push_back(key(category));
  const std::string unique = std::string(redstart::text_of(random_token()));
  const auto score = kAdd.run<std::string>(
      client_, keys,
      {script_time(options_.clock), std::to_string(options_.half_life.count()), std::string(content),
       text_of(weight->second), text_of(options_.score_min), std::to_string(options_.contents_max),
       unique + std::string(interaction) + ":" + std::string(user),
       std::to_string(options_.keep_interactions.count())});
  if (!score) return std::unexpected(score.error());
  return number_of(*score);
}

result<std::vector<TrendingContent>> Trending::top(int64_t count, std::string_view category) {
  if (options_.half_life.count() <= 0) return invalid("a half-life below 1 ms");
  if (count < 0) return invalid("a negative count");
  if (count == 0) return std::vector<TrendingContent>();
  const auto words = kTop.run<std::vector<std::string>>(
      client_, {key(category)},
      {script_time(options_.clock), std::to_string(options_.half_life.count()),
       std::to_string(std::min(count, kCountMax)), text_of(options_.score_min)});
  if (!words) return std::unexpected(words.error());
  std::vector<TrendingContent> contents;
  Pipeline pipeline = client_.pipeline();
  std::vector<Pending<int64_t>> interactions;
  const int64_t since_ms = std::stoll((*words)[0]) - options_.keep_interactions.count();
  for (size_t i = 1; i + 1 < words->size(); i += 2) {
    const double score = std::round(number_of((*words)[i + 1]) * 100) / 100;
    contents.push_back({.content = (*words)[i], .score = score});
    interactions.push_back(pipeline.zcount("{" + options_.name + "}:interactions:" + (*words)[i],
                                           "(" + std::to_string(since_ms), "+inf"));
  }
  pipeline.run();
  for (size_t i = 0; i < contents.size(); ++i) {
    if (!*interactions[i]) return std::unexpected((*interactions[i]).error());
    contents[i].interactions = **interactions[i];
  }
  return contents;
}

}  // namespace redstart
