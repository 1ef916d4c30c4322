// A partition has, under one hash tag:
//   due       sorted set   key -> when it is to be written, or when its claim ends (Unix ms)
//   updates   hash         key -> MessagePack: {{sequence, value, coalesced}, ...}, the oldest first; coalesced: how
//                          many updates before it will not be written because of it; absent: none
//   attempts  hash         key -> how often the oldest one was claimed
//   sequence  the last one given, see kUpdate
//   dead      list         MessagePack: {key, sequence, value, attempts, reason, Unix ms}
// A key is in `due` and in `updates`, or in neither.
#include "redstart/patterns/write_behind.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/hash.h"
#include "patterns/cache/entry.h"
#include "patterns/cache/stripes.h"
#include "patterns/script_time.h"
#include "patterns/store_check.h"
#include "redstart/script.h"

namespace redstart {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kClaimsAtOnce = 16;

// KEYS: due, updates, sequence, the cache's entry. ARGV: now, key, value, coalesce 1 or 0, pending keys at most,
// updates of a key at most, entry, its life in ms, channel, sender. As text, 0: full.
// A sequence is the time in microseconds, or one more than the last. So it grows, too, when the store has forgotten the
// last one, or the key is in another partition; and it is exact as a script's number until the year 2255.
const Script kUpdate(REDSTART_SCRIPT_NOW R"(
local old = redis.call('HGET', KEYS[2], ARGV[2])
local list, coalesced = {}, 0
if not old then
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[5]) then return '0' end
elseif ARGV[4] == '1' then
  for _, one in ipairs(cmsgpack.unpack(old)) do coalesced = coalesced + 1 + (one[3] or 0) end
else
  list = cmsgpack.unpack(old)
  if #list >= tonumber(ARGV[6]) then return '0' end
end
local sequence = now * 1000
if ARGV[1] == '' then
  local exactly = redis.call('TIME')
  sequence = tonumber(exactly[1]) * 1000000 + tonumber(exactly[2])
end
sequence = math.max(sequence, tonumber(redis.call('GET', KEYS[3]) or 0) + 1)
local text = string.format('%.0f', sequence)
redis.call('SET', KEYS[3], text)
list[#list + 1] = {sequence, ARGV[3], coalesced}
redis.call('HSET', KEYS[2], ARGV[2], cmsgpack.pack(list))
if not old then redis.call('ZADD', KEYS[1], now, ARGV[2]) end
redis.call('SET', KEYS[4], ARGV[7], 'PX', ARGV[8])
if ARGV[9] ~= '' then redis.call('PUBLISH', ARGV[9], ARGV[10] .. KEYS[4]) end
return text
)");

// KEYS: due, updates, attempts. ARGV: now, claim ms, how many. Flat: key, sequence, value, attempt, ...
const Script kClaim(REDSTART_SCRIPT_NOW R"(
local keys = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[3])
local claimed = {}
for _, key in ipairs(keys) do
  local packed = redis.call('HGET', KEYS[2], key)
  if packed then
    local oldest = cmsgpack.unpack(packed)[1]
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), key)
    local attempt = redis.call('HINCRBY', KEYS[3], key, 1)
    local at = #claimed
    claimed[at + 1] = key
    claimed[at + 2] = string.format('%.0f', oldest[1])
    claimed[at + 3] = oldest[2]
    claimed[at + 4] = tostring(attempt)
  else
    redis.call('ZREM', KEYS[1], key)
  end
end
return claimed
)");

// The end of an attempt. KEYS: due, updates, attempts, dead, the cache's entry. ARGV: now, key, sequence, attempt, what
// happened ('written', 'retry', 'dead', or 'back': it was not tried), delay ms, reason, channel, sender. 0: the claim
// was lost. 1: the update is to be tried again, or a newer one has replaced it. 2 and more: it has ended as said, and
// so many less 2 before it were never written because of it.
const Script kSettle(REDSTART_SCRIPT_NOW R"(
if redis.call('HGET', KEYS[3], ARGV[2]) ~= ARGV[4] then return 0 end
if ARGV[5] == 'back' then
  redis.call('HINCRBY', KEYS[3], ARGV[2], -1)
  redis.call('ZADD', KEYS[1], now, ARGV[2])
  return 1
end
local packed = redis.call('HGET', KEYS[2], ARGV[2])
if not packed then return 0 end
local list = cmsgpack.unpack(packed)
local was_newest = #list == 1 and list[1][1] <= tonumber(ARGV[3])
-- A failed update that a newer one has replaced meanwhile need not be written any more.
if ARGV[5] == 'retry' and list[1][1] <= tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[6]), ARGV[2])
  return 1
