#include "redstart/patterns/cache.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/digest.h"
#include "patterns/cache/change_listener.h"
#include "patterns/cache/entry_store.h"
#include "patterns/cache/local_level.h"
#include "patterns/cache/stripes.h"
#include "patterns/cache/worker_pool.h"

namespace redstart {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

enum class Count : unsigned char {
  hits, misses, local_hits, negative_hits, stale_hits, shared_loads, fleet_loads, stale_on_error, timeouts, loads,
  load_failures, refreshes, refresh_failures, refreshes_dropped, fills, fills_refused, tag_misses, undecodable,
  store_errors,
};
constexpr size_t kCounts = static_cast<size_t>(Count::store_errors) + 1;

constexpr size_t kFailedRefreshesMax = 10'000;  // remembered; beyond it all are forgotten

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

// One load of one key, which any number of callers wait for. Guarded by State::mutex.
struct Cache::Flight {
  std::condition_variable changed;
  std::optional<result<std::optional<std::string>>> outcome;
  bool abandoned = false;  // there will be no outcome: who waits looks again
  // What it builds upon, once that is known: who has looked later and found something else must not join.
  uint64_t begun = 0;
  EntryToken token{};
  std::vector<std::string> tag_versions;
  std::vector<std::string> tags;

  bool is_over() const { return outcome.has_value() || abandoned; }
  bool may_be_joined_by(const Lookup& found) const {
    if (begun == 0 || found.sequence < begun) return true;
    return found.has_token && found.token == token && found.tag_versions == tag_versions;
  }
};

struct Cache::FlightJob {
  std::string key;
  BytesLoader loader;
  LoadOptions options;
  std::shared_ptr<Flight> flight;
  std::optional<EntryToken> seen = {};  // what a look has found there
  bool has_token = false;          // what was seen may be built upon: no need to begin
  std::vector<std::string> tag_versions = {};
  bool is_refresh = false;
  bool has_store = true;
};

struct Cache::State {
  State(Client& client, const CacheOptions& options)
      : options(options),
        entries(client, options),
        local(options.local.entries_max, options.local.bytes_max),
        pool(options.threads_max) {
    if (options.local.entries_max > 0) {
      listener.emplace(client, options, entries.changes_channel(), entries.sender(), local);
    }
  }

  bool uses_local_level(const std::string& key) const {
    if (options.local.entries_max == 0) return false;
    // Tracking tells of keys below the prefix only.
    return options.local.coherence == Coherence::publish ||
           (key.starts_with(options.prefix) && key.substr(options.prefix.size()).starts_with(':'));
  }

  // Nobody joins the flight of this key any more.
  void detach(const std::string& key) {
    const std::lock_guard lock(mutex);
    flights.erase(key);
  }
  void detach_tag(std::string_view tag) {
    const std::lock_guard lock(mutex);
    std::erase_if(flights, [&](const auto& flight) {
      return std::ranges::find(flight.second->tags, tag) != flight.second->tags.end();
    });
  }

  void finish(FlightJob& job, std::optional<result<std::optional<std::string>>> outcome) {
    const std::lock_guard lock(mutex);
    Flight& flight = *job.flight;
    flight.abandoned = !outcome;
    flight.outcome = std::move(outcome);
    // An invalidation may have detached it, and a later miss begun its own.
    if (const auto mine = flights.find(job.key); mine != flights.end() && mine->second == job.flight) {
      flights.erase(mine);
    }
    flight.changed.notify_all();
  }

  milliseconds life_of(milliseconds ttl) const {
    return ttl + std::max(options.stale_while_revalidate, options.stale_on_error);
  }
  milliseconds with_jitter(milliseconds ttl) const {
    if (options.ttl_jitter <= 0) return ttl;
    const double part = std::min(options.ttl_jitter, 1.0) * random_part();
    return milliseconds(std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(ttl.count()) * (1 - part))));
  }
  EntryHead new_head(EntryKind kind, milliseconds ttl, int64_t now_ms) const {
    ttl = with_jitter(ttl);
    return {.kind = kind,
            .token = random_token(),
            .created_ms = now_ms,
            .fresh_until_ms = now_ms + ttl.count(),
            .keep_until_ms = now_ms + (kind == EntryKind::value ? life_of(ttl) : ttl).count()};
  }

  bool begin(FlightJob& job, const std::function<bool(std::string entry, FlightJob&)>& answer);
  void store_loaded(FlightJob& job, const std::optional<std::string>& value, milliseconds load_time);
  void wait_for_other_process(int attempt) {
    std::unique_lock lock(mutex);
    stop_signal.wait_for(lock, milliseconds(std::min(2 << std::min(attempt, 5), 50)), [&] { return stopping; });
  }

  const CacheOptions& options;
  Stripes<Count, kCounts> counts;
  EntryStore entries;
  LocalLevel local;
  std::atomic<uint64_t> sequence{1};  // grows with every load that has begun

  std::mutex mutex;  // guards what follows, and all flights
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights;
  std::unordered_map<std::string, int64_t> no_refresh_before_ms;  // where one has failed
  std::condition_variable stop_signal;
  bool stopping = false;

  WorkerPool pool;
  std::optional<ChangeListener> listener;
};

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

