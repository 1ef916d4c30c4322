#include "redstart/patterns/cache.h"

#include <bit>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/digest.h"

namespace redstart {
namespace {

// Stands for "there is no such object". No serializer of sane data writes it.
const std::string kNegative("\0redstart:no-such-object", 24);
constexpr size_t kUnlinkChunk = 1000;

}  // namespace

double CacheStats::hit_ratio() const {
  if (total_requests() == 0) return 0;
  return std::round(static_cast<double>(hits) * 10000 / static_cast<double>(total_requests())) / 100;
}

CacheKeyBuilder& CacheKeyBuilder::part(char type, std::string_view text) {
  text_ += '|';
  text_ += type;
  text_ += std::to_string(text.size());
  text_ += ':';
  text_ += text;
  return *this;
}

CacheKeyBuilder& CacheKeyBuilder::add(double value) {
  // Its bits: two doubles give one key only when they are the same.
  return part('d', std::to_string(std::bit_cast<uint64_t>(value)));
}

// One load of one key, which any number of callers wait for.
struct Cache::Flight {
  std::condition_variable done;
  std::optional<result<std::optional<std::string>>> outcome;
  bool invalidated = false;  // the entry was invalidated since the load began: do not store
};

struct Cache::State {
  std::mutex mutex;  // guards everything here
  std::map<std::string, std::shared_ptr<Flight>> flights;
  CacheStats stats;

  struct Refresh {
    std::string key;
    BytesLoader loader;
    LoadOptions options;
    std::shared_ptr<Flight> flight;
  };
  std::deque<Refresh> refreshes;
  std::condition_variable refresh_added, refreshes_drained;
  bool refreshing = false;
  bool stopping = false;
  std::thread worker;  // started by the first refresh
};

Cache::Cache(Client client, CacheOptions options)
    : client_(std::move(client)), options_(std::move(options)), state_(std::make_unique<State>()) {}

Cache::~Cache() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->refreshes.clear();
    state_->refresh_added.notify_all();
  }
  if (state_->worker.joinable()) state_->worker.join();
}

std::string Cache::key_of(std::string_view name, const std::string& canonical) const {
  return options_.prefix + ":" + std::string(name) + ":" +
         stable_digest(canonical);
}

std::string Cache::tag_key(std::string_view tag) const {
  return options_.prefix + ":tag:" + std::string(tag);
}

// --- Reading

result<std::optional<std::string>> Cache::load_bytes(const std::string& key, BytesLoader loader,
                                                     const LoadOptions& options) {
  Pipeline pipeline = client_.pipeline();
  const auto cached = pipeline.get(key);
  const auto remaining = pipeline.pttl(key);
  pipeline.run();
  const bool hit = *cached && **cached;
  if (hit) {
    const std::string& value = ***cached;
    const auto ttl = options.ttl.value_or(options_.default_ttl);
    const double factor = options.refresh_ahead_factor.value_or(options_.refresh_ahead_factor);
    const int64_t remaining_ms = *remaining ? **remaining : -1;
    {
      const std::lock_guard lock(state_->mutex);
      ++state_->stats.hits;
      if (value == kNegative) ++state_->stats.negative_hits;
    }
    if (value == kNegative) return std::optional<std::string>();
    // Without a deadline (-1) there is nothing to be ahead of.
    const double age_ms = static_cast<double>(ttl.count() - remaining_ms);
    if (factor < 1 && remaining_ms >= 0 && age_ms >= factor * static_cast<double>(ttl.count())) {
      refresh_in_background(key, std::move(loader), options);
    }
    return std::optional<std::string>(value);
  }
  if (!*cached) {
    const std::lock_guard lock(state_->mutex);
    ++state_->stats.store_errors;
    if (!options_.fail_open) return std::unexpected((*cached).error());
  }

  std::unique_lock lock(state_->mutex);
  ++state_->stats.misses;
  if (const auto found = state_->flights.find(key); found != state_->flights.end()) {
    const auto flight = found->second;
    ++state_->stats.shared_loads;
    flight->done.wait(lock, [&] { return flight->outcome.has_value(); });
    return *flight->outcome;
  }
  const auto flight = std::make_shared<Flight>();
  state_->flights.emplace(key, flight);
  lock.unlock();
  auto outcome = load_alone(key, loader, options, *flight);
  lock.lock();
  flight->outcome = outcome;
  // An invalidation may have replaced the flight by none, and a later miss by its own.
  if (const auto mine = state_->flights.find(key);
      mine != state_->flights.end() && mine->second == flight) {
    state_->flights.erase(mine);
  }
  flight->done.notify_all();
  return outcome;
}

result<std::optional<std::string>> Cache::load_alone(const std::string& key,
                                                     const BytesLoader& loader,
                                                     const LoadOptions& options, Flight& flight) {
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->stats.loads;
  }
  const auto failed = [&](std::string message) -> result<std::optional<std::string>> {
    const std::lock_guard lock(state_->mutex);
    ++state_->stats.load_failures;
    return std::unexpected(Error{ErrorCode::server, Outcome::not_done,
                                 "the loader of '" + key + "' failed: " + std::move(message)});
  };
  std::optional<std::string> value;
  try {
    value = loader();
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an exception of unknown type");
  }
  store(key, value, options, flight);
  return value;
}

