// Cache: nobody who asks after an invalidation gets what was there before it, whatever was being loaded; nothing lives
// longer than its times say; a key is loaded by one caller of a process at a time; the counts are those of the calls.
// The database keeps all that a row ever was, so that each answer shows how old it is.
//
// While a loader runs, everything else may happen: invalidations, writes, loads of other processes, another caller of
// the same process, lost requests, time. XFetch and timeouts are left out: they go by the system's clock.
#include <algorithm>
#include <atomic>
#include <limits>
#include <list>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "redstart/patterns/cache.h"
#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

using std::chrono::milliseconds;
using Value = std::optional<std::string>;

constexpr int kRows = 4;
constexpr int64_t kLeaseMs = 1000;
constexpr int kDepthMax = 3;  // of loaders while which others run
constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();

class CacheWorld final : public World {
 public:
  explicit CacheWorld(Machine& machine) : machine_(machine), parties_(2 + machine.random.below(2)) {
    options_.default_ttl = milliseconds(500 + machine.random.below(3000));
    options_.refresh_ahead_factor = machine.chance(500) ? 0.5 : 1;
    options_.refresh_retry_delay = milliseconds(50);
    options_.stale_while_revalidate = milliseconds(machine.chance(400) ? 400 : 0);
    options_.stale_on_error = milliseconds(machine.chance(400) ? 800 : 0);
    options_.negative_ttl = milliseconds(machine.chance(500) ? 300 : 0);
    options_.one_loader_per_fleet = machine.chance(300);
    options_.lease_ttl = milliseconds(kLeaseMs);
    options_.index_tags = machine.chance(500);
    options_.threads_max = 1;
    options_.clock = [&machine] { return machine.now_ms(); };
    // Who waits for another process's lease does so by the system's clock: for one that was lost, that is for ever.
    if (options_.one_loader_per_fleet) machine_.lost_per_mille = 0;
    is_rough_ = machine.chance(600);
    has_losses_ = machine_.lost_per_mille > 0;
    for (Party& party : parties_) start(party);
  }

  void step() override {
    for (Party& party : parties_) {
      if (party.process->is_dead()) start(party);
    }
    Party& party = party_by_chance();
    const int row = row_by_chance();
    switch (machine_.random.below(12)) {
      case 0: advance(machine_.chance(200) ? 4000 : 200); break;
      case 1: change(row); break;
      case 2: invalidate(party, row); break;
      case 3: invalidate_tag(party, row); break;
      case 4: write_through(party, row); break;
      case 5: put(party, row); break;
      case 6: is_rough_ && machine_.chance(200) ? die(party) : look(party, row); break;
      default: read(party, row); break;
    }
    if (violation_) throw Violation(*violation_);
  }

  void finish() override {
    is_rough_ = false;
    for (Party& party : parties_) start(party);
    for (int row = 0; row < kRows; ++row) {
      change(row);
      invalidate_now(parties_.front(), row);
      check(rows_[static_cast<size_t>(row)].floor == newest(row), "the store does not answer");
      for (Party& party : parties_) read(party, row);
    }
    if (violation_) throw Violation(*violation_);
    for (Party& party : parties_) check_counts(party);
  }

 private:
  struct Version {
    Value value;
    int64_t until_ms = kForEver;
  };
  struct Row {
    std::vector<Version> versions = {{}};  // at first there is none
    size_t floor = 0;                      // what is older, nobody may get who asks now
  };
  // A call of get_or_load().
  struct Asked {
    int row;
    size_t floor;
    int64_t at_ms;
    uint64_t failures;  // of loaders of the process, before
    result<Value> got = Value();
  };
  struct Caller {
    Asked asked = {};
    std::atomic<bool> is_over{false};
    std::thread thread;
  };
  struct Party {
    std::unique_ptr<Process> process;
    std::unique_ptr<Cache> cache;
    std::multiset<int> loading;  // rows
    std::list<Caller> callers;   // others than the simulation's thread
    uint64_t calls = 0, loads = 0, failures = 0;
  };

