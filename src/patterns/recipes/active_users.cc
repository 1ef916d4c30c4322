#include "redstart/recipes/active_users.h"

#include <set>

#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

constexpr int kSegmentBits = 16;
constexpr int64_t kInSegment = (int64_t{1} << kSegmentBits) - 1;

// KEYS: a scratch key, then one segment of each day. How many bits are set in any of them.
const Script kCountUnion(R"(
redis.call('BITOP', 'OR', unpack(KEYS))
local count = redis.call('BITCOUNT', KEYS[1])
redis.call('DEL', KEYS[1])
return count
)");

}  // namespace

ActiveUsers::ActiveUsers(Client client, ActiveUsersOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

std::string ActiveUsers::segment_key(const std::string& day, const std::string& segment) const {
  return "{" + options_.name + "}:" + day + ":" + segment;
}
std::string ActiveUsers::segments_key(const std::string& day) const {
  return "{" + options_.name + "}:" + day + ":segments";
}

result<bool> ActiveUsers::mark(int64_t user_id) {
  if (user_id < 0) return invalid("a negative user id");
  if (options_.keep.count() <= 0) return invalid("a day that is not kept");
  const std::string day = options_.calendar.name(Period::day, unix_time_ms(options_.clock));
  const std::string segment = std::to_string(user_id >> kSegmentBits);
  const std::string bits = segment_key(day, segment), segments = segments_key(day);
  Transaction transaction = client_.transaction();
  const auto was_set = transaction.setbit(bits, user_id & kInSegment, true);
  transaction.sadd(segments, segment);
  transaction.expire(bits, options_.keep, ExpireIf::none);
  // Not sooner than any of its segments.
  transaction.expire(segments, options_.keep);
  const auto before = of_transaction(transaction, was_set);
  if (!before) return std::unexpected(before.error());
  return !*before;
}

result<bool> ActiveUsers::was_active(int64_t user_id, int64_t unix_ms) {
  if (user_id < 0) return invalid("a negative user id");
  const std::string day = options_.calendar.name(Period::day, unix_ms);
  return client_.getbit(segment_key(day, std::to_string(user_id >> kSegmentBits)), user_id & kInSegment);
}

result<int64_t> ActiveUsers::count_today() { return count_rolling(1); }

result<int64_t> ActiveUsers::count_rolling(int days) {
  if (days <= 0) return invalid("a union of no days");
  return count_union(options_.calendar.last(Period::day, unix_time_ms(options_.clock), days));
}

result<int64_t> ActiveUsers::count_week() { return count_week_at(unix_time_ms(options_.clock)); }

result<int64_t> ActiveUsers::count_week_at(int64_t unix_ms) {
  return count_union(options_.calendar.last(Period::day, options_.calendar.end_ms(Period::week, unix_ms) - 1, 7));
}

result<int64_t> ActiveUsers::count_union(const std::vector<std::string>& days) {
  std::vector<std::string> sets;
  for (const std::string& day : days) sets.push_back(segments_key(day));
  const auto segments = client_.sunion(sets);
  if (!segments) return std::unexpected(segments.error());
  Pipeline pipeline = client_.pipeline();
  std::vector<Pending<int64_t>> counts;
  for (const std::string& segment : *segments) {
    Script::Words keys = {"{" + options_.name + "}:scratch"};
    for (const std::string& day : days) keys.push_back(segment_key(day, segment));
    counts.push_back(kCountUnion.run<int64_t>(pipeline, keys));
  }
  pipeline.run();
  int64_t sum = 0;
  for (const auto& count : counts) {
    if (!*count) return std::unexpected((*count).error());
    sum += **count;
  }
  return sum;
}

}  // namespace redstart
