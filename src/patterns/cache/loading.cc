// Cache, part: loading what is missing, and refreshing what is old.
#include <algorithm>

#include "patterns/cache/cache_state.h"

namespace redstart {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using Count = CacheCount;

constexpr size_t kFailedRefreshesMax = 10'000;  // remembered; beyond it all are forgotten

}  // namespace

// Nothing: the key's loader itself asks for it.
std::shared_ptr<Cache::Flight> Cache::join_or_start(const std::string& key, BytesLoader& loader,
                                                    const LoadOptions& options, const Lookup& found,
                                                    bool own_thread) {
  auto flight = std::make_shared<Flight>();
  flight->tags = options.tags;
  {
    const std::lock_guard lock(state_->mutex);
    auto& current = state_->flights[key];
    if (current && current->loading_thread == std::this_thread::get_id()) return nullptr;
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
    if (!flight) {
      return std::unexpected(Error{ErrorCode::invalid_argument, Outcome::not_done,
                                   "the loader of '" + key + "' asks for the same key"});
    }
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
  // A tag that the entry did not have so far may have no version yet; begin_load() gives it one.
  const bool have_versions = std::ranges::none_of(found.tag_versions, &std::string::empty);
  const auto job = std::make_shared<FlightJob>(FlightJob{.key = key,
                                                         .loader = loader,
                                                         .options = options,
                                                         .flight = flight,
                                                         .seen = found.token,
                                                         .has_token = have_versions && !options_.one_loader_per_fleet,
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
  {
    const std::lock_guard lock(state.mutex);
    job.flight->loading_thread = std::this_thread::get_id();
    if (!job.has_store) {
      job.flight->begun = ++state.sequence;
      job.flight->has_store = false;
    }
  }
  state.counts.add(Count::loads);
  const auto start = SteadyClock::now();
  result<std::optional<std::string>> outcome;
  const auto failed = [&](const std::string& message) {
    outcome = std::unexpected(
        Error{ErrorCode::callback_failed, Outcome::not_done, "the loader of '" + job.key + "' failed: " + message});
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

}  // namespace redstart