void Cache::store(const std::string& key, const std::optional<std::string>& value,
                  const LoadOptions& options, Flight& flight) {
  if (!value && options_.negative_ttl.count() <= 0) return;
  const auto ttl = value ? options.ttl.value_or(options_.default_ttl) : options_.negative_ttl;
  const std::string ttl_text = std::to_string(ttl.count());
  // Entry and tags in one transaction: no entry is ever without its tags. A tag lives at least as long as
  // its longest entry.
  Transaction transaction = client_.transaction();
  const auto stored = transaction.command("SET", key, value ? *value : kNegative, "PX", ttl_text);
  for (const std::string& tag : options.tags) {
    const std::string tagged = tag_key(tag);
    transaction.command("SADD", tagged, key);
    transaction.command("PEXPIRE", tagged, ttl_text, "NX");
    transaction.command("PEXPIRE", tagged, ttl_text, "GT");
  }
  {
    const std::lock_guard lock(state_->mutex);
    if (flight.invalidated) return;
  }
  const auto ran = static_cast<Pipeline&>(transaction).run();
  bool invalidated_meanwhile;
  {
    const std::lock_guard lock(state_->mutex);
    if (!ran) ++state_->stats.store_errors;
    invalidated_meanwhile = flight.invalidated;
  }
  // The invalidation came between the check and the write: its deletion may have come too early.
  if (invalidated_meanwhile) client_.del(key);
}

// --- Refreshing

void Cache::refresh_in_background(const std::string& key, BytesLoader loader, LoadOptions options) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping || state_->flights.contains(key)) return;
  if (state_->refreshes.size() >= options_.refresh_queue_max) {
    ++state_->stats.refreshes_dropped;
    return;
  }
  // Its flight makes it the only refresh of the key; callers that find the entry gone meanwhile wait for it.
  auto flight = std::make_shared<Flight>();
  state_->flights.emplace(key, flight);
  state_->refreshes.push_back({key, std::move(loader), std::move(options), std::move(flight)});
  if (!state_->worker.joinable()) state_->worker = std::thread([this] { run_refreshes(); });
  state_->refresh_added.notify_one();
}

void Cache::run_refreshes() {
  std::unique_lock lock(state_->mutex);
  while (true) {
    state_->refresh_added.wait(lock, [&] { return state_->stopping || !state_->refreshes.empty(); });
    if (state_->stopping) return;
    const State::Refresh refresh = std::move(state_->refreshes.front());
    state_->refreshes.pop_front();
    state_->refreshing = true;
    lock.unlock();
    auto outcome = load_alone(refresh.key, refresh.loader, refresh.options, *refresh.flight);
    lock.lock();
    ++(outcome ? state_->stats.refreshes : state_->stats.refresh_failures);
    refresh.flight->outcome = std::move(outcome);
    if (const auto mine = state_->flights.find(refresh.key);
        mine != state_->flights.end() && mine->second == refresh.flight) {
      state_->flights.erase(mine);
    }
    refresh.flight->done.notify_all();
    state_->refreshing = false;
    if (state_->refreshes.empty()) state_->refreshes_drained.notify_all();
  }
}

void Cache::drain_refreshes() {
  std::unique_lock lock(state_->mutex);
  state_->refreshes_drained.wait(lock, [&] { return state_->refreshes.empty() && !state_->refreshing; });
}

// --- Invalidating

result<bool> Cache::invalidate(const std::string& key) {
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto found = state_->flights.find(key); found != state_->flights.end()) {
      found->second->invalidated = true;
      state_->flights.erase(found);  // a caller from now on starts a load of its own
    }
  }
  const auto removed = client_.del(key);
  if (!removed) return std::unexpected(removed.error());
  return *removed == 1;
}

result<size_t> Cache::invalidate_by_tag(std::string_view tag) {
  const std::string tagged = tag_key(tag);
  // Members and removal of the tag in one step: an entry that joins later is in a fresh tag set.
  Transaction transaction = client_.transaction();
  const auto members = transaction.smembers(tagged);
  transaction.del(tagged);
  const auto ran = static_cast<Pipeline&>(transaction).run();
  if (!ran) return std::unexpected(ran.error());
  if (!*members) return std::unexpected((*members).error());
  const std::vector<std::string>& keys = **members;
  size_t removed = 0;
  for (size_t begin = 0; begin < keys.size(); begin += kUnlinkChunk) {
    const size_t end = std::min(keys.size(), begin + kUnlinkChunk);
    const std::span<const std::string> chunk(keys.data() + begin, end - begin);
    {
      const std::lock_guard lock(state_->mutex);
      for (const std::string& key : chunk) {
        const auto found = state_->flights.find(key);
        if (found == state_->flights.end()) continue;
        found->second->invalidated = true;
        state_->flights.erase(found);
      }
    }
    const auto unlinked = client_.unlink(chunk);
    if (!unlinked) return std::unexpected(unlinked.error());
    removed += static_cast<size_t>(*unlinked);
  }
  return removed;
}

CacheStats Cache::stats() const {
  const std::lock_guard lock(state_->mutex);
  return state_->stats;
}

}  // namespace redstart