end
if ARGV[5] == 'dead' and list[1][1] <= tonumber(ARGV[3]) then
  redis.call('RPUSH', KEYS[4], cmsgpack.pack({ARGV[2], list[1][1], list[1][2], tonumber(ARGV[4]), ARGV[7], now}))
  if was_newest then
    redis.call('DEL', KEYS[5])
    if ARGV[8] ~= '' then redis.call('PUBLISH', ARGV[8], ARGV[9] .. KEYS[5]) end
  end
end
redis.call('HDEL', KEYS[3], ARGV[2])
local ended, coalesced = 0, 0
while list[1] and list[1][1] <= tonumber(ARGV[3]) do
  coalesced = coalesced + (list[1][3] or 0)
  ended = ended + 1
  table.remove(list, 1)
end
local answer = 1
if ended > 0 then
  answer = 2 + coalesced + ended - 1
elseif ARGV[5] == 'written' then
  answer = 2
  -- It was replaced while it was written: it is not one of those that are not.
  if list[1] then list[1][3] = math.max((list[1][3] or 0) - 1, 0) end
end
if #list == 0 then
  redis.call('HDEL', KEYS[2], ARGV[2])
  redis.call('ZREM', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], cmsgpack.pack(list))
  redis.call('ZADD', KEYS[1], now, ARGV[2])
end
return answer
)");

