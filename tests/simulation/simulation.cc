// simulation: what a store on a disk has promised, after crashes. For each seed, one store lives several lives:
// random commands, flushes, rewrites and faults, a crash at a random operation of the disk, recovery.
//
// After a crash the data must be that of a moment between two units (commands, transactions, scripts), not before the
// last that was promised: what was synced if the machine went down, what was written if only the process did, and
// never before what a client was allowed to see. Everything follows from the seed.
//
// In some worlds the system's clock is set back now and then; in some the log is ended and begun by CONFIG SET, and a
// store starts without one, which promises nothing until the first base is there; in some somebody removes and cuts
// files of the log while it is in use. That has to be noticed: writes are refused then until the log is written anew,
// and what was promised before is promised again from there on. Before, a start may be refused, and say why.
//
//   simulation [--seed FIRST] [--crashes COUNT] [--verbose]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "durability/log/batch.h"
#include "durability/log/manifest.h"
#include "durability/rdb/payload.h"
#include "execution/config.h"
#include "execution/dataset_digest.h"
#include "execution/executor.h"
#include "execution/persistence.h"
#include "execution/scripting/scripting.h"
#include "execution/session.h"
#include "execution/store_state.h"
#include "resp/reply_builder.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/workload.h"

namespace redstart::simulation {
namespace {

bool verbose = false;

// The system's time may be set back; what the monotonic clock tells goes on.
class SimulatedClock final : public Clock {
 public:
  int64_t unix_time_us() const override { return unix_us_; }
  int64_t monotonic_time_ns() const override { return monotonic_us_ * 1000; }
  void advance_ms(int64_t ms) { unix_us_ += ms * 1000, monotonic_us_ += ms * 1000; }
  void set_back_ms(int64_t ms) { unix_us_ -= ms * 1000; }

 private:
  int64_t unix_us_ = 1'700'000'000'000'000, monotonic_us_ = 1'000'000;
};

constexpr std::string_view kLogDirectory = "/appendonlydir";

class QuietSession final : public Session {
 public:
  void on_unblocked(Reply) override {}
  void on_push(std::shared_ptr<const Reply>) override {}
  void on_kill() override {}
};

// The digests of the values seen, by their serializations: most values are as they were at the last look, and a
// digest, which depends on neither encoding nor order, takes long.
class DigestMemory {
 public:
  const Sha1Digest& digest_of(const Entry& entry) {
    if (digests_.size() > kValuesMax) digests_.clear();
    const uint64_t payload = hash_bytes(rdb::dump(entry, false) + (entry.has_deadline() ? "e" : ""));
    const auto [place, is_new] = digests_.try_emplace(payload);
    if (is_new) place->second = digest_of_value(entry);
    return place->second;
  }

 private:
  static constexpr size_t kValuesMax = 100'000;
  std::unordered_map<uint64_t, Sha1Digest> digests_;
};

// A fingerprint of all data, deadlines included. There is one thread, so nothing is locked.
uint64_t fingerprint(Executor& executor) {
  static DigestMemory memory;
  Keyspace& keyspace = executor.keyspace();
  uint64_t sum = 0;
  for (Shard& shard : keyspace.shards()) {
    for (int db = 0; db < keyspace.database_count(); ++db) {
      DatabaseShard* database = shard.find_database(db);
      if (!database) continue;
      database->entries.for_each([&](Entry* entry) {
        const Sha1Digest& digest = memory.digest_of(*entry);
        std::string text(reinterpret_cast<const char*>(digest.data()), digest.size());
        text.append(entry->key()).append("/").append(std::to_string(db)).append("/");
        text.append(std::to_string(entry->deadline_ms()));
        sum += hash_bytes(text);
      });
    }
  }
  for (const auto& [name, library] : executor.scripting().functions().all()->libraries) {
    sum += hash_bytes("library " + library->code);
  }
  return sum;
}

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : seed_(seed), random_(seed), seeds_(random_.next()), disk_(random_) {
    constexpr const char* kPolicies[] = {"always", "everysec", "no"};
    policy_ = kPolicies[random_.below(3)];
    is_clock_set_back_ = random_.below(3) == 0;
    is_log_switched_ = random_.below(3) == 0;
    are_files_damaged_ = random_.below(3) == 0;
    history_.push_back({0, 0});
  }

