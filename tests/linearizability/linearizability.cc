// linearizability: records what concurrent clients see of a store and proves that some
// one-at-a-time order explains it.
//
//   linearizability --subject 127.0.0.1:6379 --rounds 500 --seed 7 [--clients N]
//   linearizability --url memory: --rounds 500        (through the client library)
//   linearizability --self-test
//
// Without --clients the rounds take 2 to 8 clients in turn. The store's data are deleted.
// Exit status: 0 all rounds linearizable, 1 a violation (printed), 2 the test could not run.
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/linearizability/checker.h"
#include "tests/linearizability/client_target.h"
#include "tests/linearizability/self_check.h"
#include "tests/linearizability/target.h"
#include "tests/linearizability/workload.h"

namespace {

using namespace redstart::linearizability;

constexpr size_t kClientsMin = 2;
constexpr size_t kClientsMax = 8;

struct Options {
  redstart::oracle::Address subject;
  std::string url;  // instead of `subject`
  size_t round_count = 500;
  size_t client_count = 0;
  uint64_t seed = 1;
  bool self_test = false;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--self-test") {
      options.self_test = true;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(name + " needs a value");
    const std::string value = argv[++i];
    if (name == "--subject") {
      const size_t colon = value.rfind(':');
      if (colon == std::string::npos) throw std::invalid_argument("not HOST:PORT: " + value);
      options.subject = {value.substr(0, colon), std::stoi(value.substr(colon + 1))};
    } else if (name == "--url") {
      options.url = value;
    } else if (name == "--rounds") {
      options.round_count = std::stoull(value);
    } else if (name == "--clients") {
      options.client_count = std::stoull(value);
    } else if (name == "--seed") {
      options.seed = std::stoull(value);
    } else {
      throw std::invalid_argument("unknown option " + name);
    }
  }
  return options;
}

// Returns false and prints when the round cannot be explained.
bool run_round(std::vector<std::unique_ptr<Target>>& targets, const WorkloadOptions& options,
               size_t& operations) {
  targets[0]->call({{"FLUSHALL"}});
  const std::vector<ClientHistory> histories = record(targets, options);
  for (const ClientHistory& history : histories) operations += history.size();
  const Verdict verdict = check(histories);
  if (verdict.kind == Verdict::Kind::linearizable) return true;
  std::printf("%s, seed %llu, %zu clients; operations that found no place are marked ?\n%s",
              verdict.kind == Verdict::Kind::violation ? "NOT LINEARIZABLE"
                                                       : "UNDECIDED (search too large)",
              static_cast<unsigned long long>(options.seed), options.client_count,
              describe(histories, verdict).c_str());
  return false;
}

int run(const Options& options) {
  if (options.self_test) return run_self_test() ? 0 : 1;
  MakeTarget make_target = [&options] { return std::make_unique<WireTarget>(options.subject); };
  if (!options.url.empty()) make_target = targets_on(options.url);
  std::vector<std::unique_ptr<Target>> targets;
  for (size_t i = 0; i < kClientsMax; ++i) targets.push_back(make_target());
  const auto start = std::chrono::steady_clock::now();
  size_t operations = 0;
  size_t violations = 0;
  for (size_t round = 0; round < options.round_count && violations == 0; ++round) {
    WorkloadOptions workload;
    workload.client_count = kClientsMin + round % (kClientsMax - kClientsMin + 1);
    if (options.client_count > 0)
      workload.client_count = std::min(options.client_count, kClientsMax);
    workload.seed = options.seed + round;
    violations += !run_round(targets, workload, operations);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("linearizability: %zu operations in %zu rounds, %zu violations, seed %llu, %.1f s\n",
              operations, options.round_count, violations,
              static_cast<unsigned long long>(options.seed), seconds);
  return violations == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "linearizability: %s\n", error.what());
  }
  return 2;
}
