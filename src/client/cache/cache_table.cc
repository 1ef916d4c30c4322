#include "client/cache/cache_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/hash.h"

namespace redstart {
namespace {

constexpr size_t kShardBytesMin = size_t{1} << 20;
constexpr size_t kShardsMax = 64;
constexpr size_t kIndexSlotsMin = 16;
constexpr int kSamples = 6;

size_t shards_for(size_t bytes_max) {
  return std::clamp<size_t>(std::bit_floor(std::max<size_t>(bytes_max / kShardBytesMin, 1)), 1,
                            kShardsMax);
}

}  // namespace

CacheTable::CacheTable(size_t bytes_max, size_t entry_bytes_max)
    : entry_bytes_max_(entry_bytes_max),
      shard_count_(shards_for(bytes_max)),
      shard_bytes_max_(bytes_max / shard_count_),
      shards_(std::make_unique<Shard[]>(shard_count_)) {
  for (size_t i = 0; i < shard_count_; ++i) shards_[i].index.resize(kIndexSlotsMin);
}

CacheTable::~CacheTable() { clear(); }

uint64_t CacheTable::hash_of(std::string_view key) { return hash_bytes(key); }

CacheTable::Entry* CacheTable::make_entry(uint64_t hash, std::string_view key,
                                          std::optional<std::string_view> value) {
  const size_t value_bytes = value ? value->size() : 0;
  auto* const entry = static_cast<Entry*>(::operator new(sizeof(Entry) + key.size() + value_bytes));
  *entry = {.hash = hash,
            .newer = nullptr,
            .older = nullptr,
            .position = 0,
            .mark = 0,
            .key_bytes = static_cast<uint32_t>(key.size()),
            .value_bytes = static_cast<uint32_t>(value_bytes),
            .is_missing = !value};
  std::ranges::copy(key, entry->bytes());
  if (value) std::ranges::copy(*value, entry->bytes() + key.size());
  return entry;
}

// --- Fills

CacheTable::Ticket CacheTable::begin_fill(std::string_view key) {
  const uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.lock);
  Fills& fills = shard.fills[hash];
  ++fills.count;
  return {hash, fills.version, epoch_.load(std::memory_order_relaxed)};
}

bool CacheTable::end_fill(Shard& shard, const Ticket& ticket) {
  const auto fills = shard.fills.find(ticket.hash);
  const bool is_late = fills->second.version != ticket.version ||
                       ticket.epoch != epoch_.load(std::memory_order_relaxed);
  if (--fills->second.count == 0) shard.fills.erase(fills);
  shard.late_fills += is_late;
  return !is_late;
}

void CacheTable::give_up_fill(const Ticket& ticket) {
  Shard& shard = shard_of(ticket.hash);
  const std::lock_guard lock(shard.lock);
  const uint64_t late = shard.late_fills;
  end_fill(shard, ticket);
  shard.late_fills = late;
}

bool CacheTable::finish_fill(const Ticket& ticket, std::string_view key,
                             std::optional<std::string_view> value) {
  const size_t bytes = weight(key.size(), value ? value->size() : 0);
  Shard& shard = shard_of(ticket.hash);
  {
    const std::lock_guard lock(shard.lock);
    if (!end_fill(shard, ticket)) return false;
    if (bytes > entry_bytes_max_ || bytes > shard_bytes_max_) return false;
    if (Entry* const before = shard.find(ticket.hash, key)) {
      shard.remove(before);
      entries_.fetch_sub(1, std::memory_order_relaxed);
    }
    const size_t count = shard.entries.size();
    shard.advance_clock(tuning());
    while (shard.bytes + bytes > shard_bytes_max_) shard.make_room(shard_bytes_max_, tuning());
    Entry* const entry = make_entry(ticket.hash, key, value);
    const uint32_t uses =
        std::min(shard.ghosts.take(ticket.hash, shard.period()) + 1, tuning().count_max);
    entry->mark = FrequencyMark(uses, true, shard.tick).bits();
    shard.insert(entry);
    entries_.fetch_add(shard.entries.size() - count, std::memory_order_relaxed);
  }
  if (Tuner::is_sampled(ticket.hash, tuner_shift_.load(std::memory_order_relaxed)))
    tell_tuner(ticket.hash);
  return true;
}

void CacheTable::invalidate(std::string_view key) {
  const uint64_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.lock);
  if (const auto fills = shard.fills.find(hash); fills != shard.fills.end())
    ++fills->second.version;
  if (Entry* const entry = shard.find(hash, key)) {
    shard.remove(entry);
    entries_.fetch_sub(1, std::memory_order_relaxed);
  }
}

void CacheTable::clear() {
  // Fills that end from here on are late, whatever shard is dropped when.
  epoch_.fetch_add(1);
  for (size_t i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.lock);
    entries_.fetch_sub(shard.entries.size(), std::memory_order_relaxed);
    while (!shard.entries.empty()) shard.remove(shard.entries.back());
  }
}

// --- What is kept

void CacheTable::tell_tuner(uint64_t hash) {
  const std::unique_lock lock(tuner_mutex_, std::try_to_lock);
  if (!lock) return;
  tuner_.fit(std::max<size_t>(entries_.load(std::memory_order_relaxed), 1));
  tuner_.use(hash, tuner_random_);
  tuner_shift_.store(tuner_.shift(), std::memory_order_relaxed);
  tuning_.store(static_cast<size_t>(&tuner_.best() - Tuner::kTunings.data()),
                std::memory_order_relaxed);
}