  // Lives until the next crash, and recovers. False: what was promised is gone.
  bool live() {
    if (!recover()) return false;
    disk_.crash_at(disk_.operations() + random_.below(random_.below(4) == 0 ? 400 : 40));
    while (!disk_.has_crashed() && !has_failed_) act();
    if (has_failed_) return false;
    machine_goes_down_ = random_.below(3) != 0;
    note_foundation();
    promised_ = machine_goes_down_ ? synced() : written();
    // What a client has been shown is promised for the crash that its policy is about.
    if (std::strcmp(policy_, "always") == 0 || !machine_goes_down_) promised_ = std::max(promised_, seen_);
    if (is_damaged_) promised_ = 0;
    end_life();
    disk_.restart(machine_goes_down_);
    clock_.advance_ms(static_cast<int64_t>(random_.below(3)));
    return true;
  }

 private:
  struct Moment {
    uint64_t position;  // in the log, behind the unit
    uint64_t fingerprint;
  };

  Session& session() { return *session_; }
  Log* log() { return executor_->persistence().log(); }
  // A log promises nothing before it is founded; one that was ended, what it had.
  uint64_t synced() { return founded_ ? founded_->synced() : 0; }
  uint64_t written() { return founded_ ? founded_->written() : 0; }
  void note_foundation() {
    if (log() && log()->is_founded()) founded_ = log();
  }
  static std::string manifest_path() { return join_path(kLogDirectory, manifest_name("appendonly.aof")); }

  bool fail(const std::string& what) {
    std::printf("seed %llu, life %llu (%s, %s): %s\n", static_cast<unsigned long long>(seed_),
                static_cast<unsigned long long>(life_), policy_, machine_goes_down_ ? "machine down" : "process down",
                what.c_str());
    for (const std::string& line : lines_) std::printf("  %s\n", line.c_str());
    for (const std::string& path : disk_.paths()) {
      std::printf("  %s: %zu bytes\n", path.c_str(), disk_.contents(path)->size());
      if (path.ends_with("manifest")) std::printf("%s", disk_.contents(path)->c_str());
    }
    return false;
  }

  void begin_life(bool has_log) {
    ++life_;
    lines_.clear();
    has_faults_ = false;
    Executor::Options options;
    options.clock = &clock_;
    options.databases = 3;
    executor_ = std::make_unique<Executor>(options);
    executor_->state().on_log([this](LogLevel, const std::string& line) {
      lines_.push_back(line);
      if (verbose) std::printf("    %s\n", line.c_str());
    });
    Config& config = executor_->config();
    config.force("dir", "/");
    config.force("appendonly", has_log ? "yes" : "no");
    config.force("appendfsync", policy_);
    config.force("save", "");
    config.force("auto-aof-rewrite-percentage", "0");
    config.force("stream-node-max-entries", "3");
    executor_->apply_config();
    Persistence& persistence = executor_->persistence();
    persistence.use_disk(disk_, Persistence::Background::by_hand);
    config.on_change("appendonly", [&persistence] { return persistence.follow_appendonly(); });
    session_ = std::make_unique<QuietSession>();
    executor_->attach(session());
  }

  void end_life() {
    executor_->detach(session());
    session_.reset();
    executor_.reset();
    founded_ = nullptr;
  }

