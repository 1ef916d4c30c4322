#include "redstart/recipes/atomic_values.h"

#include "patterns/recipes/support.h"
#include "redstart/script.h"

namespace redstart {
namespace {

// KEYS: key. ARGV: new value, 1 if an old one is expected, that.
const Script kCompareAndSet(R"(
local value = redis.call('GET', KEYS[1])
if ARGV[2] == '1' then
  if value ~= ARGV[3] then return 0 end
elseif value then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
return 1
)");

// The server adds, in 64 bits; Lua's numbers are only asked within what they can tell apart, and else the texts are
// compared as numbers of equal length. KEYS: key. ARGV: amount, minimum, maximum.
const Script kBoundedIncrement(R"(
local function less(a, b)
  local a_negative, b_negative = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
  if a_negative ~= b_negative then return a_negative end
  if a_negative then a, b = string.sub(b, 2), string.sub(a, 2) end
  if #a ~= #b then return #a < #b end
  return a < b
end
local old = redis.call('GET', KEYS[1])
redis.call('INCRBY', KEYS[1], ARGV[1])
local new = redis.call('GET', KEYS[1])
if not less(new, ARGV[2]) and not less(ARGV[3], new) then return {'1', new} end
if old then
  redis.call('SET', KEYS[1], old, 'KEEPTTL')
else
  redis.call('DEL', KEYS[1])
end
return {'0', old or '0'}
)");

// KEYS: from, to. ARGV: amount. INCRBY refuses what is no integer or would overflow, before anything has changed.
const Script kTransfer(R"(
local function less(a, b)
  if string.sub(a, 1, 1) == '-' then return true end
  if #a ~= #b then return #a < #b end
  return a < b
end
local balance = redis.call('GET', KEYS[1])
if not balance then return 0 end
redis.call('INCRBY', KEYS[1], 0)
if less(balance, ARGV[1]) then return 0 end
redis.call('INCRBY', KEYS[2], ARGV[1])
redis.call('DECRBY', KEYS[1], ARGV[1])
return 1
)");

}  // namespace

result<bool> compare_and_set(Client& client, std::string_view key, std::optional<std::string_view> expected,
                             std::string_view value) {
  const auto done = kCompareAndSet.run<int64_t>(
      client, {std::string(key)}, {std::string(value), expected ? "1" : "0", std::string(expected.value_or(""))});
  if (!done) return std::unexpected(done.error());
  return *done == 1;
}

result<BoundedIncrement> bounded_increment(Client& client, std::string_view key, int64_t amount, int64_t minimum,
                                           int64_t maximum) {
  const auto words = kBoundedIncrement.run<std::vector<std::string>>(
      client, {std::string(key)}, {std::to_string(amount), std::to_string(minimum), std::to_string(maximum)});
  if (!words) return std::unexpected(words.error());
  return BoundedIncrement{.applied = (*words)[0] == "1", .value = std::stoll((*words)[1])};
}

result<Transfer> transfer(Client& client, std::string_view from, std::string_view to, int64_t amount) {
  if (amount <= 0) return invalid("the amount of a transfer must be positive");
  if (from == to) return invalid("a transfer to oneself");
  const auto done = kTransfer.run<int64_t>(client, {std::string(from), std::string(to)}, {std::to_string(amount)});
  if (!done) return std::unexpected(done.error());
  return *done == 1 ? Transfer::done : Transfer::insufficient_funds;
}

}  // namespace redstart
