#include "redstart/patterns/cache.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/digest.h"
#include "patterns/cache/cache_state.h"

namespace redstart {
namespace {

using std::chrono::milliseconds;
using Count = CacheCount;

double per_cent(uint64_t part, uint64_t whole) {
  if (whole == 0) return 0;
  return std::round(static_cast<double>(part) * 10000 / static_cast<double>(whole)) / 100;
}

}  // namespace

double CacheStats::hit_ratio() const { return per_cent(hits, total_requests()); }
double CacheStats::local_utilization() const { return per_cent(local_entries, local_entries_max); }

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

Cache::Cache(Client client, CacheOptions options)
    : client_(std::move(client)),
      options_(std::move(options)),
      state_(std::make_unique<State>(client_, options_)) {}

Cache::~Cache() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->stop_signal.notify_all();
  }
  state_->pool.stop();
}

std::string Cache::key_of(std::string_view name, const std::string& canonical) const {
  return options_.prefix + ":" + std::string(name) + ":" + stable_digest(canonical);
}

Error Cache::undecodable(const std::string& key) {
  return {ErrorCode::unexpected_reply, Outcome::not_done, "what the loader gave for '" + key + "' cannot be decoded"};
}

std::optional<Error> Cache::refusal(std::optional<milliseconds> ttl) const {
  if (ttl.value_or(options_.default_ttl).count() > 0) return std::nullopt;
  return Error{ErrorCode::invalid_argument, Outcome::not_done, "a ttl below 1 ms"};
}

// --- Writing

result<bool> Cache::put_bytes(const std::string& key, std::string bytes, const PutOptions& options,
                              const std::string& reserved) {
  if (auto refused = refusal(options.ttl)) return std::unexpected(std::move(*refused));
  State& state = *state_;
  auto versions = state.entries.tag_versions(options.tags, state.life_of(options.ttl.value_or(options_.default_ttl)));
  if (!versions) {
    state.counts.add(Count::store_errors);
    return std::unexpected(std::move(versions.error()));
  }
  const int64_t now_ms = unix_time_ms(options_.clock);
  EntryHead head = state.new_head(EntryKind::value, options.ttl.value_or(options_.default_ttl), now_ms);
  head.version = options.version;
  const EntryStore::NewEntry entry{
      .head = head, .tags = options.tags, .tag_versions = *versions, .value = bytes};
  state.local.erase(key);
  const uint64_t ticket = state.local.ticket(key);
  result<bool> stored;
  if (reserved.empty()) {
    stored = state.entries.put(key, entry);
  } else {
    EntryToken token;
    std::ranges::copy(reserved, token.begin());
    stored = state.entries.commit(key, token, entry);
  }
  state.detach(key);
  if (!stored) state.counts.add(Count::store_errors);
  if (stored && *stored && options.tags.empty() && state.uses_local_level(key)) {
    const int64_t until_ms = std::min(now_ms + options_.local.ttl_max.count(), head.fresh_until_ms);
    state.local.replace(key, encode_entry(head, {}, bytes), until_ms, ticket);
  } else {
    state.local.erase(key);
  }
  return stored;
}

result<WrittenThrough> Cache::write_bytes_through(const std::string& key, std::string bytes,
                                                  const std::function<uint64_t()>& write_database,
                                                  const PutOptions& options) {
  if (auto refused = refusal(options.ttl)) return std::unexpected(std::move(*refused));
  State& state = *state_;
  const auto reserved = state.entries.reserve(key);
  if (!reserved) {
    state.counts.add(Count::store_errors);
    if (!options_.fail_open) return std::unexpected(reserved.error());
  }
  const auto failed = [&](const std::string& message) -> result<WrittenThrough> {
    if (reserved && !state.entries.release(key, *reserved)) state.counts.add(Count::store_errors);
    return std::unexpected(
        Error{ErrorCode::callback_failed, Outcome::unknown, "the database write failed: " + message});
  };
  WrittenThrough written;
  try {
    written.version = write_database();
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an exception of unknown type");
  }
  PutOptions with_version = options;
  with_version.version = written.version;
  // Without a reservation, no token is the right one.
  const EntryToken token = reserved ? *reserved : random_token();
  const auto stored = put_bytes(key, std::move(bytes), with_version, std::string(text_of(token)));
  if (!stored) {
    written.in_cache = WrittenThrough::InCache::failed;
    written.store_error = stored.error();
  } else if (!*stored) {
    written.in_cache = WrittenThrough::InCache::superseded;
  }
  return written;
}