  bool recover() {
    const bool is_log_there = disk_.exists(manifest_path());
    if (is_log_switched_ && is_log_there && !is_damaged_ && random_.below(4) == 0 && !start_beside_log()) return false;
    const bool starts_without = is_log_switched_ && !is_log_there && !is_damaged_ && random_.below(2) == 0;
    begin_life(!starts_without);
    if (const auto error = executor_->persistence().load()) {
      if (!is_damaged_ || error->find(kLogDirectory) == std::string::npos) return fail("it does not load: " + *error);
      end_life();
      disk_.wipe();  // somebody puts a new disk in
      is_damaged_ = false;
      promised_ = 0;
      history_ = {{0, 0}};
      return recover();
    }
    const bool is_found = check();
    is_damaged_ = false;
    disk_.forget_cuts();
    const std::vector<std::string> paths = files_of_log();
    followed_before_ = {paths.begin(), paths.end()};
    if (!paths.empty()) followed_before_.erase(paths.back());
    note_foundation();
    return is_found;
  }

  // A store that starts without the log that is there does not begin another in its place.
  bool start_beside_log() {
    const auto before = disk_.everything();
    begin_life(false);
    if (const auto error = executor_->persistence().load()) return fail("it does not load beside a log: " + *error);
    const std::string refusal = run({"CONFIG", "SET", "appendonly", "yes"});
    if (refusal.find("that was not loaded") == std::string::npos) return fail("it begins another log: " + refusal);
    end_life();
    return disk_.everything() == before || fail("it changes files of a log that it has not loaded");
  }

  // The data is that of a moment, not before the last that was promised; time goes on from there.
  bool check() {
    const uint64_t found = fingerprint(*executor_);
    for (size_t i = history_.size(); i-- > 0;) {
      if (history_[i].fingerprint != found) continue;
      if (verbose)
        std::printf("  life %llu: moment %zu of %zu\n", static_cast<unsigned long long>(life_), i, history_.size());
      if (history_[i].position < promised_) break;
      return go_on_from(found);
    }
    if (is_damaged_) return go_on_from(found);
    for (size_t i = history_.size(); i-- > 0;) {
      if (history_[i].fingerprint != found) continue;
      return fail("what was promised is gone: moment " + std::to_string(i) + " of " + std::to_string(history_.size()) +
                  ", promised was position " + std::to_string(promised_) + ", found " +
                  std::to_string(history_[i].position));
    }
    return fail("the data is that of no moment");
  }

  bool go_on_from(uint64_t found) {
    history_ = {{log() ? log()->end() : 0, found}};
    seen_ = promised_ = 0;
    return true;
  }

  // Returns the error that it replies, if it is one.
  std::string run(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    ReplyBuilder reply(3);
    const ExecuteStatus status = executor_->execute(session(), views, reply);
    if (status == ExecuteStatus::blocked) {
      executor_->cancel_wait(session().waiter.get(), Executor::Unblock::silent);
      session().waiter.reset();
    }
    note();
    const bool is_error = !reply.replies().empty() && reply.replies().back().is_error();
    return is_error ? reply.replies().back().text() : std::string();
  }

  void note() {
    note_foundation();
    // What a log begins with is what there was.
    if (log() && log()->begin() > history_.back().position) {
      history_.push_back({log()->begin(), history_.back().fingerprint});
    }
    // What no log tells of stands where the last one ended.
    const Moment last = history_.back();
    const uint64_t end = log() ? log()->end() : founded_ ? std::max(last.position, founded_->end()) : last.position;
    if (log() && end == last.position) return;
    const uint64_t found = fingerprint(*executor_);
    if (end != last.position || found != last.fingerprint) history_.push_back({end, found});
  }

  void execute_next() {
    const auto commands = next_commands(random_);
    if (commands.size() > 1) run({"MULTI"});
    for (const auto& command : commands) run(command);
    if (commands.size() > 1) run({"EXEC"});
  }

  // A client's view: replies leave when the log has come far enough.
  void show_replies() {
    // Sometimes the client has only read, and others have not asked for a sync yet.
    const uint64_t written = random_.below(2) == 0 ? session().own_log_position : 0;
    executor_->persistence().push_out({.written = written, .seen = session().log_position});
    if (log() && log()->is_founded() && executor_->persistence().may_be_seen(session().log_position)) {
      seen_ = std::max(seen_, session().own_log_position);
    }
  }

