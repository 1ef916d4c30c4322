// PFSELFTEST: checks the HyperLogLog of this build on this processor, with elements of its own.
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/random.h"
#include "types/string/commands/hyperloglog_value.h"

namespace redstart {
namespace {

constexpr size_t kSparseBytesMax = 3000;

// Random registers survive being packed, and being read as a value.
std::optional<std::string> test_registers(Random& random) {
  hyperloglog::Registers registers{};
  for (uint8_t& rank : registers) rank = static_cast<uint8_t>(random.below(64));
  const std::string value = hyperloglog::make_dense(hyperloglog::make(), registers);
  hyperloglog::Registers read{};
  if (hyperloglog::merge(value, read) && read == registers) return std::nullopt;
  return "Registers are not what was stored";
}

// Estimates stay within six standard errors, and the encodings agree as long as there are two.
std::optional<std::string> test_estimates(Random& random) {
  constexpr uint64_t kLast = 300'000;
  const double standard_error = 1.04 / std::sqrt(hyperloglog::kRegisterCount);
  const std::string prefix = std::to_string(random.next()) + ":";
  std::string sparse = hyperloglog::make(), dense = hyperloglog::make();
  hyperloglog::to_dense(dense);
  uint64_t checkpoint = 1;
  for (uint64_t count = 1; count <= kLast; ++count) {
    const auto seen = hyperloglog::observe(prefix + std::to_string(count));
    hyperloglog::raise(sparse, seen, kSparseBytesMax);
    hyperloglog::raise_dense(dense.data(), seen);
    if (count != checkpoint) continue;
    checkpoint = checkpoint * 3 + 1;
    const auto estimate = hyperloglog::estimate(dense);
    if (hyperloglog::estimate(sparse) != estimate) return "Sparse and dense estimates differ";
    const double error = std::abs(static_cast<double>(*estimate) - static_cast<double>(count));
    if (error > std::ceil(standard_error * 6 * static_cast<double>(count))) {
      return "Estimated " + std::to_string(*estimate) + " of " + std::to_string(count);
    }
  }
  return std::nullopt;
}

void run(CommandContext& c) {
  auto fault = test_registers(c.random());
  if (!fault) fault = test_estimates(c.random());
  fault ? c.reply().error("TESTFAILED " + *fault) : c.reply().ok();
}

}  // namespace

REDSTART_COMMAND(pfselftest) = {
    .name = "pfselftest",
    .summary = "Checks that HyperLogLogs work in this build on this processor.",
    .complexity = "O(1), a second or so",
    .since = "2.8.9",
    .group = CommandGroup::hyperloglog,
    .arity = 1,
    .flags = kAdmin,
    .acl_categories = "hyperloglog",
    .run = run,
};

}  // namespace redstart
