// differential: sends the same random commands to Redstart and to redis-server and compares every
// reply and, at the end of each epoch, the whole data set.
//
//   differential --oracle 127.0.0.1:6379 --subject 127.0.0.1:6380 --group zset --seed 7 --count
//   100000
//
// Exit status: 0 no difference, 1 differences (printed, reduced to the shortest commands that show
// them), 2 the comparison could not run.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>

#include "tests/differential/runner.h"

namespace {

using redstart::oracle::Address;
using redstart::oracle::AllowedDifferences;
using redstart::oracle::Coverage;
using redstart::oracle::Grammar;
using redstart::oracle::Runner;
using redstart::oracle::RunOptions;
using redstart::oracle::SharedClock;
using redstart::oracle::Wire;

constexpr const char* kUsage =
    "differential --subject HOST:PORT [--oracle HOST:PORT] [--group GROUP] [--seed N] [--count N]\n"
    "             [--allowed FILE]... [--differences N] [--clock FILE] [--coverage] [--notifications]\n"
    "             [--embedded]\n"
    "  GROUP: string list hash set zset stream generic transactions bitmap hyperloglog geo acl server\n"
    "         mixed\n";

Address parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument("not HOST:PORT: " + text);
  return {text.substr(0, colon), std::stoi(text.substr(colon + 1))};
}

struct Options {
  RunOptions run;
  std::vector<std::string> allowed_paths;
  std::string clock_path;  // empty: each server has its own clock
  bool is_embedded = false;
  bool coverage = false;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--coverage") {
      options.coverage = true;
      --i;
      continue;
    }
    if (name == "--notifications") {
      options.run.notifications = true;
      --i;
      continue;
    }
    if (name == "--embedded") {
      options.is_embedded = true;
      --i;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(name + " needs a value");
    const std::string value = argv[i + 1];
    if (name == "--oracle")
      options.run.servers.oracle = parse_address(value);
    else if (name == "--subject")
      options.run.servers.subject = parse_address(value);
    else if (name == "--group")
      options.run.generator.group = value;
    else if (name == "--seed")
      options.run.generator.seed = std::stoull(value);
    else if (name == "--count")
      options.run.command_count = std::stoull(value);
    else if (name == "--differences")
      options.run.differences_max = std::stoull(value);
    else if (name == "--allowed")
      options.allowed_paths.push_back(value);
    else if (name == "--clock")
      options.clock_path = value;
    else
      throw std::invalid_argument("unknown option " + name);
  }
  return options;
}

void print_coverage(const Coverage& coverage, const std::vector<std::string>& names, bool whole) {
  if (whole) coverage.print(names);
  for (const std::string& name : coverage.never_answered(names)) {
    std::printf("never answered but with an error: %s\n", name.c_str());
  }
}

int run(Options options) {
  AllowedDifferences allowed(options.allowed_paths, options.run.generator.group);
  options.run.generator.skipped = allowed.skipped();
  Wire oracle(options.run.servers.oracle, 2);
  const Grammar grammar = redstart::oracle::read_grammar(oracle);
  Coverage coverage(grammar);
  std::optional<SharedClock> clock;
  if (!options.clock_path.empty()) clock.emplace(options.clock_path);
  const auto start = std::chrono::steady_clock::now();
  Runner runner(options.run, {grammar, allowed, coverage, clock ? &*clock : nullptr, options.is_embedded});
  const uint64_t differences = runner.run();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const auto& [reason, uses] : allowed.uses()) {
    if (uses > 0)
      std::printf("allowed %llu times: %s\n", static_cast<unsigned long long>(uses),
                  reason.c_str());
  }
  print_coverage(coverage, runner.command_names(), options.coverage);
  std::printf("%s: %llu commands, %llu differences, seed %llu, %.1f s, %.0f commands/s\n",
              options.run.generator.group.c_str(),
              static_cast<unsigned long long>(runner.commands_sent()),
              static_cast<unsigned long long>(differences),
              static_cast<unsigned long long>(options.run.generator.seed), seconds,
              static_cast<double>(runner.commands_sent()) / seconds);
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "differential: %s\n%s", error.what(), kUsage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "differential: %s\n", error.what());
  }
  return 2;
}