// --- Looking

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
  std::string bytes;
  if (options.tags.empty()) {
    auto got = client_.get(key);
    if (!got) return void(found.store_error = std::move(got.error()));
    if (!*got) return;
    bytes = std::move(**got);
  } else {
    Pipeline pipeline = client_.pipeline();
    const auto entry = pipeline.get(key);
    std::vector<Pending<std::optional<std::string>>> versions;
    for (const std::string& tag : options.tags) {
      const std::string version_key = state.entries.tag_version_key(tag);
      if (has_local) tag_tickets.push_back(state.local.ticket(version_key));
      versions.push_back(pipeline.get(version_key));
    }
    pipeline.run();
    for (const auto& version : versions) {
      if (!*version) return void(found.store_error = (*version).error());
      found.tag_versions.push_back((*version)->value_or(""));
    }
    if (!*entry) return void(found.store_error = (*entry).error());
    if (!**entry) return;
    bytes = ***entry;
  }
  auto view = parse_entry(bytes);
  if (!view) return;
  found.has_token = true;
  found.token = view->head.token;
  bool tags_stand = true;
  for (EntryView tags = *view; tags.tag_count > 0 && tags_stand;) {
    const EntryTag tag = take_tag(tags);
    const auto known = std::ranges::find(options.tags, tag.name);
    if (known != options.tags.end()) {
      tags_stand = found.tag_versions[static_cast<size_t>(known - options.tags.begin())] == tag.version;
    } else {
      const auto version = client_.get(state.entries.tag_version_key(tag.name));
      if (!version) return void(found.store_error = version.error());
      tags_stand = *version == tag.version;
    }
  }
  if (!tags_stand) return state.counts.add(Count::tag_misses);
  if (has_local && view->head.kind != EntryKind::loading && now_ms < view->head.fresh_until_ms) {
    const int64_t until_ms = std::min(now_ms + options_.local.ttl_max.count(), view->head.fresh_until_ms);
    state.local.insert(key, bytes, until_ms, ticket);
    for (size_t i = 0; i < options.tags.size(); ++i) {
      if (found.tag_versions[i].empty()) continue;
      state.local.insert(state.entries.tag_version_key(options.tags[i]), found.tag_versions[i], until_ms,
                         tag_tickets[i]);
    }
  }
  judge(std::move(bytes), options, now_ms, found);
  found.source = CacheSource::store;
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

void Cache::note_undecodable(Lookup& found) {
  state_->counts.add(Count::undecodable);
  found.state = Lookup::State::absent;
  found.bytes.clear();
}

// --- Loading

std::shared_ptr<Cache::Flight> Cache::join_or_start(const std::string& key, BytesLoader& loader,
                                                    const LoadOptions& options, const Lookup& found,
                                                    bool own_thread) {
  auto flight = std::make_shared<Flight>();
  flight->tags = options.tags;
  {
    const std::lock_guard lock(state_->mutex);
    auto& current = state_->flights[key];
    if (current && current->may_be_joined_by(found)) {
      state_->counts.add(Count::shared_loads);
      return current;
    }
    current = flight;
  }
  const auto job = std::make_shared<FlightJob>(FlightJob{.key = key,
                                                         .loader = loader,
                                                         .options = options,
                                                         .flight = flight,
                                                         .has_store = !found.store_error});
  if (found.has_token) job->seen = found.token;
  const auto run = [this, job](bool run) {
    if (run) {
      run_flight(*job);
    } else {
      state_->finish(*job, std::unexpected(Error{ErrorCode::closed, Outcome::not_done, "the cache is closed"}));
    }
  };
  if (own_thread || !state_->pool.add_urgent(run)) run_flight(*job);
  return flight;
}