void CacheTable::Shard::advance_clock(const TinyLfuTuning& tuning) {
  const uint64_t per_tick = entries.size() * tuning.period_uses / FrequencyMark::kTicksPerPeriod;
  if (++uses < per_tick) return;
  uses = 0;
  ++tick;
}

void CacheTable::Shard::note_use(Entry& entry, const CacheTable& table) {
  const TinyLfuTuning& tuning = table.tuning();
  advance_clock(tuning);
  entry.mark = FrequencyMark(entry.mark).used(tick, tuning.count_max).bits();
}

void CacheTable::Shard::link(Entry* entry) {
  entry->newer = nullptr;
  entry->older = newest;
  (newest ? newest->newer : oldest) = entry;
  newest = entry;
  window_bytes += entry->weight();
}

void CacheTable::Shard::unlink(Entry* entry) {
  (entry->older ? entry->older->newer : oldest) = entry->newer;
  (entry->newer ? entry->newer->older : newest) = entry->older;
  window_bytes -= entry->weight();
}

void CacheTable::Shard::leave_window(Entry* entry) {
  unlink(entry);
  entry->mark = FrequencyMark(entry->mark).out_of_window().bits();
}

void CacheTable::Shard::insert(Entry* entry) {
  if ((entries.size() + 1) * 2 > index.size()) {
    std::vector<Entry*> larger(index.size() * 2);
    index.swap(larger);
    for (Entry* const other : entries) {
      size_t at = place_of(other->hash);
      while (index[at]) at = (at + 1) & (index.size() - 1);
      index[at] = other;
    }
    ghosts.fit(index.size() / 2);
  }
  size_t at = place_of(entry->hash);
  while (index[at]) at = (at + 1) & (index.size() - 1);
  index[at] = entry;
  entry->position = static_cast<uint32_t>(entries.size());
  entries.push_back(entry);
  bytes += entry->weight();
  link(entry);
}

void CacheTable::Shard::remove(Entry* entry) {
  if (FrequencyMark(entry->mark).in_window()) unlink(entry);
  bytes -= entry->weight();
  entries.back()->position = entry->position;
  entries[entry->position] = entries.back();
  entries.pop_back();
  size_t gap = place_of(entry->hash);
  const size_t mask = index.size() - 1;
  while (index[gap] != entry) gap = (gap + 1) & mask;
  index[gap] = nullptr;
  // Later ones of the run move up, so that it has no gap.
  for (size_t at = (gap + 1) & mask; index[at]; at = (at + 1) & mask) {
    Entry* const later = std::exchange(index[at], nullptr);
    size_t place = place_of(later->hash);
    while (index[place]) place = (place + 1) & mask;
    index[place] = later;
  }
  ::operator delete(entry);
}

void CacheTable::Shard::evict(Entry* entry) {
  ghosts.put(entry->hash, FrequencyMark(entry->mark).count(tick), period(), random);
  ++evictions;
  remove(entry);
}

// The least used of a few outside of the window; null: there is hardly one.
CacheTable::Entry* CacheTable::Shard::find_victim() {
  Entry* least = nullptr;
  for (int tried = 0, found = 0; tried < 8 * kSamples && found < kSamples; ++tried) {
    Entry* const one = entries[random.below(entries.size())];
    const FrequencyMark mark(one->mark);
    if (mark.in_window()) continue;
    ++found;
    if (!least || mark.is_worth_less_than(FrequencyMark(least->mark), tick)) least = one;
  }
  return least;
}

// Evicts one entry. REQUIRES: there is one.
void CacheTable::Shard::make_room(size_t bytes_max, const TinyLfuTuning& tuning) {
  const size_t target = bytes_max * tuning.window_permille / 1000;
  Entry* candidate = nullptr;
  while (oldest && (window_bytes > target || window_bytes == bytes)) {
    candidate = oldest;
    leave_window(candidate);
  }
  Entry* const victim = find_victim();
  if (!victim) return evict(candidate ? candidate : entries.front());
  if (!candidate || candidate == victim) return evict(victim);
  const bool is_admitted =
      FrequencyMark(candidate->mark).count(tick) > FrequencyMark(victim->mark).count(tick);
  evict(is_admitted ? victim : candidate);
}

// --- Looking at it

CacheTable::Counts CacheTable::counts() const {
  Counts counts;
  for (size_t i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.lock);
    counts.hits += shard.hits;
    counts.misses += shard.misses;
    counts.evictions += shard.evictions;
    counts.late_fills += shard.late_fills;
    counts.entries += shard.entries.size();
    counts.bytes += shard.bytes;
  }
  return counts;
}

bool CacheTable::check_invariants() const {
  for (size_t i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.lock);
    size_t bytes = 0, window_bytes = 0, in_window = 0, listed = 0;
    for (size_t at = 0; at < shard.entries.size(); ++at) {
      const Entry& entry = *shard.entries[at];
      if (entry.position != at || shard.find(entry.hash, entry.key()) != &entry) return false;
      bytes += entry.weight();
      in_window += FrequencyMark(entry.mark).in_window();
    }
    for (const Entry* entry = shard.oldest; entry; entry = entry->newer) {
      ++listed;
      window_bytes += entry->weight();
      if (!FrequencyMark(entry->mark).in_window()) return false;
    }
    const auto indexed = static_cast<size_t>(
        std::ranges::count_if(shard.index, [](const Entry* one) { return one; }));
    if (indexed != shard.entries.size() || listed != in_window) return false;
    if (bytes != shard.bytes || window_bytes != shard.window_bytes || bytes > shard_bytes_max_)
      return false;
  }
  return true;
}

}  // namespace redstart