// KEYS: updates. ARGV: key.
const Script kPending(R"(
local packed = redis.call('HGET', KEYS[1], ARGV[1])
if not packed then return false end
local list = cmsgpack.unpack(packed)
return list[#list][2]
)");

// KEYS: dead. Flat: key, sequence, value, attempts, reason, Unix ms, ...
const Script kDead(R"(
local letters = {}
for _, packed in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local letter = cmsgpack.unpack(packed)
  for i = 1, 6 do
    local part = letter[i]
    letters[#letters + 1] = type(part) == 'number' and string.format('%.0f', part) or part
  end
end
return letters
)");

// KEYS: due, updates, dead. ARGV: now, key, retry 1 or 0. What is pending is newer than any dead letter: then they go.
const Script kTakeDead(REDSTART_SCRIPT_NOW R"(
local taken, list = 0, {}
for _, packed in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  local letter = cmsgpack.unpack(packed)
  if letter[1] == ARGV[2] then
    redis.call('LREM', KEYS[3], 1, packed)
    list[#list + 1] = {letter[2], letter[3]}
    taken = taken + 1
  end
end
if ARGV[3] == '1' and taken > 0 and redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 then
  redis.call('HSET', KEYS[2], ARGV[2], cmsgpack.pack(list))
  redis.call('ZADD', KEYS[1], now, ARGV[2])
end
return taken
)");

enum class Count : unsigned char {
  accepted, rejected, unknown, claimed, settled, written, coalesced, failed_attempts, dead, lost_claims, store_errors
};
constexpr size_t kCounts = static_cast<size_t>(Count::store_errors) + 1;

}  // namespace

struct WriteBehind::State {
  State(Client client, Cache& cache, Writer writer, WriteBehindOptions given)
      : client(std::move(client)), cache(cache), writer(std::move(writer)), options(std::move(given)) {
    options.partitions = std::max(options.partitions, 1u);
    options.poll_interval = std::max(options.poll_interval, milliseconds(1));
    working = options.threads;
    for (size_t i = 0; i < options.threads; ++i) threads.emplace_back([this, i] { run(i); });
  }

  // The same in every process and version: it says where a key's updates are.
  uint32_t partition_of(std::string_view key) const {
    return static_cast<uint32_t>(XXH3_64bits(key.data(), key.size()) % options.partitions);
  }
  std::string key_in(uint32_t partition, std::string_view what) const {
    return cache.options().prefix + ":{" + options.name + ":" + std::to_string(partition) + "}:" + std::string(what);
  }
  std::string entry_key(std::string_view key) const {
    return key_in(partition_of(key), "entry:") + std::string(key);
  }

  // Why an update cannot be taken; empty: it can.
  std::string refusal(std::optional<milliseconds> ttl) const {
    if (ttl.value_or(cache.options().default_ttl).count() <= 0) return "a ttl below 1 ms";
    if (options.claim_ttl.count() <= 0) return "a claim_ttl below 1 ms";
    if (options.attempts_max <= 0) return "updates without an attempt";
    if (options.retry_delay_min.count() < 0 || options.retry_delay_max.count() < 0) return "a negative retry delay";
    return "";
  }

  void run(size_t index) {
    work(index);
    const std::lock_guard lock(mutex);
    --working;
    changed.notify_all();
  }
  void work(size_t index);
  size_t work_in(uint32_t partition);
  void write(uint32_t partition, const QueuedUpdate& update);
  void write_and_count(uint32_t partition, const QueuedUpdate& update);
  void tell(const Error& error) const;
  std::string run_writer(const QueuedUpdate& update);
  result<int64_t> settle(uint32_t partition, const QueuedUpdate& update, const std::string& how,
                         const std::string& reason);
  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  milliseconds delay_after(int attempt) const;
  // Waits until they have ended, or it is `deadline`.
  void end_workers(SteadyClock::time_point deadline);

  Client client;
  Cache& cache;
  const Writer writer;
  WriteBehindOptions options;
  Stripes<Count, kCounts> counts;
  std::atomic<int> writes_under_way{0};  // in this process, up to where they are counted

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  uint64_t added = 0;  // updates of this process
  bool closed = false, stopping = false;
  size_t working = 0;  // threads that have not ended
  std::vector<std::thread> threads;
};

WriteBehind::WriteBehind(Client client, Cache& cache, Writer writer, WriteBehindOptions options)
    : cache_(cache),
      state_(std::make_unique<State>(std::move(client), cache, std::move(writer), std::move(options))) {}

WriteBehind::~WriteBehind() { state_->end_workers(SteadyClock::time_point::max()); }

std::string WriteBehind::entry_key(std::string_view key) const { return state_->entry_key(key); }

result<uint64_t> WriteBehind::update_bytes(std::string_view key, std::string value,
                                           std::optional<milliseconds> ttl) {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    if (state.closed) {
      state.counts.add(Count::rejected);
      return std::unexpected(Error{ErrorCode::closed, Outcome::not_done, "write-behind was stopped"});
    }
  }
  if (auto message = state.refusal(ttl); !message.empty()) {
    state.counts.add(Count::rejected);
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done, std::move(message)});
  }
  const uint32_t partition = state.partition_of(key);
  const std::string entry_key = state.entry_key(key);
  const Cache::NewEntry entry = cache_.new_entry(value, ttl);
  const auto [channel, sender] = cache_.changes_message();
  const WriteBehindOptions& options = state.options;
  const auto sequence = kUpdate.run<std::string>(
      state.client,
      {state.key_in(partition, "due"), state.key_in(partition, "updates"), state.key_in(partition, "sequence"),
       entry_key},
      {script_time(options.clock), std::string(key), std::move(value), options.coalesce ? "1" : "0",
       std::to_string(options.pending_keys_max), std::to_string(options.updates_of_key_max), entry.bytes,
       std::to_string(entry.life.count()), channel, sender});
  cache_.changed_in_store(entry_key);
  if (!sequence) {
    state.counts.add(sequence.error().outcome == Outcome::unknown ? Count::unknown : Count::rejected);
    return std::unexpected(sequence.error());
  }
  if (*sequence == "0") {
    state.counts.add(Count::rejected);
    return std::unexpected(Error{ErrorCode::queue_full, Outcome::not_done, "too many updates are pending"});
  }
  state.counts.add(Count::accepted);
  const std::lock_guard lock(state.mutex);
  ++state.added;
  state.changed.notify_one();
  return std::stoull(*sequence);
}

result<std::optional<std::string>> WriteBehind::pending(std::string_view key) {
  return kPending.run<std::optional<std::string>>(
      state_->client, {state_->key_in(state_->partition_of(key), "updates")}, {std::string(key)});
}

// Within a load: not to know of pending updates would be to give an old value.
std::optional<std::string> WriteBehind::pending_or_throw(const std::string& key) {
  auto waiting = pending(key);
  if (!waiting) throw std::runtime_error("pending updates are not known: " + waiting.error().message);
  return std::move(*waiting);
}

result<size_t> WriteBehind::pending_count() {
  Pipeline pipeline = state_->client.pipeline();
  std::vector<Pending<int64_t>> counts;
  for (uint32_t p = 0; p < state_->options.partitions; ++p) counts.push_back(pipeline.zcard(state_->key_in(p, "due")));
  pipeline.run();
  size_t sum = 0;
  for (const auto& count : counts) {
    if (!*count) return std::unexpected((*count).error());
    sum += static_cast<size_t>(**count);
  }
  return sum;
}