result<std::optional<std::string>> Cache::load_missing(const std::string& key, BytesLoader loader,
                                                       const LoadOptions& options, Lookup& found) {
  state_->counts.add(Count::misses);
  if (found.store_error && !options_.fail_open) return std::unexpected(std::move(*found.store_error));
  const bool has_stale = found.state == Lookup::State::expired;
  std::string stale = std::move(found.bytes);
  milliseconds patience = options_.load_timeout;
  if (has_stale && options_.soft_load_timeout.count() > 0) {
    patience = patience.count() > 0 ? std::min(patience, options_.soft_load_timeout) : options_.soft_load_timeout;
  }
  const auto deadline = SteadyClock::now() + patience;
  while (true) {
    const auto flight = join_or_start(key, loader, options, found, patience.count() == 0);
    std::unique_lock lock(state_->mutex);
    const auto is_over = [&] { return flight->is_over(); };
    bool in_time = true;
    if (patience.count() == 0) {
      flight->changed.wait(lock, is_over);
    } else {
      in_time = flight->changed.wait_until(lock, deadline, is_over);
    }
    if (in_time && flight->outcome && (*flight->outcome || !has_stale)) return *flight->outcome;
    if (!in_time || flight->outcome) {
      if (has_stale) {
        state_->counts.add(Count::stale_on_error);
        return std::optional(std::move(stale));
      }
      state_->counts.add(Count::timeouts);
      return std::unexpected(Error{ErrorCode::timed_out, Outcome::unknown, "the loader of '" + key + "' is late"});
    }
    lock.unlock();
    found = look_up(key, options);
    if (found.is_answer()) {
      state_->counts.add(Count::fleet_loads);
      if (found.is_negative) return std::optional<std::string>();
      return std::optional(std::move(found.bytes));
    }
  }
}

void Cache::refresh_in_background(const std::string& key, const BytesLoader& loader, const LoadOptions& options,
                                  const Lookup& found) {
  auto flight = std::make_shared<Flight>();
  flight->tags = options.tags;
  const auto job = std::make_shared<FlightJob>(FlightJob{.key = key,
                                                         .loader = loader,
                                                         .options = options,
                                                         .flight = flight,
                                                         .seen = found.token,
                                                         .has_token = !options_.one_loader_per_fleet,
                                                         .tag_versions = found.tag_versions,
                                                         .is_refresh = true});
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->flights.contains(key)) return;
    const auto failed = state_->no_refresh_before_ms.find(key);
    if (failed != state_->no_refresh_before_ms.end()) {
      if (unix_time_ms(options_.clock) < failed->second) return;
      state_->no_refresh_before_ms.erase(failed);
    }
    if (job->has_token) {
      flight->begun = ++state_->sequence;
      flight->token = found.token;
      flight->tag_versions = found.tag_versions;
    }
    state_->flights.emplace(key, flight);
  }
  const auto run = [this, job](bool run) {
    if (run) {
      run_flight(*job);
    } else {
      state_->finish(*job, std::nullopt);
    }
  };
  if (!state_->pool.add(run, options_.refresh_queue_max)) {
    state_->counts.add(Count::refreshes_dropped);
    state_->finish(*job, std::nullopt);
  }
}

// Takes its place in the store. False: the flight is over, since `answer` took another process's value, or it failed.
bool Cache::State::begin(FlightJob& job, const std::function<bool(std::string entry, FlightJob&)>& answer) {
  const milliseconds life = life_of(job.options.ttl.value_or(options.default_ttl));
  for (int attempt = 0;; ++attempt) {
    auto begun = entries.begin_load(job.key, job.seen, job.options.tags, life);
    if (!begun) {
      counts.add(Count::store_errors);
      job.has_store = false;
      if (options.fail_open) return true;
      finish(job, std::unexpected(std::move(begun.error())));
      return false;
    }
    job.tag_versions = std::move(begun->tag_versions);
    if (begun->kind == EntryStore::Begun::Kind::lead) {
      job.seen = begun->token;
      job.has_token = true;
      const std::lock_guard lock(mutex);
      job.flight->begun = ++sequence;
      job.flight->token = begun->token;
      job.flight->tag_versions = job.tag_versions;
      return true;
    }
    if (begun->kind == EntryStore::Begun::Kind::answered) {
      if (answer(std::move(begun->entry), job)) return false;
      continue;
    }
    if (job.is_refresh) {
      finish(job, std::nullopt);
      return false;
    }
    wait_for_other_process(attempt);
    const std::lock_guard lock(mutex);
    if (stopping) {
      job.has_store = false;
      return true;
    }
  }
}

