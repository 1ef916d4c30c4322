// pattern_simulation: whether the patterns keep what they promise, when processes die, requests and replies get lost,
// leases end and time jumps. Each seed is one run of one pattern: a few processes over one store do at random what the
// pattern is for, a model follows what was promised, and at the end, when the faults are over, everything promised must
// have happened: nothing lost, nothing twice that is once, nothing out of order.
//
// Everything follows from the seed: one thread at a time, one clock for the store and the patterns, chance from the
// seed. Some runs are done twice, and both must be the same.
//
//   pattern_simulation [--seed FIRST] [--runs COUNT] [--steps COUNT] [--pattern NAME] [--verbose]
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>
#include <thread>

#include "tests/pattern_simulation/world.h"

namespace redstart::simulation {
namespace {

struct Options {
  uint64_t seed = 1, runs = 500, steps = 400;
  std::string pattern;
  bool is_verbose = false;
};

struct Pattern {
  const char* name;
  std::unique_ptr<World> (*make)(Machine&);
};
constexpr Pattern kPatterns[] = {
    {"task-queue", make_task_queue_world},     {"stream-buffer", make_stream_buffer_world},
    {"lock", make_lock_world},                 {"rate-limiter", make_rate_limiter_world},
    {"write-behind", make_write_behind_world}, {"async-writer", make_async_writer_world},
    {"cache", make_cache_world},               {"client-cache", make_client_cache_world},
};
constexpr uint64_t kRunsPerRepetition = 25;

struct Result {
  uint64_t fingerprint = 0;
  std::optional<std::string> violation;
};

// On a thread of its own, so that what a thread remembers (its random numbers) begins anew too.
Result run_once(const Options& options, uint64_t seed, const Pattern& pattern) {
  Result result;
  std::thread([&] {
    Machine machine(seed);
    machine.is_verbose = options.is_verbose;
    try {
      const auto world = pattern.make(machine);
      for (uint64_t i = 0; i < options.steps; ++i) world->step();
      machine.lost_per_mille = 0;
      machine.note("the faults are over");
      world->finish();
    } catch (const Violation& violation) {
      result.violation = violation.text;
    }
    result.fingerprint = machine.fingerprint;
  }).join();
  return result;
}

int fail(uint64_t seed, const Pattern& pattern, const Options& options, const std::string& why) {
  std::printf(
      "%s, seed %llu: %s\nrepeat it: pattern_simulation --seed %llu --runs 1 --steps %llu --pattern %s --verbose\n",
      pattern.name, static_cast<unsigned long long>(seed), why.c_str(), static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(options.steps), pattern.name);
  return 1;
}

int run(const Options& options) {
  for (uint64_t seed = options.seed; seed < options.seed + options.runs; ++seed) {
    for (const Pattern& pattern : kPatterns) {
      if (!options.pattern.empty() && options.pattern != pattern.name) continue;
      const Result result = run_once(options, seed, pattern);
      if (result.violation) return fail(seed, pattern, options, *result.violation);
      if (seed % kRunsPerRepetition != 1 || options.is_verbose) continue;
      if (run_once(options, seed, pattern).fingerprint == result.fingerprint) continue;
      return fail(seed, pattern, options, "the same seed gives another run the second time");
    }
  }
  std::printf("%llu seeds, all promises kept\n", static_cast<unsigned long long>(options.runs));
  return 0;
}

std::optional<Options> options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      options.is_verbose = true;
      continue;
    }
    if (++i == argc) return std::nullopt;
    if (name == "--pattern") {
      options.pattern = argv[i];
    } else if (name == "--seed" || name == "--runs" || name == "--steps") {
      const uint64_t value = std::strtoull(argv[i], nullptr, 10);
      (name == "--seed" ? options.seed : name == "--runs" ? options.runs : options.steps) = value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace
}  // namespace redstart::simulation

int main(int argc, char** argv) {
  // Where keys stand decides the order of some replies, so it must not change from run to run.
  if (!std::getenv("REDSTART_HASH_SEED")) {
    ::setenv("REDSTART_HASH_SEED", "1", 1);
    ::execv("/proc/self/exe", argv);
    return 2;
  }
  const auto options = redstart::simulation::options_of(argc, argv);
  if (options) return redstart::simulation::run(*options);
  std::fprintf(stderr,
               "usage: pattern_simulation [--seed FIRST] [--runs COUNT] [--steps COUNT] [--pattern NAME]"
               " [--verbose]\n");
  return 2;
}