// --- Working

milliseconds WriteBehind::State::delay_after(int attempt) const {
  const auto doubled = options.retry_delay_min * (int64_t{1} << std::min(attempt - 1, 20));
  const auto delay = std::min(doubled, options.retry_delay_max);
  // Half of it by chance, so that what failed together is not tried together.
  return milliseconds(static_cast<int64_t>(static_cast<double>(delay.count()) * (0.5 + random_part() / 2)));
}

void WriteBehind::State::work(size_t index) {
  while (true) {
    uint64_t seen;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return;
      seen = added;
    }
    bool found = false;
    // Each thread begins elsewhere, so that they seldom meet.
    for (uint32_t i = 0; i < options.partitions; ++i) {
      const auto first = static_cast<uint32_t>(index * options.partitions / std::max<size_t>(options.threads, 1));
      found |= work_in((first + i) % options.partitions) > 0;
    }
    if (found) continue;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, options.poll_interval, [&] { return stopping || added != seen; });
  }
}

// How many updates it took.
size_t WriteBehind::State::work_in(uint32_t partition) {
  const auto start = SteadyClock::now();
  const auto claimed = kClaim.run<std::vector<std::string>>(
      client, {key_in(partition, "due"), key_in(partition, "updates"), key_in(partition, "attempts")},
      {script_time(options.clock), std::to_string(options.claim_ttl.count()), std::to_string(kClaimsAtOnce)});
  if (!claimed) {
    counts.add(Count::store_errors);
    tell(claimed.error());
    return 0;
  }
  bool goes_on = true;
  counts.add({}, Count::claimed, claimed->size() / 4);
  for (size_t i = 0; i + 3 < claimed->size(); i += 4) {
    const QueuedUpdate update{.key = (*claimed)[i],
                              .value = (*claimed)[i + 2],
                              .sequence = std::stoull((*claimed)[i + 1]),
                              .attempt = std::stoi((*claimed)[i + 3])};
    // What is left when half of the claim is over, others may have.
    goes_on = goes_on && !is_stopping() && SteadyClock::now() - start < options.claim_ttl / 2;
    if (goes_on) {
      write(partition, update);
    } else {
      const auto settled = settle(partition, update, "back", "");
      counts.add(Count::settled);
      if (!settled) {
        counts.add(Count::store_errors);
        tell(settled.error());
      }
    }
  }
  return claimed->size() / 4;
}

void WriteBehind::State::tell(const Error& error) const {
  if (!options.on_error) return;
  try {
    options.on_error(error);
  } catch (...) {
    // A worker must go on; the counts have it already.
  }
}

// Why it failed; empty when it did not.
std::string WriteBehind::State::run_writer(const QueuedUpdate& update) {
  try {
    writer(update);
    return {};
  } catch (const std::exception& error) {
    return error.what()[0] ? error.what() : "an exception without words";
  } catch (...) {
    return "an exception of unknown type";
  }
}

result<int64_t> WriteBehind::State::settle(uint32_t partition, const QueuedUpdate& update, const std::string& how,
                                           const std::string& reason) {
  const auto [channel, sender] = cache.changes_message();
  return kSettle.run<int64_t>(
      client,
      {key_in(partition, "due"), key_in(partition, "updates"), key_in(partition, "attempts"),
       key_in(partition, "dead"), entry_key(update.key)},
      {script_time(options.clock), update.key, std::to_string(update.sequence), std::to_string(update.attempt), how,
       std::to_string(delay_after(update.attempt).count()), reason, channel, sender});
}

void WriteBehind::State::write(uint32_t partition, const QueuedUpdate& update) {
  ++writes_under_way;
  write_and_count(partition, update);
  --writes_under_way;
}

void WriteBehind::State::write_and_count(uint32_t partition, const QueuedUpdate& update) {
  // Claimed once more than it may be tried: it has brought down its workers.
  const bool is_poison = update.attempt > options.attempts_max;
  const std::string reason = is_poison ? "every worker that tried it has vanished" : run_writer(update);
  const bool is_dead = !reason.empty() && update.attempt >= options.attempts_max;
  const auto settled = settle(partition, update, reason.empty() ? "written" : is_dead ? "dead" : "retry", reason);
  if (!reason.empty()) counts.add(Count::failed_attempts);
  if (!settled) {
    counts.add({Count::settled, Count::store_errors});
    return tell(settled.error());
  }
  if (*settled == 0) return counts.add({Count::settled, Count::lost_claims});
  if (*settled == 1) return counts.add(Count::settled);
  counts.add({Count::settled, reason.empty() ? Count::written : Count::dead}, Count::coalesced,
             static_cast<uint64_t>(*settled - 2));
  if (is_dead) cache.changed_in_store(entry_key(update.key));
}