void Cache::run_flight(FlightJob& job) {
  State& state = *state_;
  if (!job.has_token && job.has_store) {
    const auto take_answer = [&](std::string entry, FlightJob& job) {
      const auto view = parse_entry(entry);
      if (!view) return false;
      job.seen = view->head.token;
      for (EntryView tags = *view; tags.tag_count > 0;) {
        const EntryTag tag = take_tag(tags);
        const auto known = std::ranges::find(job.options.tags, tag.name);
        if (known == job.options.tags.end()) return false;
        if (job.tag_versions[static_cast<size_t>(known - job.options.tags.begin())] != tag.version) return false;
      }
      Lookup found;
      judge(std::move(entry), job.options, unix_time_ms(options_.clock), found);
      if (found.state != Lookup::State::fresh) return false;
      if (!job.is_refresh) state.counts.add(Count::fleet_loads);
      state.finish(job, found.is_negative ? std::optional<std::string>() : std::optional(std::move(found.bytes)));
      return true;
    };
    if (!state.begin(job, take_answer)) return;
  }
  state.counts.add(Count::loads);
  const auto start = SteadyClock::now();
  result<std::optional<std::string>> outcome;
  const auto failed = [&](const std::string& message) {
    outcome = std::unexpected(
        Error{ErrorCode::server, Outcome::not_done, "the loader of '" + job.key + "' failed: " + message});
  };
  try {
    outcome = job.loader();
  } catch (const std::exception& error) {
    failed(error.what());
  } catch (...) {
    failed("an exception of unknown type");
  }
  if (outcome) {
    state.store_loaded(job, *outcome, std::chrono::duration_cast<milliseconds>(SteadyClock::now() - start));
    if (job.is_refresh) state.counts.add(Count::refreshes);
  } else {
    state.counts.add(Count::load_failures);
    if (job.has_token && !state.entries.release(job.key, *job.seen)) state.counts.add(Count::store_errors);
    if (job.is_refresh) {
      state.counts.add(Count::refresh_failures);
      const std::lock_guard lock(state.mutex);
      if (state.no_refresh_before_ms.size() >= kFailedRefreshesMax) state.no_refresh_before_ms.clear();
      state.no_refresh_before_ms[job.key] = unix_time_ms(options_.clock) + options_.refresh_retry_delay.count();
    }
  }
  state.finish(job, std::move(outcome));
}

void Cache::State::store_loaded(FlightJob& job, const std::optional<std::string>& value, milliseconds load_time) {
  if (!job.has_token) return;
  result<bool> stored;
  if (!value && options.negative_ttl.count() <= 0) {
    stored = entries.drop(job.key, *job.seen);
  } else {
    const milliseconds ttl = value ? job.options.ttl.value_or(options.default_ttl) : options.negative_ttl;
    EntryHead head = new_head(value ? EntryKind::value : EntryKind::nothing, ttl, unix_time_ms(options.clock));
    head.load_time_ms = static_cast<uint32_t>(std::min<int64_t>(load_time.count(), UINT32_MAX));
    stored = entries.fill(job.key, *job.seen,
                          {.head = head,
                           .tags = job.options.tags,
                           .tag_versions = job.tag_versions,
                           .value = value ? std::string_view(*value) : std::string_view()});
  }
  // The old one may stand there, whether this one was stored or not.
  if (uses_local_level(job.key)) local.erase(job.key);
  if (!stored) return counts.add(Count::store_errors);
  counts.add(*stored ? Count::fills : Count::fills_refused);
}

void Cache::drain_refreshes() { state_->pool.drain(); }

// --- Writing

result<bool> Cache::put_bytes(const std::string& key, std::string bytes, const PutOptions& options,
                              const std::string& reserved) {
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
  State& state = *state_;
  const auto reserved = state.entries.reserve(key);
  if (!reserved) {
    state.counts.add(Count::store_errors);
    if (!options_.fail_open) return std::unexpected(reserved.error());
  }
  const auto failed = [&](const std::string& message) -> result<WrittenThrough> {
    if (reserved && !state.entries.release(key, *reserved)) state.counts.add(Count::store_errors);
    return std::unexpected(Error{ErrorCode::server, Outcome::unknown, "the database write failed: " + message});
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