  void act() {
    if (is_clock_set_back_ && random_.below(40) == 0) {
      clock_.set_back_ms(static_cast<int64_t>(random_.below(random_.below(2) == 0 ? 500 : 1'000'000'000)));
    }
    if (is_log_switched_ && random_.below(30) == 0) switch_log();
    if (are_files_damaged_ && random_.below(30) == 0) damage_file();
    if (is_damaged_ && random_.below(4) == 0) return expect_notice();
    switch (random_.below(24)) {
      case 0:
        if (log()) log()->flush();
        return;
      case 1: return pass_time(static_cast<int64_t>(random_.below(300)));
      case 2:
        if (random_.below(4) != 0) return;
        static_cast<void>(executor_->persistence().start_rewrite());
        return run_job();
      case 3:
        if (random_.below(6) == 0) set_faults(random_.below(300), random_.below(300));
        if (random_.below(3) == 0) set_faults(0, 0);
        return;
      case 4:
      case 5:
      case 6: return show_replies();
      default: return execute_next();
    }
  }

  void set_faults(uint64_t writes, uint64_t syncs) {
    disk_.set_faults(writes, syncs);
    has_faults_ = has_faults_ || writes + syncs > 0;
  }

  void pass_time(int64_t ms) {
    clock_.advance_ms(ms);
    executor_->tick();
    note();
    run_job();
  }

  void switch_log() {
    const bool is_on = executor_->config().value_of("appendonly") == "yes";
    const std::string error = run({"CONFIG", "SET", "appendonly", is_on ? "no" : "yes"});
    if (!error.empty() && !has_faults_ && !is_damaged_ && !disk_.has_crashed()) {
      has_failed_ = !fail("CONFIG SET appendonly: " + error);
    }
    while (random_.below(3) != 0) execute_next();
    if (random_.below(4) != 0) pass_time(200);
  }

  // --- What somebody else does to the files

  // Those that the next start would load.
  std::vector<std::string> files_of_log() const {
    const std::string* text = disk_.contents(manifest_path());
    const auto manifest = text ? parse_manifest(*text) : Manifest();
    std::vector<std::string> paths;
    if (!manifest) return {};  // the disk crashed while it was written
    if (manifest->base) paths.push_back(join_path(kLogDirectory, manifest->base->name));
    for (const LogFile& file : manifest->increments) paths.push_back(join_path(kLogDirectory, file.name));
    return paths;
  }

  void damage_file() {
    if (!log() || !log()->is_founded() || disk_.has_crashed()) return;
    std::vector<std::string> paths = files_of_log();
    std::erase_if(paths, [this](const std::string& path) { return !disk_.contents(path); });
    if (paths.empty()) return;
    const size_t chosen = random_.below(paths.size());
    const std::string& path = paths[chosen];
    const std::string& bytes = *disk_.contents(path);
    const size_t end = bytes.find_last_not_of(kFilling) + 1;  // what is behind it is room
    // An increment that another has followed in this life is not watched by its size.
    const bool may_cut = chosen + 1 == paths.size() || path.ends_with(".rdb") || followed_before_.contains(path);
    is_damaged_ = true;
    ++damages_;
    if (random_.below(4) == 0) {
      disk_.remove_from_outside(manifest_path());
    } else if (random_.below(2) == 0 || end == 0 || !may_cut) {
      disk_.remove_from_outside(path);
    } else {
      disk_.cut_from_outside(path, random_.below(end));
    }
  }

  bool is_log_whole() const {
    const auto is_whole = [&](const std::string& path) {
      return disk_.contents(path) && !disk_.was_cut_from_outside(path);
    };
    return disk_.contents(manifest_path()) && std::ranges::all_of(files_of_log(), is_whole);
  }

  // Within two seconds writes are refused, or the log has been written anew.
  void expect_notice() {
    clock_.advance_ms(1100);
    if (log()) log()->flush();
    executor_->tick();
    note();
    // One that is only beginning replaces the files, whatever was done to them.
    if (!log() || !log()->is_founded() || disk_.has_crashed() || is_log_whole()) return pass_time(200);
    if (!log()->has_failed()) {
      has_failed_ = !fail("nobody has noticed what was done to the files");
      return;
    }
    const std::string refusal = run({"SET", "s0", "x"});
    if (!refusal.starts_with("MISCONF")) {
      has_failed_ = !fail("writes go on though the log cannot be loaded: " + refusal);
    }
    run_job();
  }

  // The rewrite that was started, if one was, with commands in between.
  void run_job() {
    const uint64_t damages = damages_;
    const uint64_t rewrites = executor_->persistence().status().rewrites;
    disk_.on_operation([this] {
      while (random_.below(3) != 0) execute_next();
      if (random_.below(3) == 0) show_replies();
      if (are_files_damaged_ && random_.below(60) == 0) damage_file();
    });
    executor_->persistence().run_job();
    disk_.on_operation(nullptr);
    note();
    const bool is_rewritten = executor_->persistence().status().rewrites > rewrites;
    if (!is_rewritten || damages != damages_ || !log()) return;
    if (!log()->has_failed()) {
      is_damaged_ = false;
    } else if (!has_faults_ && !disk_.has_crashed()) {
      has_failed_ = !fail("the log is written anew, and still refuses: " + log()->failure().value_or(""));
    }
  }

  const uint64_t seed_;
  Random random_;
  FixedSeeds seeds_;
  SimulatedClock clock_;
  SimulatedDisk disk_;
  const char* policy_;
  uint64_t life_ = 0;
  std::vector<Moment> history_;  // since the last recovery
  uint64_t seen_ = 0, promised_ = 0;
  bool machine_goes_down_ = false;
  bool is_clock_set_back_, is_log_switched_, are_files_damaged_;  // now and then
  bool has_faults_ = false;  // in this life
  bool is_damaged_ = false;  // by somebody else, and the log was not written anew since
  uint64_t damages_ = 0;
  std::set<std::string> followed_before_;  // files of the log, in lives before this
  const Log* founded_ = nullptr;  // the last log that was
  bool has_failed_ = false;
  std::vector<std::string> lines_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<QuietSession> session_;
};

constexpr uint64_t kLivesPerSeed = 10;

int run(uint64_t first_seed, uint64_t crashes) {
  uint64_t seed = first_seed;
  for (uint64_t done = 0; done < crashes; done += kLivesPerSeed, ++seed) {
    Simulation simulation(seed);
    for (uint64_t life = 0; life < kLivesPerSeed; ++life) {
      if (simulation.live()) continue;
      std::printf("repeat it: simulation --seed %llu --crashes %llu --verbose\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(kLivesPerSeed));
      return 1;
    }
  }
  std::printf("%llu crashes, everything promised is there\n", static_cast<unsigned long long>(crashes));
  return 0;
}

}  // namespace
}  // namespace redstart::simulation

int main(int argc, char** argv) {
  // Where keys stand decides the order of a snapshot, so it must not change from run to run.
  if (!std::getenv("REDSTART_HASH_SEED")) {
    ::setenv("REDSTART_HASH_SEED", "1", 1);
    ::execv("/proc/self/exe", argv);
    return 2;
  }
  uint64_t seed = 1, crashes = 1000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--crashes") == 0 && i + 1 < argc) {
      crashes = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--verbose") == 0) {
      redstart::simulation::verbose = true;
    } else {
      std::fprintf(stderr, "usage: simulation [--seed FIRST] [--crashes COUNT] [--verbose]\n");
      return 2;
    }
  }
  return redstart::simulation::run(seed, crashes);
}