  void start(Party& party) {
    if (party.cache && !party.process->is_dead()) check_counts(party);
    party.cache.reset();
    party.calls = party.loads = party.failures = 0;
    party.process = std::make_unique<Process>(machine_);
    party.cache = std::make_unique<Cache>(party.process->client(), options_);
  }
  void die(Party& party) {
    machine_.note("a process dies");
    party.process->die();
  }

  Party& party_by_chance() { return parties_[machine_.random.below(parties_.size())]; }
  int row_by_chance() { return static_cast<int>(machine_.random.below(kRows)); }
  static std::string key_of(int row) { return "row" + std::to_string(row); }
  static std::vector<std::string> tags_of(int row) {
    if (row == 0) return {};
    if (row == 2) return {"a", "b"};
    return {row == 1 ? "a" : "b"};
  }
  std::vector<Version>& versions_of(int row) { return rows_[static_cast<size_t>(row)].versions; }
  size_t newest(int row) { return versions_of(row).size() - 1; }
  // Who asks from now on gets nothing older than what the row is now.
  void raise_floor(int row) { rows_[static_cast<size_t>(row)].floor = newest(row); }

  void advance(uint64_t ms) { machine_.advance_ms(static_cast<int64_t>(machine_.random.below(ms))); }

  // --- The database

  void change(int row) { change_to(row, machine_.chance(800) ? Value(std::to_string(++last_value_)) : Value()); }
  void change_to(int row, Value value) {
    versions_of(row).back().until_ms = machine_.now_ms();
    versions_of(row).push_back({std::move(value)});
    machine_.note(key_of(row) + " becomes " + versions_of(row).back().value.value_or("nothing"));
  }

  Value load(Party& party, int row) {
    try {
      return load_with_others(party, row);
    } catch (const Violation& violation) {
      // The cache takes it for a failure of the loader's.
      violation_ = violation.text;
      throw;
    }
  }
  // What a loader finds, and what happens before it comes back with it.
  Value load_with_others(Party& party, int row) {
    ++party.loads;
    check(!party.loading.contains(row) || has_changed_ || has_losses_,
          "two callers of a process load " + key_of(row) + " at once");
    const auto loading = party.loading.insert(row);
    const bool had_changed = std::exchange(has_changed_, false);
    const Value value = versions_of(row).back().value;
    const int64_t began_ms = machine_.now_ms();
    machine_.note("load " + key_of(row) + ": " + value.value_or("nothing"));
    ++depth;
    if (depth <= kDepthMax && machine_.chance(600)) {
      for (uint64_t i = 1 + machine_.random.below(3); i > 0; --i) interfere(party, row, began_ms);
    }
    --depth;
    has_changed_ = has_changed_ || had_changed;
    load_ms_max_ = std::max(load_ms_max_, machine_.now_ms() - began_ms);
    party.loading.erase(loading);
    if (is_rough_ && machine_.chance(100)) {
      ++party.failures;
      throw std::runtime_error("the database is away");
    }
    return value;
  }

  void interfere(Party& party, int row, int64_t began_ms) {
    Party& other = party_by_chance();
    const uint64_t choice = machine_.random.below(9);
    if (choice < 2) {
      // Of the fleet's, one that may not join would wait for the lease until this load has ended.
      if (!options_.one_loader_per_fleet || !has_changed_) join(party, row);
      return;
    }
    has_changed_ = true;
    switch (choice) {
      case 2: return advance(machine_.chance(300) ? 3 * kLeaseMs : 100);
      case 3: return change(row);
      case 4: return invalidate(other, row);
      case 5: return invalidate_tag(other, row);
      case 6: return write_through(other, row);
      case 7: return put(other, row);
      default: break;
    }
    // Of the fleet, one loads: the others wait until its lease is over.
    const bool would_wait = options_.one_loader_per_fleet && machine_.now_ms() <= began_ms + kLeaseMs;
    if (other.loading.empty() && !would_wait) read(other, row);
  }

