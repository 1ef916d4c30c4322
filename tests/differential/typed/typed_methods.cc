// typed_methods: calls every typed method of the client library with random arguments on several stores, and compares
// the values and errors that they return.
//
//   typed_methods --oracle redis://127.0.0.1:6379 --subject memory: --subject redis://127.0.0.1:6380
//                 --clock FILE --seed 7 --count 100000
//
// run.sh --typed starts the servers. Exit status: 0 no difference, 1 differences (printed), 2 it could not run.
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/differential/typed/comparison.h"

namespace {

using redstart::oracle::Comparison;
using redstart::oracle::TypedOptions;

constexpr const char* kUsage =
    "typed_methods --oracle URL --subject URL... --clock FILE [--seed N] [--count N] [--differences N]\n";

TypedOptions parse_options(int argc, char** argv) {
  TypedOptions options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(name + " needs a value");
    const std::string value = argv[i + 1];
    if (name == "--oracle") {
      options.oracle_url = value;
    } else if (name == "--subject") {
      options.subject_urls.push_back(value);
    } else if (name == "--clock") {
      options.clock_path = value;
    } else if (name == "--seed") {
      options.seed = std::stoull(value);
    } else if (name == "--count") {
      options.call_count = std::stoull(value);
    } else if (name == "--differences") {
      options.differences_max = std::stoull(value);
    } else {
      throw std::invalid_argument("unknown option " + name);
    }
  }
  if (options.oracle_url.empty() || options.subject_urls.empty()) throw std::invalid_argument("a store is missing");
  return options;
}

int run(const TypedOptions& options) {
  Comparison comparison(options);
  const auto start = std::chrono::steady_clock::now();
  uint64_t differences = comparison.run();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (differences == 0) {
    for (const std::string& problem : comparison.unproven_methods()) {
      std::printf("%s\n", problem.c_str());
      ++differences;
    }
  }
  std::printf("typed methods: %llu calls of %llu methods, %llu differences, seed %llu, %.1f s\n",
              static_cast<unsigned long long>(comparison.calls_made()),
              static_cast<unsigned long long>(comparison.method_count()), static_cast<unsigned long long>(differences),
              static_cast<unsigned long long>(options.seed), seconds);
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "typed_methods: %s\n%s", error.what(), kUsage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "typed_methods: %s\n", error.what());
  }
  return 2;
}
