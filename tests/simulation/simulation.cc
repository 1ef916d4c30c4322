// simulation: what a store on a disk has promised, after crashes. For each seed, one store lives several lives:
// random commands, flushes, rewrites and faults, a crash at a random operation of the disk, recovery.
//
// After a crash the data must be that of a moment between two units (commands, transactions, scripts), not before the
// last that was promised: what was synced if the machine went down, what was written if only the process did, and
// never before what a client was allowed to see. Everything follows from the seed.
//
//   simulation [--seed FIRST] [--crashes COUNT] [--verbose]
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
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
    history_.push_back({0, 0});
  }

  // Lives until the next crash, and recovers. False: what was promised is gone.
  bool live() {
    if (!recover()) return false;
    disk_.crash_at(disk_.operations() + random_.below(random_.below(4) == 0 ? 400 : 40));
    while (!disk_.has_crashed()) act();
    machine_goes_down_ = random_.below(3) != 0;
    promised_ = machine_goes_down_ ? synced() : written();
    // What a client has been shown is promised for the crash that its policy is about.
    if (std::strcmp(policy_, "always") == 0 || !machine_goes_down_) promised_ = std::max(promised_, seen_);
    executor_->detach(session());
    session_.reset();
    executor_.reset();
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
  uint64_t synced() { return log() ? log()->synced() : 0; }
  uint64_t written() { return log() ? log()->written() : 0; }

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

  bool recover() {
    ++life_;
    lines_.clear();
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
    config.force("appendonly", "yes");
    config.force("appendfsync", policy_);
    config.force("save", "");
    config.force("auto-aof-rewrite-percentage", "0");
    config.force("stream-node-max-entries", "3");
    executor_->apply_config();
    Persistence& persistence = executor_->persistence();
    persistence.use_disk(disk_, Persistence::Background::by_hand);
    if (const auto error = persistence.load()) return fail("it does not load: " + *error);
    session_ = std::make_unique<QuietSession>();
    executor_->attach(session());
    return check();
  }

  // The data is that of a moment, not before the last that was promised; time goes on from there.
  bool check() {
    const uint64_t found = fingerprint(*executor_);
    for (size_t i = history_.size(); i-- > 0;) {
      if (history_[i].fingerprint != found) continue;
      if (verbose)
        std::printf("  life %llu: moment %zu of %zu\n", static_cast<unsigned long long>(life_), i, history_.size());
      if (history_[i].position < promised_) break;
      history_ = {{log()->end(), found}};
      seen_ = promised_ = 0;
      return true;
    }
    for (size_t i = history_.size(); i-- > 0;) {
      if (history_[i].fingerprint != found) continue;
      return fail("what was promised is gone: moment " + std::to_string(i) + " of " + std::to_string(history_.size()) +
                  ", promised was position " + std::to_string(promised_) + ", found " +
                  std::to_string(history_[i].position));
    }
    return fail("the data is that of no moment");
  }

  void run(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    ReplyBuilder reply(3);
    const ExecuteStatus status = executor_->execute(session(), views, reply);
    if (status == ExecuteStatus::blocked) {
      executor_->cancel_wait(session().waiter.get(), Executor::Unblock::silent);
      session().waiter.reset();
    }
    note();
  }

  void note() {
    const uint64_t end = log()->end();
    if (end == history_.back().position) return;
    history_.push_back({end, fingerprint(*executor_)});
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
    if (executor_->persistence().may_be_seen(session().log_position)) {
      seen_ = std::max(seen_, session().own_log_position);
    }
  }

  void act() {
    switch (random_.below(24)) {
      case 0: return log()->flush();
      case 1:
        clock_.advance_ms(static_cast<int64_t>(random_.below(300)));
        executor_->tick();
        note();
        return run_job();
      case 2:
        if (random_.below(4) != 0) return;
        static_cast<void>(executor_->persistence().start_rewrite());
        return run_job();
      case 3:
        if (random_.below(6) == 0) disk_.set_faults(random_.below(300), random_.below(300));
        if (random_.below(3) == 0) disk_.set_faults(0, 0);
        return;
      case 4:
      case 5:
      case 6: return show_replies();
      default: return execute_next();
    }
  }

  // The rewrite that was started, if one was, with commands in between.
  void run_job() {
    disk_.on_operation([this] {
      while (random_.below(3) != 0) execute_next();
      if (random_.below(3) == 0) show_replies();
    });
    executor_->persistence().run_job();
    disk_.on_operation(nullptr);
  }

  const uint64_t seed_;
  Random random_;
  FixedSeeds seeds_;
  ManualClock clock_;
  SimulatedDisk disk_;
  const char* policy_;
  uint64_t life_ = 0;
  std::vector<Moment> history_;  // since the last recovery
  uint64_t seen_ = 0, promised_ = 0;
  bool machine_goes_down_ = false;
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