  // --- The processes

  Asked ask(Party& party, int row) {
    ++party.calls;
    return {.row = row,
            .floor = rows_[static_cast<size_t>(row)].floor,
            .at_ms = machine_.now_ms(),
            .failures = party.failures};
  }
  void get_or_load(Party& party, Asked& asked) {
    asked.got = party.cache->get_or_load<std::string>(
        key_of(asked.row), [this, &party, row = asked.row] { return load(party, row); },
        {.tags = tags_of(asked.row)});
  }
  // REQUIRES: no loader of the process runs.
  void read(Party& party, int row) {
    Asked asked = ask(party, row);
    get_or_load(party, asked);
    party.cache->drain_refreshes();
    for (Caller& caller : party.callers) caller.thread.join();
    check_answer(party, asked, "read");
    for (const Caller& caller : party.callers) check_answer(party, caller.asked, "another caller's read");
    party.callers.clear();
  }
  // Another caller of the same process asks for what is being loaded. Returns when that one has its answer, or waits
  // for the load.
  void join(Party& party, int row) {
    machine_.note("another caller");
    const CacheStats before = party.cache->stats();
    Caller& caller = party.callers.emplace_back();
    caller.asked = ask(party, row);
    caller.thread = std::thread([this, &party, &caller, seed = machine_.random.next()] {
      const FixedSeeds seeds(seed);
      depth = kDepthMax;  // nothing more happens while this one loads
      get_or_load(party, caller.asked);
      caller.is_over = true;
    });
    const auto too_late = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!caller.is_over && party.cache->stats().shared_loads == before.shared_loads) {
      std::this_thread::yield();
      if (std::chrono::steady_clock::now() < too_late) continue;
      violation_ = "a caller neither joins the load of " + key_of(row) + " nor gets an answer";
      return;
    }
    // Who cannot look into the store shares the load of one who cannot, whatever has happened since that began.
    if (party.cache->stats().store_errors > before.store_errors) caller.asked.floor = 0;
  }

  void look(Party& party, int row) {
    Asked asked = ask(party, row);
    const auto found = party.cache->get<std::string>(key_of(row), tags_of(row));
    if (!found) {
      --party.calls;  // neither a hit nor a miss
      return check(has_losses_, "the store does not answer");
    }
    if (found->source == CacheSource::none) return;
    asked.got = found->value;
    check_answer(party, asked, "look");
  }

  void check_answer(const Party& party, const Asked& asked, const std::string& how) {
    const std::string what = how + " " + key_of(asked.row) + ": ";
    machine_.note(what + (asked.got ? asked.got->value_or("nothing") : asked.got.error().message));
    if (!asked.got) {
      return check(is_rough_ && asked.got.error().code == ErrorCode::callback_failed, what + asked.got.error().message);
    }
    // As old as an entry can become, longer only when a loader fails, and as it was when it was loaded. That there is
    // no object is never said past its time.
    const bool has_failed = party.failures > asked.failures;
    milliseconds stale = options_.stale_while_revalidate;
    if (has_failed) stale = std::max(stale, options_.stale_on_error);
    const milliseconds life = asked.got->has_value() ? options_.default_ttl + stale : options_.negative_ttl;
    const int64_t oldest_ms = asked.at_ms - life.count() - load_ms_max_;
    const auto& versions = versions_of(asked.row);
    const auto from = versions.begin() + static_cast<std::ptrdiff_t>(asked.floor);
    const auto found = std::find_if(from, versions.end(), [&](const Version& version) {
      return version.value == *asked.got && version.until_ms >= oldest_ms;
    });
    if (found != versions.end()) return;
    const bool was_there = std::ranges::find(versions, *asked.got, &Version::value) < from;
    check(false, what + asked.got->value_or("nothing") +
                     (was_there ? " is older than an invalidation" : " is older than it may become"));
  }

  void invalidate(Party& party, int row) {
    if (machine_.chance(800)) change(row);
    invalidate_now(party, row);
  }
  void invalidate_now(Party& party, int row) {
    const auto done = party.cache->invalidate(key_of(row));
    machine_.note("invalidate " + key_of(row) + (done ? "" : ": lost"));
    if (done) raise_floor(row);
  }
  void invalidate_tag(Party& party, int row) {
    const auto tags = tags_of(row);
    if (tags.empty()) return invalidate(party, row);
    if (machine_.chance(800)) change(row);
    const std::string& tag = tags[machine_.random.below(tags.size())];
    const bool removes = options_.index_tags && machine_.chance(500);
    const bool done = removes ? party.cache->invalidate_by_tag(tag).has_value()
                              : party.cache->invalidate_tag(tag).has_value();
    machine_.note("invalidate tag " + tag + (done ? "" : ": lost"));
    for (int each = 0; done && each < kRows; ++each) {
      const auto its_tags = tags_of(each);
      if (std::ranges::find(its_tags, tag) != its_tags.end()) raise_floor(each);
    }
  }
  void put(Party& party, int row) {
    const Value value = versions_of(row).back().value;
    if (!value) return;
    const auto stored = party.cache->put<std::string>(key_of(row), *value, {.tags = tags_of(row)});
    machine_.note("put " + key_of(row) + " " + *value + (stored ? "" : ": lost"));
    if (stored) raise_floor(row);
  }
  void write_through(Party& party, int row) {
    size_t version = 0;
    const auto write = [&]() -> uint64_t {
      if (is_rough_ && machine_.chance(100)) throw std::runtime_error("the database is away");
      if (machine_.chance(300)) advance(100);
      change_to(row, std::to_string(++last_value_));
      version = newest(row);
      Party& other = party_by_chance();
      // The other may be overtaken on its way to the cache.
      if (depth < kDepthMax && machine_.chance(200)) {
        ++depth;
        write_through(other, row);
        --depth;
      }
      return version;
    };
    const std::string value = std::to_string(last_value_ + 1);
    const auto written = party.cache->write_through<std::string>(key_of(row), value, write, {.tags = tags_of(row)});
    machine_.note("write through " + key_of(row) + (written ? "" : ": " + written.error().message));
    if (!written) return check(is_rough_, "a write fails: " + written.error().message);
    if (written->in_cache == WrittenThrough::InCache::failed) return check(has_losses_, "the store does not answer");
    size_t& floor = rows_[static_cast<size_t>(row)].floor;
    floor = std::max(floor, version);
  }

  void check_counts(const Party& party) {
    const CacheStats stats = party.cache->stats();
    check(stats.total_requests() == party.calls, "not every request is a hit or a miss");
    check(stats.loads == party.loads, "a load is not counted, or twice");
    check(stats.load_failures == party.failures, "a failure is not counted, or twice");
    check(stats.fills + stats.fills_refused <= stats.loads - stats.load_failures, "more is stored than was loaded");
    if (has_losses_) return;
    check(stats.fills + stats.fills_refused == stats.loads - stats.load_failures, "something loaded was forgotten");
    check(stats.store_errors == 0, "errors of a store that makes none");
  }

  inline static thread_local int depth = 0;  // of loaders within loaders

  Machine& machine_;
  CacheOptions options_;
  std::vector<Party> parties_;
  Row rows_[kRows];
  bool is_rough_ = false, has_losses_ = false;
  bool has_changed_ = false;  // something but callers' reads has happened since the innermost load began
  int64_t load_ms_max_ = 0;
  int last_value_ = 0;
  std::optional<std::string> violation_;
};

}  // namespace

std::unique_ptr<World> make_cache_world(Machine& machine) { return std::make_unique<CacheWorld>(machine); }

}  // namespace redstart::simulation