// --- Invalidating. Flights are detached and the local level is cleared afterwards: that refuses what was read before.

result<bool> Cache::invalidate(const std::string& key) {
  const auto removed = state_->entries.remove(key);
  state_->detach(key);
  state_->local.erase(key);
  return removed;
}

result<void> Cache::invalidate_tag(std::string_view tag) {
  const auto removed = state_->entries.remove_tag(tag);
  state_->detach_tag(tag);
  state_->local.erase(state_->entries.tag_version_key(tag));
  return removed;
}

result<size_t> Cache::invalidate_by_tag(std::string_view tag) {
  if (!options_.index_tags) {
    return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                 "the tags of this cache do not know their entries (index_tags)"});
  }
  const auto taken = state_->entries.remove_tag_with_members(tag);
  state_->detach_tag(tag);
  state_->local.erase(state_->entries.tag_version_key(tag));
  if (!taken) return std::unexpected(taken.error());
  size_t removed = 0;
  for (bool more = !taken->empty(); more;) {
    const auto count = state_->entries.remove_members(*taken, more);
    if (!count) return std::unexpected(count.error());
    removed += *count;
  }
  return removed;
}

// --- For scripts that store entries

Cache::NewEntry Cache::new_entry(std::string_view value, std::optional<milliseconds> ttl) const {
  const EntryHead head =
      state_->new_head(EntryKind::value, ttl.value_or(options_.default_ttl), unix_time_ms(options_.clock));
  return {.bytes = state_->entries.encode({.head = head, .tags = {}, .tag_versions = {}, .value = value}),
          .life = milliseconds(head.keep_until_ms - head.created_ms)};
}

std::pair<std::string, std::string> Cache::changes_message() const {
  return {state_->entries.publishes() ? state_->entries.changes_channel() : "", state_->entries.sender()};
}

void Cache::changed_in_store(const std::string& key) {
  state_->detach(key);
  state_->local.erase(key);
}

// --- Statistics

CacheStats Cache::stats() const {
  const auto counts = state_->counts.sum();
  const auto of = [&](Count count) { return counts[static_cast<size_t>(count)]; };
  const LocalLevel::Size local = state_->local.size();
  return {.hits = of(Count::hits),
          .misses = of(Count::misses),
          .local_hits = of(Count::local_hits),
          .negative_hits = of(Count::negative_hits),
          .stale_hits = of(Count::stale_hits),
          .shared_loads = of(Count::shared_loads),
          .fleet_loads = of(Count::fleet_loads),
          .stale_on_error = of(Count::stale_on_error),
          .timeouts = of(Count::timeouts),
          .loads = of(Count::loads),
          .load_failures = of(Count::load_failures),
          .refreshes = of(Count::refreshes),
          .refresh_failures = of(Count::refresh_failures),
          .refreshes_dropped = of(Count::refreshes_dropped),
          .fills = of(Count::fills),
          .fills_refused = of(Count::fills_refused),
          .tag_misses = of(Count::tag_misses),
          .undecodable = of(Count::undecodable),
          .store_errors = of(Count::store_errors),
          .local_entries = local.entries,
          .local_entries_max = options_.local.entries_max,
          .local_bytes = local.bytes,
          .local_resets = state_->listener ? state_->listener->resets() : 0};
}

bool Cache::wait_for_local_level(milliseconds timeout) {
  return state_->listener && state_->listener->wait_until_open(timeout);
}

}  // namespace redstart