size_t WriteBehind::write_due() {
  size_t taken = 0;
  for (uint32_t p = 0; p < state_->options.partitions; ++p) taken += state_->work_in(p);
  return taken;
}

bool WriteBehind::drain(milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  while (true) {
    const auto count = pending_count();
    // In this order: what is not pending any more is counted a moment later.
    if (count && *count == 0 && state_->writes_under_way == 0) return true;
    const auto left = deadline - SteadyClock::now();
    if (left.count() <= 0) return false;
    std::this_thread::sleep_for(std::min<SteadyClock::duration>(left, milliseconds(5)));
  }
}

void WriteBehind::State::end_workers(SteadyClock::time_point deadline) {
  std::vector<std::thread> ending;
  {
    std::unique_lock lock(mutex);
    closed = stopping = true;
    changed.notify_all();
    const auto have_ended = [&] { return working == 0; };
    if (deadline == SteadyClock::time_point::max()) {
      changed.wait(lock, have_ended);
    } else if (!changed.wait_until(lock, deadline, have_ended)) {
      return;  // the destructor waits for them
    }
    ending.swap(threads);
  }
  for (std::thread& thread : ending) thread.join();
}

result<size_t> WriteBehind::stop(milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }
  if (timeout.count() > 0) drain(timeout);
  state_->end_workers(deadline);
  return pending_count();
}

// --- Dead letters

result<std::vector<DeadUpdate>> WriteBehind::dead_letters() {
  std::vector<DeadUpdate> letters;
  for (uint32_t p = 0; p < state_->options.partitions; ++p) {
    const auto parts = kDead.run<std::vector<std::string>>(state_->client, {state_->key_in(p, "dead")});
    if (!parts) return std::unexpected(parts.error());
    for (size_t i = 0; i + 5 < parts->size(); i += 6) {
      letters.push_back({.update = {.key = (*parts)[i],
                                    .value = (*parts)[i + 2],
                                    .sequence = std::stoull((*parts)[i + 1]),
                                    .attempt = std::stoi((*parts)[i + 3])},
                         .reason = (*parts)[i + 4],
                         .at_unix_ms = std::stoll((*parts)[i + 5])});
    }
  }
  return letters;
}

namespace {

result<size_t> take_dead(Client& client, const Script::Words& keys, Script::Words words) {
  const auto taken = kTakeDead.run<int64_t>(client, keys, words);
  if (!taken) return std::unexpected(taken.error());
  return static_cast<size_t>(*taken);
}

}  // namespace

result<size_t> WriteBehind::retry_dead_letters(std::string_view key) {
  State& state = *state_;
  const uint32_t p = state.partition_of(key);
  const auto taken =
      take_dead(state.client, {state.key_in(p, "due"), state.key_in(p, "updates"), state.key_in(p, "dead")},
                {script_time(state.options.clock), std::string(key), "1"});
  const std::lock_guard lock(state.mutex);
  ++state.added;
  state.changed.notify_one();
  return taken;
}

result<size_t> WriteBehind::discard_dead_letters(std::string_view key) {
  State& state = *state_;
  const uint32_t p = state.partition_of(key);
  return take_dead(state.client, {state.key_in(p, "due"), state.key_in(p, "updates"), state.key_in(p, "dead")},
                   {script_time(state.options.clock), std::string(key), "0"});
}

result<std::string> WriteBehind::check() const {
  return dangers_for("the queue '" + state_->options.name + "'", StoreNeeds::no_eviction_and_a_log, state_->client);
}

WriteBehindStats WriteBehind::stats() const {
  const auto counts = state_->counts.sum();
  const auto of = [&](Count count) { return counts[static_cast<size_t>(count)]; };
  return {.accepted = of(Count::accepted),
          .rejected = of(Count::rejected),
          .unknown = of(Count::unknown),
          .in_flight = of(Count::claimed) - of(Count::settled),
          .written = of(Count::written),
          .coalesced = of(Count::coalesced),
          .failed_attempts = of(Count::failed_attempts),
          .dead = of(Count::dead),
          .lost_claims = of(Count::lost_claims),
          .store_errors = of(Count::store_errors)};
}

}  // namespace redstart
