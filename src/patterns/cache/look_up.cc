// Cache, part: what the levels know of a key, and what it is worth.
#include <algorithm>
#include <cmath>

#include "patterns/cache/cache_state.h"

namespace redstart {
namespace {
using Count = CacheCount;
}  // namespace

Cache::Lookup Cache::look_up(const std::string& key, const LoadOptions& options) {
  Lookup found;
  found.sequence = state_->sequence.load(std::memory_order_acquire);
  const int64_t now_ms = unix_time_ms(options_.clock);
  const bool has_local = state_->uses_local_level(key);
  if (has_local && look_up_locally(key, options, now_ms, found)) return found;
  look_up_in_store(key, options, now_ms, found);
  if (found.store_error) state_->counts.add(Count::store_errors);
  return found;
}

// True when the local level has an answer; it needs the versions of all tags for that.
bool Cache::look_up_locally(const std::string& key, const LoadOptions& options, int64_t now_ms, Lookup& found) {
  const auto bytes = state_->local.find(key, now_ms);
  if (!bytes) return false;
  auto view = parse_entry(*bytes);
  if (!view) return false;
  Lookup local;
  local.sequence = found.sequence;
  for (const std::string& tag : options.tags) {
    const auto version = state_->local.find(state_->entries.tag_version_key(tag), now_ms);
    if (!version) return false;
    local.tag_versions.push_back(*version);
  }
  while (view->tag_count > 0) {
    const EntryTag tag = take_tag(*view);
    const auto version = state_->local.find(state_->entries.tag_version_key(tag.name), now_ms);
    if (!version || *version != tag.version) return false;
  }
  judge(*bytes, options, now_ms, local);
  if (!local.is_answer()) return false;
  local.source = CacheSource::local;
  found = std::move(local);
  return true;
}
void Cache::look_up_in_store(const std::string& key, const LoadOptions& options, int64_t now_ms, Lookup& found) {
  State& state = *state_;
  const bool has_local = state.uses_local_level(key);
  const uint64_t ticket = has_local ? state.local.ticket(key) : 0;
  std::vector<uint64_t> tag_tickets;
  auto bytes = state.read(key, options.tags, found, tag_tickets);
  if (!bytes) return;
  const auto view = parse_entry(*bytes);
  if (!view) return;
  found.has_token = true;
  found.token = view->head.token;
  if (view->tag_count > 0) {
    auto stand = state.tags_stand(*view, options.tags, found);
    if (!stand) return void(found.store_error = std::move(stand.error()));
    if (!*stand) return state.counts.add(Count::tag_misses);
  }
  if (has_local && view->head.kind != EntryKind::loading && now_ms < view->head.fresh_until_ms) {
    const int64_t until_ms = std::min(now_ms + options_.local.ttl_max.count(), view->head.fresh_until_ms);
    state.remember_locally(key, *bytes, until_ms, ticket, options.tags, found, tag_tickets);
  }
  judge(std::move(*bytes), options, now_ms, found);
  found.source = CacheSource::store;
}

std::optional<std::string> Cache::State::read(const std::string& key, const std::vector<std::string>& tags,
                                              Lookup& found, std::vector<uint64_t>& tag_tickets) {
  const auto failed = [&](const Error& error) {
    found.store_error = error;
    return std::optional<std::string>();
  };
  if (tags.empty()) {
    auto entry = client.get(key);
    if (!entry) return failed(entry.error());
    return std::move(*entry);
  }
  Pipeline pipeline = client.pipeline();
  const auto entry = pipeline.get(key);
  std::vector<Pending<std::optional<std::string>>> versions;
  for (const std::string& tag : tags) {
    const std::string version_key = entries.tag_version_key(tag);
    if (uses_local_level(key)) tag_tickets.push_back(local.ticket(version_key));
    versions.push_back(pipeline.get(version_key));
  }
  pipeline.run();
  for (const auto& version : versions) {
    if (!*version) return failed((*version).error());
    found.tag_versions.push_back((*version)->value_or(""));
  }
  if (!*entry) return failed((*entry).error());
  return **entry;
}

result<bool> Cache::State::tags_stand(EntryView entry, const std::vector<std::string>& tags, const Lookup& found) {
  while (entry.tag_count > 0) {
    const EntryTag tag = take_tag(entry);
    const auto known = std::ranges::find(tags, tag.name);
    if (known != tags.end()) {
      if (found.tag_versions[static_cast<size_t>(known - tags.begin())] != tag.version) return false;
      continue;
    }
    const auto version = client.get(entries.tag_version_key(tag.name));
    if (!version) return std::unexpected(version.error());
    if (*version != tag.version) return false;
  }
  return true;
}

void Cache::State::remember_locally(const std::string& key, const std::string& bytes, int64_t until_ms,
                                    uint64_t ticket, const std::vector<std::string>& tags, const Lookup& found,
                                    const std::vector<uint64_t>& tag_tickets) {
  local.insert(key, bytes, until_ms, ticket);
  for (size_t i = 0; i < tags.size(); ++i) {
    if (found.tag_versions[i].empty()) continue;
    local.insert(entries.tag_version_key(tags[i]), found.tag_versions[i], until_ms, tag_tickets[i]);
  }
}

// What an entry is worth now. REQUIRES: it is one, and its tags stand.
void Cache::judge(std::string bytes, const LoadOptions& options, int64_t now_ms, Lookup& found) {
  const EntryView view = *parse_entry(bytes);
  const EntryHead& head = view.head;
  found.has_token = true;
  found.token = head.token;
  if (head.kind == EntryKind::loading) return;
  const bool is_fresh = now_ms < head.fresh_until_ms;
  if (head.kind == EntryKind::nothing) {
    if (!is_fresh) return;
    found.state = Lookup::State::fresh;
    found.is_negative = true;
    return;
  }
  const int64_t stale_ms = now_ms - head.fresh_until_ms;
  if (is_fresh) {
    found.state = Lookup::State::fresh;
    const double factor = options.refresh_ahead_factor.value_or(options_.refresh_ahead_factor);
    const auto age_ms = static_cast<double>(now_ms - head.created_ms);
    found.refresh_due = factor < 1 && age_ms >= factor * static_cast<double>(head.fresh_until_ms - head.created_ms);
    if (!found.refresh_due && options_.xfetch_beta > 0) {
      const double load_ms = head.load_time_ms;
      const double ahead_ms = -load_ms * options_.xfetch_beta * std::log(1 - random_part());
      found.refresh_due = static_cast<double>(-stale_ms) <= ahead_ms;
    }
  } else if (stale_ms < options_.stale_while_revalidate.count()) {
    found.state = Lookup::State::stale;
    found.refresh_due = true;
  } else if (stale_ms < options_.stale_on_error.count()) {
    found.state = Lookup::State::expired;
  } else {
    return;
  }
  bytes.erase(0, view.value_offset);
  if (head.kind == EntryKind::packed) {
    auto value = decompress_value(std::move(bytes));
    if (!value) return note_undecodable(found);
    bytes = std::move(*value);
  }
  found.bytes = std::move(bytes);
}

void Cache::count_hit(const Lookup& found) {
  if (found.source == CacheSource::local) state_->counts.add(Count::local_hits);
  if (found.is_negative) {
    state_->counts.add({Count::hits, Count::negative_hits});
  } else if (found.state == Lookup::State::stale) {
    state_->counts.add({Count::hits, Count::stale_hits});
  } else {
    state_->counts.add(Count::hits);
  }
}

void Cache::count_miss() { state_->counts.add(Count::misses); }

void Cache::note_undecodable(Lookup& found) {
  state_->counts.add(Count::undecodable);
  found.state = Lookup::State::absent;
  found.bytes.clear();
}

}  // namespace redstart
