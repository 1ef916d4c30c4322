#include "redstart/patterns/packed_counters.h"

#include <algorithm>

#include "patterns/same_slot.h"

namespace redstart {
namespace {

// KEYS: index, counters. ARGV: type, overflow, then name, SET or INCRBY, number for each update.
// Returns for each the value before and the value now (false: nothing was changed).
constexpr char kUpdate[] = R"lua(
local results = {}
for i = 3, #ARGV, 3 do
  local place = redis.call('HGET', KEYS[1], ARGV[i])
  if not place then
    place = redis.call('HLEN', KEYS[1])
    redis.call('HSET', KEYS[1], ARGV[i], place)
  end
  local cell = '#' .. place
  local before = redis.call('BITFIELD', KEYS[2], 'GET', ARGV[1], cell)[1]
  local changed = redis.call('BITFIELD', KEYS[2], 'OVERFLOW', ARGV[2], ARGV[i + 1], ARGV[1], cell, ARGV[i + 2])[1]
  local now = redis.call('BITFIELD', KEYS[2], 'GET', ARGV[1], cell)[1]
  results[#results + 1] = {before, now, changed and 1 or 0}
end
return results
)lua";

// KEYS: index, counters. ARGV: type, name.
constexpr char kGet[] = R"lua(
local place = redis.call('HGET', KEYS[1], ARGV[2])
if not place then return false end
return redis.call('BITFIELD', KEYS[2], 'GET', ARGV[1], '#' .. place)[1]
)lua";

// A string has 512 MB; a place up to 32 bits.
constexpr uint32_t kPlacesMax = 1u << 27;

int usable_bits(int bits) { return bits <= 8 ? 8 : bits <= 16 ? 16 : 32; }

}  // namespace

PackedCounters::PackedCounters(Client client, PackedCountersOptions options)
    : client_(std::move(client)),
      options_([&] {
        options.bits = usable_bits(options.bits);
        return std::move(options);
      }()),
      counters_key_(same_slot_key(options_.prefix, "counters")),
      index_key_(same_slot_key(options_.prefix, "index")),
      update_(kUpdate),
      get_(kGet) {}

result<std::vector<CounterUpdate>> PackedCounters::update(std::vector<std::string> arguments, size_t count) {
  arguments.insert(arguments.begin(), {"u" + std::to_string(options_.bits),
                                       options_.overflow == CounterOverflow::saturate ? "SAT" : "FAIL"});
  const auto replies = update_.run<Reply>(client_, {index_key_, counters_key_}, arguments);
  if (!replies) return std::unexpected(replies.error());
  if (replies->size() != count) {
    return std::unexpected(
        Error{ErrorCode::unexpected_reply, Outcome::unknown, "the counters' script answers otherwise than it should"});
  }
  std::vector<CounterUpdate> updates;
  for (size_t i = 0; i < count; ++i) {
    const Reply& reply = (*replies)[i];
    const int64_t before = reply[0].as_integer(), now = reply[1].as_integer();
    const int64_t number = std::strtoll(arguments[2 + 3 * i + 2].c_str(), nullptr, 10);
    const bool is_set = arguments[2 + 3 * i + 1] == "SET";
    const bool is_exact = is_set ? now == number : now - before == number;
    updates.push_back({static_cast<uint64_t>(now), reply[2].as_integer() == 0 || !is_exact});
  }
  return updates;
}

result<CounterUpdate> PackedCounters::add(std::string_view name, int64_t by) {
  const auto updates = update({std::string(name), "INCRBY", std::to_string(by)}, 1);
  if (!updates) return std::unexpected(updates.error());
  return updates->front();
}

result<CounterUpdate> PackedCounters::set(std::string_view name, uint64_t value) {
  const auto updates = set_many({{std::string(name), value}});
  if (!updates) return std::unexpected(updates.error());
  return updates->front();
}

result<std::vector<CounterUpdate>> PackedCounters::set_many(
    const std::vector<std::pair<std::string, uint64_t>>& values) {
  std::vector<std::string> arguments;
  for (const auto& [name, value] : values) {
    arguments.push_back(name);
    arguments.push_back("SET");
    // Beyond its own 64 bits BITFIELD would take the number for a negative one.
    arguments.push_back(std::to_string(std::min<uint64_t>(value, INT64_MAX)));
  }
  return update(std::move(arguments), values.size());
}

result<std::optional<uint64_t>> PackedCounters::get(std::string_view name) {
  const auto value = get_.run<std::optional<int64_t>>(client_, {index_key_, counters_key_},
                                                      {"u" + std::to_string(options_.bits), std::string(name)});
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<uint64_t>();
  return std::optional(static_cast<uint64_t>(**value));
}

result<CounterUpdate> PackedCounters::update_at(uint32_t place, std::string_view operation, int64_t number) {
  if (place >= kPlacesMax) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                 "the place " + std::to_string(place) + " is beyond the longest string"});
  }
  const std::string type = "u" + std::to_string(options_.bits), cell = "#" + std::to_string(place);
  const auto reply = client_.command("BITFIELD", counters_key_, "GET", type, cell, "OVERFLOW",
                                     options_.overflow == CounterOverflow::saturate ? "SAT" : "FAIL", operation, type,
                                     cell, number, "GET", type, cell);
  if (!reply) return std::unexpected(reply.error());
  const int64_t before = (*reply)[0].as_integer(), now = (*reply)[2].as_integer();
  const bool is_exact = operation == "SET" ? now == number : now - before == number;
  return CounterUpdate{static_cast<uint64_t>(now), (*reply)[1].is_null() || !is_exact};
}

result<CounterUpdate> PackedCounters::add_at(uint32_t place, int64_t by) { return update_at(place, "INCRBY", by); }

result<CounterUpdate> PackedCounters::set_at(uint32_t place, uint64_t value) {
  return update_at(place, "SET", static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX)));
}

result<uint64_t> PackedCounters::get_at(uint32_t place) {
  const auto reply = client_.command("BITFIELD_RO", counters_key_, "GET", "u" + std::to_string(options_.bits),
                                     "#" + std::to_string(place));
  if (!reply) return std::unexpected(reply.error());
  return static_cast<uint64_t>((*reply)[0].as_integer());
}

result<std::vector<std::pair<std::string, uint64_t>>> PackedCounters::all() {
  const auto index = client_.hgetall(index_key_);
  if (!index) return std::unexpected(index.error());
  const auto bytes = client_.get(counters_key_);
  if (!bytes) return std::unexpected(bytes.error());
  const std::string cells = bytes->value_or("");
  const size_t width = static_cast<size_t>(options_.bits) / 8;
  std::vector<std::pair<size_t, std::pair<std::string, uint64_t>>> by_place;
  for (const auto& [name, place_text] : *index) {
    const size_t place = std::strtoull(place_text.c_str(), nullptr, 10);
    uint64_t value = 0;  // what lies behind the string's end is zero
    for (size_t i = place * width; i < (place + 1) * width && i < cells.size(); ++i) {
      value |= static_cast<uint64_t>(static_cast<unsigned char>(cells[i])) << (8 * ((place + 1) * width - 1 - i));
    }
    by_place.push_back({place, {name, value}});
  }
  std::ranges::sort(by_place);
  std::vector<std::pair<std::string, uint64_t>> counters;
  for (auto& [place, counter] : by_place) counters.push_back(std::move(counter));
  return counters;
}

}  // namespace redstart
